"""What happens, told to open pages: one poll for all of them, and a bounded queue for each."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from prikke.db import Caller, Database
from prikke.errors import Refused

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
_CHECK_SECONDS = 5.0
# What a page may lag behind before it is let go; it comes back by itself.
_ROOM = 200
_PAGES = 2_000
_PAGES_OF_ONE = 50
_CALLER = Caller("prikke_web", statement_timeout="5s", lock_timeout="1s")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An execution as it has just become. What is made of it for pages is made once."""

    row: Row
    clock: datetime
    made: dict[tuple[str, ...], bytes] = field(default_factory=dict, compare=False)

    @property
    def state(self) -> tuple[Any, ...]:
        """What makes it another event than the last one of the same execution."""
        return (self.row["status"], self.row["attempt"], self.row["held_by"])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which executions a page shows; None: whatever they are."""

    status: frozenset[str] | None = None
    job_id: UUID | None = None
    queue: str | None = None
    kind: str | None = None
    status_code: int | None = None

    def takes(self, row: Row) -> bool:
        """Whether this one is shown."""
        return (
            (self.status is None or row["status"] in self.status)
            and self.job_id in (None, row["job_id"])
            and self.queue in (None, row["queue"])
            and self.kind in (None, row["kind"])
            and self.status_code in (None, row["status_code"])
        )


class Feed:
    """One open page: what it still has to be told."""

    def __init__(self, organization: UUID, session: bytes, wanted: Wanted) -> None:
        self.organization = organization
        self.session = session
        self.ended = asyncio.Event()
        self._wanted = wanted
        self._events: asyncio.Queue[Event] = asyncio.Queue(_ROOM)

    def tell(self, events: Iterable[Event]) -> None:
        """Add what it shows; who does not read is let go."""
        try:
            for event in events:
                if self._wanted.takes(event.row):
                    self._events.put_nowait(event)
        except asyncio.QueueFull:
            self.ended.set()

    async def next(self) -> list[Event]:
        """All that there is, once there is something."""
        events = [await self._events.get()]
        while not self._events.empty():
            events.append(self._events.get_nowait())
        return events


class Live:
    """All open pages of this process, and the poll behind them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feeds: set[Feed] = set()
        self._some = asyncio.Event()
        self._over = False
        # The events of the present window, by organization and execution.
        self._window: dict[UUID, dict[UUID, Event]] = {}

    @contextmanager
    def open(self, organization: UUID, session: bytes, wanted: Wanted) -> Iterator[Feed]:
        """Follow an organization as long as this lasts; it begins with the last seconds."""
        own = sum(feed.session == session for feed in self._feeds)
        if self._over or own >= _PAGES_OF_ONE or len(self._feeds) >= _PAGES:
            raise Refused(503, "too_many_pages", "Too many pages are open to be kept up to date.")
        feed = Feed(organization, session, wanted)
        feed.tell(self._window.get(organization, {}).values())
        self._feeds.add(feed)
        self._some.set()
        try:
            yield feed
        finally:
            self._feeds.discard(feed)

    def close(self) -> None:
        """Let all pages go for good: this process stops."""
        self._over = True
        self._let_go()

    def _let_go(self) -> None:
        for feed in self._feeds:
            feed.ended.set()

    async def run(self) -> None:
        """Poll while there are pages, for ever."""
        clock = asyncio.get_running_loop()
        check_at = 0.0
        while True:
            if not self._feeds:
                self._window.clear()
                self._some.clear()
                await self._some.wait()
            began = clock.time()
            try:
                await self._poll()
                if began >= check_at:
                    await self._check()
                    check_at = began + _CHECK_SECONDS
            except Exception as error:
                # Whatever it is: the application stands and falls with this task.
                log.warning("live pages are not told error=%s", error)
                # They show it, and come back when there is something to tell.
                self._let_go()
            await asyncio.sleep(max(0.05, began + POLL_SECONDS - clock.time()))

    async def _poll(self) -> None:
        """Tell each page what is new."""
        watched = list({feed.organization for feed in self._feeds})
        rows = await self._database.call(
            "select * from prikke.live_events(%s)", (watched,), _CALLER
        )
        seen: dict[UUID, dict[UUID, Event]] = {organization: {} for organization in watched}
        fresh: dict[UUID, list[Event]] = {}
        for row in rows:
            organization = row["organization_id"]
            event = Event(row, row["clock"])
            before = self._window.get(organization, {}).get(row["id"])
            if before is None or before.state != event.state:
                fresh.setdefault(organization, []).append(event)
            else:
                event = before
            seen[organization][row["id"]] = event
        # A page that was opened meanwhile has been told the window before this one.
        self._window = seen
        for feed in self._feeds:
            feed.tell(fresh.get(feed.organization, ()))

    async def _check(self) -> None:
        """Let go who may no longer look: signed out, or no longer a member."""
        # A page that is opened meanwhile was let in a moment ago.
        feeds = list(self._feeds)
        rows = await self._database.call(
            "select * from prikke.live_viewers(%s)",
            (list({feed.session for feed in feeds}),),
            _CALLER,
        )
        may = {(bytes(row["session_hash"]), row["organization_id"]) for row in rows}
        for feed in feeds:
            if (feed.session, feed.organization) not in may:
                feed.ended.set()
