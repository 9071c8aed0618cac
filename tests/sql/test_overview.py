"""overview and attention: how an organization does, and what needs somebody."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, make_send, rows, use
from tests.virtual_runner import VirtualRunner


def overview(db: psycopg.Connection, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = call(db, "overview", **arguments)["overview"]
    return found


def attention(db: psycopg.Connection) -> dict[str, dict[str, Any]]:
    return {row["reason"]: row for row in rows(db, "attention")}


def deliver(db: psycopg.Connection, runner: VirtualRunner, *statuses: str, **more: Any) -> None:
    for status in statuses:
        make_send(db, max_attempts=1, **more)
        for claim in runner.work():
            runner.complete(claim, status)


def fail_job(runner: VirtualRunner, db: psycopg.Connection, times: int = 1, **fields: Any) -> UUID:
    job = make_job(db, max_attempts=1, **fields)
    for _ in range(times):
        call(db, "run_now", id=job)
        for claim in runner.work():
            runner.complete(claim, "failed")
    runner.conn.execute("select prikke.fold_outcomes()")
    return job


def test_runs_of_a_day_stand_beside_the_day_before(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner, at: Clock
) -> None:
    at.move_to("2026-03-01T11:00")
    deliver(db, runner, "success", "success", "failed")
    at.move_to("2026-03-02T12:00")
    deliver(db, runner, "success", "timeout", "failed", "success")

    found = overview(db)

    assert (found["runs"], found["failed"]) == (4, 2)
    assert (found["runs_before"], found["failed_before"]) == (3, 1)
    assert (found["runs_today"], found["runs_yesterday"]) == (4, 3)


def test_counts_are_the_same_before_and_after_they_are_folded(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    deliver(db, runner, "success", "failed")
    before = overview(db)

    db.execute("select prikke.fold_tallies()")
    deliver(db, runner, "success")
    db.execute("select prikke.fold_tallies()")

    assert (before["runs"], before["failed"]) == (2, 1)
    after = overview(db)
    assert (after["runs"], after["failed"]) == (3, 1)
    assert sum(each["runs"] for each in after["quarter_hours"]) == 3


def test_a_day_is_96_quarter_hours_up_to_now(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner, at: Clock
) -> None:
    at.move_to("11:50")
    deliver(db, runner, "failed")
    at.move_to("12:05")
    deliver(db, runner, "success")

    quarters = overview(db)["quarter_hours"]

    assert len(quarters) == 96
    assert [(each["at"][11:16], each["runs"], each["failed"]) for each in quarters[-2:]] == [
        ("11:45", 1, 1),
        ("12:00", 1, 0),
    ]


def test_today_begins_at_midnight_of_the_reader(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner, at: Clock
) -> None:
    at.move_to("04:00")
    deliver(db, runner, "success")
    at.move_to("12:00")

    assert overview(db, timezone="UTC")["runs_today"] == 1
    assert overview(db, timezone="America/New_York")["runs_today"] == 0


def test_a_zone_that_does_not_exist_is_refused(db: psycopg.Connection, organization: UUID) -> None:
    with pytest.raises(psycopg.Error) as caught:
        overview(db, timezone="Foo+5")

    assert caught.value.sqlstate == "PK422"


def test_jobs_are_counted_as_they_are(
    db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    old = make_job(db)
    at.move(days=2)
    make_job(db)
    call(db, "pause_job", id=old)
    call(db, "delete_job", id=make_job(db))

    found = overview(db)

    assert (found["jobs"], found["active_jobs"], found["new_jobs"]) == (2, 1, 1)


def test_tests_and_notifications_are_no_runs(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    deliver(db, runner, "success")
    db.execute("update prikke.tally_change set kind = 'test'")

    assert overview(db)["runs"] == 0


def test_nothing_of_another_organization_is_counted(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    deliver(db, runner, "failed")
    fail_job(runner, db)
    db.execute("select prikke.fold_tallies()")

    use(db, make_organization(db))

    found = overview(db)
    assert (found["jobs"], found["runs"], found["failed"]) == (0, 0, 0)
    assert set(attention(db)) <= {"no_runner"}


def test_an_organization_that_is_well_needs_nobody(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    deliver(db, runner, "success")

    assert set(attention(db)) <= {"no_runner"}


def test_a_failing_job_is_named_with_its_failures_and_its_last_success(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    job = fail_job(runner, db, 3, name="send-reports")

    found = attention(db)["failing"]

    assert (found["name"], found["subject_id"], found["action"]) == (
        "send-reports",
        str(job),
        "view",
    )
    assert found["message"] == "3 failures in the last 24 h"
    assert found["last_success_at"] is None
    db.execute("select prikke.fold_tallies()")
    assert attention(db)["failing"]["count"] == 3


def test_a_job_that_failed_last_long_ago_says_so(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner, at: Clock
) -> None:
    fail_job(runner, db, 2)
    at.move(days=2)

    assert attention(db)["failing"]["message"] == "failed 2 times in a row"


def test_a_failing_job_that_somebody_disabled_needs_nobody(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    job = fail_job(runner, db)
    call(db, "pause_job", id=job)

    assert "failing" not in attention(db)


def test_a_job_that_the_engine_disabled_may_be_enabled(
    db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db)
    db.execute("select prikke.disable_job(%s, %s, 'gone')", (organization, job))

    found = attention(db)["disabled"]

    assert found["message"] == "disabled by Prikke: its endpoint answered 410 Gone"
    assert (found["subject_id"], found["action"]) == (str(job), "enable")


def test_a_paused_queue_says_why_and_what_waits(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    call(db, "pause_queue", name="mail", reason="provider is down")
    make_send(db, queue="mail")
    assert runner.work() == []

    found = attention(db)["paused"]

    assert found["message"] == "paused: provider is down; 1 waiting"
    assert (found["name"], found["count"], found["action"]) == ("mail", 1, "resume")


def test_what_is_due_for_long_is_late(
    db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    make_send(db, queue="mail")
    assert "late" not in attention(db)
    at.move(minutes=2)

    found = attention(db)["late"]

    assert (found["subject_id"], found["count"], found["action"]) == ("mail", 1, "queue")


def test_a_job_set_aside_may_be_edited(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    job = make_job(db, cron="0 3 * * *")
    runner.tick()
    db.execute(
        "update prikke.job_state set set_aside_at = prikke.clock(), next_run_at = null,"
        " set_aside_error = 'no such zone' where job_id = %s",
        (job,),
    )

    found = attention(db)["set_aside"]

    assert (found["message"], found["action"]) == ("cannot be scheduled: no such zone", "edit")


def test_due_times_that_are_skipped_just_now_are_told(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner, at: Clock
) -> None:
    make_job(db, every=timedelta(minutes=1))
    at.move(minutes=1)
    assert runner.work()
    for _ in range(3):
        at.move(minutes=1)
        runner.tick()

    found = attention(db)["skipped"]

    assert found["message"] == "3 due times skipped: another run is still going"


def test_the_list_is_as_long_as_was_asked_and_grave_ones_come_first(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    call(db, "pause_queue", name="mail")
    for _ in range(4):
        fail_job(runner, db)

    found = rows(db, "attention", page_size=3)

    assert [row["reason"] for row in found if row["reason"] != "no_runner"][:2] == ["failing"] * 2
    assert len(found) == 3
    with pytest.raises(psycopg.Error) as caught:
        rows(db, "attention", page_size=0)
    assert caught.value.sqlstate == "PK422"
