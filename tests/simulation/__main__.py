"""`python -m tests.simulation --seeds 2000 --seed 0` tries many seeds; --only replays one."""

import argparse
import sys
import time

import psycopg

from prikke import embedded
from prikke.config import Settings
from prikke.install import install
from tests.conftest import _MOVABLE_CLOCK, throwaway_home
from tests.simulation.run import Failure, simulate, told
from tests.simulation.stage import prepare


def main() -> int:
    """Run the seeds asked for; 1 if one fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--only", type=int, help="replay this one and shorten it")
    parser.add_argument("--steps", type=int, default=60, help="steps of a story")
    arguments = parser.parse_args()
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    if arguments.only is not None:
        seeds = range(arguments.only, arguments.only + 1)
    with throwaway_home() as home, embedded.serve(home, embedded.THROWAWAY) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            conn.execute("create database simulation")
        dsn = server.dsn("simulation")
        install(dsn, Settings())
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(_MOVABLE_CLOCK)
            prepare(conn)
        begun = time.monotonic()
        try:
            reached = simulate(dsn, seeds, arguments.steps)
        except Failure as failure:
            print(told(failure))
            return 1
        print(
            f"{len(seeds)} seeds, {len(reached)} edges, {time.monotonic() - begun:.0f} s: all kept"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
