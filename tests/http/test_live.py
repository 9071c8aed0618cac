"""What is told live: to whom, how soon, and what becomes of pages that do not listen."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import aiohttp
import psycopg
import pytest

from prikke.db import Database
from prikke.http import live
from prikke.http.live import Event, Feed, Live, Wanted
from tests.factories import make_organization, make_send, use
from tests.http.conftest import Web
from tests.people import session_of
from tests.virtual_runner import VirtualRunner

PATIENCE = 20.0


class Stream:
    """A page that listens."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self) -> tuple[str, str]:
        """The id and the state of the next execution."""
        async with asyncio.timeout(PATIENCE):
            while True:
                line = (await self.answer.content.readline()).decode()
                assert line, "the stream ended"
                found = re.search(r'data-execution="([^"]+)" data-state="(\w+)', line)
                if found:
                    return found[1], found[2]

    async def until_the_end(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.answer.content.readline():
                pass


@asynccontextmanager
async def following(web: Web, session: str | None, query: str = "") -> AsyncIterator[Stream]:
    headers = {"Cookie": f"prikke_session={session}"} if session else {}
    async with web.get(f"/live{query}", headers=headers) as answer:
        assert answer.status == 200, answer.status
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        yield Stream(answer)


async def test_an_execution_is_told_as_it_waits_runs_and_ends(
    web: Web, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    async with following(web, session_of(db, organization, "viewer")) as stream:
        one = str(make_send(db))
        waits = await stream.next()
        [claim] = runner.work()
        runs = await stream.next()
        runner.complete(claim)
        ends = await stream.next()

    assert [waits, runs, ends] == [(one, "pending"), (one, "running"), (one, "success")]


async def test_only_what_the_list_shows_is_told(
    web: Web, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    session = session_of(db, organization)
    async with following(web, session, "?status=failed,timeout&queue=mail") as stream:
        make_send(db, queue="mail", max_attempts=1)
        make_send(db, max_attempts=1)
        for claim in runner.work():
            runner.complete(claim, "success" if claim.queue == "mail" else "failed")
        wanted = str(make_send(db, queue="mail", max_attempts=1))
        for claim in runner.work():
            runner.complete(claim, "failed")

        assert await stream.next() == (wanted, "failed")


async def test_nothing_of_another_organization_is_told(
    web: Web, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    other = make_organization(db)
    async with (
        following(web, session_of(db, organization)) as ours,
        following(web, session_of(db, other)) as theirs,
    ):
        own = str(make_send(db))
        use(db, other)
        foreign = str(make_send(db))

        assert await ours.next() == (own, "pending")
        assert await theirs.next() == (foreign, "pending")


async def test_a_page_begins_with_the_last_seconds(
    web: Web, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    one = str(make_send(db))
    session = session_of(db, organization)

    async with following(web, session) as first:
        assert await first.next() == (one, "pending")
        async with following(web, session) as second:
            assert await second.next() == (one, "pending")


async def test_a_session_that_is_revoked_is_told_nothing_more(
    web: Web,
    db: psycopg.Connection,
    organization: UUID,
    runner: VirtualRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "_CHECK_SECONDS", 0.1)
    async with (
        following(web, session_of(db, organization, email="out@example.com")) as gone,
        following(web, session_of(db, organization)) as stays,
    ):
        db.execute(
            "delete from prikke.session where user_id ="
            " (select id from prikke.app_user where email = 'out@example.com')"
        )
        await gone.until_the_end()
        one = str(make_send(db))

        assert await stays.next() == (one, "pending")


async def test_a_page_opened_while_others_are_checked_stays(organization: UUID) -> None:
    class OpensOne:
        async def call(self, *_: object) -> list[Any]:
            opened.append(stack.enter_context(hub.open(organization, b"new", Wanted())))
            return []

    opened: list[Feed] = []
    hub = Live(cast("Database", OpensOne()))
    with ExitStack() as stack:
        gone = stack.enter_context(hub.open(organization, b"gone", Wanted()))

        await hub._check()

        assert [feed.ended.is_set() for feed in (gone, *opened)] == [True, False]


async def test_who_is_no_member_any_more_is_told_nothing_more(
    web: Web,
    db: psycopg.Connection,
    organization: UUID,
    runner: VirtualRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "_CHECK_SECONDS", 0.1)
    async with following(web, session_of(db, organization)) as gone:
        db.execute("delete from prikke.member")

        await gone.until_the_end()


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?search=a", 422), ("?status=x", 422)])
async def test_strangers_and_lists_that_cannot_be_followed_are_refused(
    web: Web, db: psycopg.Connection, organization: UUID, query: str, status: int
) -> None:
    session = session_of(db, organization) if query else "nobody"

    async with web.get(f"/live{query}", headers={"Cookie": f"prikke_session={session}"}) as answer:
        assert answer.status == status


def event(**fields: Any) -> Event:
    nothing = dict.fromkeys(("held_by", "job_id", "queue", "kind", "status_code"))
    row = {**nothing, "status": "success", "attempt": 1, **fields}
    return Event(row, datetime.now(UTC))


def test_who_does_not_listen_is_let_go_and_holds_no_more_than_its_room() -> None:
    feed = Feed(uuid4(), b"", Wanted())

    for _ in range(1_000):
        feed.tell([event()])

    assert feed.ended.is_set()
    assert feed._events.qsize() == live._ROOM


async def test_five_hundred_pages_are_told_by_one_poll_and_nothing_piles_up(
    web: Web,
    db: psycopg.Connection,
    organization: UUID,
    runner: VirtualRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    polls = 0
    hubs: set[Live] = set()
    poll = Live._poll

    async def counted(hub: Live) -> None:
        nonlocal polls
        polls += 1
        hubs.add(hub)
        await poll(hub)

    monkeypatch.setattr(Live, "_poll", counted)
    sessions = [session_of(db, organization, "viewer") for _ in range(10)]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as client, AsyncExitStack() as stack:
        many = Web(web.url, client)
        clock = asyncio.get_running_loop()
        began = clock.time()
        pages = [
            await stack.enter_async_context(following(many, session))
            for session in sessions
            for _ in range(50)
        ]
        one = str(make_send(db))

        told = await asyncio.gather(*(page.next() for page in pages))

        assert set(told) == {(one, "pending")}
        [hub] = hubs
        assert len(hub._feeds) == 500
        assert max(feed._events.qsize() for feed in hub._feeds) == 0
        assert polls <= (clock.time() - began) / live.POLL_SECONDS + 2
        refused = many.get("/live", headers={"Cookie": f"prikke_session={sessions[0]}"})
        async with refused as answer:
            assert answer.status == 503


@pytest.mark.parametrize("function", ["live_events(uuid[], interval, integer)", "forecast"])
async def test_what_the_database_cannot_do_for_a_while_stops_no_page_for_good(
    web: Web, db: psycopg.Connection, organization: UUID, function: str
) -> None:
    session = session_of(db, organization)
    headers = {"Cookie": f"prikke_session={session}"}
    name = function.partition("(")[0]
    db.execute(f"alter function prikke.{function} rename to away")

    async with following(web, session) as stream, web.get("/dashboard", headers=headers) as page:
        assert page.status == 200
        if name == "live_events":
            await stream.until_the_end()
    db.execute(f"alter function prikke.away rename to {name}")

    async with following(web, session) as stream:
        one = str(make_send(db))
        assert await stream.next() == (one, "pending")


async def test_pages_are_let_go_when_the_process_stops(
    web: Web, db: psycopg.Connection, organization: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled: asyncio.Future[Live] = asyncio.get_running_loop().create_future()
    poll = Live._poll

    async def seen(hub: Live) -> None:
        await poll(hub)
        if not polled.done():
            polled.set_result(hub)

    monkeypatch.setattr(Live, "_poll", seen)
    async with following(web, session_of(db, organization)) as stream:
        hub = await polled

        hub.close()

        await stream.until_the_end()
