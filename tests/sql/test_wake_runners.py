"""A writer notifies only where a runner sleeps past what it wrote, and once a statement."""

from datetime import timedelta

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import URL, call, cancel, make_job, make_send
from tests.virtual_runner import VirtualRunner


@pytest.fixture
def listener(connect: Connect) -> psycopg.Connection:
    conn = connect()
    conn.execute("listen prikke")
    return conn


def notices(listener: psycopg.Connection) -> int:
    """How many arrived; those of committed statements are there at once."""
    listener.execute("select 1")
    return len(list(listener.notifies(timeout=0.2)))


def test_a_send_wakes_a_runner_that_sleeps(
    db: psycopg.Connection, runner: VirtualRunner, listener: psycopg.Connection
) -> None:
    runner.sleep_until(timedelta(seconds=5))

    make_send(db)

    assert notices(listener) == 1


def test_nobody_is_woken_where_nobody_sleeps(
    db: psycopg.Connection, runner: VirtualRunner, listener: psycopg.Connection
) -> None:
    runner.sleep_until(None)

    make_send(db)

    assert notices(listener) == 0


@pytest.mark.parametrize(("delay", "woken"), [("4 s", 1), ("6 s", 0)])
def test_a_later_send_wakes_only_who_would_sleep_past_it(
    db: psycopg.Connection,
    runner: VirtualRunner,
    listener: psycopg.Connection,
    delay: str,
    woken: int,
) -> None:
    runner.sleep_until(timedelta(seconds=5))

    make_send(db, delay=delay)

    assert notices(listener) == woken


def test_a_statement_wakes_once(
    db: psycopg.Connection, runner: VirtualRunner, listener: psycopg.Connection
) -> None:
    runner.sleep_until(timedelta(seconds=5))

    db.execute("select prikke.send(url => %s) from generate_series(1, 50)", (URL,))

    assert notices(listener) == 1


def test_a_send_that_vanishes_wakes_nobody(
    runner: VirtualRunner, listener: psycopg.Connection, open_transaction: psycopg.Connection
) -> None:
    runner.sleep_until(timedelta(seconds=5))
    make_send(open_transaction)

    open_transaction.rollback()

    assert notices(listener) == 0


def test_a_job_wakes_whoever_would_sleep_past_its_first_run(
    db: psycopg.Connection, runner: VirtualRunner, listener: psycopg.Connection
) -> None:
    runner.sleep_until(timedelta(minutes=5))

    make_job(db, every="1 day")
    far = notices(listener)
    make_job(db, every="1 minute")
    near = notices(listener)

    assert (far, near) == (0, 1)


@pytest.mark.parametrize("what", ["run_now", "cancel", "hand back"])
def test_what_is_to_be_done_at_once_wakes(
    db: psycopg.Connection, runner: VirtualRunner, listener: psycopg.Connection, what: str
) -> None:
    job = make_job(db)
    make_send(db)
    [claim] = runner.claim()
    runner.sleep_until(timedelta(seconds=5))

    if what == "run_now":
        call(db, "run_now", id=job)
    elif what == "cancel":
        cancel(db, claim.id)
    else:
        runner.release([claim])

    assert notices(listener) == 1


def test_a_notice_says_nothing(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, listener: psycopg.Connection
) -> None:
    runner.sleep_until(timedelta(seconds=5))
    make_send(db)
    listener.execute("select 1")

    [notice] = list(listener.notifies(timeout=0.2))

    assert (notice.channel, notice.payload) == ("prikke", "")
