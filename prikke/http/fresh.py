"""One answer for many askers: a value worked out at most once in a while, however many ask."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Fresh(Generic[Value]):
    """A value that is at most `seconds` old; who asks while it is made waits for it."""

    def __init__(self, make: Callable[[], Awaitable[Value]], seconds: float) -> None:
        self._make = make
        self._seconds = seconds
        self._made: tuple[float, Value] | None = None
        self._making = asyncio.Lock()

    async def get(self) -> Value:
        """The value; an error of making it goes to whoever asked, and is not kept."""
        async with self._making:
            if self._made is None or monotonic() - self._made[0] > self._seconds:
                self._made = (monotonic(), await self._make())
            return self._made[1]
