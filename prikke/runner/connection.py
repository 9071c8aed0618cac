"""One connection of a runner, kept for one purpose and made again when it breaks."""

import asyncio
import json
import logging
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.abc import Params
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

from prikke.config import Settings
from prikke.db import Caller, call, connection_options, database_url
from prikke.errors import Unavailable

log = logging.getLogger(__name__)

Row = tuple[Any, ...]

# Above the statement timeout, so that a server that still answers is the first to give up.
_CALL_SECONDS = 20
# Above keep_history's batches of deletions.
_LONG_CALL_SECONDS = 300

_SESSION = (
    "select set_config('statement_timeout', %s, false), set_config('lock_timeout', '5s', false), "
    "set_config('idle_in_transaction_session_timeout', '60s', false)"
)


class BadData(Exception):
    """The database refuses what it was given: the same call would be refused again."""


class Line:
    """A dedicated autocommit connection. One call at a time; the others wait their turn.

    After a failure the connection is thrown away, so that nothing is read that belongs to a call
    which was given up. `generation` rises with each new one: what the session knew is gone.

    Only results and new secrets are `durable`, waiting for the disk. A claim, a tick or a lease
    that a crash of the server takes back is as if it had not been: a result on disk has all that
    led to it on disk before it, and a token given out again names another runner or the same claim.
    So a crash still repeats only what was in flight.
    """

    def __init__(
        self, settings: Settings, name: str, *, durable: bool = False, long_calls: bool = False
    ) -> None:
        self._settings = settings
        self._name = name
        self._seconds = _LONG_CALL_SECONDS if long_calls else _CALL_SECONDS
        self._statement_timeout = f"{self._seconds - 5}s"
        self._durable = durable
        self._conn: AsyncConnection[Row] | None = None
        self._turn = asyncio.Lock()
        self._fresh = True
        self.generation = 0

    @property
    def _was_lost(self) -> bool:
        return not self._fresh and self._conn is not None and self._conn.closed

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return self._turn.locked()

    async def call(self, query: LiteralString, parameters: Params = ()) -> list[Row]:
        """The rows of one statement. Raises Unavailable when the database is, BadData for 22…."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._seconds):
                    try:
                        return await self._call(query, parameters)
                    except psycopg.OperationalError:
                        if not self._was_lost:
                            raise
                        # The connection had ended while nobody used it.
                        await self.close()
                        return await self._call(query, parameters)
            except psycopg.DataError as error:
                raise BadData(str(error.diag.message_primary or error)) from error
            except (psycopg.Error, OSError, TimeoutError) as error:
                await self.close()
                raise Unavailable(_words(error)) from error
            except BaseException:
                await self.close()
                raise

    async def _call(self, query: LiteralString, parameters: Params) -> list[Row]:
        conn = self._conn
        self._fresh = conn is None or conn.closed
        if conn is None or conn.closed:
            conn = await self._connect()
        if self._settings.listen:
            cursor = await conn.execute(query, parameters)
            return await cursor.fetchall()
        # Behind a transaction pooler a session's settings would stay with somebody else.
        caller = Caller(statement_timeout=self._statement_timeout)
        return await call(conn, query, parameters, caller, psycopg.rows.tuple_row)

    async def _connect(self) -> AsyncConnection[Row]:
        conn: AsyncConnection[Row] = await AsyncConnection.connect(
            database_url(self._settings),
            **connection_options(self._settings, f"runner {self._name}"),
        )
        self._conn = conn
        self.generation += 1
        conn.add_notice_handler(_on_notice)
        conn.adapters.register_loader("uuid", TextLoader)
        set_json_loads(_loads, conn)
        if self._settings.listen:
            await conn.execute(_SESSION, (self._statement_timeout,))
            if not self._durable:
                await conn.execute("set synchronous_commit = off")
        return conn

    async def close(self) -> None:
        """Give the connection up; the next call makes a new one."""
        conn, self._conn = self._conn, None
        if conn is not None:
            await conn.close()


class Lines:
    """The connections of a runner; each is made at its first call.

    Claims, results, leases and ticks have their own, so that none of them waits for another.
    """

    def __init__(self, settings: Settings) -> None:
        self.claims = Line(settings, "claims")
        self.results = (
            Line(settings, "results", durable=True),
            Line(settings, "results", durable=True),
        )
        self.leases = Line(settings, "leases")
        self.tick = Line(settings, "tick")
        self.upkeep = Line(settings, "upkeep")
        self.history = Line(settings, "history", long_calls=True)
        self.secrets = Line(settings, "secrets", durable=True)

    async def close(self) -> None:
        """Close all of them."""
        for line in (
            self.claims,
            *self.results,
            self.leases,
            self.tick,
            self.upkeep,
            self.history,
            self.secrets,
        ):
            await line.close()


@lru_cache(maxsize=256)
def _loads(data: bytes | str) -> Any:
    """JSON of a row, mostly headers that a whole queue shares; nobody changes what comes out."""
    return json.loads(data)


def _on_notice(notice: psycopg.errors.Diagnostic) -> None:
    if notice.severity_nonlocalized == "WARNING":
        log.warning("the database warns message=%s", notice.message_primary)


def _words(error: BaseException) -> str:
    """The first line of what happened."""
    if isinstance(error, TimeoutError):
        return "no answer from the database in time"
    return (str(error).strip() or type(error).__name__).splitlines()[0]
