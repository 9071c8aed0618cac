"""What is wrong with the installation as a whole."""

from collections.abc import Callable

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_send
from tests.virtual_runner import VirtualRunner

Troubles = Callable[[], list[str]]


@pytest.fixture
def troubles(db: psycopg.Connection) -> Troubles:
    def found() -> list[str]:
        row = db.execute("select prikke.troubles()").fetchone()
        assert row is not None
        return list(row[0])

    return found


@pytest.fixture
def alive(db: psycopg.Connection, runner: VirtualRunner) -> Callable[[], None]:
    """`alive()`: the runner shows itself."""

    def show() -> None:
        db.execute("select prikke.register_runner(%s, 'host', 1, '0.1.0', 100)", (runner.id,))

    show()
    return show


def test_with_a_runner_and_nothing_to_do_all_is_well(
    alive: Callable[[], None], troubles: Troubles
) -> None:
    assert troubles() == []


def test_a_runner_that_is_silent_or_stopping_is_not_alive(
    db: psycopg.Connection, at: Clock, alive: Callable[[], None], troubles: Troubles
) -> None:
    at.move(seconds=31)
    silent = troubles()
    alive()
    shown = troubles()
    db.execute("update prikke.runner set stopping = true")

    assert (silent, shown, troubles()) == (["no runner is alive"], [], ["no runner is alive"])


def test_what_is_due_may_wait_as_long_as_the_limit_says(
    db: psycopg.Connection, at: Clock, alive: Callable[[], None], troubles: Troubles
) -> None:
    make_send(db)
    at.move(seconds=299)
    alive()
    before = troubles()
    at.move(seconds=2)
    alive()

    assert (before, troubles()) == ([], ["what is due waits too long for a runner"])


def test_what_a_pause_holds_is_no_trouble(
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,
    alive: Callable[[], None],
    troubles: Troubles,
) -> None:
    call(db, "pause_queue", name="default")
    make_send(db)
    runner.claim()
    at.move(hours=1)
    alive()

    assert troubles() == []


def test_a_late_tick_is_a_trouble(
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,
    alive: Callable[[], None],
    troubles: Troubles,
) -> None:
    make_job(db, every="1 hour")
    runner.tick()
    at.move(hours=1, seconds=61)
    alive()
    late = troubles()
    runner.work()

    assert (late, troubles()) == (["due times of jobs become executions late"], [])


def test_history_without_a_place_for_tomorrow_is_a_trouble(
    at: Clock, alive: Callable[[], None], troubles: Troubles
) -> None:
    at.move(days=7)
    alive()

    assert troubles() == ["history has no partition for tomorrow"]
