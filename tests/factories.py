"""Rows as people make them: organizations, jobs and sends with as few words as a test needs."""

from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from tests.virtual_runner import Claim, VirtualRunner

URL = "https://example.com/hook"
_numbers = count(1)


def make_organization(db: psycopg.Connection, name: str | None = None, **more: Any) -> UUID:
    """An organization that is not chosen."""
    row = call(db, "create_organization", name=name or f"Organization {next(_numbers)}", **more)
    identifier: UUID = row["id"]
    return identifier


def use(db: psycopg.Connection, organization: UUID) -> None:
    """Choose an organization for a connection."""
    db.execute("select set_config('prikke.organization', %s, false)", (str(organization),))


def make_job(db: psycopg.Connection, **fields: Any) -> UUID:
    """A job in the organization chosen; without a schedule it is run on demand."""
    row = call(db, "create_job", **{"name": f"Job {next(_numbers)}", "url": URL, **fields})
    identifier: UUID = row["id"]
    return identifier


def make_send(db: psycopg.Connection, **fields: Any) -> UUID:
    """A delivery without a job."""
    fields = {"url": URL, **fields}
    row = db.execute(_statement("select", "send", fields), fields).fetchone()
    assert row is not None
    identifier: UUID = row[0]
    return identifier


def make_running(db: psycopg.Connection, runner: VirtualRunner, **fields: Any) -> Claim:
    """A send that a runner has claimed."""
    identifier = make_send(db, **fields)
    [claim] = [claim for claim in runner.claim() if claim.id == identifier]
    return claim


def cancel(db: psycopg.Connection, execution: UUID) -> None:
    """Ask for an execution's end."""
    call(db, "cancel_execution", id=execution)


def call(db: psycopg.Connection, function: str, **arguments: Any) -> dict[str, Any]:
    """One row of a function called with named arguments."""
    with db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_statement("select * from", function, arguments), arguments).fetchone()
    assert row is not None
    return row


def rows(db: psycopg.Connection, function: str, **arguments: Any) -> list[dict[str, Any]]:
    """All rows of a function called with named arguments."""
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            _statement("select * from", function, arguments), arguments
        ).fetchall()


def _statement(before: str, function: str, arguments: dict[str, Any]) -> sql.Composed:
    for name, value in arguments.items():
        if isinstance(value, dict | list) and not (isinstance(value, list) and _plain(value)):
            arguments[name] = Jsonb(value)
    return sql.SQL("{} prikke.{}({})").format(
        sql.SQL(before),
        sql.Identifier(function),
        sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in arguments
        ),
    )


def _plain(value: list[Any]) -> bool:
    return all(isinstance(item, str | UUID) for item in value)


class Execution:
    """An execution as the view shows it."""

    id: UUID
    job_id: UUID | None
    kind: str
    status: str
    reason: str | None
    scheduled_for: datetime
    last_due_at: datetime | None
    due_count: int
    due_at: datetime
    attempt: int
    lost: int
    held_by: str | None

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def execution(db: psycopg.Connection, identifier: UUID) -> Execution:
    """One execution of the organization chosen."""
    [found] = _executions(db, "where id = %s", identifier)
    return found


def executions(db: psycopg.Connection, job: UUID) -> list[Execution]:
    """A job's executions by due time."""
    return _executions(db, "where job_id = %s order by scheduled_for, created_at", job)


def _executions(db: psycopg.Connection, where: str, value: UUID) -> list[Execution]:
    with db.cursor(row_factory=class_row(Execution)) as cursor:
        query = f"select * from prikke.execution {where}"
        return cursor.execute(query, (value,)).fetchall()


def status_of(db: psycopg.Connection, identifier: UUID) -> str:
    return execution(db, identifier).status


def state_of(db: psycopg.Connection, job: UUID) -> dict[str, Any]:
    """What the engine knows of a job."""
    with db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from prikke.job_state where job_id = %s", (job,)).fetchone()
    assert row is not None
    return row
