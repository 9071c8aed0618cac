"""What create_job accepts, derives and refuses."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Clock
from tests.factories import URL, call, make_job, make_organization, use


def problems(refused: pytest.ExceptionInfo[psycopg.Error]) -> set[str]:
    """The fields that PK422 names."""
    assert refused.value.sqlstate == "PK422"
    return {entry["field"] for entry in json.loads(refused.value.diag.message_detail or "[]")}


def test_a_cron_job_knows_its_next_run(
    db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    job = call(db, "create_job", name="Nightly", url=URL, cron="0 3 * * *", timezone="Europe/Oslo")

    assert job["schedule_type"] == "cron"
    assert job["next_run_at"] == at("2026-03-03T02:00")
    # The shortest gap: the night in March that has 23 hours.
    assert job["interval_minutes"] == 23 * 60
    assert job["version"] == 1


def test_an_every_job_steps_from_its_creation(
    db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    job = call(db, "create_job", name="Often", url=URL, every="90 seconds")

    assert job["next_run_at"] == at("12:01:30")


def test_every_is_anchored_at_scheduled_at_where_given(
    db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    job = call(db, "create_job", name="Later", url=URL, every="1 hour", scheduled_at=at("11:15"))

    assert job["next_run_at"] == at("12:15")


def test_scheduled_at_alone_is_once(db: psycopg.Connection, organization: UUID, at: Clock) -> None:
    job = call(db, "create_job", name="Once", url=URL, scheduled_at=at("18:00"))

    assert (job["schedule_type"], job["next_run_at"]) == ("once", at("18:00"))
    assert job["max_attempts"] == 5


def test_without_a_schedule_it_runs_on_demand(db: psycopg.Connection, organization: UUID) -> None:
    job = call(db, "create_job", name="Manual", url=URL)

    assert (job["schedule_type"], job["next_run_at"]) == ("manual", None)
    assert job["overlap"] == "allow"


def test_defaults_are_those_of_the_contract(db: psycopg.Connection, organization: UUID) -> None:
    job = call(db, "create_job", name="Plain", url=URL, cron="* * * * *")

    fields = ("method", "timezone", "enabled", "timeout_ms", "max_attempts", "catch_up", "overlap")
    assert [job[field] for field in fields] == [
        "GET", "UTC", True, 30000, 3, "latest", "skip",
    ]  # fmt: skip
    assert (job["queue"], job["priority"], job["completion"]) == ("default", 0, "response")


def test_each_field_is_kept_as_it_was_given(db: psycopg.Connection, organization: UUID) -> None:
    given = {
        "name": "Every field",
        "url": "https://example.com/hook",
        "cron": "0 3 * * *",
        "timezone": "Europe/Oslo",
        "method": "PUT",
        "headers": Jsonb({"X-Mine": "one"}),
        "body": "two",
        "content_type": "text/x-three",
        "key": "four",
        "queue": "five",
        "priority": 6,
        "ordering_key": "seven",
        "enabled": False,
        "timeout_ms": 8000,
        "max_attempts": 9,
        "backoff": timedelta(seconds=10),
        "catch_up": "none",
        "catch_up_window": timedelta(hours=11),
        "overlap": "queue_one",
        "completion": "callback",
        "expected_status": "212",
        "expected_body": "thirteen",
        "on_success_url": "https://example.com/success",
        "on_failure_url": "https://example.com/failure",
        "on_recovery_url": "https://example.com/recovery",
        "notify": Jsonb({"after": 14}),
    }

    job = call(db, "create_job", **given)

    plain = {
        name: value.obj if isinstance(value, Jsonb) else value for name, value in given.items()
    }
    assert {name: job[name] for name in given} == plain


def test_every_wrong_field_is_named_at_once_and_no_row_remains(
    db: psycopg.Connection, organization: UUID
) -> None:
    wrong: dict[str, Any] = {
        "name": " ",
        "url": "ftp://localhost/",
        "cron": "61 * * * *",
        "timezone": "Mars/Olympus",
        "method": "FETCH",
        "key": "a b",
        "queue": "",
        "priority": 101,
        "timeout_ms": 10,
        "max_attempts": 0,
        "backoff": "0 s",
        "catch_up": "some",
        "overlap": "maybe",
        "completion": "later",
        "expected_status": "abc",
        "on_failure_url": "http://10.0.0.1/",
    }

    with pytest.raises(psycopg.Error) as refused:
        call(db, "create_job", **wrong)

    assert problems(refused) == set(wrong)
    row = db.execute("select count(*) from prikke.job_definition").fetchone()
    assert row == (0,)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"cron": "0 0 30 2 *"}, "cron"),
        ({"cron": "* * * * *", "every": "1 minute"}, "cron"),
        ({"every": "1 month"}, "every"),
        ({"every": "500 ms"}, "every"),
        ({"every": "1.5 s"}, "every"),
        ({"scheduled_at": "2026-03-02T11:58:00Z"}, "scheduled_at"),
        ({"scheduled_at": "infinity"}, "scheduled_at"),
        ({"cron": "0 3 * * *", "timezone": "CET"}, "timezone"),
        ({"headers": {"Host": "a"}}, "headers"),
        ({"headers": {"a": "b\r\nc"}}, "headers"),
        ({"body": "x" * 262_145}, "body"),
        ({"notify": [1]}, "notify"),
    ],
)
def test_a_schedule_or_request_that_cannot_be_is_refused(
    db: psycopg.Connection, organization: UUID, at: Clock, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(psycopg.Error) as refused:
        make_job(db, **fields)

    assert problems(refused) == {field}


def test_an_instant_a_minute_ago_is_still_taken(
    db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    job = call(db, "create_job", name="Once", url=URL, scheduled_at=at("11:59:10"))

    assert job["next_run_at"] == at("11:59:10")


def test_a_key_is_taken_once_in_an_organization(db: psycopg.Connection, organization: UUID) -> None:
    first = make_job(db, key="nightly")

    with pytest.raises(psycopg.Error) as refused:
        make_job(db, key="nightly")

    assert refused.value.sqlstate == "PK409"
    assert "key_taken" in (refused.value.diag.message_detail or "")
    assert str(first) in (refused.value.diag.message_detail or "")


def test_another_organization_may_use_the_same_key(
    db: psycopg.Connection, organization: UUID
) -> None:
    make_job(db, key="nightly")
    use(db, make_organization(db))

    assert make_job(db, key="nightly")


def test_a_disabled_job_says_who_made_it_so(db: psycopg.Connection, organization: UUID) -> None:
    job = call(db, "create_job", name="Off", url=URL, cron="* * * * *", enabled=False)

    assert job["next_run_at"] is None
    assert job["paused_by"] == "role:postgres"


def test_values_of_credentials_are_masked(db: psycopg.Connection, organization: UUID) -> None:
    headers = {"Authorization": "Bearer abc", "X-Api-Key": "abc", "Accept": "text/plain"}

    job = call(db, "create_job", name="Masked", url=URL, headers=headers)

    assert job["headers"] == {
        "Authorization": "••••••",
        "X-Api-Key": "••••••",
        "Accept": "text/plain",
    }


def test_the_content_type_follows_from_the_body(db: psycopg.Connection, organization: UUID) -> None:
    json = call(db, "create_job", name="JSON", url=URL, method="POST", body='{"a": 1}')
    text = call(db, "create_job", name="Text", url=URL, method="POST", body="hello")

    assert json["content_type"] == "application/json"
    assert text["content_type"] == "text/plain; charset=utf-8"


def test_h_spreads_by_key_and_stays(db: psycopg.Connection, organization: UUID) -> None:
    minutes = {
        call(db, "create_job", name=key, url=URL, key=key, cron="H * * * *")["next_run_at"].minute
        for key in map(str, range(30))
    }

    assert len(minutes) > 10


def test_it_vanishes_with_the_callers_transaction(
    db: psycopg.Connection, organization: UUID
) -> None:
    with db.transaction(force_rollback=True):
        make_job(db, cron="* * * * *")

    row = db.execute("select count(*) from prikke.job").fetchone()
    assert row == (0,)
