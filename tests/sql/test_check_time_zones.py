"""Zone data that changed under the jobs."""

from uuid import UUID

import psycopg

from tests.conftest import Clock
from tests.factories import make_job
from tests.virtual_runner import VirtualRunner

# The zone's rule as it was read before: what a server with older zone data had stored.
_OLDER = "update prikke.zone_state set fingerprint = 'older' where timezone = %s"


def check(runner: VirtualRunner, limit: int = 10_000) -> int:
    row = runner.conn.execute("select prikke.check_time_zones(%s)", (limit,)).fetchone()
    assert row is not None
    return int(row[0])


def next_runs(db: psycopg.Connection) -> dict[UUID, object]:
    rows = db.execute("select job_id, next_run_at from prikke.job_state").fetchall()
    return dict(rows)


def misplan(db: psycopg.Connection, job: UUID, by: str) -> None:
    """Plan a job as older zone data would have."""
    db.execute(
        "update prikke.job_state set next_run_at = next_run_at + %s::interval where job_id = %s",
        (by, job),
    )


def test_what_has_not_changed_is_not_planned_again(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_job(db, cron="0 3 * * *", timezone="Europe/Oslo")
    check(runner)
    at.move(hours=2)

    assert check(runner) == 0


def test_jobs_of_a_zone_that_changed_are_planned_anew_and_others_left(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    oslo = make_job(db, cron="0 3 * * *", timezone="Europe/Oslo")
    paris = make_job(db, cron="0 3 * * *", timezone="Europe/Paris")
    check(runner)
    right = next_runs(db)[oslo]
    misplan(db, oslo, "1 hour")
    misplan(db, paris, "1 hour")
    wrong = next_runs(db)[paris]
    db.execute(_OLDER, ("Europe/Oslo",))
    at.move(hours=2)

    found = check(runner)
    runner.tick()

    assert found == 1
    assert next_runs(db) == {oslo: right, paris: wrong}


def test_no_due_time_runs_twice_for_it(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_job(db, cron="0 3 * * *", timezone="Europe/Oslo")
    check(runner)
    at.move_to("2026-03-03T02:00")
    runner.complete(runner.work()[0])
    db.execute(_OLDER, ("Europe/Oslo",))
    at.move_to("2026-03-03T02:10")
    db.execute("update prikke.zone_state set checked_at = '2026-01-01'")

    check(runner)

    assert runner.work() == []
    assert list(next_runs(db).values()) == [at("2026-03-04T02:00")]


def test_many_jobs_are_planned_in_batches(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    for _ in range(5):
        make_job(db, cron="0 3 * * *", timezone="Europe/Oslo")
    check(runner)
    db.execute(_OLDER, ("Europe/Oslo",))
    at.move(hours=2)

    batches = [check(runner, limit=2) for _ in range(4)]

    assert batches == [2, 2, 1, 0]


def test_a_zone_that_vanished_sets_its_jobs_aside_and_the_others_go_on(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    lost = make_job(db, cron="0 3 * * *", timezone="Europe/Oslo")
    other = make_job(db, cron="0 3 * * *")
    check(runner)
    db.execute("alter table prikke.job_definition disable trigger user")
    db.execute(
        "update prikke.job_definition set timezone = 'Europe/Atlantis' where id = %s", (lost,)
    )
    db.execute(
        "update prikke.zone_state set timezone = 'Europe/Atlantis' where timezone = 'Europe/Oslo'"
    )
    at.move(hours=2)

    check(runner)
    runner.tick()

    row = db.execute(
        "select set_aside_error from prikke.job_state where job_id = %s", (lost,)
    ).fetchone()
    assert row is not None
    assert "Atlantis" in row[0]
    assert next_runs(db)[other] == at("2026-03-03T03:00")
