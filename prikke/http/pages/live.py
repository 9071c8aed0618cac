"""`/live`: what happens, as server-sent events, for pages that are open."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from prikke.errors import Refused
from prikke.http.cookies import session_hash
from prikke.http.live import Event, Feed, Live, Wanted
from prikke.http.pages.filters import read_filters
from prikke.http.person import visit
from prikke.http.templating import environment

_HEARTBEAT_SECONDS = 15.0
_LAST_WORD_SECONDS = 1.0
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    # A proxy that gathers answers would hold the events back.
    "X-Accel-Buffering": "no",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """As much of a person as rows need."""

    clock: datetime
    zone: ZoneInfo


async def follow(request: Request) -> Response:
    """The stream. The query is that of the list of executions, as far as it can be followed."""
    person, _ = await visit(request, function="list_executions")
    filters = read_filters(request.query_params)
    if not filters.can_be_followed:
        raise Refused(422, "not_followed", "Such a list cannot be followed.")
    wanted = Wanted(
        frozenset(filters.statuses) or None,
        filters.job_id,
        filters.queue,
        filters.kind,
        filters.status_code,
    )
    view = "select" if filters.of_failures and person.may("member") else "plain"
    session = cast(bytes, session_hash(request))
    organization = cast(UUID, person.organization_id)
    return Stream(request, organization, session, wanted, person.zone, view)


class Stream(Response):
    """Writes events until the page is closed, or let go."""

    def __init__(
        self,
        request: Request,
        organization: UUID,
        session: bytes,
        wanted: Wanted,
        zone: ZoneInfo,
        view: str,
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        live: Live = request.app.state.live
        self._open = partial(live.open, organization, session, wanted)
        self._zone = zone
        self._view = view

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._open() as feed:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            waits = [
                asyncio.create_task(self._write(feed, send)),
                asyncio.create_task(_gone(receive)),
                asyncio.create_task(feed.ended.wait()),
            ]
            try:
                done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in waits:
                    task.cancel()
                await asyncio.gather(*waits, return_exceptions=True)
        # Who does not read cannot be told that this is the end either.
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_LAST_WORD_SECONDS):
                await send({"type": "http.response.body", "body": b""})

    async def _write(self, feed: Feed, send: Send) -> None:
        chunk = b": follows\n\n"
        while True:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            try:
                async with asyncio.timeout(_HEARTBEAT_SECONDS):
                    events = await feed.next()
            except TimeoutError:
                chunk = b": still here\n\n"
            else:
                chunk = b"".join(self._told(event) for event in events)

    def _told(self, event: Event) -> bytes:
        """The event with its row, rendered once for all who read it alike."""
        key = (self._zone.key, self._view)
        if key not in event.made:
            event.made[key] = told(event, self._zone, self._view)
        return event.made[key]


def told(event: Event, zone: ZoneInfo, view: str) -> bytes:
    """A server-sent event that holds a row of the list."""
    template: Any = environment().get_template("executions/live_row.html")
    text = template.render(
        execution=event.row, select=view == "select", person=Reader(event.clock, zone)
    )
    lines = "".join(f"data: {line.strip()}\n" for line in text.splitlines() if line.strip())
    return f"event: execution\n{lines}\n".encode()


async def _gone(receive: Receive) -> None:
    """Wait until the page is closed."""
    while (await receive())["type"] != "http.disconnect":
        pass


ROUTES = [Route("/live", follow)]
