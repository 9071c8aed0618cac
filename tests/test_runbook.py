"""Every statement of the runbook runs, and a dump comes back to life as it says."""

import re
import subprocess
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from prikke import embedded
from prikke.config import Settings
from prikke.install import install
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


def test_a_restored_dump_goes_on_with_the_same_ids(
    busy: psycopg.Connection,
    runner: VirtualRunner,  # noqa: F811
    dsn: str,
    server: embedded.Server,
    tmp_path: Path,
) -> None:
    # An install brings the real clock.
    busy.execute("update prikke_test.now set at = null")
    runner.keep_history()
    runner.tick()
    make_send(busy, url="https://third.example.com/")
    busy.execute("update prikke.job_state set next_run_at = prikke.clock()")
    waiting = _ids(busy, "select prikke.scheduled_id(job_id, next_run_at) from prikke.job_state")
    waiting |= _ids(busy, "select id from prikke.live_execution where ready")
    dump = tmp_path / "prikke.dump"
    restored = f"{busy.info.dbname}_restored"
    _run(server, "pg_dump", "--format=custom", f"--file={dump}", dsn)
    busy.execute(sql.SQL("create database {}").format(sql.Identifier(restored)))

    _run(server, "pg_restore", "--exit-on-error", f"--dbname={server.dsn(restored)}", str(dump))
    install(server.dsn(restored), Settings())

    with psycopg.connect(server.dsn(restored), autocommit=True) as conn:
        another = VirtualRunner(conn)
        claims = another.work()
        assert waiting <= _ids(conn, "select id from prikke.live_execution")
        assert claims
        assert set(another.report([another.result(c) for c in claims]).values()) == {"done"}
    busy.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(restored)))


def _ids(db: psycopg.Connection, query: str) -> set[UUID]:
    return {row[0] for row in db.execute(query.encode()).fetchall()}


def _run(server: embedded.Server, program: str, *arguments: str) -> None:
    subprocess.run([server.binaries / program, *arguments], check=True, timeout=60)
