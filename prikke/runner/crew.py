"""Workers that deliver: a fixed set of tasks, since a task for each request costs more."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import cast

from prikke.runner.claimed import Claimed

Work = Callable[[Claimed], Awaitable[None]]


class Crew:
    """Hands claims to idle workers, and makes workers while all are busy."""

    def __init__(self, group: asyncio.TaskGroup, work: Work, done: Callable[[Claimed], None]):
        self._group = group
        self._work = work
        self._done = done
        self._waiting: deque[Claimed] = deque()
        self._idle: list[asyncio.Future[None]] = []
        self._loop = asyncio.get_running_loop()
        self._workers: list[asyncio.Task[None]] = []

    def take(self, claim: Claimed) -> None:
        """Have this claim delivered, at once if a worker is idle or can be made."""
        self._waiting.append(claim)
        while self._idle:
            call = self._idle.pop()
            if not call.done():
                call.set_result(None)
                return
        self._workers.append(self._group.create_task(self._deliver()))

    def dismiss(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.cancel()

    async def _deliver(self) -> None:
        me = cast("asyncio.Task[None]", asyncio.current_task())
        while True:
            if not self._waiting:
                call = self._loop.create_future()
                self._idle.append(call)
                await call
                # Another worker may have taken it on its way.
                continue
            claim = self._waiting.popleft()
            claim.task = me
            try:
                if not claim.abandoned:
                    await self._work(claim)
            except asyncio.CancelledError:
                if not claim.abandoned or me.uncancel() > 0:
                    raise
            finally:
                claim.task = None
                self._done(claim)
