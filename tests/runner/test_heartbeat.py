"""The operator's address is called while all is well, and only then."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import psycopg
import pytest

from prikke.config import Settings
from prikke.errors import Unavailable
from prikke.outbound import Outbound, default_policy
from prikke.runner.connection import Line
from prikke.runner.heartbeat import Heartbeat
from tests.factories import make_send
from tests.receiver import Receiver
from tests.runner.conftest import CutOff, Start, until, with_limits


class Beating:
    """A heartbeat by itself: `await beating.beat()` is one turn."""

    def __init__(self, line: Line, outbound: Outbound, receiver: Receiver) -> None:
        self.works = True
        self.receiver = receiver
        self._heartbeat = Heartbeat(line, outbound, receiver.url, 60, lambda: self.works)

    async def beat(self) -> int:
        """How many calls came of it."""
        before = len(self.receiver.requests)
        assert await self._heartbeat.beat() == 60
        return len(self.receiver.requests) - before


@pytest.fixture
async def beating(settings: Settings, receiver: Receiver) -> AsyncIterator[Beating]:
    async with AsyncExitStack() as stack:
        line = Line(settings, "heartbeat")
        stack.push_async_callback(line.close)
        outbound = await stack.enter_async_context(Outbound(default_policy(), own=(receiver.url,)))
        yield Beating(line, outbound, receiver)


@pytest.fixture
def alive(db: psycopg.Connection) -> None:
    """A runner that lives, and whose history has its partitions."""
    db.execute("select prikke.keep_history()")
    db.execute("select prikke.register_runner(gen_random_uuid(), 'host', 1, '0.1.0', 100)")


async def test_a_runner_calls_again_and_again_although_targets_like_it_are_refused(
    acme: object, settings: Settings, receiver: Receiver, start: Start
) -> None:
    chosen = replace(settings, heartbeat_url=receiver.address("/beat"), allow_targets=())

    await start(with_limits(chosen, all_well_seconds=1))

    await until(lambda: len(receiver.of("/beat")) >= 2)


async def test_while_all_is_well_it_is_called(alive: None, beating: Beating) -> None:
    assert await beating.beat() == 1


async def test_without_a_living_runner_it_is_not_called(beating: Beating) -> None:
    assert await beating.beat() == 0


async def test_while_the_database_is_away_it_is_not_called(
    alive: None, beating: Beating, cut_off: CutOff
) -> None:
    with cut_off(), pytest.raises(Unavailable):
        await beating.beat()

    assert beating.receiver.requests == []


async def test_while_work_is_left_lying_it_is_not_called(
    alive: None, beating: Beating, acme: object, db: psycopg.Connection
) -> None:
    make_send(db)
    db.execute(
        "update prikke.live_execution set due_at = due_at - interval '1 hour',"
        " scheduled_for = scheduled_for - interval '1 hour'"
    )

    assert await beating.beat() == 0


async def test_a_runner_that_cannot_write_its_results_does_not_call(
    alive: None, beating: Beating
) -> None:
    beating.works = False

    assert await beating.beat() == 0


async def test_an_address_that_cannot_be_reached_stops_nothing(
    alive: None, beating: Beating, receiver: Receiver
) -> None:
    receiver.stop()

    assert await beating.beat() == 0
