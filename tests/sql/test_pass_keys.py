"""Ordering keys and overlap: one at a time, in order, and who is parked goes on in turn."""

from datetime import timedelta
from uuid import UUID

import psycopg

from tests.conftest import Clock, Connect
from tests.factories import call, cancel, execution, make_job, make_send, state_of
from tests.sql.conftest import MakeRunner
from tests.virtual_runner import Claim, VirtualRunner


def held_by(db: psycopg.Connection, identifier: UUID) -> str | None:
    return execution(db, identifier).held_by


def start_manual_run(db: psycopg.Connection, job: UUID) -> UUID:
    identifier: UUID = call(db, "run_now", id=job)["id"]
    return identifier


def only(claims: list[Claim]) -> Claim:
    [claim] = claims
    return claim


def test_one_of_an_ordering_key_goes_at_a_time_in_order(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    sent = [make_send(db, ordering_key="k") for _ in range(3)]

    delivered = []
    for _ in sent:
        claim = only(runner.claim())
        delivered.append(claim.id)
        runner.complete(claim)

    assert delivered == sent


def test_order_follows_the_due_time_not_the_creation(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    later = make_send(db, ordering_key="k", delay="20 s")
    sooner = make_send(db, ordering_key="k", delay="10 s")
    at.move(seconds=30)

    first = only(runner.work())
    runner.complete(first)
    second = only(runner.work())

    assert [first.id, second.id] == [sooner, later]


def test_priority_does_not_break_the_order_of_a_key(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    first = make_send(db, ordering_key="k")
    make_send(db, ordering_key="k", priority=10)

    assert only(runner.claim()).id == first


def test_different_keys_go_beside_one_another(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    for key in "abc":
        make_send(db, ordering_key=key)
        make_send(db, ordering_key=key)

    assert len(runner.claim()) == 3


def test_the_same_key_of_two_organizations_is_two_keys(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    make_send(db, ordering_key="k")
    slug = call(db, "create_organization", name="Other")["slug"]
    db.execute("select prikke.use_organization(%s)", (slug,))
    make_send(db, ordering_key="k")

    assert len(runner.claim()) == 2


def test_who_stands_behind_a_busy_key_is_parked_and_says_so(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    make_send(db, ordering_key="k")
    second = make_send(db, ordering_key="k")

    runner.claim()

    assert held_by(db, second) == "ordering_key"


def test_a_retry_keeps_its_place(db: psycopg.Connection, at: Clock, runner: VirtualRunner) -> None:
    first, second = (make_send(db, ordering_key="k") for _ in range(2))
    runner.complete(only(runner.claim()), "failed", retry=True)

    meanwhile = runner.work()
    at.move(minutes=1)
    again = only(runner.work())
    runner.complete(again)
    last = only(runner.claim())

    assert meanwhile == []
    assert (again.id, again.attempt, last.id) == (first, 1, second)


def test_a_hand_back_and_a_lost_lease_keep_their_place(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    first = make_send(db, ordering_key="k")
    make_send(db, ordering_key="k")
    runner.release(runner.claim())

    released = only(runner.claim())
    at.move(seconds=31)
    runner.rescue()
    rescued = only(runner.claim())

    assert (released.id, rescued.id) == (first, first)


def test_a_later_commit_with_an_earlier_due_time_waits_for_the_one_that_started(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, open_transaction: psycopg.Connection
) -> None:
    early = make_send(open_transaction, ordering_key="k")
    at.move(seconds=1)
    started = make_send(db, ordering_key="k")
    claim = only(runner.claim())
    open_transaction.commit()

    meanwhile = runner.claim()
    runner.complete(claim)
    then = only(runner.claim())

    assert (claim.id, meanwhile, then.id) == (started, [], early)


def test_the_next_goes_when_the_first_is_cancelled(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    first, second = (make_send(db, ordering_key="k") for _ in range(2))
    runner.claim()
    cancel(db, first)

    assert only(runner.work()).id == second


def test_the_next_goes_when_the_first_was_lost_three_times(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    _, second = (make_send(db, ordering_key="k") for _ in range(2))
    for _ in range(3):
        runner.claim()
        at.move(seconds=31)
        runner.rescue()

    assert only(runner.claim()).id == second


def test_a_key_that_another_runner_looks_at_is_left_for_the_next_call(
    db: psycopg.Connection, runner: VirtualRunner, connect: Connect
) -> None:
    first = make_send(db, ordering_key="k")
    second = make_send(db, ordering_key="k")
    other = VirtualRunner(connect(role="prikke_runner", autocommit=False))
    only(other.claim(room=1))

    meanwhile = runner.claim()

    assert meanwhile == []
    assert held_by(db, second) is None
    other.conn.rollback()
    assert only(runner.claim()).id == first


def test_a_key_freed_while_another_looks_at_it_goes_on_with_the_next_tick(
    db: psycopg.Connection, runner: VirtualRunner, connect: Connect
) -> None:
    make_send(db, ordering_key="k")
    second = make_send(db, ordering_key="k")
    claim = only(runner.claim())
    third = make_send(db, ordering_key="k")
    other = VirtualRunner(connect(role="prikke_runner", autocommit=False))
    other.claim()

    completed = runner.complete(claim)
    other.conn.commit()
    then = only(runner.work())

    assert completed == "done"
    assert then.id == second
    assert held_by(db, third) == "ordering_key"


def test_runs_of_a_job_do_not_overlap(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour", overlap="queue_one")
    at.move(hours=1)
    first = only(runner.work())
    at.move(hours=1)
    meanwhile = runner.work()

    runner.complete(first)
    second = only(runner.claim())

    assert meanwhile == []
    assert second.scheduled_for - first.scheduled_for == timedelta(hours=1)
    assert second.job_id == job


def test_runs_of_a_job_that_allows_it_overlap(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_job(db, every="1 hour", overlap="allow")
    for _ in range(3):
        at.move(hours=1)
        runner.tick()

    assert len(runner.claim()) == 3


def test_a_run_asked_for_waits_for_the_one_that_is_going(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour")
    at.move(hours=1)
    going = only(runner.work())
    asked = start_manual_run(db, job)

    meanwhile = runner.claim()
    runner.complete(going)

    assert meanwhile == []
    assert only(runner.claim()).id == asked


def test_a_run_behind_one_that_was_allowed_to_overlap_goes_on(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour", overlap="allow")
    at.move(hours=1)
    allowed = only(runner.work())
    call(db, "update_job", id=job, overlap="skip")
    asked = start_manual_run(db, job)

    meanwhile = runner.claim()
    runner.complete(allowed)

    assert meanwhile == []
    assert only(runner.work()).id == asked


def test_a_run_behind_one_that_was_allowed_and_then_cancelled_goes_on(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour", overlap="allow")
    at.move(hours=1)
    allowed = only(runner.work())
    call(db, "update_job", id=job, overlap="skip")
    asked = start_manual_run(db, job)
    runner.claim()

    cancel(db, allowed.id)

    assert only(runner.work()).id == asked


def test_a_job_with_an_ordering_key_waits_for_both(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour", ordering_key="k")
    at.move(hours=1)
    runner.tick()
    send = make_send(db, ordering_key="k")
    asked = start_manual_run(db, job)

    order = []
    while claims := runner.work():
        claim = only(claims)
        order.append(claim.id)
        runner.complete(claim)

    assert order[1:] == [send, asked]


def test_many_behind_one_key_do_not_keep_others_waiting(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    db.execute(
        "select prikke.send(url => 'https://example.com/', ordering_key => 'k')"
        " from generate_series(1, 250)"
    )
    free = make_send(db)

    claimed = {claim.id for _ in range(4) for claim in runner.claim()}

    assert free in claimed
    assert len(claimed) == 2


def test_two_runners_never_hold_one_key_together(
    db: psycopg.Connection, runner: VirtualRunner, make_runner: MakeRunner
) -> None:
    other = make_runner()
    for _ in range(30):
        make_send(db, ordering_key="k")
    finished = []

    for _ in range(200):
        for one in (runner, other):
            for claim in one.work(room=5):
                running = db.execute(
                    "select count(*) from prikke.live_execution where status = 'running'"
                ).fetchone()
                assert running == (1,)
                finished.append(claim.id)
                one.complete(claim)

    assert finished == sorted(finished) or len(set(finished)) == 30
    assert len(finished) == 30


def test_a_job_of_one_key_is_planned_while_another_holds_it(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_send(db, ordering_key="k")
    runner.claim()
    job = make_job(db, every="1 hour", ordering_key="k")

    at.move(hours=1)
    runner.tick()

    assert state_of(db, job)["last_due_at"] == at.now
