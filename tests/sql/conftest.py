"""What tests of the engine share: runners whose history has its partitions."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.virtual_runner import VirtualRunner

MakeRunner = Callable[[], VirtualRunner]


@pytest.fixture
def make_runner(connect: Connect, at: Clock) -> MakeRunner:
    """More runners, each with a connection of its own that gives up on a lock at once."""

    def another() -> VirtualRunner:
        conn = connect(role="prikke_runner")
        conn.execute("set lock_timeout = '300ms'")
        conn.execute("set statement_timeout = '10s'")
        return VirtualRunner(conn)

    return another


@pytest.fixture
def runner(make_runner: MakeRunner, organization: UUID) -> VirtualRunner:
    """A runner at noon, beside an organization that is chosen on `db`."""
    started = make_runner()
    started.keep_history()
    return started


@pytest.fixture
def open_transaction(connect: Connect, organization: UUID) -> psycopg.Connection:
    """A user's connection in the same organization, whose transaction stays open."""
    conn = connect(autocommit=False)
    conn.execute("select set_config('prikke.organization', %s, false)", (str(organization),))
    conn.commit()
    return conn
