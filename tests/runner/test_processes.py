"""Several runner processes under one parent."""

import os
import signal

import psutil
import psycopg
import pytest

from tests.receiver import Receiver
from tests.runner.conftest import Spawn, past, send, until_sync


def test_a_process_that_dies_is_started_again(
    db: psycopg.Connection, acme: object, receiver: Receiver, spawn: Spawn
) -> None:
    parent = spawn("--processes", "2")
    until_sync(lambda: len(_runners(db)) == 2, within=20)
    before = _runners(db)

    os.kill(min(before), signal.SIGKILL)
    until_sync(lambda: len(_runners(db) - before) == 1, within=20)
    send(db, receiver.address(), 20)
    until_sync(lambda: len(past(db)) == 20)

    assert parent.process.poll() is None
    assert not receiver.repeated
    parent.signal(signal.SIGTERM)
    assert parent.wait() == 0


def test_told_to_stop_the_parent_tells_all_and_waits_for_them(
    db: psycopg.Connection, acme: object, receiver: Receiver, spawn: Spawn
) -> None:
    parent = spawn("--processes", "2")
    until_sync(lambda: len(_runners(db)) == 2, within=20)
    children = psutil.Process(parent.process.pid).children(recursive=True)
    send(db, receiver.address("/hold"), 20)
    receiver.wait_for(20)

    parent.signal(signal.SIGTERM)
    until_sync(lambda: parent.says("stopping open"))
    receiver.release()
    code = parent.wait()

    assert code == 0
    assert past(db) == [("success",)] * 20
    assert not [child for child in children if child.is_running()]
    assert not _runners(db)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_runner_that_refuses_to_start_says_why_and_ends(
    db: psycopg.Connection, acme: object, spawn: Spawn, processes: str
) -> None:
    db.execute("select prikke.check_keyring('base:somebody-elses')")

    runner = spawn("--processes", processes)
    code = runner.wait(20)

    assert code == 1
    assert runner.says("sealed with another key")


def _runners(db: psycopg.Connection) -> set[int]:
    """Process ids of the runners that show themselves."""
    return {process for (process,) in db.execute("select process from prikke.runner").fetchall()}
