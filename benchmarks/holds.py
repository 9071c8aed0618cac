"""Claims beside what is blocked (P13), and turns among ten thousand organizations.

python -m benchmarks holds
"""

import time
from collections.abc import Sequence

import psycopg

from benchmarks import frame
from benchmarks.frame import Figure, Options

ROOM = 50

_ORGANIZATIONS = """
insert into prikke.organization (id, name, slug)
select prikke.new_id(now()), 'Lane ' || g, 'lane-' || g
from generate_series(1, %s) as g
"""
_PAUSED = """
insert into prikke.queue (
  organization_id, name, paused, paused_by, paused_at, created_at, updated_at)
select o.id, 'default', true, 'bench', now(), now(), now()
from prikke.organization as o
where o.slug like 'lane-%%'
"""
_WAITING = """
insert into prikke.live_execution (
  organization_id, id, kind, ready, queue, scheduled_for, due_at, max_attempts, ordering_key,
  url, method, headers, body, timeout_ms, backoff, completion, host, created_at)
select o.id, prikke.new_id(now()), 'send', true, %(queue)s, now(), now(), 5, %(key)s,
  'https://' || %(host)s || '/', 'POST', '{}', 'x', 30000, '30 seconds', 'response', %(host)s, now()
from prikke.organization as o
cross join generate_series(1, %(count)s)
where o.slug like %(slugs)s
"""
_BREAKERS = """
insert into prikke.breaker (organization_id, host, state, failures, pause, open_until, changed_at)
select prikke.current_organization(), 'host-' || g || '.example.com', 'open', 10, '5 minutes',
  now() + interval '1 hour', now()
from generate_series(1, %s) as g
"""


def measure(options: Options) -> list[Figure]:
    """P13 and the turns among many."""
    scale = 10 if options.small else 1
    with frame.installed() as dsn, frame.connected(dsn) as conn:
        conn.execute("select prikke.keep_history()")
        conn.execute("select prikke.register_runner(gen_random_uuid(), 'bench', 1, '0', 100)")
        return [_blocked(conn, scale), *_turns(conn, scale)]


def _wait(conn: psycopg.Connection, slugs: str, count: int, **more: str | None) -> None:
    usual = {"queue": "default", "key": None, "host": "example.com"}
    conn.execute(_WAITING, {**usual, **more, "slugs": slugs, "count": count})


def _claims(conn: psycopg.Connection, count: int) -> tuple[list[float], int]:
    """Milliseconds of so many claims in turn, and how many rows they gave."""
    runner = frame.value(conn, "select gen_random_uuid()")
    lane: Sequence[object] = (None, None)
    took, rows = [], 0
    for _ in range(count):
        began = time.perf_counter()
        claimed = conn.execute(
            "select c.organization_id, c.queue"
            " from prikke.claim_executions(%s, %s, '1 hour', %s, %s) as c",
            (runner, ROOM, *lane),
        ).fetchall()
        took.append((time.perf_counter() - began) * 1000)
        rows += len(claimed)
        lane = claimed[-1] if claimed else (None, None)
    return took, rows


def _blocked(conn: psycopg.Connection, scale: int) -> Figure:
    lanes, behind, breakers = 10_000 // scale, 90_000 // scale, 100
    conn.execute(_ORGANIZATIONS, (lanes,))
    conn.execute(_PAUSED)
    _wait(conn, "lane-%", 1)
    _wait(conn, "bench", behind, key="one")
    conn.execute(_BREAKERS, (breakers,))
    for number in range(1, breakers + 1):
        _wait(conn, "bench", 10, host=f"host-{number}.example.com", queue="hosts")
    conn.execute("analyze prikke.live_execution")
    for _ in range(10_000):
        _claims(conn, 1)
        if not frame.number(conn, "select count(*) from prikke.live_execution where ready"):
            break
    conn.execute("vacuum prikke.live_execution")
    _wait(conn, "bench", 20_000 // scale, queue="busy")
    _claims(conn, 20)
    took, rows = _claims(conn, 300 // scale)
    p99 = frame.percentile(took, 0.99)
    return Figure(
        "P13",
        f"claim of {ROOM} beside {lanes:,} paused lanes, {behind:,} behind one key,"
        f" {breakers} open breakers",
        f"p50 {frame.median(took):.2f} ms, p99 {p99:.2f} ms ({rows:,} rows)",
        "p99 ≤ 3 ms",
        p99 <= 3,
    )


def _turns(conn: psycopg.Connection, scale: int) -> list[Figure]:
    frame.clear(conn)
    conn.execute("truncate prikke.queue, prikke.breaker, prikke.freed_key")
    large = 90_000 // scale
    _wait(conn, "bench", large)
    _wait(conn, "lane-%", 1)
    conn.execute("analyze prikke.live_execution")
    lanes = frame.number(conn, "select count(*) from prikke.organization where slug like 'lane-%%'")
    took, rows = _claims(conn, lanes // ROOM + lanes // ROOM // 20)
    left = frame.number(
        conn,
        "select count(*) from prikke.live_execution as e join prikke.organization as o"
        " on o.id = e.organization_id where o.slug like 'lane-%%' and e.ready",
    )
    return [
        Figure(
            "turns",
            f"{lanes:,} organizations with one each beside one with {large:,}, claims of {ROOM}",
            f"p50 {frame.median(took):.2f} ms, p99 {frame.percentile(took, 0.99):.2f} ms; "
            f"{rows:,} rows claimed, {left:,} of the small ones left",
            "no small one waits for the large one",
            left == 0,
        )
    ]
