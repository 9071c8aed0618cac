"""Due times of jobs become executions (P7).

    python -m benchmarks tick

A million jobs, a hundred thousand of them due at one instant, ticked by two callers at once; and
what a tick costs when one job is due among ten thousand, and among a million.
"""

import threading
import time

import psycopg

from benchmarks import frame
from benchmarks.frame import Figure, Options

_JOBS = """
insert into prikke.job_definition (
  organization_id, id, name, url, method, schedule_type, every, timezone, seed, anchored_at,
  max_attempts, overlap, interval_minutes, planned_at, created_at, updated_at)
select prikke.current_organization(), prikke.new_id(now()), 'Job ' || g, 'https://example.com/',
  'GET', 'every', '1 day', 'UTC', g::text, now(), 3, 'skip', 1440, now(), now(), now()
from generate_series(1, %s) as g
"""
_STATES = """
insert into prikke.job_state (organization_id, job_id, plan_version, next_run_at)
select d.organization_id, d.id, 1, now() + interval '1 day' + random() * interval '1 hour'
from prikke.job_definition as d
where not exists (
  select from prikke.job_state as s where s.organization_id = d.organization_id and s.job_id = d.id)
"""
_DUE = """
update prikke.job_state
set next_run_at = date_trunc('second', now())
where job_id in (select s.job_id from prikke.job_state as s limit %s)
"""


def _make(conn: psycopg.Connection, jobs: int) -> None:
    conn.execute("alter table prikke.job_definition disable trigger user")
    conn.execute(_JOBS, (jobs,))
    conn.execute("alter table prikke.job_definition enable trigger user")
    conn.execute(_STATES)
    conn.execute("vacuum analyze prikke.job_definition, prikke.job_state")


def _one_due(conn: psycopg.Connection, rounds: int) -> float:
    """Milliseconds of a tick that finds one job due."""
    took = []
    for _ in range(rounds):
        conn.execute(_DUE, (1,))
        began = time.perf_counter()
        conn.execute("select * from prikke.enqueue_due(1000)").fetchone()
        took.append((time.perf_counter() - began) * 1000)
        conn.execute("delete from prikke.live_execution")
    return frame.median(took)


def _tick_until_done(dsn: str, used: list[float]) -> None:
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as conn:
        while frame.number(conn, "select jobs from prikke.enqueue_due(1000)"):
            pass
        used.append(frame.cpu_seconds(conn.info.backend_pid))


def measure(options: Options) -> list[Figure]:
    few, many, due = (1_000, 50_000, 10_000) if options.small else (10_000, 1_000_000, 100_000)
    with frame.installed() as dsn, frame.connected(dsn) as conn:
        conn.execute("select prikke.keep_history()")
        _make(conn, few)
        before = _one_due(conn, 50)
        _make(conn, many - few)
        after = _one_due(conn, 50)
        conn.execute(_DUE, (due,))
        conn.execute("vacuum analyze prikke.job_state")
        used: list[float] = []
        callers = [threading.Thread(target=_tick_until_done, args=(dsn, used)) for _ in range(2)]
        began = time.perf_counter()
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        seconds = time.perf_counter() - began
        made = frame.number(conn, "select count(*) from prikke.live_execution")
        twice = frame.number(
            conn,
            "select count(*) from (select job_id from prikke.live_execution"
            " group by job_id having count(*) > 1) as twice",
        )
    return [
        Figure(
            "P7",
            f"{many:,} jobs, {due:,} due at one instant, two callers",
            f"{frame.rate(made / seconds)}, {made:,} made, {twice} twice",
            "≥ 20,000 jobs/s, none twice",
            made == due and not twice and made / seconds >= 20_000,
            f"µs CPU of the server a job: {sum(used) / made * 1e6:.1f}",
        ),
        Figure(
            "P7",
            f"tick with one due, {few:,} → {many:,} jobs",
            f"{before:.2f} → {after:.2f} ms ({(after / before - 1) * 100:+.0f} %)",
            "< 30 %",
            after / before < 1.3,
        ),
    ]
