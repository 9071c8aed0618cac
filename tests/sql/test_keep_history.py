"""History by days: partitions ahead, retention, and what upkeep removes."""

from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import call, make_job, make_organization, make_send, use
from tests.virtual_runner import VirtualRunner


def days(db: psycopg.Connection, table: str) -> list[str]:
    rows = db.execute(
        "select right(c.relname, 8) from pg_inherits as i join pg_class as c on c.oid = i.inhrelid"
        " where i.inhparent = %s::regclass order by 1",
        (f"prikke.{table}",),
    ).fetchall()
    return [row[0] for row in rows]


def count(db: psycopg.Connection, table: str) -> int:
    row = db.execute(f"select count(*) from prikke.{table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def end_one(db: psycopg.Connection, runner: VirtualRunner) -> UUID:
    send = make_send(db)
    [claim] = runner.claim()
    runner.complete(claim)
    return send


@pytest.mark.parametrize("table", ["past_execution", "past_attempt"])
def test_partitions_reach_from_yesterday_to_a_week_ahead(
    db: psycopg.Connection, runner: VirtualRunner, table: str
) -> None:
    found = days(db, table)

    assert found == ["20260301", *(f"202603{day:02}" for day in range(2, 10))]


def test_keeping_again_makes_nothing(db: psycopg.Connection, runner: VirtualRunner) -> None:
    assert runner.keep_history().made == 0


def test_days_past_the_longest_retention_are_dropped(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    end_one(db, runner)
    at.move(days=31)
    runner.keep_history()
    kept = days(db, "past_execution")
    at.move(days=2)

    runner.keep_history()

    assert "20260302" in kept
    assert "20260302" not in days(db, "past_execution")


def test_rows_past_their_organizations_retention_are_deleted(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock, organization: UUID
) -> None:
    end_one(db, runner)
    other = make_organization(db)
    use(db, other)
    theirs = end_one(db, runner)
    db.execute("update prikke.organization set retention_days = 2 where id = %s", (organization,))
    at.move(days=3)

    deleted = runner.keep_history().deleted

    rows = db.execute("select id from prikke.past_execution").fetchall()
    assert deleted == 1
    assert rows == [(theirs,)]


def test_a_day_that_somebody_reads_is_left_for_the_next_time(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock, connect: Connect
) -> None:
    end_one(db, runner)
    reader = connect(autocommit=False)
    reader.execute("select count(*) from prikke.past_execution")
    at.move(days=40)
    runner.conn.execute("set lock_timeout = 0")

    runner.keep_history()
    while_read = days(db, "past_execution")
    reader.rollback()
    runner.keep_history()

    assert "20260302" in while_read
    assert "20260302" not in days(db, "past_execution")


def test_a_version_nobody_needs_goes_after_the_longest_retention(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db)
    call(db, "update_job", id=job, name="Second")
    at.move(days=29)
    runner.keep_history()
    kept = count(db, "job_version")
    at.move(days=2)

    runner.keep_history()

    assert (kept, count(db, "job_version")) == (2, 1)


def test_a_version_that_something_live_names_stays(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db)
    call(db, "run_now", id=job)
    call(db, "update_job", id=job, name="Second")
    at.move(days=40)

    runner.keep_history()

    assert count(db, "job_version") == 2


def test_tallies_are_kept_400_days(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    end_one(db, runner)
    runner.conn.execute("select prikke.fold_tallies()")
    at.move(days=399)
    runner.keep_history()
    kept = count(db, "tally")
    at.move(days=2)

    runner.keep_history()

    assert (kept, count(db, "tally")) == (1, 0)
