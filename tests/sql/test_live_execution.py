"""Impossible states are refused by the tables, whoever writes."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import make_job, make_send
from tests.virtual_runner import VirtualRunner

LATER = "2026-03-02 13:00+00"


@pytest.mark.parametrize(
    "change",
    [
        "status = 'running'",
        "status = 'success'",
        "status = null",
        f"lease_ends_at = '{LATER}'",
        "held_by = 'paused'",
        f"scheduled_for = '{LATER}'",
        "kind = 'whim'",
        f"status = 'running', lease_ends_at = '{LATER}'",
        f"status = 'running', lease_ends_at = '{LATER}', ready = false, held_by = 'paused'",
        "organization_id = null",
        "max_attempts = null",
    ],
)
def test_a_live_execution_is_in_one_state_of_the_machine(
    db: psycopg.Connection, at: Clock, organization: UUID, change: str
) -> None:
    make_send(db)

    with pytest.raises(psycopg.errors.IntegrityError):
        db.execute(f"update prikke.live_execution set {change}")


@pytest.mark.parametrize(
    "change",
    [
        f"status = 'running', lease_ends_at = '{LATER}', ready = false",
        "ready = false, held_by = 'paused'",
        f"ready = false, due_at = '{LATER}'",
    ],
)
def test_its_possible_states_are_allowed(
    db: psycopg.Connection, at: Clock, organization: UUID, change: str
) -> None:
    make_send(db)

    db.execute(f"update prikke.live_execution set {change}")


def test_a_due_time_of_a_job_is_live_once(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_job(db, every="1 hour")
    at.move(hours=1)
    runner.tick()

    with pytest.raises(psycopg.errors.UniqueViolation):
        db.execute(
            "insert into prikke.live_execution (organization_id, id, job_id, kind, ready, "
            "scheduled_for, due_at, max_attempts, created_at)"
            " select organization_id, gen_random_uuid(), job_id, kind, true, scheduled_for, due_at,"
            " max_attempts, created_at from prikke.live_execution"
        )


def test_runs_asked_for_at_one_instant_are_each_their_own(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db)
    for _ in range(3):
        db.execute("select prikke.run_now(%s)", (job,))

    assert db.execute("select count(*) from prikke.live_execution").fetchone() == (3,)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "pending"},
        {"status": "running"},
        {"status": "success", "due_count": 2},
        {"status": "cancelled", "due_count": 2},
    ],
)
def test_history_has_final_states_only_and_series_only_of_what_was_not_sent(
    db: psycopg.Connection, runner: VirtualRunner, values: dict[str, Any]
) -> None:
    make_send(db)
    [claim] = runner.claim()
    runner.complete(claim)
    changes = ", ".join(f"{name} = '{value}'" for name, value in values.items())

    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute(f"update prikke.past_execution set {changes}")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("job_state", "series_status = 'missed'"),
        ("job_state", "series_first_at = now()"),
        ("job_state", "set_aside_at = now()"),
        ("job_definition", "cron = '* * * * *', every = '1 hour'"),
        ("job_definition", "schedule_type = 'never', cron = null, every = null"),
        ("job_definition", "every = '0.5 s'"),
        ("job_definition", "overlap = 'maybe'"),
        ("job_definition", "catch_up = 'most'"),
        ("job_definition", "method = 'get'"),
        ("job_definition", "priority = 101"),
        ("job_definition", "paused_by = 'me', enabled = true"),
    ],
)
def test_a_job_cannot_contradict_itself(
    db: psycopg.Connection, organization: UUID, table: str, change: str
) -> None:
    make_job(db, every="1 hour")
    db.execute(f"alter table prikke.{table} disable trigger user")

    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute(f"update prikke.{table} set {change}")
