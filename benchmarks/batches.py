"""Claim and complete at batch 100 (P3): SQL alone, beside a bare queue in SQL.

python -m benchmarks batches
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from benchmarks import frame
from benchmarks.frame import Figure, Options

BATCH = 100
COUNT = 20_000
CLIENTS = 2

_BARE = """
create schema bare;
create table bare.queue (
  id      bigint generated always as identity primary key,
  due_at  timestamptz not null,
  url     text not null,
  body    text
);
create index queue_due on bare.queue (due_at, id);
"""
_TAKE_BARE = """
with due as materialized (
  select q.id
  from bare.queue as q
  where q.due_at <= statement_timestamp()
  order by q.due_at, q.id
  limit %s
  for update skip locked
)
delete from bare.queue as q
using due
where q.id = due.id
returning q.id, q.url, q.body
"""
_RESULT = (
    '{"organization_id": "%s", "id": "%s", "claim_number": %d, "status": "success", '
    '"started_at": "%s", "duration_ms": 3, "status_code": 200, '
    '"response_headers": {"Content-Type": "text/plain", "Content-Length": "200"}, '
    '"response_body": "' + frame.BODY + '"}'
)


@dataclass(frozen=True, slots=True)
class Lines:
    """The connections of a client, as a runner has them: only results wait for the disk."""

    claims: psycopg.Connection
    results: psycopg.Connection

    @classmethod
    def open(cls, dsn: str) -> "Lines":
        lines = cls(*(psycopg.connect(dsn, autocommit=True, prepare_threshold=0) for _ in range(2)))
        lines.claims.execute("set synchronous_commit = off")
        return lines

    @property
    def both(self) -> tuple[psycopg.Connection, psycopg.Connection]:
        return self.claims, self.results


def take_bare(lines: Lines) -> int:
    """Delete the next hundred."""
    return len(lines.results.execute(_TAKE_BARE, (BATCH,)).fetchall())


def take(lines: Lines, runner: str) -> int:
    """Claim the next hundred, and complete them with an answer of 200 bytes."""
    claims = lines.claims.execute(
        "select c.organization_id::text, c.id::text, c.claim_number, c.clock::text"
        " from prikke.claim_executions(%s, %s) as c",
        (runner, BATCH),
    ).fetchall()
    if claims:
        results = ",".join([_RESULT % claim for claim in claims])
        lines.results.execute(
            "select id from prikke.complete_executions(%s, %s::jsonb) where state <> 'done'",
            (runner, f"[{results}]"),
        )
    return len(claims)


def drain(dsn: str, work: Callable[[Lines], int], clients: int) -> tuple[float, float]:
    """Seconds until all is done by so many clients at once; and CPU seconds of their backends."""
    all_lines = [Lines.open(dsn) for _ in range(clients)]
    conns = [conn for lines in all_lines for conn in lines.both]
    pids = [conn.info.backend_pid for conn in conns]
    for lines in all_lines:
        # Plans are made once a session, and sessions of runners last.
        work(lines)

    def client(lines: Lines) -> None:
        while work(lines):
            pass

    threads = [threading.Thread(target=client, args=(lines,)) for lines in all_lines]
    used = sum(map(frame.cpu_seconds, pids))
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    used = sum(map(frame.cpu_seconds, pids)) - used
    for conn in conns:
        conn.close()
    return seconds, used


def run_dry(dsn: str, conn: psycopg.Connection, count: int) -> float:
    """Seconds until one runner has claimed and reported all."""
    frame.clear(conn)
    with frame.runners(dsn, dry=True):
        frame.wait_for_runners(conn, 1)
        for warm_up in (True, False):
            frame.queue_sends(conn, "https://example.com/hook", BATCH * 10 if warm_up else count)
            begun = time.perf_counter()
            frame.until(lambda: frame.none_left(conn), "results are missing", 0.005)
            seconds = time.perf_counter() - begun
    frame.wait_until_gone(conn)
    return seconds


def measure(options: Options) -> list[Figure]:
    count = COUNT // 4 if options.small else COUNT
    runner = "018f0000-0000-7000-8000-000000000001"
    rates: dict[tuple[str, int], list[float]] = {}
    costs: dict[tuple[str, int], list[float]] = {}
    dry: list[float] = []
    with frame.installed() as dsn, frame.connected(dsn) as conn:
        conn.execute(_BARE, prepare=False)
        conn.execute("select prikke.keep_history()")
        for turn in range(options.rounds + 1):
            for clients in (1, CLIENTS):
                for name in ("bare", "prikke"):
                    frame.clear(conn)
                    if name == "bare":
                        conn.execute(
                            "insert into bare.queue (due_at, url, body)"
                            " select statement_timestamp(), 'https://example.com/hook', %s"
                            " from generate_series(1, %s)",
                            (frame.BODY, count),
                        )
                    else:
                        frame.queue_sends(conn, "https://example.com/hook", count)
                    work = take_bare if name == "bare" else lambda c: take(c, runner)
                    seconds, used = drain(dsn, work, clients)
                    drained = count - clients * BATCH
                    if turn:
                        rates.setdefault((name, clients), []).append(drained / seconds)
                        costs.setdefault((name, clients), []).append(used / drained * 1e6)
            if turn:
                dry.append(count / run_dry(dsn, conn, count))
    figures = []
    for clients in (CLIENTS, 1):
        bare = frame.median(rates["bare", clients])
        ours = frame.median(rates["prikke", clients])
        figures.append(
            Figure(
                "P3",
                f"claim and complete, SQL alone, batch {BATCH}, {clients} client(s)",
                f"{frame.rate(ours)} = {ours / bare:.2f} of bare SQL ({frame.rate(bare)});"
                f" {frame.median(costs['prikke', clients]):.1f} µs CPU each"
                f" (bare {frame.median(costs['bare', clients]):.1f})",
                "≥ 45,000/s" if clients == CLIENTS else "–",
                ours >= 45_000 if clients == CLIENTS else None,
            )
        )
    through = frame.median(dry)
    figures.append(
        Figure(
            "P3",
            "claim and complete through one runner without HTTP",
            frame.rate(through),
            "≥ 20,000/s",
            through >= 20_000,
        )
    )
    return figures
