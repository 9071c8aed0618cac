"""Results: whose counts, what is tried again, and what history says of it."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Clock, Connect
from tests.factories import (
    call,
    cancel,
    execution,
    make_job,
    make_running,
    make_send,
    state_of,
    status_of,
)
from tests.sql.conftest import MakeRunner
from tests.virtual_runner import Claim, VirtualRunner


def attempts(db: psycopg.Connection, execution: UUID) -> list[tuple[object, ...]]:
    return db.execute(
        "select number, status, status_code from prikke.attempt where execution_id = %s"
        " order by claim_number",
        (execution,),
    ).fetchall()


def run_of(db: psycopg.Connection, at: Clock, runner: VirtualRunner, **fields: object) -> Claim:
    make_job(db, **{"every": "1 hour", **fields})
    at.move(hours=1)
    [claim] = runner.work()
    return claim


@pytest.mark.parametrize("status", ["success", "failed", "timeout"])
def test_a_final_result_ends_the_execution(
    db: psycopg.Connection, runner: VirtualRunner, status: str
) -> None:
    claim = make_running(db, runner)

    state = runner.complete(claim, status)

    assert state == "done"
    assert status_of(db, claim.id) == status
    assert db.execute("select count(*) from prikke.live_execution").fetchone() == (0,)


def test_history_says_what_came_back(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner, body='{"a": 1}')
    at.move(seconds=2)

    runner.complete(
        claim,
        status_code=201,
        duration_ms=1234,
        response_headers={"Content-Type": "text/plain"},
        response_body="grüße",
        truncated=True,
    )

    row = call(db, "get_execution", id=claim.id)
    assert (row["status_code"], row["duration_ms"], row["truncated"]) == (201, 1234, True)
    assert row["response_headers"] == {"Content-Type": "text/plain"}
    assert row["response_body"] == "grüße".encode()
    assert (row["body"], row["attempt"]) == ('{"a": 1}', 1)
    assert (row["started_at"], row["finished_at"]) == (claim.clock, at.now)


def test_a_body_that_is_not_text_is_kept_as_it_is(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)

    runner.complete(claim, response_body_base64="AP/+")

    assert call(db, "get_execution", id=claim.id)["response_body"] == b"\x00\xff\xfe"


def test_what_may_be_tried_again_waits_for_its_back_off(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner, backoff="100 s")

    state = runner.complete(claim, "failed", retry=True, error_message="refused")

    waiting = execution(db, claim.id)
    assert (state, waiting.status, waiting.attempt) == ("retry", "pending", 1)
    assert 90 <= (waiting.due_at - at.now).total_seconds() <= 110
    assert waiting.scheduled_for == claim.scheduled_for
    assert runner.work() == []
    at.move_to(waiting.due_at)
    [again] = runner.work()
    assert (again.id, again.claim_number, again.attempt) == (claim.id, 2, 1)


def test_the_wait_doubles_and_heeds_a_longer_retry_after_up_to_an_hour(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner, backoff="10 s", max_attempts=5)

    waits = []
    for retry_after in (None, 1_000, 600_000, 36_000_000):
        runner.complete(claim, "failed", retry=True, retry_after_ms=retry_after)
        due_at = execution(db, claim.id).due_at
        waits.append((due_at - at.now).total_seconds())
        at.move_to(due_at)
        [claim] = runner.work()

    assert 9 <= waits[0] <= 11
    assert 18 <= waits[1] <= 22
    assert waits[2:] == [600, 3600]


def test_each_try_is_an_attempt_of_its_own(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    runner.complete(claim, "failed", retry=True, status_code=503)
    at.move(minutes=1)
    [claim] = runner.work()
    runner.complete(claim, "success", status_code=204)

    assert attempts(db, claim.id) == [(1, "failed", 503), (2, "success", 204)]
    assert execution(db, claim.id).attempt == 2


def test_the_last_attempt_ends_it_with_its_reason(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner, max_attempts=2)
    runner.complete(claim, "failed", retry=True)
    at.move(minutes=1)
    [claim] = runner.work()

    state = runner.complete(claim, "failed", retry=True)

    ended = execution(db, claim.id)
    assert (state, ended.status, ended.reason) == ("done", "failed", "attempts_exhausted")


def test_a_run_is_not_tried_again_once_the_next_is_due(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = run_of(db, at, runner, every="1 minute", backoff="2 minutes")

    state = runner.complete(claim, "failed", retry=True)

    ended = execution(db, claim.id)
    assert (state, ended.status, ended.reason) == ("done", "failed", "next_run_due")


def test_a_run_asked_for_is_tried_again_whatever_the_schedule(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 minute", backoff="2 minutes")
    call(db, "run_now", id=job)
    [claim] = runner.claim()

    assert runner.complete(claim, "failed", retry=True) == "retry"


def test_a_result_of_an_earlier_claim_is_stale(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, make_runner: MakeRunner
) -> None:
    late = make_running(db, runner)
    at.move(seconds=31)
    runner.rescue()

    while_it_waits = runner.complete(late)
    [claim] = make_runner().claim()
    while_another_has_it = runner.complete(late)

    assert (while_it_waits, while_another_has_it) == ("stale", "stale")
    assert status_of(db, claim.id) == "running"


def test_a_result_of_the_same_runners_earlier_claim_is_stale(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    late = make_running(db, runner)
    at.move(seconds=31)
    runner.rescue()
    [present] = runner.claim()

    assert runner.complete(late) == "stale"
    assert runner.complete(present) == "done"


def test_another_runners_result_is_stale(
    db: psycopg.Connection, runner: VirtualRunner, make_runner: MakeRunner
) -> None:
    claim = make_running(db, runner)

    assert make_runner().complete(claim) == "stale"


def test_a_result_given_twice_counts_once(db: psycopg.Connection, runner: VirtualRunner) -> None:
    claim = make_running(db, runner)

    states = [runner.complete(claim), runner.complete(claim, "failed")]

    assert states == ["done", "stale"]
    assert status_of(db, claim.id) == "success"


@pytest.mark.parametrize(
    ("first", "second", "status", "tries"),
    [
        ({"status": "success"}, {"status": "failed"}, "success", 1),
        (
            {"status": "failed", "retry": True},
            {"status": "failed", "retry": True},
            "pending",
            1,
        ),
        ({"status": "failed", "retry": True}, {"status": "success"}, "success", 1),
    ],
)
def test_of_two_results_in_a_batch_under_one_token_one_counts(
    db: psycopg.Connection,
    runner: VirtualRunner,
    first: dict[str, object],
    second: dict[str, object],
    status: str,
    tries: int,
) -> None:
    claim = make_running(db, runner)
    results = [{**runner.result(claim), **result} for result in (first, second)]

    db.execute("select prikke.complete_executions(%s, %s)", (runner.id, Jsonb(results)))

    assert status_of(db, claim.id) == status
    assert len(attempts(db, claim.id)) == tries
    counted = db.execute("select sum(count) from prikke.tally_change").fetchone()
    assert counted == (1,)


def test_what_the_guard_refused_is_counted_beside_its_end(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)

    runner.complete(claim, "failed", reason="refused", status_code=None)

    counts = db.execute("select status, count from prikke.tally_change order by status").fetchall()
    assert counts == [("failed", 1), ("refused", 1)]


def test_a_result_after_the_cancellation_is_stale(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    cancel(db, claim.id)

    before_the_tick = runner.complete(claim)
    runner.tick()
    after_it = runner.complete(claim)

    assert (before_the_tick, after_it) == ("stale", "stale")
    assert status_of(db, claim.id) == "cancelled"


def test_a_result_for_a_locked_row_is_busy_and_counts_when_given_again(
    db: psycopg.Connection, runner: VirtualRunner, connect: Connect
) -> None:
    claim, other = make_running(db, runner), make_running(db, runner)
    holder = connect(autocommit=False)
    holder.execute("select from prikke.live_execution where id = %s for update", (claim.id,))

    states = runner.report([runner.result(claim), runner.result(other)])
    holder.rollback()

    assert states == {claim.id: "busy", other.id: "done"}
    assert runner.complete(claim) == "done"


def test_a_batch_takes_each_result_by_itself(db: psycopg.Connection, runner: VirtualRunner) -> None:
    make_send(db)
    make_send(db)
    make_send(db)
    done, again, unknown = runner.claim()
    unknown_id = uuid4()

    states = runner.report(
        [
            runner.result(done),
            runner.result(again, "failed", retry=True),
            {**runner.result(unknown), "id": str(unknown_id)},
        ]
    )

    assert states == {done.id: "done", again.id: "retry", unknown_id: "stale"}


def test_no_lock_of_a_users_transaction_holds_a_result_up(
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,
    open_transaction: psycopg.Connection,
) -> None:
    claim = run_of(db, at, runner)
    call(open_transaction, "update_job", id=claim.job_id, name="Other", cron="0 5 * * *")
    call(open_transaction, "cancel_execution", id=claim.id)
    call(open_transaction, "run_now", id=claim.job_id)

    assert runner.complete(claim) == "done"


def test_gone_ends_the_run_and_disables_its_job(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = run_of(db, at, runner)

    runner.complete(claim, "failed", status_code=410, reason="gone")
    runner.tick()

    job = call(db, "get_job", id=claim.job_id)
    assert execution(db, claim.id).reason == "gone"
    assert (job["enabled"], job["paused_by"], job["pause_reason"]) == (False, "prikke", "gone")
    assert job["next_run_at"] is None


def test_gone_disables_the_job_only_when_its_change_is_over(
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,
    open_transaction: psycopg.Connection,
) -> None:
    claim = run_of(db, at, runner)
    runner.complete(claim, "failed", status_code=410, reason="gone")
    call(open_transaction, "update_job", id=claim.job_id, name="Other")

    runner.tick()
    while_open = call(db, "get_job", id=claim.job_id)["enabled"]
    open_transaction.commit()
    runner.tick()
    after = call(db, "get_job", id=claim.job_id)

    assert while_open is True
    assert (after["enabled"], after["name"]) == (False, "Other")


def test_a_send_that_is_gone_disables_nothing(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)

    runner.complete(claim, "failed", reason="gone")

    runner.tick()
    assert execution(db, claim.id).reason == "gone"


def test_a_job_learns_how_its_runs_ended(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour", max_attempts=1)
    failures = []
    for status in ("success", "failed", "timeout"):
        at.move(hours=1)
        [claim] = runner.work()
        runner.complete(claim, status)
        db.execute("select prikke.fold_outcomes()")
        failures.append(state_of(db, job)["consecutive_failures"])

    state = state_of(db, job)
    assert failures == [0, 1, 2]
    assert (state["last_status"], state["last_execution_id"]) == ("timeout", claim.id)
    assert state["last_success_at"] == at.now - timedelta(hours=2)


def test_a_job_learns_from_a_batch_of_outcomes_in_their_order(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour", max_attempts=1)
    for status in ("failed", "failed", "success", "failed"):
        at.move(hours=1)
        [claim] = runner.work()
        runner.complete(claim, status)

    db.execute("select prikke.fold_outcomes()")

    assert state_of(db, job)["consecutive_failures"] == 1
    assert db.execute("select count(*) from prikke.job_outcome").fetchone() == (0,)


def test_an_outcome_waits_for_a_job_whose_state_is_locked(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, connect: Connect
) -> None:
    claim = run_of(db, at, runner)
    runner.complete(claim)
    holder = connect(autocommit=False)
    holder.execute("select from prikke.job_state for update")

    while_locked = db.execute("select prikke.fold_outcomes()").fetchone()
    holder.rollback()
    after = db.execute("select prikke.fold_outcomes()").fetchone()

    assert (while_locked, after) == ((0,), (1,))


def test_attempts_and_ends_are_counted(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    runner.complete(claim, "failed", retry=True, duration_ms=30)
    at.move(minutes=1)
    [claim] = runner.work()
    runner.complete(claim, duration_ms=700)
    other = make_running(db, runner)
    runner.complete(other, duration_ms=3)

    db.execute("select prikke.fold_tallies()")

    rows = db.execute(
        "select status, sum(count), sum(first_attempts), sum(duration_ms) from prikke.tally"
        " group by status order by status"
    ).fetchall()
    assert rows == [("retry", 1, 1, 30), ("success", 2, 1, 703)]


def test_a_bad_result_is_refused_whole(db: psycopg.Connection, runner: VirtualRunner) -> None:
    claim = make_running(db, runner)

    with pytest.raises(psycopg.Error):
        runner.report([runner.result(claim, "splendid")])

    assert status_of(db, claim.id) == "running"


def test_a_body_with_a_nul_can_be_given_in_base64(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)

    with pytest.raises(psycopg.Error):
        runner.complete(claim, response_body="a\x00b")
    runner.complete(claim, response_body_base64="YQBi")

    assert call(db, "get_execution", id=claim.id)["response_body"] == b"a\x00b"


def test_the_result_is_json_of_any_size(db: psycopg.Connection, runner: VirtualRunner) -> None:
    claim = make_running(db, runner)
    body = "x" * 65536

    runner.complete(claim, response_body=body, response_headers={"x": "y" * 16000})

    row = call(db, "get_execution", id=claim.id)
    assert row["response_body"] == body.encode()
    assert len(json.dumps(row["response_headers"])) > 16000


def test_a_clock_that_goes_back_stops_no_result(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    at.move(hours=-1)

    state = runner.complete(claim, "failed", retry=True)

    waiting = execution(db, claim.id)
    assert (state, waiting.due_at) == ("retry", claim.scheduled_for)
