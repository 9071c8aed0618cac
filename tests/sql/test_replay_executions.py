"""Sending all that match again: counted first, at a rate, undoable until sent."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, make_running, make_send, use
from tests.virtual_runner import Claim, VirtualRunner


def replay(db: psycopg.Connection, **filters: Any) -> dict[str, Any]:
    return call(db, "replay_executions", **filters)


@pytest.fixture
def failed(db: psycopg.Connection, at: Clock, runner: VirtualRunner) -> list[Claim]:
    """Five sends that failed one minute after another, beside one that succeeded."""
    runner.complete(make_running(db, runner, body="fine"))
    found = []
    for number in range(5):
        at.move(minutes=1)
        claim = make_running(db, runner, body=f"{number}", queue="a" if number < 3 else "b")
        runner.complete(claim, "failed", status_code=500 + number)
        found.append(claim)
    return found


def waiting(db: psycopg.Connection) -> list[tuple[UUID, Any, str]]:
    return db.execute(
        "select replay_of, due_at, ref from prikke.live_execution order by due_at, position"
    ).fetchall()


def test_it_counts_first(db: psycopg.Connection, failed: list[Claim]) -> None:
    counted = replay(db)

    assert (counted["matched"], counted["queued"], counted["ref"]) == (5, 5, None)
    assert waiting(db) == []


def test_all_that_failed_go_again_oldest_first(
    db: psycopg.Connection, failed: list[Claim], runner: VirtualRunner
) -> None:
    done = replay(db, dry_run=False)

    assert (done["matched"], done["queued"]) == (5, 5)
    assert [row[0] for row in waiting(db)] == [claim.id for claim in failed]
    assert sorted(claim.body or "" for claim in runner.claim()) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"queue": "b"}, 2),
        ({"status_code": 501}, 1),
        ({"since": "2026-03-02T12:03:00Z"}, 3),
        ({"until": "2026-03-02T12:03:00Z"}, 2),
        ({"status": ["success"]}, 1),
        ({"status": None}, 6),
        ({"kind": "schedule"}, 0),
        ({"search": "example.com"}, 5),
        ({"search": "nowhere"}, 0),
        ({"as_sent": True}, 5),
    ],
)
def test_the_filter_is_that_of_the_list(
    db: psycopg.Connection, failed: list[Claim], filters: dict[str, Any], expected: int
) -> None:
    assert replay(db, **filters)["queued"] == expected


def test_only_those_of_some_ids_go_again_and_none_of_another_organization(
    db: psycopg.Connection, failed: list[Claim], runner: VirtualRunner
) -> None:
    chosen = [failed[1].id, failed[3].id]

    done = replay(db, ids=chosen, dry_run=False)
    use(db, make_organization(db))
    foreign = replay(db, ids=chosen, dry_run=False)

    assert (done["matched"], done["queued"]) == (2, 2)
    assert [row[0] for row in waiting(db)] == chosen
    assert (foreign["matched"], foreign["queued"]) == (0, 0)


def test_a_rate_spreads_them(db: psycopg.Connection, failed: list[Claim], at: Clock) -> None:
    done = replay(db, rate=2, rate_period="1 minute", dry_run=False)

    dues = [row[1] - at.now for row in waiting(db)]
    assert dues == [timedelta(seconds=30 * number) for number in range(5)]
    assert done["first_due_at"] == at.now
    assert done["last_due_at"] == at.now + timedelta(minutes=2)


def test_what_has_not_gone_yet_is_taken_back(
    db: psycopg.Connection, failed: list[Claim], at: Clock, runner: VirtualRunner
) -> None:
    done = replay(db, rate=1, rate_period="1 minute", dry_run=False)
    [gone] = runner.claim()

    [(count,)] = db.execute("select prikke.cancel_sends(%s)", (done["ref"],)).fetchall()
    at.move(minutes=10)

    assert count == 4
    assert runner.work() == []
    assert runner.complete(gone) == "done"


def test_two_calls_have_refs_of_their_own(db: psycopg.Connection, failed: list[Claim]) -> None:
    refs = {replay(db, queue=queue, dry_run=False)["ref"] for queue in ("a", "b")}

    assert len(refs) == 2


def test_runs_of_deleted_jobs_are_counted_and_left_out(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    jobs = [make_job(db) for _ in range(2)]
    for job in jobs:
        call(db, "run_now", id=job)
    for claim in runner.claim():
        runner.complete(claim, "failed")
    call(db, "delete_job", id=jobs[0])

    done = replay(db, dry_run=False)
    sent = replay(db, as_sent=True)

    assert (done["matched"], done["queued"]) == (2, 1)
    assert sent["queued"] == 2


def test_too_many_at_once_are_refused(db: psycopg.Connection, failed: list[Claim]) -> None:
    db.execute('select prikke.publish_settings(\'{"limits": {"replays": 4}}\')')

    with pytest.raises(psycopg.Error) as caught:
        replay(db, dry_run=False)

    assert caught.value.sqlstate == "PK413"
    assert waiting(db) == []


def test_every_wrong_argument_is_named(db: psycopg.Connection, organization: UUID) -> None:
    with pytest.raises(psycopg.Error) as caught:
        replay(db, status=["running"], kind="test", rate=0, rate_period="0 s")

    assert caught.value.sqlstate == "PK422"
    fields = [item["field"] for item in json.loads(caught.value.diag.message_detail or "")]
    assert fields == ["status", "kind", "rate", "rate_period"]


def test_another_organizations_failures_stay_where_they_are(
    db: psycopg.Connection, failed: list[Claim]
) -> None:
    use(db, make_organization(db))

    assert replay(db, dry_run=False)["matched"] == 0


def test_a_replay_vanishes_with_the_callers_transaction(
    db: psycopg.Connection, failed: list[Claim], open_transaction: psycopg.Connection
) -> None:
    replay(open_transaction, dry_run=False)

    open_transaction.rollback()

    assert waiting(db) == []


def test_pending_sends_do_not_match(db: psycopg.Connection, failed: list[Claim]) -> None:
    make_send(db, delay="1 hour")

    assert replay(db, status=None)["matched"] == 6
