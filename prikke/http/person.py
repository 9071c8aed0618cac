"""Who looks at a page: let in and served by the database in one round trip."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, dict_row
from starlette.requests import Request

from prikke.config import Settings
from prikke.db import Database
from prikke.errors import PrikkeError, Refused
from prikke.http.auth import client_address
from prikke.http.cookies import chosen_organization, kept_organization, session_hash
from prikke.http.form import read_form
from prikke.http.visit import PATIENT, Call, Row, answered_before

_STATEMENT_TIMEOUT = "15s"
_LOCK_TIMEOUT = "5s"
_RANKS = {"viewer": 1, "member": 2, "admin": 3, "owner": 4}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, and what the frame of a page shows of them."""

    user_id: UUID
    email: str
    timezone: str
    session_id: UUID
    signed_in_at: datetime
    organization_id: UUID | None
    slug: str | None
    name: str | None
    tier: str | None
    role: str | None
    organizations: list[dict[str, str]]
    invitations: int
    clock: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which they read times."""
        try:
            return ZoneInfo(self.timezone)
        except ZoneInfoNotFoundError:
            # The database knows a zone that this machine does not.
            return ZoneInfo("UTC")

    def may(self, role: str) -> bool:
        """Whether they have at least this role here. SQL decides; pages show what it would."""
        return _RANKS.get(self.role or "", 0) >= _RANKS[role]


@dataclass(frozen=True, slots=True)
class Once:
    """A form that is taken once: its key, and what a repeat is answered."""

    key: str
    answer: Callable[[list[list[Row]]], str]


async def visit(
    request: Request,
    *calls: Call,
    function: str | None = None,
    anywhere: bool = False,
    once: Once | None = None,
) -> tuple[Person, list[list[Row]]]:
    """Let the person in and make the calls, as one transaction and in one round trip.

    `function` is the one whose role is asked for first. `anywhere`: also for somebody who belongs
    to no organization; others are refused with PK404 `no_organization`. `once`: see `visit_once`.
    The person is kept for the page (`request.state.person`), whatever comes of the calls.
    """
    database: Database = request.app.state.database
    _require_session(request)
    stays = await _page_organization(request)
    cursors = []
    entered = None
    async with database.connection() as conn:
        try:
            async with conn.pipeline():
                if once is not None:
                    await conn.execute("begin")
                entered = await _enter(conn, request, function, stays)
                if stays is not None and not anywhere:
                    await conn.execute("select prikke.require_organization(%s)", (stays,))
                if once is not None:
                    await conn.execute(
                        "select prikke.claim_answer(%s, %s)", (once.key, once.key.encode())
                    )
                for call in calls:
                    cursor = conn.cursor(row_factory=dict_row)
                    cursors.append(await cursor.execute(call.query, call.parameters))
        finally:
            if entered is not None:
                await _keep_person(request, entered, stays)
                if not anywhere:
                    _require_organization(request)
        rows = [await cursor.fetchall() for cursor in cursors]
        if once is not None:
            async with conn.pipeline():
                await conn.execute(
                    "select prikke.keep_answer(%s, 303, %s)", (once.key, once.answer(rows))
                )
                await conn.execute("commit")
    return request.state.person, rows


async def visit_once(
    request: Request,
    *calls: Call,
    function: str | None = None,
    anywhere: bool = False,
    answer: Callable[[list[list[Row]]], str],
) -> tuple[list[list[Row]] | None, str]:
    """As `visit`, but what makes something is done once, however often its form is sent.

    The rows, None where it had been done before, and what `answer` made of them then: it is kept
    for a day, so it holds no secret. A form without a token of its page is done each time.
    """
    sent = (await read_form(request)).fingerprint
    once = Once(f"form {request.url.path} {sent}", answer) if sent else None
    try:
        _, rows = await visit(request, *calls, function=function, anywhere=anywhere, once=once)
    except Refused as refusal:
        if answered_before(refusal):
            return None, str(json.loads(refusal.detail or "{}")["answer"])
        raise
    return rows, answer(rows)


def made_id(rows: list[list[Row]]) -> str:
    """The id of what the first call made, for `visit_once`."""
    return str(rows[0][0]["id"])


async def _page_organization(request: Request) -> str | None:
    """The organization that the form of this request was shown for; None where there is none."""
    return (await read_form(request))["organization"] or None if request.method == "POST" else None


async def stream(request: Request, call: Call, function: str) -> tuple[Person, AsyncIterator[Row]]:
    """The person, and the rows of one call as they come; for more than memory should hold."""
    person, _ = await visit(request, function=function)
    return person, _rows(request, call, function)


async def _rows(request: Request, call: Call, function: str) -> AsyncIterator[Row]:
    database: Database = request.app.state.database
    async with database.connection() as conn:
        async with conn.pipeline():
            await conn.execute("begin")
            await _enter(conn, request, function)
            await conn.execute(PATIENT.query)
        try:
            async for row in conn.cursor(row_factory=dict_row).stream(call.query, call.parameters):
                yield row
        finally:
            await conn.rollback()


async def _enter(
    conn: AsyncConnection[Any], request: Request, function: str | None, stays: str | None = None
) -> AsyncCursor[DictRow]:
    """Act as the person, under our limits, for the rest of the transaction."""
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    await conn.execute(
        "select set_config('timezone', 'UTC', true), "
        "set_config('statement_timeout', %s, true), "
        "set_config('lock_timeout', %s, true), set_config('role', %s, true)",
        (
            _STATEMENT_TIMEOUT,
            _LOCK_TIMEOUT,
            "none" if database.installation.single else "prikke_web",
        ),
    )
    entered = conn.cursor(row_factory=dict_row)
    await entered.execute(
        "select * from prikke.enter_page(%s, %s, %s, %s)",
        (
            _require_session(request),
            stays or chosen_organization(request),
            function,
            f"page {client_address(request, settings.trusted_proxies)}",
        ),
    )
    return entered


async def _keep_person(request: Request, entered: AsyncCursor[DictRow], stays: str | None) -> None:
    if entered.pgresult is not None and entered.rowcount == 1:
        row = await entered.fetchone()
        request.state.person = person = Person(**(row or {}))
        if stays is not None and stays == person.slug != kept_organization(request):
            # What a form leads to is shown where the form acted.
            request.state.organization = person.slug


def _require_session(request: Request) -> bytes:
    session = session_hash(request)
    if session is None:
        raise Refused(401, "unauthorized", "Nobody is signed in here.", hint="Sign in.")
    return session


async def look_who(request: Request) -> Person | None:
    """Who looks at a page that is for everybody; None for a stranger, or if nobody can tell."""
    if session_hash(request) is None:
        return None
    try:
        person, _ = await visit(request, anywhere=True)
    except PrikkeError:
        return None
    return person


def _require_organization(request: Request) -> None:
    """Somebody who belongs nowhere is told so, and not what the calls made of that."""
    person: Person | None = getattr(request.state, "person", None)
    if person is not None and person.organization_id is None:
        raise Refused(404, "no_organization", "You belong to no organization yet.")


def call(query: Any, **parameters: Any) -> Call:
    """One statement that calls one function."""
    return Call(query, parameters)
