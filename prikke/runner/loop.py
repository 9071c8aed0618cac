"""Wait, claim, deliver, report."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from math import inf
from time import monotonic
from uuid import UUID

from prikke.errors import Unavailable
from prikke.runner import queue
from prikke.runner.backoff import Backoff
from prikke.runner.claimed import Claimed, furthest_lane
from prikke.runner.clock import DatabaseClock
from prikke.runner.connection import Line
from prikke.runner.crew import Crew
from prikke.runner.delivery import Courier, unsigned
from prikke.runner.meter import Meter
from prikke.runner.report import Reporter, wait
from prikke.runner.secrets import Secrets
from prikke.runner.window import Window

log = logging.getLogger(__name__)

# The first look after finding nothing; each next one waits twice as long, up to the poll interval.
FIRST_LOOK_SECONDS = 0.005
# With a backlog, slots are filled when half of them are free, or after this long.
_REFILL_SECONDS = 0.01
# Found work twice within this long: busy, so that writers need not wake us.
_BUSY_SECONDS = 0.02


class Runner:
    """The claims in hand, and the loop that brings new ones."""

    def __init__(
        self,
        runner: UUID,
        line: Line,
        courier: Courier,
        secrets: Secrets,
        clock: DatabaseClock,
        meter: Meter,
        *,
        concurrency: int,
        lease: float,
        poll: float,
        unwritten_bytes: int,
        listening: Callable[[], bool],
    ) -> None:
        self.id = runner
        self.claims: set[Claimed] = set()
        self.window = Window(concurrency)
        self.stopping = False
        self.tick_wanted = asyncio.Event()
        self.drained = asyncio.Event()
        # Claimed while we were told to stop, and never begun.
        self.unstarted: list[Claimed] = []
        self._line = line
        self._courier = courier
        self._secrets = secrets
        self._clock = clock
        self._meter = meter
        self._lease = lease
        self._poll = poll
        self._unwritten_limit = unwritten_bytes
        self._listening = listening
        self._reporter: Reporter
        self._crew: Crew
        self._group: asyncio.TaskGroup
        self._unsigned: set[asyncio.Task[None]] = set()
        self._lane: queue.Lane | None = None
        self._changed = asyncio.Event()
        self._woken = False
        self._noticed = False
        self._backlog = False
        self._room_wanted = 0
        self._claimed_at = 0.0
        self._look_at = 0.0
        self._soon_at = inf
        self._look = FIRST_LOOK_SECONDS
        self._found_at = 0.0
        self._sleeping_until: float | None = None
        self._generation = -1

    def join(self, group: asyncio.TaskGroup, reporter: Reporter) -> None:
        """Take the parent of our workers and the place where results go."""
        self._group = group
        self._reporter = reporter
        self._crew = Crew(group, self._work, self._done)

    @property
    def open(self) -> int:
        """Claims in hand: requests that are open, or about to be."""
        return len(self.claims)

    def notice(self) -> None:
        """A writer says that something is due earlier than we meant to wake."""
        self._noticed = True
        self.wake()

    def wake(self) -> None:
        """Something may be ready: claim as soon as there is room."""
        self._woken = True
        self._changed.set()

    def stop(self) -> None:
        """Claim no more."""
        self.stopping = True
        self._changed.set()
        if not self.claims:
            self.drained.set()

    def dismiss(self) -> None:
        """End the workers; every claim has left their hands before."""
        self._crew.dismiss()
        for task in self._unsigned:
            task.cancel()

    async def run(self) -> None:
        """Claim until told to stop."""
        backoff = Backoff()
        while await self._worth_asking():
            try:
                await self._claim()
            except Unavailable as error:
                self._meter.database_failures += 1
                if backoff.failures == 0:
                    log.warning("claims wait for the database error=%s", error)
                self._sleeping_until = None
                self._changed.clear()
                await wait(self._changed, backoff.next())
                self._woken = True
            else:
                if backoff.failures:
                    log.info("claiming again")
                    self.tick_wanted.set()
                backoff.reset()

    async def _worth_asking(self) -> bool:
        """Wait until a claim may bring something; False when we are to stop."""
        while not self.stopping:
            self._changed.clear()
            now = monotonic()
            room = self.window.size - len(self.claims)
            until: float | None = None
            if self._reporter.unwritten_bytes >= self._unwritten_limit:
                until = now + self._poll
            elif room <= 0:
                self._room_wanted = 1
                if self._noticed:
                    self._ask_tick(0)
            elif self._backlog:
                until = self._claimed_at + _REFILL_SECONDS
                if room * 2 >= self.window.size or now >= until:
                    return True
                self._room_wanted = (self.window.size + 1) // 2
            else:
                until = min(self._look_at, self._soon_at)
                if self._woken or now >= until:
                    return True
            await wait(self._changed, None if until is None else until - now)
            self._room_wanted = 0
        return False

    async def _claim(self) -> None:
        room = self.window.size - len(self.claims)
        self._woken = False
        self._soon_at = inf
        noticed, self._noticed = self._noticed, False
        self._claimed_at = monotonic()
        claims = await queue.claim(self._line, self.id, room, self._lease, self._lane)
        self._meter.claims += 1
        self._meter.claimed += len(claims)
        self.window.claimed(room, len(claims), len(self.claims))
        self._backlog = len(claims) >= room
        if claims:
            self._give_out(claims)
            self._lane = furthest_lane(claims, self._lane)
        if noticed:
            # What we were woken for is in hand, or is due later and known to the tick alone.
            self._ask_tick(_BUSY_SECONDS if claims else 0)
        await self._plan_sleep(len(claims))

    def _ask_tick(self, seconds: float) -> None:
        self._noticed = False
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self.tick_wanted.set)
        else:
            self.tick_wanted.set()

    async def _plan_sleep(self, found: int) -> None:
        """When to look next; and writers learn whether we would notice without being woken."""
        now = monotonic()
        if self._line.generation != self._generation:
            # The table of sleepers is empty after a crash of the database.
            self._generation = self._line.generation
            self._sleeping_until = None
        listening = self._listening()
        asleep_until = self._sleeping_until if listening else None
        if found:
            busy = self._backlog or now - self._found_at < _BUSY_SECONDS
            self._found_at = now
            if busy and self._sleeping_until is not None:
                self._sleeping_until = None
                await queue.sleep_until(self._line, self.id, None)
            if busy or asleep_until is None:
                self._look = FIRST_LOOK_SECONDS
        elif self._sleeping_until is None and listening:
            # A commit may have raced us: look again soon, and then less and less often.
            self._look = FIRST_LOOK_SECONDS
            await self._sleep(now)
        else:
            self._look = min(self._look * 2, self._poll)
            if asleep_until is not None and asleep_until - now <= self._look:
                await self._sleep(now)
        self._look_at = monotonic() + self._look

    async def _sleep(self, now: float) -> None:
        """Published beyond the next look, so that the promise never lapses in between."""
        seconds = 2 * self._poll + 1
        until = self._clock.now() + timedelta(seconds=seconds)
        await queue.sleep_until(self._line, self.id, until)
        self._sleeping_until = now + seconds

    def look_soon(self, restless: bool = False) -> None:
        """Rows may have become ready without a notice; `restless`: or will in a moment."""
        if restless:
            self._look = FIRST_LOOK_SECONDS
        self._soon_at = monotonic() + FIRST_LOOK_SECONDS
        self._changed.set()

    def _give_out(self, claims: list[Claimed]) -> None:
        if self.stopping:
            self.unstarted.extend(claims)
            return
        self.claims.update(claims)
        unknown: list[Claimed] = []
        for claim in claims:
            claim.secrets = self._secrets.known(claim)
            if claim.secrets is None:
                unknown.append(claim)
            else:
                self._crew.take(claim)
        if unknown:
            task = self._group.create_task(self._give_out_signed(unknown))
            self._unsigned.add(task)
            task.add_done_callback(self._unsigned.discard)

    async def _give_out_signed(self, claims: list[Claimed]) -> None:
        """Read the secrets first; if the database is away, for as long as the leases hold."""
        backoff = Backoff()
        while claims:
            claims = [claim for claim in claims if not self._dropped(claim)]
            try:
                known = await self._secrets.read({claim.organization_id for claim in claims})
            except Unavailable as error:
                log.warning("signing secrets cannot be read error=%s", error)
                await asyncio.sleep(backoff.next())
                continue
            for claim in claims:
                claim.secrets = known.get(claim.organization_id)
                if claim.secrets is not None:
                    self._crew.take(claim)
                else:
                    self._reporter.add(claim, unsigned(claim))
                    self._done(claim)
            return

    def _dropped(self, claim: Claimed) -> bool:
        """Leave alone what was abandoned before a worker had it."""
        if claim.abandoned:
            self._done(claim)
        return claim.abandoned

    async def _work(self, claim: Claimed) -> None:
        # After a stop of the whole process the lease may be over before the watch sees it.
        if claim.secrets is not None and monotonic() < claim.lease_ends:
            text = await self._courier.deliver(claim, claim.secrets)
            self._reporter.add(claim, text)

    def _done(self, claim: Claimed) -> None:
        """A claim has left our hands."""
        claims = self.claims
        claims.discard(claim)
        if self._room_wanted and self.window.size - len(claims) >= self._room_wanted:
            self._changed.set()
        if not claims:
            self._reporter.flush()
            if self.stopping:
                self.drained.set()
