"""Leases of what is open: extended in time, and given up when they end or are lost."""

import asyncio
import logging
from collections.abc import Collection
from time import monotonic
from uuid import UUID

from prikke.errors import Unavailable
from prikke.runner import queue
from prikke.runner.claimed import Claimed
from prikke.runner.connection import Line
from prikke.runner.meter import Meter

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_WATCH_SECONDS = 0.2
_BATCH = 1000


class Leases:
    """Watches over the claims that are open."""

    def __init__(
        self,
        line: Line,
        runner: UUID,
        meter: Meter,
        claims: Collection[Claimed],
        lease: float,
        heartbeat: float,
    ) -> None:
        self._line = line
        self._runner = runner
        self._meter = meter
        self._claims = claims
        self._lease = lease
        self._heartbeat = heartbeat

    async def extend(self) -> None:
        """For ever: extend leases that are a heartbeat old; abort what is not ours any more."""
        while True:
            await asyncio.sleep(min(_LOOK_SECONDS, self._heartbeat / 4))
            since = monotonic() - self._heartbeat
            old = [claim for claim in self._claims if claim.extended_at <= since]
            for start in range(0, len(old), _BATCH):
                try:
                    await self._extend(old[start : start + _BATCH])
                except Unavailable as error:
                    self._meter.database_failures += 1
                    log.warning("heartbeat failed open=%d error=%s", len(old), error)
                    break

    async def _extend(self, claims: list[Claimed]) -> None:
        asked = monotonic()
        states = await queue.extend(self._line, self._runner, claims, self._lease)
        for claim, state in zip(claims, states, strict=True):
            if state == "extended":
                claim.lease(asked, self._lease)
            elif state == "lost" and claim in self._claims:
                # Taken over or cancelled; what it would bring is not wanted.
                log.info("claim lost execution=%s", claim.id)
                self._meter.lost_leases += 1
                claim.abandon()

    async def watch(self) -> None:
        """For ever: a runner that is cut off stops sending when its leases end."""
        while True:
            await asyncio.sleep(min(_WATCH_SECONDS, self._lease / 10))
            now = monotonic()
            for claim in list(self._claims):
                if now >= claim.lease_ends and not claim.abandoned:
                    log.warning("lease ended, request aborted execution=%s", claim.id)
                    self._meter.lost_leases += 1
                    claim.abandon()
