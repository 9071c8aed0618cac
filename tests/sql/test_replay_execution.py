"""Sending one ended execution again: as it is now, or as it was."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import (
    URL,
    call,
    cancel,
    execution,
    executions,
    make_job,
    make_organization,
    make_running,
    make_send,
    use,
)
from tests.virtual_runner import Claim, VirtualRunner

OTHER = "https://example.com/other"


def replay(db: psycopg.Connection, id: UUID, **more: Any) -> UUID:  # noqa: A002
    identifier: UUID = call(db, "replay_execution", id=id, **more)["id"]
    return identifier


def run_once(db: psycopg.Connection, runner: VirtualRunner, job: UUID, status: str) -> Claim:
    """A manual run of a job that has ended."""
    call(db, "run_now", id=job)
    [claim] = [claim for claim in runner.claim() if claim.job_id == job]
    runner.complete(claim, status)
    return claim


def test_a_replay_sends_the_jobs_present_request(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, body="old")
    first = run_once(db, runner, job, "failed")
    call(db, "update_job", id=job, url=OTHER, body="new")

    again = replay(db, first.id)

    [claim] = runner.claim()
    assert (claim.id, claim.kind, claim.job_id) == (again, "replay", job)
    assert (claim.url, claim.body) == (OTHER, "new")
    assert call(db, "get_execution", id=again)["replay_of"] == first.id


def test_a_replay_as_sent_sends_the_old_request(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(
        db,
        body="old",
        method="PUT",
        headers={"Authorization": "Bearer old"},
        timeout_ms=7000,
        expected_status="418",
    )
    first = run_once(db, runner, job, "failed")
    call(db, "update_job", id=job, url=OTHER, body="new", clear=["headers", "expected_status"])

    again = replay(db, first.id, as_sent=True)

    [claim] = runner.claim()
    assert (claim.id, claim.job_id, claim.url, claim.body) == (again, job, URL, "old")
    assert (claim.method, claim.headers) == ("PUT", {"Authorization": "Bearer old"})
    assert (claim.timeout_ms, claim.expected_status) == (7000, "418")
    assert execution(db, again).job_version == 1


def test_a_replay_of_a_replay_as_sent_is_sent_as_that_was(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, body="old", timeout_ms=7000)
    first = run_once(db, runner, job, "failed")
    call(db, "update_job", id=job, body="new")
    replay(db, first.id, as_sent=True)
    [second] = runner.claim()
    runner.complete(second, "failed")

    replay(db, second.id, as_sent=True)
    [third] = runner.claim()
    runner.complete(third, "failed")
    replay(db, second.id)
    [fourth] = runner.claim()

    assert (third.body, third.timeout_ms) == ("old", 7000)
    assert fourth.body == "new"


def test_a_send_is_replayed_with_all_it_had(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(
        db,
        runner,
        body="order 42",
        method="PATCH",
        headers={"X-Token": "t"},
        queue="mail",
        priority=5,
        ref="order-42",
        timeout_ms=9000,
        max_attempts=2,
        backoff="2 minutes",
        expected_status="202",
        expected_body="ok",
    )
    runner.complete(claim, "failed")

    again = replay(db, claim.id)

    [repeated] = runner.claim()
    compared = ("url", "method", "headers", "body", "content_type", "queue", "timeout_ms")
    assert repeated.id == again != claim.id
    assert [getattr(repeated, name) for name in compared] == [
        getattr(claim, name) for name in compared
    ]
    assert (repeated.expected_status, repeated.expected_body) == ("202", "ok")
    row = db.execute(
        "select priority, ref, max_attempts, backoff = '2 minutes' from prikke.live_execution"
    ).fetchone()
    assert row == (5, "order-42", 2, True)


@pytest.mark.parametrize("status", ["success", "failed", "timeout"])
def test_whatever_has_ended_can_be_sent_again(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, status: str
) -> None:
    claim = make_running(db, runner)
    runner.complete(claim, status)

    again = replay(db, claim.id)

    assert [found.id for found in runner.claim()] == [again]


def test_a_cancelled_send_can_be_sent_after_all(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    identifier = make_send(db, delay="1 hour")
    cancel(db, identifier)
    runner.tick()

    again = replay(db, identifier)

    assert [found.id for found in runner.claim()] == [again]


def test_a_missed_due_time_can_be_sent_after_all(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 minute", catch_up="none", overlap="allow")
    at.move(minutes=30)
    runner.tick()
    [missed] = [found for found in executions(db, job) if found.status == "missed"]

    again = replay(db, missed.id)

    assert execution(db, again).replay_of == missed.id
    assert again in {found.id for found in runner.claim()}


def test_what_has_not_ended_is_not_sent_again(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)

    with pytest.raises(psycopg.Error) as caught:
        replay(db, claim.id)

    assert caught.value.sqlstate == "PK409"


def test_a_run_of_a_deleted_job_is_only_sent_as_it_was(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, body="old")
    first = run_once(db, runner, job, "failed")
    call(db, "delete_job", id=job)
    runner.tick()

    with pytest.raises(psycopg.Error) as caught:
        replay(db, first.id)
    again = replay(db, first.id, as_sent=True)
    runner.tick()

    assert caught.value.sqlstate == "PK409"
    [claim] = runner.claim()
    assert (claim.id, claim.body) == (again, "old")


def test_a_request_that_is_no_longer_kept_is_not_guessed(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db)
    first = run_once(db, runner, job, "failed")
    call(db, "update_job", id=job, body="new")
    db.execute("delete from prikke.job_version where job_id = %s and version = 1", (job,))

    with pytest.raises(psycopg.Error) as caught:
        replay(db, first.id, as_sent=True)

    assert caught.value.sqlstate == "PK409"


@pytest.mark.parametrize("as_sent", [False, True])
def test_a_replay_waits_for_a_run_of_its_job(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, as_sent: bool
) -> None:
    job = make_job(db, overlap="skip")
    first = run_once(db, runner, job, "failed")
    call(db, "run_now", id=job)
    [running] = runner.claim()

    again = replay(db, first.id, as_sent=as_sent)
    during = runner.claim()
    runner.complete(running)
    after = runner.work()

    assert during == []
    assert [claim.id for claim in after] == [again]


def test_replays_that_wait_do_not_keep_the_schedule_from_running(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 minute", overlap="skip")
    for _ in range(2):
        run_once(db, runner, job, "failed")
    call(db, "replay_executions", rate=1, rate_period="1 hour", dry_run=False)
    [first] = runner.claim()
    runner.complete(first)

    at.move(minutes=1)
    claims = runner.work()

    assert [(claim.kind, claim.scheduled_for) for claim in claims] == [("schedule", at.now)]


def test_an_execution_of_another_organization_does_not_exist(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    runner.complete(claim, "failed")
    use(db, make_organization(db))

    with pytest.raises(psycopg.Error) as caught:
        replay(db, claim.id)

    assert caught.value.sqlstate == "PK404"
