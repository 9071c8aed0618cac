"""/health, /ready and /metrics: what load balancers and monitoring ask."""

import asyncio
import hmac
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from prikke import __version__
from prikke.config import Settings
from prikke.db import Caller, Database
from prikke.errors import NotReady, PrikkeError
from prikke.http.fresh import Fresh
from prikke.http.replies import problem, reply
from prikke.http.security import is_loopback
from prikke.http.shown import duration
from prikke.release import require_fit

_READY_SECONDS = 2.5
_CALLER = Caller(statement_timeout="2s", lock_timeout="1s")
_METRICS_CALLER = Caller(statement_timeout="10s", lock_timeout="1s")


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether work can be done here now, what was looked at, and what is wrong."""

    checks: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        return not self.reasons


async def health(_: Request) -> Response:
    """This process answers; nothing else is looked at."""
    return reply({"status": "ok", "release": __version__})


async def ready(request: Request) -> Response:
    """Whether to send requests here: the database answers, fits, and work is not left lying."""
    readiness: Fresh[Readiness] = request.app.state.readiness
    found = await readiness.get()
    return reply(
        {"ready": found.ready, "reasons": found.reasons, "checks": found.checks},
        200 if found.ready else 503,
        None if found.ready else {"Retry-After": "5"},
    )


async def metrics(request: Request) -> Response:
    """Prometheus' text format, for this machine or for whoever has the token."""
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    if not _may_read_metrics(request, settings.metrics_token):
        return problem(
            request,
            401 if settings.metrics_token else 403,
            "Metrics answer this machine, or the token of PRIKKE_METRICS_TOKEN.",
            headers={"WWW-Authenticate": "Bearer"} if settings.metrics_token else None,
        )
    rows: list[dict[str, Any]] = await database.call(
        "select prikke.metrics_text() as text", caller=_METRICS_CALLER
    )
    return PlainTextResponse(rows[0]["text"], media_type="text/plain; version=0.0.4; charset=utf-8")


async def look(database: Database, settings: Settings) -> Readiness:
    """Ask the database; what it does not answer in time is a reason, not an error."""
    try:
        async with asyncio.timeout(_READY_SECONDS):
            rows: list[dict[str, Any]] = await database.call(
                "select * from prikke.readiness()", caller=_CALLER
            )
    except (TimeoutError, PrikkeError) as error:
        said = str(error) or "no answer in time"
        return Readiness({"database": "unavailable"}, (f"the database does not answer: {said}",))
    return judge(rows[0], settings.limits.due_age_seconds)


def judge(row: dict[str, Any], due_age_limit: int) -> Readiness:
    """What the row of `readiness` means."""
    reasons = []
    age = max(row["oldest_due_age"].total_seconds(), 0) if row["oldest_due_age"] else 0.0
    try:
        require_fit({"release": row["release"], "oldest_runner": row["oldest_runner"]})
    except NotReady as error:
        reasons.append(str(error))
    if age > due_age_limit:
        reasons.append(
            f"the oldest due execution has waited {duration(age)}, more than "
            f"{duration(due_age_limit)}"
            + (": no runner is alive" if row["runners"] == 0 else ": the runners do not keep up")
        )
    checks = {
        "database": "ok",
        "release": row["release"],
        "oldest_due_age_seconds": round(age, 3),
        "runners": row["runners"],
    }
    return Readiness(checks, tuple(reasons))


def _may_read_metrics(request: Request, token: str | None) -> bool:
    if is_loopback(request):
        return True
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return (
        token is not None
        and scheme.lower() == "bearer"
        and hmac.compare_digest(given.strip().encode(), token.encode())
    )
