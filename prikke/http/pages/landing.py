"""`/`: what Prikke is, its four doors, and what it costs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.config import Settings
from prikke.db import Caller, Database
from prikke.http.person import look_who
from prikke.http.templating import page

_CALLER = Caller(role="prikke_web", statement_timeout="2s", lock_timeout="1s")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan allows; None is without end."""

    tier: str
    jobs: int | None
    executions: int | None
    retention_days: int | None


async def show(request: Request) -> Response:
    """The page. It needs no database, but to know who looks."""
    await look_who(request)
    settings: Settings = request.app.state.settings
    return page(
        request,
        "landing/landing.html",
        {
            "base": settings.public_url,
            "limits": settings.limits,
            "plans": request.app.state.plans,
            "price": settings.pro_price if settings.billing else None,
            "retention_days": settings.retention_days,
            "sample": _sample(),
        },
    )


def _sample() -> dict[str, Any]:
    """What the page of a job looks like; a repeat that went well is the point of it."""
    runs = [{"status": "success", "title": "Success"} for _ in range(30)]
    runs[8] = {"status": "failed", "title": "Failed"}
    runs[19] = {"status": "timeout", "title": "Timeout"}
    start = datetime.now(UTC) - timedelta(hours=7)
    return {
        "runs": runs,
        "events": [
            {"status": "pending", "title": "Due", "at": start, "text": ""},
            {
                "status": "failed",
                "title": "Attempt 1",
                "at": start + timedelta(seconds=1),
                "text": "503 Service Unavailable, tried again after 30\u00a0s",
            },
            {
                "status": "success",
                "title": "Attempt 2",
                "at": start + timedelta(seconds=32),
                "text": "200 OK after 84\u00a0ms, the same delivery id",
            },
        ],
    }


async def read_plans(database: Database) -> list[Plan]:
    """The plans of this installation; none where it is self-hosted without."""
    rows: list[dict[str, Any]] = await database.call(
        "select * from prikke.list_plans()", caller=_CALLER
    )
    return [Plan(**row) for row in rows]


ROUTES = (Route("/", show),)
