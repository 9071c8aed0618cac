"""Runners for tests: in this process, where their parts can be looked at, or as processes."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from prikke.config import Limits, Settings
from prikke.db import read_installation
from prikke.install import publish
from prikke.runner.main import Process
from prikke.targets import Target
from tests.receiver import Receiver

SECRET_KEY_BASE = "a secret key base for tests, of 40 characters"
LOOPBACK = Target.parse("127.0.0.0/8")

Condition = Callable[[], Any]


async def until(condition: Condition, within: float = 10.0) -> None:
    """Come back as soon as a condition holds."""
    ends = time.monotonic() + within
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"not within {within} s")
        await asyncio.sleep(0.01)


def until_sync(condition: Condition, within: float = 10.0) -> None:
    """The same for tests without a loop."""
    ends = time.monotonic() + within
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"not within {within} s")
        time.sleep(0.01)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where deliveries of this test go."""
    with Receiver() as running:
        yield running


@pytest.fixture
def settings(dsn: str) -> Settings:
    """Settings of a runner that may deliver to loopback; leases and polls are short."""
    chosen = Settings(
        database_url=dsn,
        secret_key_base=SECRET_KEY_BASE,
        allow_targets=(LOOPBACK,),
        limits=Limits(lease_seconds=3, heartbeat_seconds=1, poll_seconds=1, shutdown_seconds=4),
    )
    publish(dsn, chosen)
    return chosen


def with_limits(settings: Settings, **limits: int) -> Settings:
    """The same settings but for these limits."""
    return replace(settings, limits=replace(settings.limits, **limits))


@dataclass
class Running:
    """A runner in this process, and the means to stop it."""

    process: Process
    task: "asyncio.Task[None]"
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def stop(self) -> None:
        """As SIGTERM does."""
        self.stopping.set()
        await self.task

    async def vanish(self) -> None:
        """End without a word, as a crash would."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start(settings: Settings) -> AsyncIterator[Start]:
    """`await start()` is a runner that is claiming."""
    given = settings
    async with AsyncExitStack() as stack:

        async def one(settings: Settings | None = None, concurrency: int = 100) -> Running:
            chosen = settings or given
            installation = await read_installation(chosen, "runner")
            process = await Process.start(chosen, installation, concurrency, stack)
            stop = asyncio.Event()
            task = asyncio.create_task(process.live(stop))
            running = Running(process, task, stop)
            stack.push_async_callback(_end, running)
            await until(lambda: process.meter.claims > 0 or task.done())
            return running

        yield one


async def _end(running: Running) -> None:
    if not running.task.done():
        await running.stop()
    elif not running.task.cancelled():
        running.task.result()


class Child:
    """A runner as a process of its own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())

    def says(self, words: str) -> bool:
        """Whether it has logged these words."""
        return any(words in line for line in list(self.lines))

    def signal(self, which: signal.Signals) -> None:
        self.process.send_signal(which)

    def wait(self, within: float = 10.0) -> int:
        """Its exit code, once it has ended."""
        code = self.process.wait(within)
        self._reader.join(within)
        return code

    def close(self) -> None:
        """Kill it, if it lives."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


Spawn = Callable[..., Child]


@pytest.fixture
def spawn(settings: Settings) -> Iterator[Spawn]:
    """`spawn()` is a runner process; it is killed at the end."""
    children: list[Child] = []

    def one(*options: str, **environment: str) -> Child:
        limits = settings.limits
        child = Child(
            [sys.executable, "-m", "prikke", "run", *options],
            {
                "DATABASE_URL": settings.database_url or "",
                "SECRET_KEY_BASE": SECRET_KEY_BASE,
                "PRIKKE_ALLOW_TARGETS": str(LOOPBACK),
                "PRIKKE_LIMIT_LEASE_SECONDS": str(limits.lease_seconds),
                "PRIKKE_LIMIT_HEARTBEAT_SECONDS": str(limits.heartbeat_seconds),
                "PRIKKE_LIMIT_POLL_SECONDS": str(limits.poll_seconds),
                "PRIKKE_LIMIT_SHUTDOWN_SECONDS": str(limits.shutdown_seconds),
                **environment,
            },
        )
        children.append(child)
        return child

    yield one
    for child in children:
        child.close()


CutOff = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def cut_off(admin: psycopg.Connection, db: psycopg.Connection) -> CutOff:
    """`with cut_off():` nobody reaches the database of this test, but `db` that is there."""
    [(name, own)] = db.execute("select current_database(), pg_backend_pid()").fetchall()

    @contextmanager
    def cut() -> Iterator[None]:
        admin.execute(f"alter database {name} allow_connections false")
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = %s and pid <> %s",
            (name, own),
        )
        try:
            yield
        finally:
            admin.execute(f"alter database {name} allow_connections true")

    return cut


@pytest.fixture
def acme(settings: Settings, organization: UUID) -> UUID:
    """An organization whose jobs may go to loopback."""
    return organization


def live(db: psycopg.Connection) -> int:
    """How many executions are not over."""
    row = db.execute("select count(*) from prikke.live_execution").fetchone()
    assert row is not None
    count: int = row[0]
    return count


def past(db: psycopg.Connection, columns: str = "status") -> list[tuple[Any, ...]]:
    """Executions that are over, in the order of their ends."""
    query = f"select {columns} from prikke.past_execution order by finished_at, position"
    return db.execute(query).fetchall()


def send(db: psycopg.Connection, url: str, count: int = 1, **more: str) -> None:
    """Many sends at once; `more` are SQL expressions by argument."""
    extra = "".join(f", {name} => {value}" for name, value in more.items())
    db.execute(
        f"select count(prikke.send(url => %s, body => 'n ' || n{extra}))"
        " from generate_series(1, %s) as n",
        (url, count),
    )
