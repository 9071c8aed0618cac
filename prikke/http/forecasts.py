"""What is to come, worked out beside the pages that show it: that takes long with many jobs."""

import asyncio
import logging
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

from prikke.db import Caller, Database

log = logging.getLogger(__name__)

_FRESH_SECONDS = 30.0
_KEPT_SECONDS = 600.0
_KEPT = 500
# Longer than most take, and short beside a page.
_PATIENCE_SECONDS = 0.06


@dataclass(frozen=True, slots=True)
class Forecast:
    """The buckets of one organization, and when they were worked out."""

    rows: list[dict[str, Any]]
    made_at: float


class Forecasts:
    """The last forecast of each organization that was looked at lately."""

    def __init__(self, database: Database, tasks: asyncio.TaskGroup) -> None:
        self._database = database
        self._tasks = tasks
        self._kept: dict[UUID, Forecast] = {}
        self._making: dict[UUID, asyncio.Task[None]] = {}

    async def look(
        self, organization: UUID, patience: float = _PATIENCE_SECONDS
    ) -> list[dict[str, Any]] | None:
        """The next 24 h by the hour; None while it is still being worked out."""
        now = monotonic()
        kept = self._kept.get(organization)
        if kept is not None and not kept.rows:
            # Nothing is quickly found, and wrong as soon as there is a first job.
            kept = None
        if kept is None or now - kept.made_at > _FRESH_SECONDS:
            if organization not in self._making:
                made = self._tasks.create_task(self._make(organization))
                self._making[organization] = made
            # One that is a little old is better than to wait.
            if kept is None or now - kept.made_at > _KEPT_SECONDS:
                await asyncio.wait([self._making[organization]], timeout=patience)
        kept = self._kept.get(organization)
        return kept.rows if kept and now - kept.made_at < _KEPT_SECONDS else None

    def end(self) -> None:
        """Give up what is still being worked out."""
        for task in self._making.values():
            task.cancel()

    async def _make(self, organization: UUID) -> None:
        try:
            rows = await self._database.call(
                "select * from prikke.forecast()", caller=Caller("prikke_web", organization)
            )
        except Exception as error:
            # Whatever it is: the application stands and falls with this task.
            log.warning("no forecast organization=%s error=%s", organization, error)
        else:
            self._kept.pop(organization, None)
            self._kept[organization] = Forecast(rows, monotonic())
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        finally:
            del self._making[organization]
