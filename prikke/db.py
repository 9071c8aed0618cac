"""Connections to the database: the pool, the settings of one call, and the check before work."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString, TypeVar, overload
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.abc import Params
from psycopg.rows import AsyncRowFactory, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from prikke import __version__
from prikke.config import Settings
from prikke.errors import ConfigurationError, NotReady, Unavailable, translate
from prikke.release import require_fit

log = logging.getLogger(__name__)

Row = TypeVar("Row")
Pool = AsyncConnectionPool[AsyncConnection[Any]]

_IDLE_IN_TRANSACTION = "60s"
# A database that is away is said to be within two seconds.
_POOL_SECONDS = 1.5
_rollbacks = itertools.count()


@dataclass(frozen=True, slots=True)
class Caller:
    """In whose name a call runs; each of it holds for that one transaction."""

    role: str | None = None
    organization: UUID | None = None
    actor: str | None = None
    statement_timeout: str = "15s"
    lock_timeout: str = "5s"


@dataclass(frozen=True, slots=True)
class Installation:
    """What `prikke install` left in the database."""

    values: dict[str, Any] = field(repr=False)

    @property
    def release(self) -> str:
        return str(self.values["release"])

    @property
    def single(self) -> bool:
        """One login owns everything, and there are no roles to become."""
        return bool(self.values.get("role_mode") == "single")

    def limit(self, name: str) -> int:
        """A limit as published to the database."""
        return int(self.values["limits"][name])


def connection_options(settings: Settings, name: str) -> dict[str, Any]:
    """What every connection of ours has in common."""
    return {
        "autocommit": True,
        "prepare_threshold": settings.prepare_threshold,
        "connect_timeout": 10,
        "application_name": f"prikke {name} {__version__}",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }


def database_url(settings: Settings) -> str:
    """DATABASE_URL, which everything but `prikke up` needs."""
    if settings.database_url is None:
        raise ConfigurationError(
            "DATABASE_URL is not set: where is the database? "
            "(postgresql://user@host/database; `prikke up` brings its own)"
        )
    return settings.database_url


@dataclass(frozen=True, slots=True)
class Database:
    """The pool of one process, and what is installed where it leads."""

    pool: Pool
    installation: Installation

    @overload
    async def call(
        self, query: LiteralString, parameters: Params = (), caller: Caller | None = None
    ) -> list[dict[str, Any]]: ...

    @overload
    async def call(
        self,
        query: LiteralString,
        parameters: Params = (),
        caller: Caller | None = None,
        *,
        row_factory: AsyncRowFactory[Row],
    ) -> list[Row]: ...

    async def call(
        self,
        query: LiteralString,
        parameters: Params = (),
        caller: Caller | None = None,
        row_factory: AsyncRowFactory[Any] = dict_row,
    ) -> list[Any]:
        """One statement in a transaction of its own and in one round trip; its rows."""
        caller = self.settled(caller)
        for _ in range(self.pool.max_size):
            async with self.connection() as conn:
                try:
                    return await call(conn, query, parameters, caller, row_factory)
                except psycopg.errors.FeatureNotSupported:
                    # An install changed what a statement prepared here returns: it was not run,
                    # and this connection would refuse it for good.
                    await conn.close()
        async with self.connection() as conn:
            return await call(conn, query, parameters, caller, row_factory)

    def settled(self, caller: Caller | None) -> Caller | None:
        """The caller as this database knows it: in single-role mode nobody becomes a role."""
        if caller is None or not self.installation.single:
            return caller
        return Caller(
            None,
            caller.organization,
            caller.actor,
            caller.statement_timeout,
            caller.lock_timeout,
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection of the pool; an error of the database leaves as one of ours."""
        try:
            async with self.pool.connection() as conn:
                try:
                    yield conn
                except psycopg.Error:
                    await _forget_statements(conn)
                    raise
        except PoolTimeout as error:
            raise Unavailable("no connection to the database came free in time") from error
        except psycopg.Error as error:
            ours = translate(error)
            raise ours from error


