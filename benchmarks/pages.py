"""First byte of pages (the dashboard half of P12): many jobs and executions, one asked at a time.

    python -m benchmarks pages [--full]

A hundred thousand jobs and a million executions; a million and ten million with --full.
"""

import http.client
import time

import psycopg

from benchmarks import frame, lists
from benchmarks.api import served
from benchmarks.frame import Figure, Options
from prikke.http.cookies import new_token, token_hash

REQUESTS = 60
PATHS = {
    "dashboard": "/dashboard",
    "jobs": "/jobs",
    "one job": "/jobs/{job}",
    "executions": "/executions",
    "failures": "/executions?status=failed,timeout",
    "one execution": "/executions/{execution}",
    "queues": "/queues",
}
TARGET_MS = 150.0

# What completions would have left: two days by quarter hour, for the organization and for its jobs.
_TALLIES = """
insert into prikke.organization_tally (organization_id, quarter_hour, kind, status, count)
select prikke.current_organization(), q.at, 'schedule', s.status, 10000
from generate_series(
  prikke.quarter_hour(prikke.clock()) - interval '2 days', prikke.clock(), interval '15 minutes'
) as q (at)
cross join (values ('success'), ('failed'), ('timeout'), ('retry')) as s (status)
"""
_TALLIES_OF_JOBS = """
insert into prikke.tally (
  organization_id, quarter_hour, job_id, queue, kind, status, count, first_attempts, duration_ms,
  durations, lateness)
select d.organization_id, prikke.quarter_hour(prikke.clock() - d.seed::integer % 96
  * interval '15 minutes'), d.id, 'default', 'schedule', 'failed', 3, 3, 9,
  prikke.histogram('{1}'), prikke.histogram('{1}')
from prikke.job_definition as d
"""


def session(conn: psycopg.Connection, email: str = "bench@example.com") -> str:
    """The cookie of somebody who owns the organization."""
    cookie, link = new_token(), token_hash(new_token())
    conn.execute(
        "select prikke.request_sign_in(p_email => %s, p_token_hash => %s,"
        " p_address => '203.0.113.7')",
        (email, link),
    )
    conn.execute(
        "insert into prikke.member (organization_id, user_id, role, joined_at)"
        " select prikke.current_organization(), s.user_id, 'owner', prikke.clock()"
        " from prikke.complete_sign_in(p_token_hash => %s, p_session_hash => %s) as s",
        (link, token_hash(cookie)),
    )
    return cookie


def timed(url: str, path: str, cookie: str, count: int) -> list[float]:
    """Milliseconds to the first byte of each request, over one connection."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    took = []
    for _ in range(count):
        begun = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"prikke_session={cookie}"})
        answer = connection.getresponse()
        took.append((time.perf_counter() - begun) * 1000)
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {content[:300]!r}")
    connection.close()
    return took


def _fresh(dsn: str, cookie: str, rounds: int, setting: str) -> Figure:
    """The first dashboard of a process that has just started."""
    took = []
    for _ in range(rounds):
        with served(dsn, "prikke", "serve") as web:
            took += timed(web.url, "/dashboard", cookie, 1)
    return Figure(
        "P12 pages",
        f"the very first page of a process, dashboard, {setting}",
        f"median {frame.median(took):.0f}, worst {max(took):.0f} ms to the first byte",
        f"≤ {TARGET_MS:.0f} ms",
        max(took) <= TARGET_MS,
    )


def measure(options: Options) -> list[Figure]:
    jobs, executions = (10_000, 50_000) if options.small else (100_000, 1_000_000)
    if options.full:
        jobs, executions = 1_000_000, 10_000_000
    figures = []
    with frame.installed() as dsn, frame.connected(dsn) as conn:
        lists.fill(conn, jobs, executions)
        conn.execute(_TALLIES)
        conn.execute(_TALLIES_OF_JOBS)
        conn.execute("vacuum analyze prikke.tally, prikke.organization_tally")
        execution = frame.value(
            conn, "select id from prikke.past_execution where position = %s", -executions // 2
        )
        job = frame.value(conn, "select id from prikke.job_definition where name = 'Job 500'")
        cookie = session(conn)
        figures.append(_fresh(dsn, cookie, options.rounds, f"{jobs:,} jobs"))
        with served(dsn, "prikke", "serve") as web:
            for name, path in PATHS.items():
                path = path.format(execution=execution, job=job)
                first = timed(web.url, path, cookie, 1)[0]
                took = timed(web.url, path, cookie, REQUESTS)
                p95 = frame.percentile(took, 0.95)
                figures.append(
                    Figure(
                        "P12 pages",
                        f"page {name}, {jobs:,} jobs and {executions:,} executions",
                        f"p50 {frame.median(took):.0f}, p95 {p95:.0f} ms to the first byte",
                        f"p95 ≤ {TARGET_MS:.0f} ms",
                        p95 <= TARGET_MS,
                        f"the very first {first:.0f} ms",
                    )
                )
    return figures
