"""Taking a change back: by the normal way, whole, and never over a later change."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, use


def last_change(db: psycopg.Connection, job: UUID) -> UUID:
    row = db.execute(
        "select id from prikke.list_audit(subject_id => %s, page_size => 1)", (str(job),)
    ).fetchone()
    assert row is not None
    change: UUID = row[0]
    return change


def stored(db: psycopg.Connection, job: UUID) -> dict[str, Any]:
    """A job with its headers as they are sent."""
    [(row,)] = db.execute(
        "select to_jsonb(d) from prikke.job_definition as d where id = %s", (job,)
    ).fetchall()
    fields: dict[str, Any] = row
    return fields


def test_a_reverted_change_makes_a_new_version_with_the_old_values(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *", body="old")
    call(db, "update_job", id=job, every="1 hour", clear=["body"], name="Other")

    entry = call(db, "revert", change=last_change(db, job))

    now = stored(db, job)
    assert (now["cron"], now["every"], now["body"], now["version"]) == ("0 3 * * *", None, "old", 3)
    assert now["planned_next_at"] == "2026-03-03T03:00:00+00:00"
    assert entry["action"] == "update"
    assert entry["before"]["name"] == "Other"


def test_fields_that_the_change_left_alone_stay_as_they_are_now(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")
    call(db, "update_job", id=job, cron="0 4 * * *")
    change = last_change(db, job)
    call(db, "update_job", id=job, priority=5)

    call(db, "revert", change=change)

    now = stored(db, job)
    assert (now["cron"], now["priority"]) == ("0 3 * * *", 5)


def test_a_field_that_changed_again_is_not_overwritten(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")
    call(db, "update_job", id=job, cron="0 4 * * *", priority=1)
    change = last_change(db, job)
    call(db, "update_job", id=job, cron="0 5 * * *")

    with pytest.raises(psycopg.Error) as caught:
        call(db, "revert", change=change)

    assert caught.value.sqlstate == "PK409"
    assert str(last_change(db, job)) in (caught.value.diag.message_hint or "")
    assert stored(db, job)["cron"] == "0 5 * * *"


def test_a_revert_can_itself_be_reverted(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")
    call(db, "update_job", id=job, cron="0 4 * * *")

    entry = call(db, "revert", change=last_change(db, job))
    call(db, "revert", change=entry["id"])

    assert stored(db, job)["cron"] == "0 4 * * *"


def test_masked_values_come_back_from_the_jobs_versions(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, headers={"Authorization": "Bearer old", "Accept": "text/plain"})
    call(db, "update_job", id=job, headers={"Authorization": "Bearer new"})

    call(db, "revert", change=last_change(db, job))

    assert stored(db, job)["headers"] == {"Authorization": "Bearer old", "Accept": "text/plain"}


def test_masked_values_that_are_no_longer_kept_are_not_guessed(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, headers={"Authorization": "Bearer old"})
    call(db, "update_job", id=job, headers={"Authorization": "Bearer new"})
    db.execute("delete from prikke.job_version where job_id = %s and version = 1", (job,))

    with pytest.raises(psycopg.Error) as caught:
        call(db, "revert", change=last_change(db, job))

    assert caught.value.sqlstate == "PK409"
    assert stored(db, job)["headers"] == {"Authorization": "Bearer new"}


@pytest.mark.parametrize(
    ("function", "before", "after"),
    [
        ("pause_job", True, True),
        ("resume_job", False, False),
    ],
)
def test_pausing_and_resuming_are_taken_back(
    db: psycopg.Connection,
    at: Clock,
    organization: UUID,
    function: str,
    before: bool,
    after: bool,
) -> None:
    job = make_job(db, cron="0 3 * * *", enabled=before)
    call(db, function, id=job)

    call(db, "revert", change=last_change(db, job))

    now = stored(db, job)
    assert now["enabled"] is after
    assert (now["paused_by"] is None) is after


def test_a_deletion_is_taken_back(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    job = make_job(db, cron="0 3 * * *")
    call(db, "delete_job", id=job)

    entry = call(db, "revert", change=last_change(db, job))

    assert entry["action"] == "restore"
    assert call(db, "get_job", id=job)["cron"] == "0 3 * * *"


def test_a_new_job_is_taken_back(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    job = make_job(db, cron="0 3 * * *")

    entry = call(db, "revert", change=last_change(db, job))

    assert entry["action"] == "delete"
    assert stored(db, job)["deleted_at"] is not None


def test_a_job_that_changed_since_it_was_made_is_not_deleted_by_a_revert(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")
    change = last_change(db, job)
    call(db, "update_job", id=job, priority=1)

    with pytest.raises(psycopg.Error) as caught:
        call(db, "revert", change=change)

    assert caught.value.sqlstate == "PK409"


def test_what_was_right_then_is_checked_again(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, scheduled_at="2026-03-02T13:00:00Z")
    call(db, "update_job", id=job, cron="0 3 * * *")
    at.move_to("14:00")

    with pytest.raises(psycopg.Error) as caught:
        call(db, "revert", change=last_change(db, job))

    assert caught.value.sqlstate == "PK422"


def test_a_key_that_is_taken_by_now_is_refused(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, key="nightly")
    call(db, "update_job", id=job, key="other")
    make_job(db, key="nightly")

    with pytest.raises(psycopg.Error) as caught:
        call(db, "revert", change=last_change(db, job))

    assert caught.value.sqlstate == "PK409"


def test_a_change_of_another_organization_does_not_exist(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    change = last_change(db, make_job(db))
    use(db, make_organization(db))

    with pytest.raises(psycopg.Error) as caught:
        call(db, "revert", change=change)

    assert caught.value.sqlstate == "PK404"


def test_a_rotated_secret_cannot_be_taken_back(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute("select prikke.rotate_signing_secret()")
    [(change,)] = db.execute(
        "select id from prikke.list_audit(subject_kind => 'signing_secret', page_size => 1)"
    ).fetchall()

    with pytest.raises(psycopg.Error) as caught:
        call(db, "revert", change=change)

    assert caught.value.sqlstate == "PK422"


def queue_of(db: psycopg.Connection) -> dict[str, Any]:
    [(row,)] = db.execute("select to_jsonb(q) from prikke.queue as q").fetchall()
    settings: dict[str, Any] = row
    return settings


def last_queue_change(db: psycopg.Connection) -> UUID:
    [(change,)] = db.execute(
        "select id from prikke.list_audit(subject_kind => 'queue', page_size => 1)"
    ).fetchall()
    identifier: UUID = change
    return identifier


def test_limits_of_a_queue_are_taken_back(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "set_queue", name="mail", max_running=5)
    call(db, "set_queue", name="mail", rate=10, rate_period="1 minute", clear=["max_running"])

    entry = call(db, "revert", change=last_queue_change(db))

    now = queue_of(db)
    assert (now["max_running"], now["rate"], now["rate_period"]) == (5, None, None)
    assert entry["subject_id"] == "mail"


def test_the_first_limits_of_a_queue_are_taken_back_to_none(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "set_queue", name="mail", rate=10, after_failure="stop")

    call(db, "revert", change=last_queue_change(db))

    now = queue_of(db)
    assert (now["rate"], now["burst"], now["after_failure"]) == (None, None, "continue")


def test_a_paused_queue_goes_on_when_its_pause_is_taken_back(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "set_queue", name="mail", max_running=5)
    call(db, "pause_queue", name="mail", reason="provider is down")

    entry = call(db, "revert", change=last_queue_change(db))
    paused = queue_of(db)["paused"]
    call(db, "revert", change=entry["id"])

    assert (entry["action"], paused) == ("resume", False)
    assert queue_of(db)["pause_reason"] == "provider is down"


def last_organization_change(db: psycopg.Connection) -> UUID:
    [(change,)] = db.execute(
        "select id from prikke.list_audit(subject_kind => 'organization', page_size => 1)"
    ).fetchall()
    identifier: UUID = change
    return identifier


def test_settings_of_the_organization_are_taken_back(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "update_organization", name="Other", retention_days=10, limits={"jobs": 3})

    entry = call(db, "revert", change=last_organization_change(db))

    row = db.execute(
        "select name, retention_days, limits, tier from prikke.organization where id = %s",
        (organization,),
    ).fetchone()
    assert row == ("Acme", None, {}, "free")
    assert entry["after"]["name"] == "Acme"


def test_the_making_of_an_organization_cannot_be_taken_back(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        call(db, "revert", change=last_organization_change(db))

    assert caught.value.sqlstate == "PK422"
