"""A runner that is told to stop, or ends without a word."""

import signal
from typing import Any

import psycopg
import pytest

from prikke.config import Settings
from tests.receiver import Receiver
from tests.runner.conftest import Spawn, Start, live, past, send, until, until_sync, with_limits


async def test_a_stopping_runner_finishes_what_is_open_and_claims_no_more(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    runner = await start(concurrency=5)
    send(db, receiver.address("/hold"), 20)
    await until(lambda: receiver.open == 5)

    runner.stopping.set()
    await until(lambda: runner.process.runner.stopping)
    receiver.release()
    await runner.task

    assert past(db) == [("success",)] * 5
    assert live(db) == 15
    assert len(receiver.requests) == 5


async def test_what_is_open_at_the_limit_is_handed_back_uncounted(
    db: psycopg.Connection, acme: object, receiver: Receiver, settings: Settings, start: Start
) -> None:
    runner = await start(with_limits(settings, shutdown_seconds=1))
    send(db, receiver.address("/never"), 3)
    await until(lambda: receiver.open == 3)

    await runner.stop()

    rows = db.execute("select status, ready, attempt, lost from prikke.live_execution").fetchall()
    assert rows == [("pending", True, 0, 0)] * 3
    assert runner.process.meter.released == 3
    await until(lambda: receiver.open == 0)


async def test_a_stopped_runner_leaves_no_trace_among_the_living(
    db: psycopg.Connection, acme: object, start: Start
) -> None:
    runner = await start()
    await until(lambda: _rows(db, "runner_sleep") == 1)

    await runner.stop()

    assert _rows(db, "runner") == 0
    assert _rows(db, "runner_sleep") == 0


def test_sigterm_ends_the_process_in_order(
    db: psycopg.Connection, acme: object, receiver: Receiver, spawn: Spawn
) -> None:
    child = spawn()
    send(db, receiver.address("/hold"), 2)
    receiver.wait_for(2)

    child.signal(signal.SIGTERM)
    until_sync(lambda: child.says("stopping open=2"))
    receiver.release()
    code = child.wait()

    assert code == 0
    assert past(db) == [("success",)] * 2


def test_a_second_sigterm_leaves_at_once(
    db: psycopg.Connection, acme: object, receiver: Receiver, spawn: Spawn
) -> None:
    child = spawn(PRIKKE_LIMIT_SHUTDOWN_SECONDS="60")
    send(db, receiver.address("/never"), 2)
    receiver.wait_for(2)

    child.signal(signal.SIGTERM)
    until_sync(lambda: child.says("stopping open=2"))
    child.signal(signal.SIGTERM)
    code = child.wait(2)

    assert code == 1
    assert live(db) == 2


def _rows(db: psycopg.Connection, table: str) -> int:
    row: Any = db.execute(f"select count(*) from prikke.{table}").fetchone()
    count: int = row[0]
    return count


async def test_a_runner_too_old_for_an_upgraded_database_stops_by_itself(
    db: psycopg.Connection,
    acme: object,
    receiver: Receiver,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("prikke.runner.upkeep.RELEASE_SECONDS", 0.2)
    runner = await start()
    send(db, receiver.address())
    await until(lambda: past(db))

    db.execute("update prikke.setting set value = '\"99.0.0\"' where name = 'oldest_runner'")
    await until(lambda: runner.task.done())

    assert runner.task.exception() is None
    assert _rows(db, "runner") == 0
