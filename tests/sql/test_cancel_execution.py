"""Cancelling: in force with the commit, holding up nobody."""

from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import call, cancel, execution, make_running, make_send, status_of
from tests.virtual_runner import VirtualRunner


def test_what_waits_never_goes(db: psycopg.Connection, runner: VirtualRunner) -> None:
    identifier = make_send(db)

    answer = call(db, "cancel_execution", id=identifier)
    runner.tick()

    assert answer["status"] == "cancelled"
    assert runner.claim() == []
    row = execution(db, identifier)
    assert (row.status, row.reason) == ("cancelled", "cancelled")


def test_what_runs_is_cancelled_at_once_and_its_runner_learns_it(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)

    cancel(db, claim.id)
    at_once = status_of(db, claim.id)
    runner.tick()

    assert at_once == "cancelled"
    assert runner.extend([claim]) == {claim.id: "lost"}


def test_a_cancellation_waits_for_no_runner(
    db: psycopg.Connection, runner: VirtualRunner, connect: Connect
) -> None:
    identifier = make_send(db)
    holder = connect(role="prikke_runner", autocommit=False)
    VirtualRunner(holder).claim()
    db.execute("set statement_timeout = '1s'")

    cancel(db, identifier)
    while_locked = runner.tick()
    holder.commit()
    runner.tick()

    assert while_locked is not None
    assert status_of(db, identifier) == "cancelled"


def test_a_cancellation_that_is_rolled_back_never_was(
    db: psycopg.Connection, runner: VirtualRunner, open_transaction: psycopg.Connection
) -> None:
    identifier = make_send(db)
    cancel(open_transaction, identifier)
    open_transaction.rollback()

    assert [claim.id for claim in runner.claim()] == [identifier]


def test_cancelling_twice_is_cancelling(db: psycopg.Connection, runner: VirtualRunner) -> None:
    identifier = make_send(db)
    cancel(db, identifier)
    cancel(db, identifier)
    runner.tick()
    cancel(db, identifier)

    assert status_of(db, identifier) == "cancelled"
    assert db.execute("select count(*) from prikke.execution_request").fetchone() == (0,)


def test_what_has_ended_cannot_be_cancelled(db: psycopg.Connection, runner: VirtualRunner) -> None:
    claim = make_running(db, runner)
    runner.complete(claim)

    with pytest.raises(psycopg.Error) as caught:
        cancel(db, claim.id)

    assert caught.value.sqlstate == "PK409"


def test_another_organizations_execution_does_not_exist(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    identifier = make_send(db)
    slug = call(db, "create_organization", name="Other")["slug"]
    db.execute("select prikke.use_organization(%s)", (slug,))

    errors = []
    for one in (identifier, uuid4()):
        with pytest.raises(psycopg.Error) as caught:
            cancel(db, one)
        errors.append(caught.value.sqlstate)

    assert errors == ["PK404", "PK404"]


def test_more_requests_than_one_tick_takes_are_all_carried_out(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    ids = [make_send(db) for _ in range(5)]
    for identifier in ids:
        cancel(db, identifier)

    for _ in range(3):
        runner.tick(limit=2)

    assert {status_of(db, identifier) for identifier in ids} == {"cancelled"}
    assert db.execute("select count(*) from prikke.live_execution").fetchone() == (0,)
