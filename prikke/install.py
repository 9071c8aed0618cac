"""Brings a database to this release: migrations, functions, views and grants, under one lock."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg.types.json import Jsonb

from prikke import __version__
from prikke.config import Settings
from prikke.errors import ConfigurationError, NotReady
from prikke.installer import rights
from prikke.installer.locks import patiently
from prikke.installer.migrations import migrate
from prikke.installer.objects import (
    ENGINE_PATH,
    Loader,
    Source,
    become,
    function_sources,
    view_sources,
)
from prikke.installer.roles import ENGINE, RoleMode, prepare_roles, prepare_schema
from prikke.release import OLDEST_RUNNER, parts
from prikke.scopes import scopes
from prikke.sqlfiles import read_table, sql_root

# "prikke" in ASCII. Advisory locks belong to one database, and so does an install.
_LOCK = 0x7072696B6B65
_OLDEST_SERVER = 150000


@dataclass(frozen=True, slots=True)
class Installed:
    """What an install did."""

    release: str
    mode: RoleMode
    migrations: tuple[str, ...]
    strays: tuple[str, ...]


def install(dsn: str, settings: Settings) -> Installed:
    """Install or bring up to date; safe again, at the same time, and after a crash."""
    with _alone(dsn) as conn:
        _refuse_newer(conn)
        mode = prepare_roles(conn)
        patiently(lambda: prepare_schema(conn, mode), "schema")
        login = str(_value(conn, "select current_user"))
        with conn.transaction():
            rights.settle_tables(conn, mode, login)
        applied = migrate(conn, sql_root() / "migrations", mode.owner("owner", login))
        strays = patiently(lambda: _load(conn, settings, mode, login), "functions and views")
        while _value(conn, "select prikke.reparse_schedules()"):
            pass
        return Installed(__version__, mode, tuple(applied), tuple(strays))


def publish(dsn: str, settings: Settings) -> None:
    """Store the settings that SQL needs, without installing."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("select prikke.publish_settings(%s)", (Jsonb(settings.published()),))


def uninstall(dsn: str) -> bool:
    """Remove the schema with all that is in it; whether there was one. Roles stay."""
    with _alone(dsn) as conn:
        if _value(conn, "select to_regnamespace('prikke')") is None:
            return False
        patiently(lambda: conn.execute("drop schema prikke cascade"), "uninstall")
        return True


@contextmanager
def _alone(dsn: str) -> Iterator[psycopg.Connection]:
    """A connection that holds the installer's lock; a second install waits for the first."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        if conn.info.server_version < _OLDEST_SERVER:
            raise ConfigurationError(
                "PostgreSQL 15 or later is needed, this server is "
                f"{conn.info.server_version // 10000}"
            )
        conn.execute("set search_path = pg_catalog, pg_temp")
        conn.execute("set statement_timeout = 0")
        conn.execute("set idle_in_transaction_session_timeout = 0")
        conn.execute("set client_min_messages = warning")
        conn.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            conn.execute("set lock_timeout = '1s'")
            yield conn
        finally:
            if not conn.broken:
                conn.execute("select pg_advisory_unlock(%s)", (_LOCK,))


def _load(conn: psycopg.Connection, settings: Settings, mode: RoleMode, login: str) -> list[str]:
    """Everything else, in one transaction: others see the old release or the new one."""
    grants = read_table("grants.tsv")
    roles = {row["function"]: _words(row["roles"]) for row in grants}
    sources = _sources()
    with conn.transaction():
        conn.execute("set local check_function_bodies = off")
        rights.settle_code(conn, mode, login, sources)
        files = _files(conn, mode)
        loader = Loader(conn, mode, login, files)
        loader.load(sources)
        strays = loader.drop_strays(sources)
        rights.apply_grants(conn, mode, roles)
        triggers = _load_triggers(conn, mode.owner("owner", login), files, bool(loader.dropped))
        rights.apply_policies(conn, mode.owner("owner", login))
        release: dict[str, object] = {
            "release": __version__,
            "oldest_runner": OLDEST_RUNNER,
            "role_mode": mode.name,
            "grants": roles,
            "scopes": {name: scope for name, scope in scopes().items() if scope != "write"},
            "files": {source.label: source.digest() for source in sources if source.kind == "view"}
            | {"triggers.sql": triggers},
        }
        conn.execute("select prikke.publish_settings(%s)", (Jsonb(settings.published() | release),))
        conn.execute(
            "select prikke.load_refused_ranges(%s)", (Jsonb(read_table("refused_range.tsv")),)
        )
        conn.execute("select prikke.load_time_zones()")
        rights.refresh_access(conn, mode)
    return strays


def _sources() -> list[Source]:
    """All functions and views, the clock first, then the views, as most functions name one."""
    owners = {row["function"]: row["owner"] for row in read_table("grants.tsv")}
    functions, views = function_sources(owners), view_sources()
    return [*functions[:1], *views, *functions[1:]]


def _load_triggers(conn: psycopg.Connection, owner: str, files: dict[str, str], again: bool) -> str:
    """Defaults and triggers, only where they changed: each locks its table. The file's digest."""
    source = sql_root() / "triggers.sql"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    if again or files.get(source.name) != digest:
        become(conn, owner)
        conn.execute(source.read_bytes())
        conn.execute("reset role")
    return digest


def _files(conn: psycopg.Connection, mode: RoleMode) -> dict[str, str]:
    """Digests of the files whose loading locks readers out, as the last install stored them."""
    if mode.single:
        conn.execute(f"set local search_path = {ENGINE_PATH}")
    elif _value(conn, "select has_table_privilege(%s, 'prikke.setting', 'select')", ENGINE):
        become(conn, ENGINE)
    found = _value(conn, "select value from prikke.setting where name = 'files'")
    conn.execute("reset role")
    conn.execute("set local search_path = pg_catalog, pg_temp")
    return found if isinstance(found, dict) else {}


def _refuse_newer(conn: psycopg.Connection) -> None:
    """An older release over a newer one would take its functions away."""
    try:
        present = _value(conn, "select prikke.installation() ->> 'release'")
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction):
        return
    except psycopg.errors.InsufficientPrivilege:
        # Roles and schema are looked at next, and say what this login lacks.
        return
    if isinstance(present, str) and parts(present) > parts(__version__):
        raise NotReady(
            f"the database is at release {present}, newer than this {__version__}: "
            "install that release or a later one"
        )


def _words(text: str) -> list[str]:
    return [] if text == "-" else text.split(",")


def _value(conn: psycopg.Connection, query: LiteralString, *parameters: object) -> object:
    row = conn.execute(query, parameters).fetchone()
    return None if row is None else row[0]
