"""Lists over REST (P12): 50 jobs of many, 50 executions of many; one request at a time.

    python -m benchmarks lists [--full]

A hundred thousand jobs and a million executions; a million and ten million with --full. The other
half of P12, the dashboard, is measured with the pages.
"""

import http.client
import time

import psycopg

from benchmarks import frame, history
from benchmarks.api import served
from benchmarks.frame import Figure, Options
from prikke.http.auth import make_key

REQUESTS = 200
PATHS = {
    "nothing but the organization": "/api/organization",
    "jobs by name": "/api/jobs",
    "jobs, a page from the middle": "/api/jobs?cursor={job}",
    "jobs, newest first": "/api/jobs?sort=created",
    "jobs, last run first": "/api/jobs?sort=last_run",
    "jobs that are disabled": "/api/jobs?status=disabled",
    "jobs that fail": "/api/jobs?health=failing",
    "executions": "/api/executions",
    "executions, a page from the middle": "/api/executions?cursor={execution}",
    "executions that failed": "/api/executions?status=failed,timeout",
    "executions of one job": "/api/jobs/{job}/executions",
}
TARGET_MS = 20.0

_STATES = """
insert into prikke.job_state (
  organization_id, job_id, plan_version, next_run_at, last_run_at, last_status,
  consecutive_failures)
select d.organization_id, d.id, d.plan_version, prikke.clock() + interval '1 hour',
  prikke.clock() - (d.seed || ' seconds')::interval, 'success',
  case when d.seed like '%777' then 3 else 0 end
from prikke.job_definition as d
"""
_JOBS = """
insert into prikke.job_definition (
  organization_id, id, name, url, method, schedule_type, cron, timezone, masks, seed, anchored_at,
  max_attempts, overlap, interval_minutes, planned_at, created_at, updated_at)
select prikke.current_organization(), prikke.new_id(c.at), 'Job ' || n,
  'https://example.com/' || n, 'GET', 'cron', '0 3 * * *', 'UTC', p.masks, n::text, c.at, 3,
  'skip', 60, c.at, c.at, c.at
from generate_series(%s::integer, %s::integer) as n
cross join lateral (select prikke.clock() - n * interval '1 second' as at) as c
cross join (select prikke.parse_cron('0 3 * * *') as masks offset 0) as p
"""


def fill(conn: psycopg.Connection, jobs: int, executions: int) -> None:
    # What the triggers would do for each job is not what is measured.
    conn.execute("alter table prikke.job_definition disable trigger user")
    for start in range(1, jobs + 1, 100_000):
        conn.execute(_JOBS, (start, min(start + 99_999, jobs)))
    conn.execute("alter table prikke.job_definition enable trigger user")
    conn.execute(_STATES)
    history.fill(conn, executions)
    conn.execute("vacuum analyze prikke.job_definition, prikke.job_state")


def timed(url: str, path: str, key: str, count: int) -> list[float]:
    """Milliseconds of each request, over one connection."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    took = []
    for _ in range(count):
        begun = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        content = answer.read()
        took.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {content[:300]!r}")
    connection.close()
    return took


def measure(options: Options) -> list[Figure]:
    jobs, executions = (10_000, 50_000) if options.small else (100_000, 1_000_000)
    if options.full:
        jobs, executions = 1_000_000, 10_000_000
    made = make_key()
    figures = []
    with frame.installed() as dsn, frame.connected(dsn) as conn:
        conn.execute(
            "select prikke.create_key(name => 'bench', public_id => %s, secret_hash => %s)",
            (made.credentials.public_id, made.credentials.secret_hash),
        )
        conn.execute(
            "update prikke.setting set value = value ||"
            " '{\"api_per_second\": 1000000, \"api_burst\": 1000000}' where name = 'limits'"
        )
        fill(conn, jobs, executions)
        middle = {
            "job": frame.value(
                conn, "select id from prikke.job_definition where seed = %s", str(jobs // 2)
            ),
            "execution": frame.value(
                conn, "select id from prikke.past_execution where position = %s", -executions // 2
            ),
        }
        with served(dsn, "prikke", "serve") as web:
            for name, path in PATHS.items():
                path = path.format(**middle)
                timed(web.url, path, made.text, 20)
                meter = frame.Meter(web=web.pid, server=frame.postmaster(conn))
                took = timed(web.url, path, made.text, REQUESTS)
                p95 = frame.percentile(took, 0.95)
                used = meter.seconds()
                figures.append(
                    Figure(
                        "P12",
                        f"{name}, 50 among {jobs if 'jobs' in name else executions:,}",
                        f"p50 {frame.median(took):.1f}, p95 {p95:.1f} ms",
                        f"p95 ≤ {TARGET_MS:.0f} ms",
                        p95 <= TARGET_MS,
                        "ms CPU a request: "
                        + ", ".join(f"{n} {s / REQUESTS * 1000:.1f}" for n, s in used.items()),
                    )
                )
    return figures
