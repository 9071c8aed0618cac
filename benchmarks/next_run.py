"""The next run of a schedule (P9): from stored masks and from text, beside cronsim and croniter.

    python -m benchmarks.next_run [--rounds 25]

Starts a throw-away server. Each figure is the fastest of the rounds, in microseconds of CPU time
for one call (of the backend, as Linux counts it), less what the empty loop around it costs.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from croniter import croniter
from cronsim import CronSim

from benchmarks.frame import Figure, Options
from prikke import embedded
from prikke.config import Settings
from prikke.install import install
from tests.conftest import throwaway_home

AFTER = datetime(2026, 5, 20, 10, 17, 23, tzinfo=UTC)
ZONES = ["UTC", "Europe/Oslo"]
EXPRESSIONS = [
    "* * * * *",
    "*/5 * * * *",
    "0 * * * *",
    "0 3 * * *",
    "30 8,17 * * *",
    "0 9 * * 1-5",
    "*/15 9-17 * * 1-5",
    "0 0 1 * *",
    "0 0 L * *",
    "0 0 * * 5#2",
    "0 0 13 * 5",
    "0 0 1 1 *",
]
MASKS_TARGET, TEXT_TARGET = 5.0, 30.0

_CALLS = 1000
_LOOPS = """
create function pg_temp.empty(expression text, zone text, after timestamptz, calls integer)
returns void language plpgsql as $$
declare
  v_at timestamptz;
begin
  for n in 1 .. calls loop
    v_at := after;
  end loop;
end $$;

create function pg_temp.masks(expression text, zone text, after timestamptz, calls integer)
returns void language plpgsql as $$
declare
  v_masks prikke.cron_masks := prikke.parse_cron(expression);
  v_at    timestamptz;
begin
  for n in 1 .. calls loop
    v_at := prikke.next_run(v_masks, zone, after);
  end loop;
end $$;

create function pg_temp.spelled(expression text, zone text, after timestamptz, calls integer)
returns void language plpgsql as $$
declare
  v_at timestamptz;
begin
  for n in 1 .. calls loop
    v_at := prikke.next_run(expression, zone, after);
  end loop;
end $$;
"""


def in_database(conn: psycopg.Connection, loop: str, expression: str, zone: str) -> float:
    query = f"select pg_temp.{loop}(%s, %s, %s, {_CALLS})".encode()
    begun = cpu_time(conn)
    conn.execute(query, (expression, zone, AFTER))
    return (cpu_time(conn) - begun) / _CALLS / 1000


def cpu_time(conn: psycopg.Connection) -> int:
    """Nanoseconds that the backend has run."""
    return int(Path(f"/proc/{conn.info.backend_pid}/schedstat").read_text().split()[0])


def in_python(library: Callable[[str, datetime], object], expression: str, zone: str) -> float:
    after = AFTER.astimezone(ZoneInfo(zone))
    begun = time.process_time()
    for _ in range(20):
        library(expression, after)
    return (time.process_time() - begun) / 20 * 1e6


def compare(conn: psycopg.Connection, rounds: int) -> list[list[float]]:
    """Microseconds of each expression and zone: masks, text, cronsim, croniter."""
    conn.execute(_LOOPS)
    empty = min(in_database(conn, "empty", "", "") for _ in range(rounds))
    measures: list[Callable[[str, str], float]] = [
        lambda expression, zone: in_database(conn, "masks", expression, zone) - empty,
        lambda expression, zone: in_database(conn, "spelled", expression, zone) - empty,
        lambda expression, zone: in_python(lambda e, t: next(CronSim(e, t)), expression, zone),
        lambda expression, zone: in_python(
            lambda e, t: croniter(e, t).get_next(datetime), expression, zone
        ),
    ]
    columns: list[list[float]] = [[], [], [], []]
    print(f"{'':34}{'masks':>8}{'text':>8}{'cronsim':>10}{'croniter':>10}  µs")
    for expression in EXPRESSIONS:
        for zone in ZONES:
            best = [min(measure(expression, zone) for _ in range(rounds)) for measure in measures]
            for column, figure in zip(columns, best, strict=True):
                column.append(figure)
            masks, text, cronsim, other = best
            print(f"{expression:20}{zone:14}{masks:8.2f}{text:8.1f}{cronsim:10.0f}{other:10.0f}")
    for name, choose in (("median", statistics.median), ("worst", max)):
        masks, text, cronsim, other = (choose(column) for column in columns)
        print(f"{name:34}{masks:8.2f}{text:8.1f}{cronsim:10.0f}{other:10.0f}")
    print(f"{'target':34}{MASKS_TARGET:8.2f}{TEXT_TARGET:8.1f}")
    return columns


def measure(options: Options) -> list[Figure]:
    with throwaway_home() as home, embedded.serve(home, embedded.THROWAWAY) as server:
        install(server.dsn(), Settings())
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            masks, text, cronsim, other = compare(conn, options.rounds * 5)
    return [
        Figure(
            "P9",
            f"next_run from {name}, {len(column)} schedules",
            f"median {statistics.median(column):.1f}, worst {max(column):.1f} µs",
            f"≤ {target:.0f} µs",
            max(column) <= target,
            f"medians: cronsim {statistics.median(cronsim):.0f},"
            f" croniter {statistics.median(other):.0f} µs",
        )
        for name, column, target in (
            ("stored masks", masks, MASKS_TARGET),
            ("text", text, TEXT_TARGET),
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    with throwaway_home() as home, embedded.serve(home, embedded.THROWAWAY) as server:
        install(server.dsn(), Settings())
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            version = conn.info.parameter_status("server_version")
            print(f"next_run on PostgreSQL {version}, the fastest of {rounds} rounds")
            compare(conn, rounds)


if __name__ == "__main__":
    main()
