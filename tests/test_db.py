"""Calls to the database: whose name they run in, what they raise, which database they refuse."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import tuple_row

from prikke.config import Settings
from prikke.db import (
    Caller,
    Database,
    Installation,
    open_database,
    read_installation,
    warn_of_differences,
)
from prikke.errors import ConfigurationError, NotReady, Refused, Unavailable

WEB = "prikke_web"


@pytest.fixture
def settings(dsn: str) -> Settings:
    return Settings(database_url=dsn)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """A pool of one connection, so that whatever a call leaves behind meets the next one."""
    async with open_database(settings, "test", size=1) as opened:
        yield opened


async def test_a_call_runs_in_the_name_of_its_caller(database: Database) -> None:
    organization = uuid4()
    caller = Caller(WEB, organization, "user:ada", statement_timeout="7s", lock_timeout="3s")

    [row] = await database.call(
        "select current_user, current_setting('prikke.organization'),"
        " current_setting('prikke.actor'), current_setting('statement_timeout'),"
        " current_setting('lock_timeout')",
        caller=caller,
        row_factory=tuple_row,
    )

    assert row == (WEB, str(organization), "user:ada", "7s", "3s")


async def test_nothing_of_a_caller_stays_on_the_connection(database: Database) -> None:
    await database.call("select 1", caller=Caller(WEB, uuid4(), "user:ada"))

    [row] = await database.call(
        "select current_user = session_user as itself,"
        " coalesce(current_setting('prikke.organization', true), '') as organization"
    )

    assert row == {"itself": True, "organization": ""}


async def test_a_refused_call_leaves_nothing_and_the_connection_goes_on(
    database: Database,
) -> None:
    with pytest.raises(Refused) as refused:
        await database.call(
            "select * from prikke.get_job(id => %s)", (uuid4(),), Caller(WEB, uuid4())
        )

    assert refused.value.status == 404
    assert await database.call("select 1 as one") == [{"one": 1}]


async def test_a_call_is_a_transaction_of_its_own(
    database: Database, db: psycopg.Connection
) -> None:
    with pytest.raises(Refused):
        await database.call(
            "select c.slug, 1 / 0 from prikke.create_organization(name => 'Never') as c",
            caller=Caller(),
        )

    assert db.execute("select count(*) from prikke.organization").fetchone() == (0,)


@pytest.mark.parametrize("query", ["select * from prikke.job", "select * from prikke.list_jobs()"])
async def test_calls_go_on_when_an_install_gives_a_row_more_columns(
    query: LiteralString, settings: Settings, db: psycopg.Connection, organization: UUID
) -> None:
    caller = Caller(WEB, organization)
    db.execute("select prikke.create_job(name => 'J', url => 'https://example.com/')")

    async with open_database(settings, "test", size=2, minimum=2) as database:
        for _ in range(20):
            await database.call(query, caller=caller)
        add_column_to_job(db)

        rows = [(await database.call(query, caller=caller))[0] for _ in range(20)]

    assert {row["name"] for row in rows} == {"J"}


def add_column_to_job(db: psycopg.Connection) -> None:
    """What the next release may do to a row view."""
    definition = db.execute("select pg_get_viewdef('prikke.job'::regclass)").fetchone()
    assert definition is not None
    head, tail = definition[0].split("\n   FROM ", 1)
    db.execute(f"create or replace view prikke.job as {head}, 43 as shoe_size from {tail}".encode())


async def test_every_wrong_field_arrives(database: Database, organization: UUID) -> None:
    with pytest.raises(Refused) as refused:
        await database.call(
            "select * from prikke.create_job(name => '', url => 'ftp://x', cron => 'never')",
            caller=Caller(WEB, organization),
        )

    assert refused.value.status == 422
    assert {error.field for error in refused.value.errors} >= {"name", "url", "cron"}
    assert all(error.message for error in refused.value.errors)


async def test_a_statement_that_takes_too_long_is_not_available(database: Database) -> None:
    with pytest.raises(Unavailable):
        await database.call("select pg_sleep(5)", caller=Caller(statement_timeout="50ms"))


async def test_in_single_role_mode_nobody_becomes_a_role(database: Database) -> None:
    single = replace(database, installation=Installation({"role_mode": "single"}))

    [row] = await single.call(
        "select current_user = session_user as itself", caller=Caller(WEB, uuid4())
    )

    assert row == {"itself": True}


async def test_behind_a_pooler_a_connection_gets_no_settings_of_its_own(
    settings: Settings,
) -> None:
    async with open_database(replace(settings, listen=False), "test", size=1) as database:
        [row] = await database.call("select current_setting('statement_timeout') as timeout")

    assert row == {"timeout": "0"}


async def test_a_database_without_prikke_is_refused(
    settings: Settings, db: psycopg.Connection
) -> None:
    db.execute("drop schema prikke cascade")

    with pytest.raises(NotReady, match="run `prikke install`"):
        await read_installation(settings, "test")


async def test_a_login_without_rights_is_told_which_role_it_needs(
    settings: Settings, db: psycopg.Connection
) -> None:
    db.execute("drop role if exists nobody_much")
    db.execute("create role nobody_much login")

    with pytest.raises(NotReady, match="prikke_runner"):
        await read_installation(
            replace(settings, database_url=f"{settings.database_url} user=nobody_much"), "test"
        )


@pytest.mark.parametrize("role", ["prikke_web", "prikke_runner"])
async def test_a_member_of_the_role_of_its_task_is_enough(
    role: str, settings: Settings, db: psycopg.Connection
) -> None:
    db.execute(f"create role only_{role} login in role {role}".encode())
    try:
        installation = await read_installation(
            replace(settings, database_url=f"{settings.database_url} user=only_{role}"), "test"
        )
    finally:
        db.execute(f"drop role only_{role}".encode())

    assert not installation.single


async def test_without_an_address_the_way_out_is_named() -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL is not set"):
        await read_installation(Settings(), "test")


async def test_a_server_that_is_not_there_is_not_available() -> None:
    nowhere = Settings(database_url="host=/nonexistent dbname=nowhere")

    with pytest.raises(Unavailable):
        await read_installation(nowhere, "test")


async def test_settings_that_differ_from_the_published_ones_are_named(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    installation = await read_installation(settings, "test")

    differing = warn_of_differences(replace(settings, retention_days=7), installation)

    assert differing == ["retention_days"]
    assert "retention_days" in caplog.text
