"""`/queues`: how deep they are, their limits, hosts left alone; `/forecast`: what is to come."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import Refused
from prikke.http.api.kinds import LENGTH, Wrong, show_length
from prikke.http.forecasts import Forecasts
from prikke.http.form import read_form
from prikke.http.local import local_path, see
from prikke.http.pages.dashboard import load_map
from prikke.http.pages.parts import part
from prikke.http.person import call, visit
from prikke.http.templating import page

_LIST = "select * from prikke.list_queues()"
_EVENTS = "select * from prikke.list_breaker_events(page_size => 20)"
_BECAME = {"open": "left alone", "half_open": "tried", "closed": "answers again"}
_NUMBERS = ("max_running", "rate", "burst")
_PATIENCE_SECONDS = 12.0


async def show(request: Request) -> Response:
    """All of them."""
    _, [queues, events] = await visit(request, call(_LIST), call(_EVENTS), function="list_queues")
    changes = [{**each, "became": _BECAME[each["state"]]} for each in events]
    listed = part(request, "/queues", queues)
    return page(request, "queues/list.html", {"listed": listed, "changes": changes})


async def edit(request: Request) -> Response:
    """The limits of one; a name that no queue has makes one."""
    name = request.query_params.get("name", "").strip()
    _, [queues] = await visit(request, call(_LIST), function="set_queue")
    found = next((each for each in queues if each["name"] == name), None)
    if name and found is None:
        raise HTTPException(404)
    shown = {**found, "rate_period": show_length(found["rate_period"])} if found else {}
    return _form(request, shown, new=found is None)


def _form(
    request: Request,
    queue: Mapping[str, Any],
    *,
    new: bool,
    errors: Mapping[str, str] | None = None,
) -> Response:
    values = {
        "name": "",
        **dict.fromkeys((*_NUMBERS, "rate_period", "after_failure")),
        **queue,
    }
    return page(
        request,
        "queues/edit.html",
        {"queue": values, "errors": errors or {}, "new": new},
        status=422 if errors else 200,
    )


async def save(request: Request) -> Response:
    """Set its limits; an empty field takes one away."""
    form = await read_form(request)
    typed = {name: form.text(name) for name in (*_NUMBERS, "rate_period", "after_failure")}
    wrong = _wrong(typed)
    limits = typed | ({} if typed["rate"] else {"rate_period": None, "burst": None})
    change = call(
        "select from prikke.set_queue(name => %(name)s, max_running => %(max_running)s::integer, "
        "rate => %(rate)s::integer, rate_period => %(rate_period)s::interval, "
        "burst => %(burst)s::integer, after_failure => %(after_failure)s, "
        "clear => %(clear)s::text[])",
        **limits,
        name=form["name"].strip(),
        clear=[name for name in ("max_running", "rate") if typed[name] is None],
    )
    try:
        await visit(request, *(() if wrong else (change,)), function="set_queue")
    except Refused as error:
        if error.status != 422 or not error.errors:
            raise
        wrong = {each.field: each.message for each in error.errors}
    if not wrong:
        return see("/queues", "queue_saved")
    shown = {**typed, "name": form["name"]}
    return _form(request, shown, new=form["new"] == "yes", errors=wrong)


def _wrong(typed: Mapping[str, str | None]) -> dict[str, str]:
    wrong = {
        name: "must be a whole number, or empty for no limit"
        for name in _NUMBERS
        if not (typed[name] or "0").isdecimal()
    }
    try:
        LENGTH.read(typed["rate_period"] or "1 s")
    except Wrong as error:
        wrong["rate_period"] = str(error)
    return wrong


async def pause(request: Request) -> Response:
    """Let nothing of it start."""
    form = await read_form(request)
    paused = call(
        "select from prikke.pause_queue(name => %(name)s, reason => %(reason)s)",
        name=form["name"],
        reason=form.text("reason"),
    )
    await visit(request, paused, function="pause_queue")
    return see(local_path(form["next"], "/queues"), "queue_paused")


async def resume(request: Request) -> Response:
    """Let it go on."""
    form = await read_form(request)
    resumed = call("select from prikke.resume_queue(name => %(name)s)", name=form["name"])
    await visit(request, resumed, function="resume_queue")
    return see(local_path(form["next"], "/queues"), "queue_resumed")


async def go_on(request: Request) -> Response:
    """Let an ordering key go on that stopped at a failure."""
    form = await read_form(request)
    continued = call(
        "select prikke.continue_key(ordering_key => %(key)s)", key=form["ordering_key"]
    )
    await visit(request, continued, function="continue_key")
    return see(local_path(form["next"], "/queues"), "key_continues")


async def forecast(request: Request) -> Response:
    """The next 24 hours, queue by queue, and schedules that might be spread."""
    person, [proposals] = await visit(
        request, call("select * from prikke.forecast_proposal()"), function="forecast"
    )
    forecasts: Forecasts = request.app.state.forecasts
    rows = await forecasts.look(cast(UUID, person.organization_id), _PATIENCE_SECONDS)
    return page(
        request,
        "queues/forecast.html",
        {
            "rows": None if rows is None else [row for row in rows if row["runs"] + row["waiting"]],
            "load": None if rows is None else load_map(rows, person),
            "proposals": proposals[:20],
        },
    )


ROUTES = [
    Route("/queues", show),
    Route("/queues/edit", edit, methods=["GET"]),
    Route("/queues/edit", save, methods=["POST"]),
    Route("/queues/pause", pause, methods=["POST"]),
    Route("/queues/resume", resume, methods=["POST"]),
    Route("/queues/continue", go_on, methods=["POST"]),
    Route("/forecast", forecast),
]
