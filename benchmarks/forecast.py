"""A forecast of a million jobs for a day by the hour (P14).

    python -m benchmarks.forecast

Fills a throw-away database by SQL: a few thousand distinct schedules in eight zones, one of them on
a day of a clock change. Each figure is the median of the rounds.
"""

import statistics
import time

import psutil
import psycopg

from benchmarks.frame import Figure, Options
from prikke import embedded
from prikke.config import Settings
from prikke.install import install
from tests.conftest import throwaway_home

TARGET_SECONDS = 5.0

# Distinct schedules: half once a day, the rest hourly, every few minutes, on weekdays, or `every`.
_FILL = """
with schedule as (
  select n,
    case n %% 10
      when 0 then format('*/%%s * * * *', 2 + n / 10 %% 28)
      when 1 then format('%%s * * * *', n / 10 %% 60)
      when 2 then format('%%s %%s * * 1-5', n / 10 %% 60, n / 600 %% 24)
      when 3 then format('%%s */%%s * * *', n / 10 %% 60, 2 + n / 600 %% 5)
      else format('%%s %%s * * *', n / 10 %% 60, n / 600 %% 24)
    end as cron,
    (array['UTC', 'Europe/Oslo', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe',
      'America/Sao_Paulo', 'Asia/Tokyo', 'Europe/London'])[1 + n %% 8] as timezone
  from generate_series(0, %(schedules)s - 1) as n
), parsed as materialized (
  select s.n, case when s.n %% 20 <> 19 then s.cron end as cron,
    case when s.n %% 20 = 19 then make_interval(mins => 5 * (1 + s.n / 20 %% 30)) end as every,
    s.timezone, prikke.parse_cron(s.cron) as masks
  from schedule as s
)
insert into prikke.job_definition (
  organization_id, id, name, url, method, schedule_type, cron, every, timezone, masks, seed,
  anchored_at, max_attempts, overlap, interval_minutes, planned_at, created_at, updated_at)
select %(organization)s, prikke.new_id(c.at), 'Job ' || j.n, 'https://example.com/jobs/' || j.n,
  'POST',
  case when p.cron is null then 'every' else 'cron' end, p.cron, p.every,
  p.timezone, case when p.cron is not null then p.masks end, j.n::text,
  c.at - j.n %% 600 * interval '1 second', 3, 'skip', 60, c.at, c.at, c.at
from generate_series(0, %(jobs)s - 1) as j (n)
cross join (select timestamptz '2026-10-24 12:00+00' as at) as c
join parsed as p on p.n = j.n %% %(schedules)s
"""


def measure(options: Options) -> list[Figure]:
    jobs, schedules = (100_000, 1_000) if options.small else (1_000_000, 5_000)
    with throwaway_home() as home, embedded.serve(home, embedded.THROWAWAY) as server:
        install(server.dsn(), Settings())
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            return _measure(conn, jobs, schedules, options.rounds)


def _measure(conn: psycopg.Connection, jobs: int, schedules: int, rounds: int) -> list[Figure]:
    row = conn.execute(
        "select o.id from prikke.create_organization(name => 'Bench') as c"
        " cross join prikke.use_organization(c.slug) as o"
    ).fetchone()
    assert row is not None
    # The triggers would parse each schedule anew, which is not what is measured.
    conn.execute("alter table prikke.job_definition disable trigger user")
    conn.execute(_FILL, {"organization": row[0], "jobs": jobs, "schedules": schedules})
    conn.execute("alter table prikke.job_definition enable trigger user")
    conn.execute("vacuum analyze prikke.job_definition")
    # Europe's clocks go back within the day.
    since = "2026-10-24T20:00:00Z"
    conn.execute(
        "create or replace function prikke.clock() returns timestamptz language sql stable"
        f" as 'select timestamptz ''{since}'''".encode()
    )
    figures = []
    for name, query in {
        "of one organization": "select sum(runs) from prikke.forecast()",
        "of all organizations": "select sum(runs) from prikke.forecast_all()",
    }.items():
        backend = psutil.Process(conn.info.backend_pid)
        took, runs = [], 0
        spent = sum(backend.cpu_times()[:2])
        for _ in range(rounds):
            begin = time.perf_counter()
            found = conn.execute(query).fetchone()
            took.append(time.perf_counter() - begin)
            assert found is not None
            runs = found[0]
        seconds = statistics.median(took)
        spent = (sum(backend.cpu_times()[:2]) - spent) / rounds
        figures.append(
            Figure(
                "P14",
                f"forecast {name}: {jobs:,} jobs, {schedules:,} schedules, a day by the hour",
                f"{seconds:.1f} s",
                f"≤ {TARGET_SECONDS:.0f} s",
                seconds <= TARGET_SECONDS,
                f"{runs:,} runs; {spent:.1f} s of CPU in the leading process",
            )
        )
    return figures


def main() -> None:
    for figure in measure(Options(rounds=3)):
        print(figure.line(), figure.note)


if __name__ == "__main__":
    main()
