"""`/dashboard`: how everything does, what needs somebody, and what is to come."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.http.forecasts import Forecasts
from prikke.http.pages.executions import COLUMNS
from prikke.http.person import Person, call, visit
from prikke.http.shown import number
from prikke.http.templating import page

_RECENT = 12
_ATTENTION = 8
# As far as jobs and new jobs are counted.
_COUNTED = 50_000
_COUNTED_NEW = 1_000


async def show(request: Request) -> Response:
    """The page; what takes long is left out until it is there."""
    person, [overview, attention, recent] = await visit(
        request,
        call("select prikke.overview(timezone => current_setting('prikke.timezone')) as found"),
        call("select * from prikke.attention(page_size => %(size)s)", size=_ATTENTION + 1),
        call(f"select {COLUMNS} from prikke.list_executions(page_size => %(size)s)", size=_RECENT),  # noqa: S608
        function="overview",
    )
    forecasts: Forecasts = request.app.state.forecasts
    load = await forecasts.look(cast(UUID, person.organization_id))
    found = overview[0]["found"]
    return page(
        request,
        "dashboard/show.html",
        {
            "overview": found,
            "active_jobs": counted(found["active_jobs"], _COUNTED),
            "trends": trends(found),
            "quarters": [quarter(each, person) for each in found["quarter_hours"]],
            "attention": attention[:_ATTENTION],
            "more_attention": len(attention) > _ATTENTION,
            "executions": recent,
            "load": None if load is None else load_map(load, person),
        },
    )


def trends(found: Mapping[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Each card's trend against the day before, and whether that is good."""
    more = found["failed"] - found["failed_before"]
    share, before = _share(found, ""), _share(found, "_before")
    points = None if share is None or before is None else round(share - before, 1)
    new = counted(found["new_jobs"], _COUNTED_NEW)
    whole = counted(found["jobs"], _COUNTED)
    return {
        "jobs": (f"{new} new since yesterday" if found["new_jobs"] else f"of {whole}", None),
        "failed": _compared(more, "more than the day before", "fewer than the day before"),
        "runs": (f"{number(found['runs_yesterday'])} by this time yesterday", None),
        "success": ("no runs the day before", None)
        if points is None
        else _compared(points, "points better", "points worse", rising_is_good=True),
    }


def counted(count: int, most: int) -> str:
    """A count that stops somewhere."""
    return number(count) + ("+" if count >= most else "")


def _share(found: Mapping[str, Any], day: str) -> float | None:
    runs = found[f"runs{day}"]
    return 100 * (runs - found[f"failed{day}"]) / runs if runs else None


def _compared(
    change: float, more: str, fewer: str, *, rising_is_good: bool = False
) -> tuple[str, str | None]:
    if not change:
        return "the same as the day before", None
    words = f"{abs(change):,g} {more if change > 0 else fewer}"
    return words, "good" if (change > 0) == rising_is_good else "bad"


def quarter(found: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """A column of the last day."""
    at = datetime.fromisoformat(found["at"]).astimezone(person.zone)
    failed = f", {number(found['failed'])} failed" if found["failed"] else ""
    return {
        "count": found["runs"],
        "bad": found["failed"],
        "title": f"{at:%H:%M}: {number(found['runs'])} runs{failed}",
    }


def load_map(rows: Iterable[Mapping[str, Any]], person: Person) -> dict[str, Any]:
    """The next day by the hour over all queues: columns, and what is worth a word."""
    hours: dict[datetime, dict[str, Any]] = {}
    for row in rows:
        hour = hours.setdefault(row["bucket_at"], {"count": 0, "bad": 0, "busiest": (0, None)})
        hour["count"] += row["runs"] + row["waiting"]
        hour["bad"] = max(hour["bad"], row["left_waiting"] if row["limited_by"] else 0)
        if (row["busiest_runs"] or 0) > hour["busiest"][0]:
            hour["busiest"] = (row["busiest_runs"], row["busiest_at"])
    for at, hour in hours.items():
        local = at.astimezone(person.zone)
        end = local + timedelta(hours=1)
        late = f", {number(hour['bad'])} of them wait longer" if hour["bad"] else ""
        hour["title"] = f"{local:%H:%M} to {end:%H:%M}: {number(hour['count'])} runs{late}"
        hour["bad"] = min(hour["bad"], hour["count"])
    columns = list(hours.values())
    nothing: tuple[int, datetime | None] = (0, None)
    most, busiest = max((each["busiest"] for each in columns), key=itemgetter(0), default=nothing)
    return {
        "columns": columns,
        "total": sum(each["count"] for each in columns),
        "busiest_runs": most,
        "busiest_at": busiest,
        "limited": any(each["bad"] for each in columns),
    }


ROUTES = [Route("/dashboard", show)]
