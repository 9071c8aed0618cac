"""Heartbeat, hand-back and rescue: who has an execution, and until when."""

from datetime import timedelta
from uuid import UUID

import psycopg

from tests.conftest import Clock, Connect
from tests.factories import cancel, execution, make_running, make_send, status_of
from tests.sql.conftest import MakeRunner
from tests.virtual_runner import VirtualRunner


def lease_of(db: psycopg.Connection, execution: UUID) -> timedelta:
    row = db.execute(
        "select lease_ends_at - prikke.clock() from prikke.live_execution where id = %s",
        (execution,),
    ).fetchone()
    assert row is not None
    length: timedelta = row[0]
    return length


def test_a_heartbeat_begins_the_lease_anew(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    at.move(seconds=10)

    states = runner.extend([claim])

    assert states == {claim.id: "extended"}
    assert lease_of(db, claim.id) == timedelta(seconds=30)


def test_a_heartbeat_tells_what_was_lost(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, make_runner: MakeRunner
) -> None:
    taken_over, ended, kept = (make_running(db, runner) for _ in range(3))
    cancelled = make_running(db, runner)
    runner.complete(ended)
    cancel(db, cancelled.id)
    runner.tick()
    runner.extend([kept], lease="2 minutes")
    at.move(seconds=31)
    runner.rescue()
    make_runner().claim()

    states = runner.extend([taken_over, ended, kept, cancelled])

    assert states == {
        taken_over.id: "lost",
        ended.id: "lost",
        kept.id: "extended",
        cancelled.id: "lost",
    }


def test_a_heartbeat_waits_for_nobody(
    db: psycopg.Connection, runner: VirtualRunner, connect: Connect
) -> None:
    claim, other = make_running(db, runner), make_running(db, runner)
    holder = connect(autocommit=False)
    holder.execute("select from prikke.live_execution where id = %s for update", (claim.id,))

    states = runner.extend([claim, other])

    assert states == {claim.id: "busy", other.id: "extended"}


def test_what_is_handed_back_can_be_claimed_at_once_and_counts_nothing(
    db: psycopg.Connection, runner: VirtualRunner, make_runner: MakeRunner
) -> None:
    claim = make_running(db, runner)

    states = runner.release([claim])
    [again] = make_runner().claim()

    assert states == {claim.id: "released"}
    assert (again.id, again.claim_number) == (claim.id, 2)
    row = execution(db, claim.id)
    assert (row.attempt, row.lost) == (0, 0)


def test_only_the_present_claim_can_be_handed_back(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, make_runner: MakeRunner
) -> None:
    late = make_running(db, runner)
    at.move(seconds=31)
    runner.rescue()
    make_runner().claim()

    assert runner.release([late]) == {late.id: "lost"}
    assert status_of(db, late.id) == "running"


def test_a_hand_back_waits_for_nobody(
    db: psycopg.Connection, runner: VirtualRunner, connect: Connect
) -> None:
    claim = make_running(db, runner)
    holder = connect(autocommit=False)
    holder.execute("select from prikke.live_execution where id = %s for update", (claim.id,))

    busy = runner.release([claim])
    holder.rollback()

    assert busy == {claim.id: "busy"}
    assert runner.release([claim]) == {claim.id: "released"}


def test_a_lease_lasts_to_its_end(db: psycopg.Connection, at: Clock, runner: VirtualRunner) -> None:
    make_running(db, runner)
    at.move(seconds=30)

    at_its_end = runner.rescue()
    at.move(seconds=0.001)
    behind_it = runner.rescue()

    assert (at_its_end, behind_it) == (0, 1)


def test_a_lapsed_lease_returns_the_execution_to_the_queue(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    at.move(seconds=31)

    runner.rescue()

    row = execution(db, claim.id)
    assert (row.status, row.attempt, row.lost) == ("pending", 0, 1)
    assert [again.id for again in runner.claim()] == [claim.id]


def test_the_third_lost_lease_in_a_row_ends_it(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    identifier = make_send(db)
    for _ in range(3):
        assert len(runner.claim()) == 1
        at.move(seconds=31)
        runner.rescue()

    row = execution(db, identifier)
    attempts = db.execute(
        "select status, number from prikke.attempt where execution_id = %s", (identifier,)
    ).fetchall()
    assert (row.status, row.reason, row.lost, row.attempt) == ("failed", "runner_lost", 3, 0)
    assert attempts == [("lost", 1)] * 3


def test_an_answer_in_between_breaks_the_row_of_lost_leases(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    for _ in range(2):
        at.move(seconds=31)
        runner.rescue()
        [claim] = runner.claim()
    runner.complete(claim, "failed", retry=True)
    at.move(minutes=2)
    [claim] = runner.work()

    at.move(seconds=31)
    runner.rescue()

    row = execution(db, claim.id)
    assert (row.status, row.lost, row.attempt) == ("pending", 1, 1)


def test_a_rescue_passes_over_what_is_locked(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, connect: Connect
) -> None:
    claim, other = make_running(db, runner), make_running(db, runner)
    holder = connect(autocommit=False)
    holder.execute("select from prikke.live_execution where id = %s for update", (claim.id,))
    at.move(seconds=31)

    rescued = runner.rescue()

    assert rescued == 1
    assert (status_of(db, claim.id), status_of(db, other.id)) == ("running", "pending")


def test_two_rescues_at_once_share_the_work(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, connect: Connect
) -> None:
    claims = [make_running(db, runner) for _ in range(4)]
    at.move(seconds=31)
    first = connect(role="prikke_runner", autocommit=False)
    rescued = first.execute("select prikke.rescue_expired(3)").fetchone()

    rest = runner.rescue()
    first.commit()

    assert (rescued, rest) == ((3,), 1)
    assert {execution(db, claim.id).lost for claim in claims} == {1}
