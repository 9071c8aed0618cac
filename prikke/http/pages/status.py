"""`/status`: how this installation does, in counts only."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.db import Caller, Database
from prikke.errors import PrikkeError
from prikke.http.fresh import Fresh
from prikke.http.person import look_who
from prikke.http.shown import duration
from prikke.http.templating import page

_CALLER = Caller(statement_timeout="5s", lock_timeout="1s")
_LATE_SECONDS = 60
_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Overview:
    """A few counts over the whole installation, and nobody's data."""

    jobs: int
    due: int
    running: int
    delivered: int
    failed: int
    runners: int
    oldest_due_seconds: float
    began_within: float | None

    @property
    def trouble(self) -> str | None:
        """What is wrong, in a sentence; None while all is well."""
        if self.runners == 0:
            return "No runner is alive, so nothing is delivered."
        if self.oldest_due_seconds > _LATE_SECONDS:
            return f"The oldest due delivery has waited {duration(self.oldest_due_seconds)}."
        return None


async def show(request: Request) -> Response:
    """The page; that the database does not answer is what it says then."""
    await look_who(request)
    fresh: Fresh[Overview] = request.app.state.overview
    try:
        async with asyncio.timeout(_SECONDS):
            overview = await fresh.get()
    except (PrikkeError, TimeoutError):
        return page(request, "status.html", {"overview": None}, 503, {"Retry-After": "5"})
    return page(request, "status.html", {"overview": overview})


async def look(database: Database) -> Overview:
    """Read the counts."""
    rows: list[dict[str, Any]] = await database.call(
        "select * from prikke.metrics()", caller=_CALLER
    )
    return summarize(rows)


def summarize(rows: Iterable[dict[str, Any]]) -> Overview:
    """The counts, out of the rows of `metrics`."""
    values: dict[tuple[str, str | None], float] = {}
    buckets: list[tuple[float, float]] = []
    for row in rows:
        name, labels, value = row["name"], row["labels"], row["value"]
        if name == "prikke_lateness_seconds_bucket":
            buckets.append((float(labels["le"].replace("+Inf", "inf")), value))
            continue
        key = (name, labels.get("state") or labels.get("status"))
        values[key] = values.get(key, 0) + value
    total = "prikke_executions_total"
    return Overview(
        jobs=round(values[("prikke_jobs", "all")]),
        due=round(values[("prikke_executions", "due")]),
        running=round(values[("prikke_executions", "running")]),
        delivered=round(values[(total, "success")]),
        failed=round(values[(total, "failed")] + values[(total, "timeout")]),
        runners=round(values[("prikke_runners", "alive")]),
        oldest_due_seconds=values[("prikke_oldest_due_age_seconds", None)],
        began_within=_within(buckets, 0.99),
    )


def _within(buckets: list[tuple[float, float]], share: float) -> float | None:
    """The least bound below which this share lies; None where nothing was counted or none holds."""
    count = max((upto for _, upto in buckets), default=0)
    bounds = [bound for bound, upto in sorted(buckets) if count and upto >= count * share]
    return bounds[0] if bounds and bounds[0] != float("inf") else None


ROUTES = (Route("/status", show),)
