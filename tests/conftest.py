"""One server a session, one template with everything installed, a fresh copy of it per test."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from prikke import embedded, open_files
from prikke.config import Settings
from prikke.install import install

DAY = "2026-03-02"
_numbers = count(1)

# Tests open as much as the processes do.
open_files.raise_limit()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-schema", action="store_true", help="write tests/schema.sql anew")
    parser.addoption("--write-reference", action="store_true", help="write docs/sql.md anew")


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def binaries() -> Path | None:
    """PRIKKE_TEST_BIN runs the tests on another PostgreSQL: the directory of its programs."""
    chosen = os.environ.get("PRIKKE_TEST_BIN")
    return Path(chosen) if chosen else None


@pytest.fixture(scope="session")
def server(binaries: Path | None) -> Iterator[embedded.Server]:
    """A throw-away server; everything in it is gone after the session."""
    with throwaway_home() as home, embedded.serve(home, embedded.THROWAWAY, binaries) as running:
        yield running


@contextmanager
def throwaway_home() -> Iterator[Path]:
    """A directory for a server; in memory where there is room, as that is ten times faster."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 1024**3
    home = Path(tempfile.mkdtemp(prefix="prikke-test-", dir=memory if roomy else None))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def admin(server: embedded.Server) -> Iterator[psycopg.Connection]:
    """A superuser's connection for making and dropping databases."""
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        yield conn


@pytest.fixture(scope="session")
def template(server: embedded.Server, admin: psycopg.Connection) -> str:
    """A database with everything installed, and the clock replaced by one that tests move."""
    admin.execute("create database prikke_template")
    dsn = server.dsn("prikke_template")
    install(dsn, Settings())
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(_MOVABLE_CLOCK)
    return "prikke_template"


# A table, so that every connection sees the same instant at once; null is the real clock.
_MOVABLE_CLOCK = """
create schema prikke_test;
create table prikke_test.now (at timestamptz);
insert into prikke_test.now values (null);
grant usage on schema prikke_test to public;
grant select on prikke_test.now to public;
create or replace function prikke.clock()
returns timestamptz
language sql
stable parallel safe
as $$
  select coalesce((select n.at from prikke_test.now as n), statement_timestamp())
$$;
"""


@pytest.fixture(scope="session")
def kept_template(server: embedded.Server, admin: psycopg.Connection, template: str) -> str:
    """The same with the partitions that a runner at noon of the tests' day begins by making."""
    _copy(admin, template, "prikke_kept_template")
    with psycopg.connect(server.dsn("prikke_kept_template"), autocommit=True) as conn:
        clock = Clock(conn)
        clock.move_to("12:00")
        conn.execute("select prikke.keep_history()")
        clock.release()
    return "prikke_kept_template"


def _copy(admin: psycopg.Connection, template: str, name: str) -> None:
    # Copying files of a template nobody writes to is twice as fast as copying through the log.
    admin.execute(
        sql.SQL("create database {} template {} strategy file_copy").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


@pytest.fixture(scope="session")
def read_only_dsn(server: embedded.Server, admin: psycopg.Connection, template: str) -> str:
    """A copy of the template whose sessions may read only."""
    _copy(admin, template, "read_only")
    return server.dsn("read_only", options="-c default_transaction_read_only=on")


@pytest.fixture(scope="session")
def used() -> list[str]:
    """Databases of tests that are over. Dropped a test later, when their sessions have ended."""
    return []


@pytest.fixture
def dsn(
    request: pytest.FixtureRequest,
    server: embedded.Server,
    admin: psycopg.Connection,
    template: str,
    used: list[str],
) -> Iterator[str]:
    """Where to find a fresh copy of the template, for this test alone.

    Tests of functions that only compute are marked `reads_only` and share one that none can change.
    """
    if request.node.get_closest_marker("reads_only"):
        yield request.getfixturevalue("read_only_dsn")
        return
    while used:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(used.pop())))
    if {"at", "runner"} <= set(request.fixturenames):
        template = request.getfixturevalue("kept_template")
    name = f"test_{next(_numbers)}"
    _copy(admin, template, name)
    yield server.dsn(name)
    used.append(name)


Connect = Callable[..., psycopg.Connection]


@pytest.fixture
def connect(dsn: str) -> Iterator[Connect]:
    """More connections: `connect()`, `connect(role="prikke_runner")`, `connect(user="bound")`."""
    with ExitStack() as open_connections:

        def another(
            role: str | None = None, user: str | None = None, autocommit: bool = True
        ) -> psycopg.Connection:
            where = make_conninfo(dsn, user=user) if user else dsn
            conn = psycopg.connect(where, autocommit=autocommit)
            open_connections.callback(conn.close)
            if role:
                conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
                if not autocommit:
                    conn.commit()
            return conn

        yield another


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    """A superuser's autocommit connection to this test's database."""
    return connect()


class Clock:
    """The movable clock: `at("12:00")` is an instant, `at.move_to("12:01")` makes it now."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn

    def __call__(self, text: str) -> datetime:
        """An instant: a time of 2 March 2026 in UTC, or a whole one in ISO 8601."""
        whole = text if "-" in text else f"{DAY}T{text}"
        instant = datetime.fromisoformat(whole)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

    def move_to(self, when: str | datetime) -> datetime:
        """Make it now; for good, until it is moved again."""
        instant = self(when) if isinstance(when, str) else when
        self._conn.execute("update prikke_test.now set at = %s", (instant,))
        return instant

    def move(self, **by: float) -> datetime:
        """Move on by days, hours, minutes or seconds."""
        return self.move_to(self.now + timedelta(**by))

    def release(self) -> None:
        """Let the real time run again."""
        self._conn.execute("update prikke_test.now set at = null")

    @property
    def now(self) -> datetime:
        row = self._conn.execute("select prikke.clock()").fetchone()
        assert row is not None
        instant: datetime = row[0]
        return instant.astimezone(UTC)


@pytest.fixture
def at(connect: Connect) -> Clock:
    """The clock, standing at noon of 2 March 2026."""
    clock = Clock(connect())
    clock.move_to("12:00")
    return clock


@pytest.fixture
def organization(db: psycopg.Connection) -> UUID:
    """An organization, chosen on `db`; its id."""
    with db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "select o.* from prikke.create_organization(name => 'Acme') as c"
            " cross join prikke.use_organization(c.slug) as o"
        ).fetchone()
    assert row is not None
    identifier: UUID = row["id"]
    return identifier
