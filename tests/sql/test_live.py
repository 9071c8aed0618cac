"""live_events and live_viewers: what pages that are open ask."""

from datetime import timedelta
from uuid import UUID

import psycopg

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, make_send, rows, use
from tests.people import digest, session_of
from tests.virtual_runner import VirtualRunner


def events(
    db: psycopg.Connection, *organizations: UUID, limit: int = 100
) -> list[tuple[UUID, str]]:
    found = rows(
        db,
        "live_events",
        p_organizations=list(organizations),
        p_within=timedelta(minutes=1),
        p_limit=limit,
    )
    return [(row["id"], row["status"]) for row in found]


def test_an_execution_is_seen_waiting_running_and_ended(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    one = make_send(db)
    waiting = events(db, organization)
    [claim] = runner.work()
    running = events(db, organization)
    runner.complete(claim)

    assert waiting == [(one, "pending")]
    assert running == [(one, "running")]
    assert events(db, organization) == [(one, "success")]


def test_what_was_made_long_ago_is_seen_when_it_begins(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner, at: Clock
) -> None:
    one = make_send(db)
    at.move(minutes=10)
    assert events(db, organization) == []

    assert runner.work()

    assert events(db, organization) == [(one, "running")]


def test_only_the_organizations_asked_for_are_seen_and_each_up_to_its_limit(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    other = make_organization(db)
    ours = [make_send(db) for _ in range(3)]
    use(db, other)
    theirs = make_send(db)

    assert events(db, other) == [(theirs, "pending")]
    assert len(events(db, organization, other, limit=2)) == 3
    assert {found for found, _ in events(db, organization)} == set(ours)


def test_a_job_is_named(db: psycopg.Connection, organization: UUID, runner: VirtualRunner) -> None:
    call(db, "run_now", id=make_job(db, name="Nightly"))

    [found] = rows(db, "live_events", p_organizations=[organization])

    assert found["job_name"] == "Nightly"
    assert call(db, "get_execution", id=found["id"])["job_name"] == "Nightly"


def test_a_session_may_look_into_the_organizations_of_its_person_while_it_lives(
    db: psycopg.Connection, organization: UUID, runner: VirtualRunner, at: Clock
) -> None:
    make_organization(db)
    living, ended = session_of(db, organization), session_of(db, organization)
    hashes = [digest(living), digest(ended)]
    db.execute("delete from prikke.session where token_hash = %s", (hashes[1],))

    def viewers() -> list[tuple[bytes, UUID]]:
        return db.execute("select * from prikke.live_viewers(%s)", (hashes,)).fetchall()

    assert viewers() == [(hashes[0], organization)]
    at.move(days=15)
    assert viewers() == []
