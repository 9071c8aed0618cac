"""LISTEN with reconnect; many notices become one wake."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import AsyncConnection

from prikke.config import Settings
from prikke.db import connection_options
from prikke.runner.backoff import Backoff
from prikke.runner.meter import Meter

log = logging.getLogger(__name__)

CHANNEL = "prikke"
# A connection that hears nothing is asked whether it is there.
_SILENCE_SECONDS = 30
_ANSWER_SECONDS = 10


class Listener:
    """Calls `wake` for each burst of notices, and once after each reconnection."""

    def __init__(self, settings: Settings, meter: Meter, wake: Callable[[], None]) -> None:
        self._settings = settings
        self._meter = meter
        self._wake = wake
        self.listening = False

    async def run(self) -> None:
        """Listen for ever, or not at all where it is switched off."""
        url = self._settings.direct_url
        if not self._settings.listen or url is None:
            return
        backoff = Backoff()
        while True:
            try:
                async with await AsyncConnection.connect(
                    url, **connection_options(self._settings, "runner listen")
                ) as conn:
                    await conn.execute(f"listen {CHANNEL}")
                    self.listening = True
                    backoff.reset()
                    self._wake()
                    await self._hear(conn)
            except (psycopg.Error, OSError, TimeoutError) as error:
                if self.listening or backoff.failures == 0:
                    log.warning("listener lost, polling meanwhile error=%s", _first_line(error))
                self.listening = False
                self._meter.listener_reconnects += 1
                await asyncio.sleep(backoff.next())
            finally:
                self.listening = False

    async def _hear(self, conn: AsyncConnection[Any]) -> None:
        """Until the connection breaks: read what comes as soon as the socket has something."""
        loop = asyncio.get_running_loop()
        broken: asyncio.Future[None] = loop.create_future()

        def on_readable() -> None:
            try:
                conn.pgconn.consume_input()
                heard = False
                while conn.pgconn.notifies() is not None:
                    heard = True
            except psycopg.Error as error:
                if not broken.done():
                    broken.set_exception(error)
                return
            if heard:
                self._meter.notices += 1
                self._wake()

        while True:
            socket = conn.fileno()
            loop.add_reader(socket, on_readable)
            try:
                await asyncio.wait({broken}, timeout=_SILENCE_SECONDS)
            finally:
                loop.remove_reader(socket)
            if broken.done():
                broken.result()
            async with asyncio.timeout(_ANSWER_SECONDS):
                await conn.execute("select")
            # What was heard during the question went past us.
            self._wake()


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
