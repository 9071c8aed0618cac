"""Ends tasks whose deadline has passed, by one timer for all of them.

A timer for each request costs more than the rest of its bookkeeping together.
"""

import asyncio
import time
from typing import Any, cast

# A deadline is noticed within a tick of its passing.
TICK = 0.1


class Flight:
    """One task in the air; `expired` tells its deadline from any other cancellation."""

    __slots__ = ("_slot", "_task", "expired")

    def __init__(self, task: "asyncio.Task[Any]", slot: int) -> None:
        self._task = task
        self._slot = slot
        self.expired = False

    def landed_late(self) -> bool:
        """Whether the CancelledError at hand is the deadline's alone; takes it back if so."""
        return self.expired and self._task.uncancel() == 0


class Deadlines:
    """The deadlines of one event loop. It keeps no timer while nothing is in the air."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._slots: dict[int, set[Flight]] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        return not self._slots and self._timer is None

    def start(self, deadline: float) -> Flight:
        """Cancel the current task at an instant of `time.monotonic()`, unless it ends before."""
        task = cast("asyncio.Task[Any]", asyncio.current_task(self._loop))
        slot = int(deadline / TICK) + 1
        flight = Flight(task, slot)
        flights = self._slots.get(slot)
        if flights is None:
            flights = self._slots[slot] = set()
            if self._timer is None:
                self._timer = self._loop.call_later(TICK, self._sweep)
        flights.add(flight)
        return flight

    def end(self, flight: Flight) -> None:
        """Forget a flight; every one that was started must be ended."""
        slot = flight._slot
        flights = self._slots.get(slot)
        if flights is not None:
            flights.discard(flight)
            if not flights:
                del self._slots[slot]

    def stop(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sweep(self) -> None:
        now = int(time.monotonic() / TICK)
        for slot in [slot for slot in self._slots if slot <= now]:
            for flight in self._slots.pop(slot):
                flight.expired = True
                flight._task.cancel()
        self._timer = self._loop.call_later(TICK, self._sweep) if self._slots else None
