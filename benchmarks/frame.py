"""What benchmarks share: a server of their own, an organization, a sink, runners, figures."""

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil
import psycopg

from prikke import embedded
from prikke.config import Settings
from prikke.install import install
from prikke.targets import Target

SECRET_KEY_BASE = "benchmarks-only-" + "x" * 48
BODY = "x" * 200
LOOPBACK = (Target.parse("127.0.0.0/8"),)

# No benchmark waits longer than this for what it started.
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside its target; `met` is None for what is only shown beside it."""

    name: str
    work: str
    measured: str
    target: str
    met: bool | None
    note: str = ""

    def line(self) -> str:
        verdict = {True: "met", False: "missed", None: ""}[self.met]
        return f"| {self.name} | {self.work} | {self.measured} | {self.target} | {verdict} |"


@dataclass(frozen=True, slots=True)
class Options:
    """How much a run takes upon itself."""

    rounds: int = 5
    full: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Sink:
    """A receiver that answers at once, and counts."""

    url: str
    pid: int

    @property
    def count(self) -> int:
        with urllib.request.urlopen(f"{self.url}/_count", timeout=10) as answer:
            return int(answer.read())

    @property
    def last(self) -> float:
        """When the last request came, in seconds since 1970."""
        with urllib.request.urlopen(f"{self.url}/_last", timeout=10) as answer:
            return float(answer.read())


@contextlib.contextmanager
def server(settings: Mapping[str, str] | None = None) -> Iterator[embedded.Server]:
    """A server on a disk, as durable as the one of `prikke up`; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="prikke-bench-"))
    try:
        with embedded.serve(home, {**embedded.DURABLE, **(settings or {})}) as running:
            yield running
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def installed(settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """A connection string to a fresh database with Prikke in it and loopback allowed."""
    with server(settings) as running:
        dsn = running.dsn()
        install(dsn, Settings(allow_targets=LOOPBACK))
        yield dsn


@contextlib.contextmanager
def connected(dsn: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection that has chosen the organization `bench`, made where missing."""
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as conn:
        if not value(conn, "select count(*) from prikke.list_organizations()"):
            conn.execute("select prikke.create_organization(name => 'Bench', slug => 'bench')")
        conn.execute("select prikke.use_organization('bench')")
        yield conn


def organization(conn: psycopg.Connection) -> UUID:
    """The organization that a connection has chosen."""
    found = value(conn, "select prikke.current_organization()")
    assert isinstance(found, UUID)
    return found


def value(conn: psycopg.Connection, query: str, *parameters: object) -> object:
    """The one value of one row."""
    row = conn.execute(query.encode(), parameters or None).fetchone()
    assert row is not None
    return row[0]


def number(conn: psycopg.Connection, query: str, *parameters: object) -> int:
    """The one number of one row."""
    found = value(conn, query, *parameters)
    assert isinstance(found, int)
    return found


def clear(conn: psycopg.Connection) -> None:
    """Forget all executions, so that each round begins alike."""
    conn.execute(
        "truncate prikke.live_execution, prikke.past_execution, prikke.past_attempt,"
        " prikke.tally_change, prikke.job_outcome, prikke.send_key"
    )
    conn.execute("checkpoint")


def queue_sends(conn: psycopg.Connection, url: str, count: int) -> None:
    """Queue `count` deliveries of 200 bytes, in one transaction."""
    with conn.transaction():
        for start in range(0, count, 1000):
            conn.execute(
                "select count(*) from prikke.send_many("
                "(select jsonb_agg(jsonb_build_object('url', %s::text, 'body', %s::text))"
                " from generate_series(1, %s)))",
                (url, BODY, min(1000, count - start)),
            )


@contextlib.contextmanager
def process(*arguments: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A Python module as a process of ours; it is told to stop at the end, and made to."""
    running = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(timeout=40)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        if running.stdout is not None:
            running.stdout.close()


@contextlib.contextmanager
def sink(size: int = 200, hold: float = 0.0) -> Iterator[Sink]:
    """A fast receiver in another process."""
    with process("-m", "benchmarks.sink", "--port=0", f"--bytes={size}", f"--hold={hold}") as it:
        assert it.stdout is not None
        found = re.search(r"http://\S+", it.stdout.readline())
        assert found is not None
        yield Sink(found[0], it.pid)


@contextlib.contextmanager
def runners(
    dsn: str, processes: int = 1, concurrency: int = 100, *, dry: bool = False
) -> Iterator["subprocess.Popen[str]"]:
    """`prikke run`, as people start it; a dry one claims and reports without HTTP."""
    usual = ("prikke", "run", f"--processes={processes}", f"--concurrency={concurrency}")
    with process(
        "-m",
        *(("benchmarks.dry",) if dry else usual),
        DATABASE_URL=dsn,
        SECRET_KEY_BASE=SECRET_KEY_BASE,
        PRIKKE_ALLOW_TARGETS=",".join(map(str, LOOPBACK)),
        PRIKKE_LOG="text",
    ) as running:
        yield running


def until(done: Callable[[], bool], what: str, pause: float = 0.01) -> None:
    """Wait for a condition; end the benchmark when it does not come."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > ends:
            raise SystemExit(f"gave up after {PATIENCE_SECONDS:.0f} s: {what}")
        time.sleep(pause)


def wait_for_runners(conn: psycopg.Connection, count: int) -> None:
    """Until so many runners live, and each has found nothing to do and sleeps."""
    until(
        lambda: (
            number(
                conn,
                "select count(*) from prikke.runner as r"
                " join prikke.runner_sleep as s on s.runner_id = r.id"
                " where s.sleeping_until > prikke.clock() and not r.stopping",
            )
            >= count
        ),
        "the runners do not start",
    )


def wait_until_gone(conn: psycopg.Connection) -> None:
    """Until the last runner has left."""
    until(
        lambda: not number(conn, "select count(*) from prikke.runner"),
        "runners do not leave",
    )


def none_left(conn: psycopg.Connection) -> bool:
    """Whether every execution is over."""
    return not number(conn, "select count(*) from (select from prikke.live_execution limit 1) as e")


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used, as Linux counts it."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


class Meter:
    """CPU seconds of processes with all that they have started, since the meter was made."""

    def __init__(self, **pids: int) -> None:
        self._trees = {name: [pid, *_children(pid)] for name, pid in pids.items()}
        self._before = self._read()

    def seconds(self) -> dict[str, float]:
        return {name: used - self._before[name] for name, used in self._read().items()}

    def _read(self) -> dict[str, float]:
        return {
            name: sum(
                int(task.read_text().split()[0]) / 1e9
                for pid in pids
                for task in Path(f"/proc/{pid}/task").glob("*/schedstat")
            )
            for name, pids in self._trees.items()
        }


def _children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def postmaster(conn: psycopg.Connection) -> int:
    """The process that all others of the server come from."""
    return psutil.Process(conn.info.backend_pid).ppid()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def rate(value: float) -> str:
    """Rates as people read them."""
    return f"{value:,.0f}/s"
