"""The tick: due times into executions, exactly when the next one is due."""

import logging
from time import monotonic

from prikke.errors import Unavailable
from prikke.runner import queue
from prikke.runner.backoff import Backoff
from prikke.runner.clock import DatabaseClock
from prikke.runner.connection import Line
from prikke.runner.loop import Runner
from prikke.runner.meter import Meter
from prikke.runner.report import wait

log = logging.getLogger(__name__)

_BATCH = 1000
# What is due but in somebody else's hands is looked at again.
_FIRST_WAIT = 0.005
_LONGEST_WAIT = 1.0


class Ticker:
    """Calls enqueue_due when it is needed, and at least once a poll interval."""

    def __init__(
        self, line: Line, runner: Runner, clock: DatabaseClock, meter: Meter, poll: float
    ) -> None:
        self._line = line
        self._runner = runner
        self._clock = clock
        self._meter = meter
        self._poll = poll
        self._held = _FIRST_WAIT
        self._expected: float | None = None

    async def run(self) -> None:
        """For ever."""
        backoff = Backoff()
        wanted = self._runner.tick_wanted
        while True:
            wanted.clear()
            try:
                pause = await self._tick()
            except Unavailable as error:
                self._meter.database_failures += 1
                if backoff.failures == 0:
                    log.warning("ticks wait for the database error=%s", error)
                pause = backoff.next()
            else:
                if backoff.failures:
                    log.info("ticking again")
                    self._runner.wake()
                backoff.reset()
            await wait(wanted, pause)

    async def _tick(self) -> float:
        """One call; seconds until the next."""
        asked = monotonic()
        tick = await queue.enqueue_due(self._line, _BATCH)
        self._clock.learn(tick.clock, asked)
        worked = tick.jobs + tick.ripened
        expected, self._expected = self._expected, None
        if worked:
            self._runner.wake()
        elif expected is not None and asked >= expected:
            # Another runner was first, and does not tell us when its work is ready.
            self._runner.look_soon(restless=True)
        if tick.next_due_at is None:
            return self._poll
        if tick.next_due_at > tick.clock:
            self._held = _FIRST_WAIT
            self._expected = self._clock.monotonic(tick.next_due_at)
            return min(self._poll, self._expected - monotonic())
        if worked >= _BATCH:
            return 0.0
        if worked:
            self._held = _FIRST_WAIT
        else:
            # In somebody else's hands just now.
            self._held = min(self._held * 2, _LONGEST_WAIT)
        return self._held