async def _forget_statements(conn: AsyncConnection[Any]) -> None:
    """After an error, forget what was prepared.

    The error kept all that followed it in the pipeline from being prepared, which psycopg takes for
    done; at a rollback it forgets every statement and has the server forget them.
    """
    with contextlib.suppress(psycopg.Error):
        # It only looks at what a statement did when that is new to it.
        await conn.execute(f"rollback -- {next(_rollbacks)}".encode())


async def call(
    conn: AsyncConnection[Any],
    query: LiteralString,
    parameters: Params,
    caller: Caller | None,
    row_factory: AsyncRowFactory[Row],
) -> list[Row]:
    """One statement under the caller's settings: what goes out before a sync is a transaction."""
    cursor = conn.cursor(row_factory=row_factory)
    if caller is None:
        await cursor.execute(query, parameters)
    else:
        async with conn.pipeline():
            await assume(conn, caller)
            await cursor.execute(query, parameters)
    return await cursor.fetchall()


async def assume(conn: AsyncConnection[Any], caller: Caller) -> None:
    """Take the caller's settings for the rest of this transaction."""
    await conn.execute(
        "select set_config('role', %s, true), set_config('prikke.organization', %s, true), "
        "set_config('prikke.actor', %s, true), set_config('statement_timeout', %s, true), "
        "set_config('lock_timeout', %s, true), "
        "set_config('idle_in_transaction_session_timeout', %s, true)",
        (
            caller.role or "none",
            str(caller.organization or ""),
            caller.actor or "",
            caller.statement_timeout,
            caller.lock_timeout,
            _IDLE_IN_TRANSACTION,
        ),
    )


@asynccontextmanager
async def open_database(
    settings: Settings, name: str, size: int, minimum: int = 1
) -> AsyncIterator[Database]:
    """Wait for the database, refuse one that does not fit, and hold a pool on it."""
    url = database_url(settings)
    installation = await wait_until_ready(settings, name)
    warn_of_differences(settings, installation)

    async def configure(conn: AsyncConnection[Any]) -> None:
        # Behind a transaction pooler a setting of the session would stay with somebody else.
        if settings.listen:
            await conn.execute(
                "select set_config('statement_timeout', '15s', false), "
                "set_config('lock_timeout', '5s', false), "
                "set_config('idle_in_transaction_session_timeout', %s, false)",
                (_IDLE_IN_TRANSACTION,),
            )

    pool: Pool = AsyncConnectionPool(
        url,
        kwargs=connection_options(settings, name),
        min_size=minimum,
        max_size=size,
        timeout=_POOL_SECONDS,
        configure=configure,
        check=AsyncConnectionPool.check_connection if not settings.listen else None,
        name=name,
        open=False,
    )
    await pool.open()
    try:
        yield Database(pool, installation)
    finally:
        await pool.close()


async def wait_until_ready(settings: Settings, name: str, tries: int = 8) -> Installation:
    """What is installed, once the database answers; it may be starting beside us."""
    for turn in range(tries):
        try:
            return await read_installation(settings, name)
        except Unavailable as error:
            if turn == tries - 1:
                raise
            log.warning("waiting for the database error=%s", error)
            await asyncio.sleep(min(0.25 * 2**turn, 5))
    raise AssertionError("unreachable")


async def read_installation(settings: Settings, name: str) -> Installation:
    """What is installed; refused, in a sentence, when this program does not fit it."""
    try:
        async with await AsyncConnection.connect(
            database_url(settings), **connection_options(settings, name)
        ) as conn:
            row = await (await conn.execute("select prikke.installation()")).fetchone()
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
        raise NotReady("Prikke is not installed in this database: run `prikke install`") from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotReady(
            f"this login may not use Prikke ({error.diag.message_primary}): grant it prikke_web "
            "for `serve` and prikke_runner for `run`"
        ) from None
    except psycopg.OperationalError as error:
        raise Unavailable(str(error).strip().splitlines()[0]) from error
    values = row[0] if row else {}
    require_fit(values)
    return Installation(values)


def warn_of_differences(settings: Settings, installation: Installation) -> Sequence[str]:
    """Name the settings that `install` or `up` published otherwise; the database's hold."""
    differing = [
        name
        for name, value in settings.published().items()
        if name in installation.values and installation.values[name] != value
    ]
    for name in differing:
        log.warning("setting differs, the database's holds until `prikke install` name=%s", name)
    return differing
