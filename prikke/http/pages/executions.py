"""`/executions`: what was sent and what waits; failures, and sending them again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import Refused
from prikke.http.form import Form, read_form
from prikke.http.local import local_path, see
from prikke.http.pages.filters import (
    ARGUMENTS,
    ENDED_BADLY,
    KINDS,
    STATUSES,
    WITHIN,
    Filters,
    read_filters,
)
from prikke.http.person import call, visit, visit_once
from prikke.http.templating import page
from prikke.http.visit import Call

_PAGE = 50
_PERIODS = {"1 second": "second", "1 minute": "minute", "1 hour": "hour"}
_QUEUES = 30
_MOST_AT_ONCE = 1_000
# What a row of a list shows: no bodies.
COLUMNS = (
    "id, job_id, job_name, kind, status, queue, held_by, scheduled_for, due_at, started_at, "
    "finished_at, status_code, duration_ms, error_message, reason, attempt, max_attempts, url, "
    "method, due_count"
)


async def show(request: Request) -> Response:
    """The list, narrowed and a page at a time."""
    job = request.query_params.get("job", "").strip().replace("\0", "")
    if job:
        return await _of_job(request, job)
    return await _list(request, read_filters(request.query_params))


async def _of_job(request: Request, typed: str) -> Response:
    """The same list of the first job with this in its name, key or URL."""
    found = call(
        "select id from prikke.list_jobs(search => %(typed)s, page_size => 1)", typed=typed
    )
    _, [rows] = await visit(request, found, function="list_executions")
    filters = read_filters(request.query_params)
    if not rows:
        nobody = {**filters.problems, "job": "has no match among names, keys and URLs"}
        return await _list(request, replace(filters, problems=nobody), typed)
    query = urlencode({name: value for name, value in filters.typed.items() if value})
    return see(f"/executions?{query}&job_id={rows[0]['id']}".replace("?&", "?"))


async def _list(request: Request, filters: Filters, job: str = "") -> Response:
    cursor = _id(request.query_params.get("cursor"))
    listed = call(
        f"select {COLUMNS} from prikke.list_executions({ARGUMENTS}, page_size => %(size)s, "  # noqa: S608
        "cursor => %(cursor)s::uuid)",
        **filters.values,
        size=_PAGE,
        cursor=cursor,
    )
    queues = call("select name from prikke.list_queues()")
    person, [rows, names] = await visit(request, listed, queues, function="list_executions")
    after = f"{filters.query}&cursor={rows[-1]['id']}" if len(rows) == _PAGE else None
    follows = filters.can_be_followed and cursor is None
    return page(
        request,
        "executions/list.html",
        {
            "executions": rows,
            "filters": filters,
            "job": job,
            "statuses": _choices(STATUSES, filters.typed["status"]),
            "kinds": _choices(KINDS, filters.typed["kind"]),
            "within": [("", "Any time"), *WITHIN.items()],
            # Of many one is typed, not chosen.
            "queues": _choices([row["name"] for row in names], filters.typed["queue"])
            if len(names) <= _QUEUES
            else None,
            "after": f"/executions?{after.lstrip('&')}" if after else None,
            "live": f"/live?{filters.query}" if follows else None,
            "select": filters.of_failures and person.may("member"),
            "failures": f"/executions?status={','.join(ENDED_BADLY)}",
            "job_name": rows[0]["job_name"] if filters.job_id and rows else None,
            "replays": (filters.search or "").startswith("replay:"),
        },
        status=422 if filters.problems else 200,
    )


async def preview(request: Request) -> Response:
    """How many would be sent again, before they are."""
    return await _preview(request, request.query_params)


async def _preview(
    request: Request, given: QueryParams | Form, errors: Mapping[str, str] | None = None
) -> Response:
    ids = _ids(given)
    as_sent = given.get("as_sent") == "yes"
    counted = _replay(given, ids, as_sent=as_sent, dry_run=True)
    _, [rows] = await visit(request, counted, function="replay_executions")
    filters = read_filters(given)
    return page(
        request,
        "executions/replay.html",
        {
            "found": rows[0],
            "ids": ids,
            "filters": filters,
            "as_sent": as_sent,
            "rate": given.get("rate") or "",
            "rate_period": given.get("rate_period") or "1 second",
            "periods": _PERIODS.items(),
            "errors": errors or {},
            "back": f"/executions?{filters.query}",
        },
        status=422 if errors else 200,
    )


async def replay(request: Request) -> Response:
    """Send them again, at a rate."""
    form = await read_form(request)
    rate = form["rate"].strip()
    if rate and not (rate.isascii() and rate.isdigit()):
        return await _preview(request, form, {"rate": "must be a number, or empty"})
    replayed = _replay(form, _ids(form), as_sent=form["as_sent"] == "yes", dry_run=False)
    try:
        _, ref = await visit_once(
            request,
            replayed,
            function="replay_executions",
            answer=lambda rows: rows[0][0]["ref"] or "",
        )
    except Refused as error:
        if error.status not in (413, 422):
            raise
        return await _preview(
            request,
            form,
            {each.field: each.message for each in error.errors} or {"": error.message},
        )
    if not ref:
        return see("/executions", "nothing_replayed")
    return see(f"/executions?{urlencode({'search': ref})}", "executions_replayed", ref)


async def cancel_replays(request: Request) -> Response:
    """Take back what has not gone yet of those with a ref."""
    form = await read_form(request)
    ref = form["ref"]
    cancelled = call("select prikke.cancel_sends(ref => %(ref)s) as count", ref=ref)
    _, [rows] = await visit(request, cancelled, function="cancel_sends")
    back = local_path(form["next"], f"/executions?{urlencode({'search': ref})}")
    return see(back, "executions_cancelled", rows[0]["count"])


def _choices(values: Sequence[str], chosen: str) -> list[tuple[str, str]]:
    """What can be chosen, and what is, be it several at once or no longer there."""
    more = [(chosen, chosen.replace(",", ", "))] if chosen and chosen not in values else []
    return [("", "All"), *more, *((value, value) for value in values)]


def _replay(given: QueryParams | Form, ids: list[UUID], *, as_sent: bool, dry_run: bool) -> Call:
    filters = read_filters(given)
    values: dict[str, Any] = filters.values
    if ids:
        values = dict.fromkeys(values)
    elif not filters.statuses:
        values["status"] = list(ENDED_BADLY)
    return call(
        f"select * from prikke.replay_executions({ARGUMENTS}, ids => %(ids)s::uuid[], "  # noqa: S608
        "as_sent => %(as_sent)s, rate => %(rate)s::integer, "
        "rate_period => %(rate_period)s::interval, dry_run => %(dry_run)s)",
        **values,
        ids=ids or None,
        as_sent=as_sent,
        rate=None if dry_run else given.get("rate") or None,
        rate_period=period if (period := given.get("rate_period")) in _PERIODS else "1 second",
        dry_run=dry_run,
    )


def _ids(given: QueryParams | Form) -> list[UUID]:
    texts = given.getlist("id") if isinstance(given, QueryParams) else given.all("id")
    return [found for text in texts[:_MOST_AT_ONCE] if (found := _id(text)) is not None]


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


ROUTES = [
    Route("/executions", show),
    Route("/executions/replay", preview, methods=["GET"]),
    Route("/executions/replay", replay, methods=["POST"]),
    Route("/executions/cancel", cancel_replays, methods=["POST"]),
]
