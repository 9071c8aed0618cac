"""One request's work in the database: counted, let in, done; in one round trip."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, dict_row

from prikke.db import Database
from prikke.errors import Refused
from prikke.http.auth import Credentials, rate_subject

Row = dict[str, Any]

_STATEMENT_TIMEOUT = "15s"
_LOCK_TIMEOUT = "5s"


@dataclass(frozen=True, slots=True)
class Call:
    """One statement that calls one function."""

    query: LiteralString | bytes
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. `kept` is what a repeat gets, where that is something else."""

    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: Any = None


# An export takes longer than a request may.
PATIENT = Call("select set_config('statement_timeout', '10min', true)")

Rows = list[list[Row]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to call, and how its rows become an answer.

    `then` looks at the rows and may go on in the same transaction, at one trip more.
    """

    calls: Sequence[Call]
    answer: Callable[[Rows], Answer]
    then: "Callable[[Rows], Plan | None] | None" = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An Idempotency-Key and the request it stands for."""

    key: str
    fingerprint: bytes


@dataclass(slots=True)
class Visit:
    """A key's request for a function: who, from where, and how many more it may send."""

    credentials: Credentials
    function: str
    address: str
    rate: Row | None = None
    hop: str | None = None

    async def perform(
        self,
        database: Database,
        plan: Plan,
        keep: Callable[[Answer], str] | None = None,
        claim: Claim | None = None,
    ) -> Answer:
        """Do it. With a claim the answer is kept in the same transaction, at one trip more."""
        stays_open = claim is not None or plan.then is not None
        async with database.connection() as conn:
            rows = await self._trip(conn, database, plan.calls, claim, stays_open)
            if plan.then is not None and (further := plan.then(rows)) is not None:
                plan, rows = further, await _run(conn, further.calls)
            answer = plan.answer(rows)
            if stays_open:
                async with conn.pipeline():
                    if claim is not None and keep is not None:
                        await conn.execute(
                            "select prikke.keep_answer(%s, %s, %s)",
                            (claim.key, answer.status, keep(answer)),
                        )
                    await conn.execute("commit")
            return answer

    async def stream(self, database: Database, call: Call) -> AsyncIterator[Row]:
        """The rows of one call as they come; for more of them than memory should hold."""
        async with database.connection() as conn:
            await self._trip(conn, database, (PATIENT,), None, True)
            try:
                async for row in conn.cursor(row_factory=dict_row).stream(
                    call.query, call.parameters
                ):
                    yield row
            finally:
                await conn.rollback()

    async def _trip(
        self,
        conn: AsyncConnection[Any],
        database: Database,
        calls: Sequence[Call],
        claim: Claim | None,
        stays_open: bool,
    ) -> Rows:
        """Everything up to the sync. An error before it stops all that follows."""
        cursors: list[AsyncCursor[DictRow]] = []
        counted: AsyncCursor[DictRow] | None = None
        try:
            async with conn.pipeline():
                counted = await self._count(conn)
                if stays_open:
                    await conn.execute("begin")
                await self._enter(conn, database)
                if self.hop is not None:
                    await conn.execute("select set_config('prikke.hop', %s, true)", (self.hop,))
                if claim is not None:
                    await conn.execute(
                        "select prikke.claim_answer(%s, %s)", (claim.key, claim.fingerprint)
                    )
                cursors = await _send(conn, calls)
        finally:
            if counted is not None and counted.pgresult is not None:
                self.rate = await counted.fetchone()
        return [await cursor.fetchall() for cursor in cursors]

    async def _count(self, conn: AsyncConnection[Any]) -> AsyncCursor[DictRow]:
        """A transaction of its own, so that a request that is refused later has counted."""
        await conn.execute("begin")
        cursor = conn.cursor(row_factory=dict_row)
        await cursor.execute(
            "select * from prikke.count_request(%s, %s, %s)",
            (
                self.credentials.public_id,
                self.credentials.secret_hash,
                rate_subject(self.address),
            ),
        )
        await conn.execute("commit")
        return cursor

    async def _enter(self, conn: AsyncConnection[Any], database: Database) -> None:
        """Act as the key, under our limits, for the rest of the transaction."""
        await conn.execute(
            "select prikke.enter_key(%s, %s, %s, %s), set_config('role', %s, true), "
            "set_config('timezone', 'UTC', true), set_config('statement_timeout', %s, true), "
            "set_config('lock_timeout', %s, true)",
            (
                self.credentials.public_id,
                self.credentials.secret_hash,
                self.function,
                f"api {self.address}",
                "none" if database.installation.single else "prikke_web",
                _STATEMENT_TIMEOUT,
                _LOCK_TIMEOUT,
            ),
        )


async def _send(conn: AsyncConnection[Any], calls: Sequence[Call]) -> list[AsyncCursor[DictRow]]:
    cursors = []
    for call in calls:
        cursor = conn.cursor(row_factory=dict_row)
        cursors.append(await cursor.execute(call.query, call.parameters))
    return cursors


async def _run(conn: AsyncConnection[Any], calls: Sequence[Call]) -> Rows:
    """Calls in the transaction that stands open."""
    async with conn.pipeline():
        cursors = await _send(conn, calls)
    return [await cursor.fetchall() for cursor in cursors]


def answered_before(error: Refused) -> bool:
    """Whether a refusal stands for the kept answer of a request that was done before."""
    return error.status == 200
