"""Deliveries with a long history behind them (P6), beside a fresh database on the same server.

    python -m benchmarks history [--full]

A million rows of history over ten days, ten million with --full. Rounds of P1 alternate between the
two databases.
"""

import psycopg

from benchmarks import deliveries, frame
from benchmarks.deliveries import COUNT, Series
from benchmarks.frame import Figure, Options
from prikke.config import Settings
from prikke.install import install

DAYS = 10
_BATCH = 250_000

_PARTITIONS = """
select prikke.make_partition(p.parent, (d.day at time zone 'UTC')::date)
from (values ('past_execution'), ('past_attempt')) as p (parent)
cross join generate_series(
  prikke.clock() - make_interval(days => %s), prikke.clock() + interval '1 day', interval '1 day'
) as d (day)
"""
_FILL = """
insert into prikke.past_execution (
  organization_id, id, position, kind, status, queue, priority, scheduled_for, due_at, created_at,
  claimed_at, started_at, finished_at, attempt, max_attempts, lost, claim_number, runner_id, url,
  method, headers, body, content_type, status_code, duration_ms, response_headers, response_body)
select
  prikke.current_organization(), prikke.new_id(h.at), -h.number, 'send', 'success', 'default', 0,
  h.at, h.at, h.at, h.at, h.at, h.at, 1, 5, 0, 1, gen_random_uuid(), 'https://example.com/hook',
  'POST', '{}', repeat('x', 200), 'text/plain', 200, 3,
  '{"Content-Type": "text/plain", "Content-Length": "200"}', convert_to(repeat('x', 200), 'UTF8')
from (
  select n as number, prikke.clock() - n * (interval '1 day' * %s / %s) as at
  from generate_series(%s::bigint, %s::bigint) as n
) as h
"""


def fill(conn: psycopg.Connection, rows: int) -> None:
    """History of the last days, the newest rows in the partition that results go into."""
    conn.execute(_PARTITIONS, (DAYS,))
    for start in range(1, rows + 1, _BATCH):
        conn.execute(_FILL, (DAYS, rows, start, min(start + _BATCH - 1, rows)))
    conn.execute("vacuum analyze prikke.past_execution")
    conn.execute("checkpoint")


def measure(options: Options) -> list[Figure]:
    rows = 100_000 if options.small else 10_000_000 if options.full else 1_000_000
    count = COUNT // 4 if options.small else COUNT
    series = {"fresh": Series(), "aged": Series()}
    with frame.server() as running, frame.sink() as sink:
        with psycopg.connect(running.dsn(), autocommit=True) as admin:
            for name in series:
                admin.execute(f"create database {name}".encode())
                install(running.dsn(name), Settings(allow_targets=frame.LOOPBACK))
        with frame.connected(running.dsn("aged")) as conn:
            fill(conn, rows)
        for turn in range(options.rounds):
            # Who goes first alternates, so that a drift of the machine falls on both.
            for name in sorted(series, reverse=bool(turn % 2)):
                with frame.connected(running.dsn(name)) as conn:
                    deliveries.run(running.dsn(name), conn, sink, 1, count, series[name])
    share = series["aged"].rate / series["fresh"].rate
    return [
        Figure(
            "P6",
            f"P1 with {rows:,} rows of history",
            f"{share:.2f} of fresh ({frame.rate(series['aged'].rate)}"
            f" beside {frame.rate(series['fresh'].rate)})",
            "≥ 0.9 of fresh, at 10,000,000",
            share >= 0.9,
            f"µs CPU a delivery: aged {series['aged'].words()}; fresh {series['fresh'].words()}",
        )
    ]
