"""What waits is known to the planner soon after it came, however quiet it was before."""

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import make_send
from tests.virtual_runner import VirtualRunner

SENDS = "select prikke.send(url => 'https://example.com/', delay => %s) from generate_series(1, %s)"


@pytest.fixture
def quiet(db: psycopg.Connection, runner: VirtualRunner) -> psycopg.Connection:
    """A table of executions that was looked at while it was empty."""
    db.execute("alter table prikke.live_execution set (autovacuum_enabled = false)")
    make_send(db)
    db.execute("delete from prikke.live_execution")
    db.execute("analyze prikke.live_execution")
    assert expected(db) == 0
    return db


def fill(db: psycopg.Connection, count: int, delay: str = "0 s") -> None:
    db.execute(SENDS, (delay, count))


def expected(db: psycopg.Connection) -> int:
    row = db.execute(
        "select reltuples from pg_class where oid = 'prikke.live_execution'::regclass"
    ).fetchone()
    assert row is not None
    return int(row[0])


def kept(runner: VirtualRunner) -> bool:
    row = runner.conn.execute("select prikke.keep_statistics()").fetchone()
    assert row is not None
    return bool(row[0])


def test_ten_times_what_was_expected_is_looked_at_once(
    quiet: psycopg.Connection, runner: VirtualRunner
) -> None:
    fill(quiet, 1100)

    first, second = kept(runner), kept(runner)

    assert (first, second) == (True, False)
    assert expected(quiet) == 1100


def test_what_a_quiet_system_has_is_not(quiet: psycopg.Connection, runner: VirtualRunner) -> None:
    fill(quiet, 900)

    assert not kept(runner)


def test_a_tick_that_brings_much_looks(
    quiet: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    fill(quiet, 1100, "1 hour")
    at.move(hours=1)

    runner.tick()

    assert expected(quiet) == 1100


def test_it_waits_for_nobody_who_is_at_the_table(
    quiet: psycopg.Connection, runner: VirtualRunner, connect: Connect
) -> None:
    fill(quiet, 1100)
    vacuum = connect(autocommit=False)
    vacuum.execute("lock table prikke.live_execution in share update exclusive mode")
    runner.conn.execute("set lock_timeout = '10 s'")

    kept(runner)

    assert expected(quiet) == 0


def test_a_claim_after_a_quiet_time_reads_what_it_takes_and_not_all(
    quiet: psycopg.Connection, runner: VirtualRunner
) -> None:
    fill(quiet, 5000)
    kept(runner)

    with runner.conn.transaction():
        claims = runner.claim(50)
        runner.report([runner.result(claim) for claim in claims])
        row = runner.conn.execute(
            "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables"
            " where relid = 'prikke.live_execution'::regclass"
        ).fetchone()

    assert len(claims) == 50
    assert row is not None
    assert row[0] < 2500
