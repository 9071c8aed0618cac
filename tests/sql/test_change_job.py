"""Changing, pausing, deleting, restoring, copying and running a job."""

from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, use
from tests.virtual_runner import VirtualRunner


def test_null_leaves_a_field_and_clear_empties_it(
    db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, key="a", body="x", method="POST")

    changed = call(db, "update_job", id=job, name="New", clear=["body"])

    assert (changed["name"], changed["key"], changed["body"]) == ("New", "a", None)
    assert changed["version"] == 2


def test_one_kind_of_schedule_clears_the_others(
    db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    job = make_job(db, cron="0 3 * * *")

    changed = call(db, "update_job", id=job, every="10 minutes")

    assert (changed["schedule_type"], changed["cron"]) == ("every", None)
    assert changed["next_run_at"] == at("12:10")


def test_a_schedule_can_be_taken_away(db: psycopg.Connection, organization: UUID) -> None:
    job = make_job(db, cron="0 3 * * *")

    changed = call(db, "update_job", id=job, clear=["cron"])

    assert (changed["schedule_type"], changed["next_run_at"]) == ("manual", None)


def test_an_expected_version_guards_against_a_change_in_between(
    db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db)
    call(db, "update_job", id=job, name="First")

    with pytest.raises(psycopg.Error) as refused:
        call(db, "update_job", id=job, name="Second", expected_version=1)

    assert refused.value.sqlstate == "PK412"


def test_a_change_of_nothing_makes_no_version(db: psycopg.Connection, organization: UUID) -> None:
    job = make_job(db, name="Same")

    assert call(db, "update_job", id=job, name="Same")["version"] == 1


def test_what_cannot_be_emptied_is_refused(db: psycopg.Connection, organization: UUID) -> None:
    with pytest.raises(psycopg.Error) as refused:
        call(db, "update_job", id=make_job(db), clear=["url"])

    assert refused.value.sqlstate == "PK422"


def test_a_mask_sent_back_means_unchanged(db: psycopg.Connection, organization: UUID) -> None:
    job = make_job(db, headers={"Authorization": "Bearer abc"})
    masked = call(db, "get_job", id=job)["headers"]

    call(db, "update_job", id=job, headers={**masked, "Accept": "text/plain"})

    row = db.execute("select headers from prikke.job_definition").fetchone()
    assert row == ({"Authorization": "Bearer abc", "Accept": "text/plain"},)


def test_a_once_job_may_be_declared_again_after_it_ran(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db, scheduled_at=at("12:01"))
    at.move_to("12:01")
    runner.complete(runner.work()[0])
    at.move_to("15:00")

    changed = call(db, "update_job", id=job, scheduled_at=at("12:01"), name="Again")

    assert changed["name"] == "Again"
    assert runner.work() == []


def test_pausing_says_who_and_why_and_resuming_plans_from_now(
    db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    job = make_job(db, every="1 hour")
    paused = call(db, "pause_job", id=job, reason="moving")
    at.move_to("15:30")

    resumed = call(db, "resume_job", id=job)

    assert (paused["enabled"], paused["paused_by"], paused["pause_reason"]) == (
        False, "role:postgres", "moving",
    )  # fmt: skip
    assert (resumed["enabled"], resumed["paused_by"]) == (True, None)
    assert resumed["next_run_at"] == at("16:00")


def test_a_deleted_job_is_gone_everywhere_and_its_key_is_free(
    db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, key="a")
    call(db, "delete_job", id=job)

    for function in ("get_job", "update_job", "pause_job", "delete_job", "run_now"):
        with pytest.raises(psycopg.Error) as refused:
            call(db, function, id=job)
        assert refused.value.sqlstate == "PK404", function
    assert make_job(db, key="a")


def test_a_deleted_job_comes_back_within_seven_days(
    db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    job = make_job(db, cron="0 3 * * *")
    call(db, "delete_job", id=job)
    at.move_to("2026-03-09T11:00")

    restored = call(db, "restore_job", id=job)

    assert restored["next_run_at"] == at("2026-03-10T03:00")


def test_after_seven_days_it_is_gone_for_good(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db, cron="0 3 * * *")
    call(db, "delete_job", id=job)
    runner.tick()
    at.move_to("2026-03-09T12:01")
    runner.keep_history()

    with pytest.raises(psycopg.Error) as refused:
        call(db, "restore_job", id=job)

    assert refused.value.sqlstate == "PK404"
    row = db.execute("select count(*) from prikke.job_definition").fetchone()
    assert row == (0,)


def test_a_key_taken_meanwhile_stops_the_restoring(
    db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, key="a")
    call(db, "delete_job", id=job)
    make_job(db, key="a")

    with pytest.raises(psycopg.Error) as refused:
        call(db, "restore_job", id=job)

    assert refused.value.sqlstate == "PK409"


def test_a_copy_is_disabled_and_has_no_key(db: psycopg.Connection, organization: UUID) -> None:
    job = make_job(db, name="A", key="a", cron="0 3 * * *")

    copy = call(db, "duplicate_job", id=job)

    assert (copy["name"], copy["key"], copy["enabled"]) == ("A (copy)", None, False)
    assert copy["cron"] == "0 3 * * *"


def test_run_now_runs_a_disabled_job_too(db: psycopg.Connection, runner: VirtualRunner) -> None:
    job = make_job(db, cron="0 3 * * *", enabled=False)

    run = call(db, "run_now", id=job)

    assert run["kind"] == "manual"
    assert [claim.id for claim in runner.claim()] == [run["id"]]


def test_run_now_waits_for_a_run_that_goes(db: psycopg.Connection, runner: VirtualRunner) -> None:
    job = make_job(db, cron="0 3 * * *")
    first, second = (call(db, "run_now", id=job)["id"] for _ in range(2))
    [claim] = runner.claim()

    waiting = runner.claim()
    runner.complete(claim)

    assert (claim.id, waiting) == (first, [])
    assert [c.id for c in runner.work()] == [second]


@pytest.mark.parametrize(
    "function",
    ["get_job", "update_job", "pause_job", "resume_job", "delete_job", "run_now", "duplicate_job"],
)
def test_what_is_not_ours_is_as_if_it_were_not(
    db: psycopg.Connection, organization: UUID, function: str
) -> None:
    job = make_job(db)
    use(db, make_organization(db))
    said = []

    for identifier in (job, uuid4()):
        with pytest.raises(psycopg.Error) as refused:
            call(db, function, id=identifier)
        said.append((refused.value.sqlstate, str(refused.value).replace(str(identifier), "")))

    assert said[0] == said[1]
    assert said[0][0] == "PK404"


def test_each_attempt_records_the_version_it_was_sent_as(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db, url="https://example.com/old")
    call(db, "run_now", id=job)
    [claim] = runner.claim()
    runner.complete(claim, "failed", retry=True)
    call(db, "update_job", id=job, url="https://example.com/new")
    at.move(minutes=1)

    [again] = runner.work()
    runner.complete(again)

    rows = db.execute(
        "select job_version from prikke.attempt where execution_id = %s order by claim_number",
        (claim.id,),
    ).fetchall()
    assert (claim.url, again.url) == ("https://example.com/old", "https://example.com/new")
    assert rows == [(1,), (2,)]
