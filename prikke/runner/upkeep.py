"""Timers of what must be done now and then, whichever runner does it."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

from prikke.errors import NotReady, Unavailable
from prikke.release import require_fit
from prikke.runner import queue
from prikke.runner.backoff import Backoff
from prikke.runner.clock import DatabaseClock
from prikke.runner.connection import BadData, Line
from prikke.runner.loop import Runner
from prikke.runner.meter import Meter
from prikke.runner.report import Reporter

log = logging.getLogger(__name__)

FOLD_SECONDS = 0.5
IDLE_FOLD_SECONDS = 2.0
PRESENCE_SECONDS = 5.0
HISTORY_SECONDS = 3600.0
ZONES_SECONDS = 86_400.0
RELEASE_SECONDS = 60.0
FORGET_SECONDS = 600.0
NOTIFY_SECONDS = 2.0
LIMITS_SECONDS = 60.0

_BATCH = 1000
_FOLD_BATCH = 5000
_ZONES_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do for ever, from `first` seconds on; `work` says in how many seconds again."""

    name: str
    work: Callable[[], Awaitable[float]]
    first: float = 0.0


class Upkeep:
    """The chores of one runner."""

    def __init__(
        self,
        line: Line,
        history_line: Line,
        runner: Runner,
        reporter: Reporter,
        clock: DatabaseClock,
        meter: Meter,
        presence: Callable[[], queue.Presence],
        poll: float,
        leave: Callable[[], None],
    ) -> None:
        self._line = line
        self._history_line = history_line
        self._runner = runner
        self._reporter = reporter
        self._clock = clock
        self._meter = meter
        self._presence = presence
        self._poll = poll
        self._leave = leave

    def chores(self) -> list[Chore]:
        """All of them, each to be run by a task of its own."""
        return [
            Chore("rescue", self._rescue),
            Chore("presence", self._show),
            Chore("fold", self._fold),
            Chore("notify", self._notify),
            Chore("limits", self._watch_limits),
            Chore("history", self._keep_history, HISTORY_SECONDS),
            Chore("forget", self._forget),
            Chore("zones", self._check_zones, ZONES_SECONDS),
            Chore("release", self._check_release, RELEASE_SECONDS),
        ]

    async def prepare(self) -> None:
        """What must be done before anything is claimed: a place for every result."""
        backoff = Backoff()
        while True:
            try:
                await self._keep_history()
                await self._check_zones()
                await self.show()
                return
            except (Unavailable, BadData) as error:
                log.warning("not ready error=%s", error)
                await asyncio.sleep(backoff.next())

    async def show(self) -> None:
        """Tell operators that this runner lives."""
        asked = monotonic()
        clock = await queue.register(self._line, self._runner.id, self._presence())
        self._clock.learn(clock, asked)

    async def run(self, chore: Chore) -> None:
        """One chore, for ever; jitter keeps runners apart."""
        backoff = Backoff()
        await asyncio.sleep(chore.first)
        while True:
            try:
                pause = await chore.work()
            except (Unavailable, BadData) as error:
                self._meter.database_failures += 1
                log.warning("upkeep failed chore=%s error=%s", chore.name, error)
                await asyncio.sleep(backoff.next())
            else:
                backoff.reset()
                await asyncio.sleep(pause * random.uniform(0.9, 1.1))  # noqa: S311

    async def _rescue(self) -> float:
        # After an outage our own results go first, or we would repeat what we have delivered.
        if self._reporter.failing:
            return 0.2
        rescued = await queue.rescue_expired(self._line, _BATCH)
        if rescued:
            log.warning("leases of lost runners taken back count=%d", rescued)
            self._meter.rescued += rescued
            self._runner.wake()
        return self._poll if rescued < _BATCH else 0.0

    async def _show(self) -> float:
        await self.show()
        return PRESENCE_SECONDS

    async def _fold(self) -> float:
        await queue.keep_statistics(self._history_line)
        folded = await queue.fold_outcomes(self._history_line, _FOLD_BATCH)
        folded = max(folded, await queue.fold_tallies(self._history_line, _FOLD_BATCH))
        if folded >= _FOLD_BATCH:
            return 0.0
        return FOLD_SECONDS if folded else IDLE_FOLD_SECONDS

    async def _notify(self) -> float:
        more, queued = await queue.notify(self._history_line)
        if queued:
            log.info("notifications queued count=%d", queued)
            self._runner.look_soon()
        return 0.0 if more else NOTIFY_SECONDS

    async def _watch_limits(self) -> float:
        await queue.watch_limits(self._history_line)
        return LIMITS_SECONDS

    async def _keep_history(self) -> float:
        made, dropped, deleted = await queue.keep_history(self._history_line)
        if made or dropped or deleted:
            log.info("history kept made=%d dropped=%d deleted=%d", made, dropped, deleted)
        # Old rows go in batches; a long batch is followed by the next.
        return HISTORY_SECONDS if deleted < _BATCH else 1.0

    async def _check_zones(self) -> float:
        planned = await queue.check_time_zones(self._history_line, _ZONES_BATCH)
        if planned:
            log.warning("time zone data changed, jobs are planned anew count=%d", planned)
        return ZONES_SECONDS

    async def _check_release(self) -> float:
        """An upgrade beside us may leave functions that we cannot use."""
        try:
            require_fit(await queue.installation(self._line))
        except NotReady as error:
            log.error("stopping error=%s", error)
            self._leave()
        return RELEASE_SECONDS

    async def _forget(self) -> float:
        await queue.forget_runners(self._line)
        return FORGET_SECONDS
