"""tests/schema.sql is what a fresh install makes: a diff in review shows what a migration did."""

import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from prikke import embedded

SCHEMA = Path(__file__).with_name("schema.sql")


def dumped(server: embedded.Server, dsn: str) -> str:
    """Tables, indexes, constraints, triggers, policies and views, less what a machine adds."""
    said = subprocess.run(
        [
            server.binaries / "pg_dump",
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--no-tablespaces",
            # They follow from the columns, see apply_policies.
            "--no-policies",
            "--table=prikke.*",
            # Days of history are made by the calendar.
            "--exclude-table=prikke.past_*_2[0-9]*",
            dsn,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = [
        line
        for line in said.splitlines()
        if not line.startswith(("--", "SET ", "SELECT pg_catalog", "\\"))
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def test_a_fresh_install_makes_the_schema_on_record(
    server: embedded.Server, dsn: str, db: psycopg.Connection, pytestconfig: pytest.Config
) -> None:
    if db.info.server_version // 10000 != 18:
        pytest.skip("the dump on record is PostgreSQL 18's")

    schema = dumped(server, dsn)

    if pytestconfig.getoption("--write-schema"):
        SCHEMA.write_text(schema)
    assert schema == SCHEMA.read_text(), "`make schema` writes it anew"
