"""Every statement of the runbook runs."""

import re
from pathlib import Path

import psycopg
import pytest

from tests.factories import make_job, make_send
from tests.sql.conftest import make_runner, runner  # noqa: F401
from tests.virtual_runner import VirtualRunner

RUNBOOK = Path(__file__).parents[1] / "docs" / "runbook.md"
STATEMENTS = [
    statement
    for block in re.findall(r"```sql\n(.*?)```", RUNBOOK.read_text(), re.S)
    for statement in block.split(";\n")
    if statement.strip()
]


def test_the_runbook_has_statements() -> None:
    assert len(STATEMENTS) > 20


@pytest.fixture
def busy(db: psycopg.Connection, runner: VirtualRunner) -> psycopg.Connection:  # noqa: F811
    """An organization named default in which something waits, is held and has failed."""
    db.execute("select prikke.create_organization('Default', slug => 'default')")
    db.execute("select prikke.use_organization('default')")
    make_job(db, name="report", cron="* * * * *")
    for _ in range(12):
        make_send(db)
    runner.report([runner.result(c, "failed", status_code=500) for c in runner.claim()])
    make_send(db)
    runner.claim()
    make_send(db, url="https://other.example.com/", delay="1 hour")
    return db


def test_every_statement_of_the_runbook_runs(busy: psycopg.Connection) -> None:
    for statement in STATEMENTS:
        busy.execute(statement.encode())
