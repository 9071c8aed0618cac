"""Results on their way into the database, in batches; kept while it is away."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from uuid import UUID

from prikke.errors import Unavailable
from prikke.runner import queue
from prikke.runner.backoff import Backoff
from prikke.runner.claimed import Claimed
from prikke.runner.connection import BadData, Line
from prikke.runner.delivery import bare
from prikke.runner.meter import Meter

log = logging.getLogger(__name__)

# How long a result may wait for others, and how many are worth a call at once.
WAIT_SECONDS = 0.05
ENOUGH = 100
# With nothing open there is nothing to wait for, but calls have a price as well.
SHORT_WAIT_SECONDS = 0.01
_BATCH = 500
_BATCH_BYTES = 4 * 1024 * 1024
# What a result costs in memory beside its text.
_OVERHEAD_BYTES = 2048
_BUSY_SECONDS = 0.05


@dataclass(slots=True)
class _Result:
    claim: Claimed
    text: str
    stripped: bool = False

    @property
    def size(self) -> int:
        return len(self.text) + _OVERHEAD_BYTES


class Reporter:
    """Takes results one by one and writes them in batches, two of them at a time at most."""

    def __init__(
        self,
        lines: list[Line],
        runner: UUID,
        meter: Meter,
        idle: Callable[[], bool],
        written: Callable[[], None],
    ) -> None:
        """`idle`: nothing is open. `written` is called after each batch that was taken."""
        self._lines = lines
        self._runner = runner
        self._meter = meter
        self._idle = idle
        self._written = written
        self._waiting: deque[_Result] = deque()
        self._since = 0.0
        self._in_flight = 0
        self._changed = asyncio.Event()
        self._backoff = Backoff()
        self._not_before = 0.0
        self.unwritten_bytes = 0

    @property
    def unwritten(self) -> int:
        """Results that the database has not taken yet."""
        return len(self._waiting) + self._in_flight

    @property
    def failing(self) -> bool:
        """Whether the database took nothing when last asked."""
        return self._backoff.failures > 0

    def add(self, claim: Claimed, text: str) -> None:
        """Take a result."""
        self._put(_Result(claim, text))

    def _put(self, result: _Result) -> None:
        waiting = self._waiting
        if not waiting:
            self._since = monotonic()
        waiting.append(result)
        self.unwritten_bytes += result.size
        count = len(waiting)
        if count == 1 or count == ENOUGH:
            self._changed.set()

    def flush(self) -> None:
        """Look again whether there is enough to write."""
        self._changed.set()

    async def drain(self) -> None:
        """Until everything is written."""
        while self.unwritten:
            self._changed.set()
            await asyncio.sleep(SHORT_WAIT_SECONDS)

    async def run(self) -> None:
        """Write for ever."""
        async with asyncio.TaskGroup() as group:
            free = list(self._lines)
            while True:
                self._changed.clear()
                pause = self._pause() if free else None
                if pause is not None and pause <= 0:
                    line = free.pop()
                    batch = self._batch()
                    self._in_flight += len(batch)
                    task = group.create_task(self._write(line, batch))
                    task.add_done_callback(partial(self._back, free, line))
                    continue
                await wait(self._changed, pause)

    def _back(self, free: list[Line], line: Line, _: "asyncio.Task[None]") -> None:
        free.append(line)
        self._changed.set()

    def _pause(self) -> float | None:
        """Seconds until something should be written; None when nothing waits."""
        if not self._waiting:
            return None
        now = monotonic()
        age = now - self._since
        if len(self._waiting) >= ENOUGH:
            pause = 0.0
        elif self._idle():
            pause = SHORT_WAIT_SECONDS - age if self._in_flight else 0.0
        else:
            pause = WAIT_SECONDS - age
        return max(pause, self._not_before - now)

    def _batch(self) -> list[_Result]:
        batch: list[_Result] = []
        size = 0
        while self._waiting and len(batch) < _BATCH and size < _BATCH_BYTES:
            result = self._waiting.popleft()
            size += result.size
            batch.append(result)
        self._since = monotonic()
        return batch

    async def _write(self, line: Line, batch: list[_Result]) -> None:
        try:
            again = await self._complete(line, batch)
        except Unavailable as error:
            self._meter.database_failures += 1
            if not self.failing:
                log.warning("results wait for the database count=%d error=%s", len(batch), error)
            self._not_before = monotonic() + self._backoff.next()
            again = batch
        else:
            if self.failing:
                log.info("results are written again count=%d", len(batch))
            self._backoff.reset()
            self._written()
        self._in_flight -= len(batch)
        self.unwritten_bytes -= sum([result.size for result in batch])
        for result in reversed(again):
            self._waiting.appendleft(result)
            self.unwritten_bytes += result.size

    async def _complete(self, line: Line, batch: list[_Result]) -> list[_Result]:
        """Write a batch; what is to be given again."""
        try:
            states = await queue.complete(line, self._runner, [result.text for result in batch])
        except BadData as refusal:
            return await self._divide(line, batch, refusal)
        if not states:
            return []
        again = []
        for result in batch:
            state = states.get(result.claim.id)
            if state == "busy":
                again.append(result)
            elif state == "stale":
                self._meter.stale_results += 1
                log.info("result comes too late execution=%s", result.claim.id)
            elif state == "retry":
                self._meter.retries += 1
        if again:
            self._not_before = monotonic() + _BUSY_SECONDS
        return again

    async def _divide(self, line: Line, batch: list[_Result], refusal: BadData) -> list[_Result]:
        """One result that the database cannot store must not hold up the others."""
        if len(batch) > 1:
            middle = len(batch) // 2
            again = await self._complete(line, batch[:middle])
            return again + await self._complete(line, batch[middle:])
        result = batch[0]
        log.error("result refused execution=%s error=%s", result.claim.id, refusal)
        if result.stripped:
            return []
        stripped = _Result(result.claim, bare(result.claim, refusal), stripped=True)
        return await self._complete(line, [stripped])


async def wait(event: asyncio.Event, seconds: float | None) -> None:
    """Wait for an event, this long at most."""
    if seconds is None:
        await event.wait()
        return
    timer = asyncio.get_running_loop().call_later(max(seconds, 0), event.set)
    try:
        await event.wait()
    finally:
        timer.cancel()
