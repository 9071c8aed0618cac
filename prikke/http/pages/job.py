"""`/jobs/{id}`: one job, how it does, what it did, and what was changed of it."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import Refused
from prikke.http.actors import KEYS, MEMBERS, known_actors, name_actors, who
from prikke.http.api.kinds import Wrong, read_uuid
from prikke.http.api.things.jobs import show_changes
from prikke.http.form import read_form
from prikke.http.local import see
from prikke.http.pages.executions import COLUMNS
from prikke.http.pages.job_words import broken_json, next_page, schedule, state, strip_words
from prikke.http.person import call, visit
from prikke.http.shown import duration, number
from prikke.http.templating import page
from prikke.http.visit import Row

_RUNS = 25
_CHANGES = 10
_DAYS = 30
_VALUE = 200
_BODY = 10_000
STATUSES = (
    ("", "All"),
    ("success", "Success"),
    ("failed", "Failed or timeout"),
    ("live", "Pending or running"),
    ("cancelled", "Cancelled"),
    ("unsent", "Missed or skipped"),
)
_GROUPS = {
    "success": ["success"],
    "failed": ["failed", "timeout"],
    "live": ["pending", "running"],
    "cancelled": ["cancelled"],
    "unsent": ["missed", "skipped"],
}
KINDS = (("", "All"), ("schedule", "Schedule"), ("manual", "Run now"), ("replay", "Replay"))
# Fields that change along with others.
_UNTOLD = {"updated_at", "host", "paused_at", "paused_by"}
# Reasons why a job does not run just now that are no trouble.
_CALM = {"not_due", "manual", "done", "due", "ready", "running", "reporting", "retry", "cancelled"}


async def show(request: Request) -> Response:
    """The page."""
    job_id, query = request.path_params["id"], request.query_params
    status = query.get("status", "") if query.get("status") in _GROUPS else ""
    kind = query.get("kind", "") if query.get("kind") in dict(KINDS) else ""
    cursor = _cursor(query.get("cursor"))
    person, rows = await visit(
        request,
        call("select * from prikke.get_job(id => %(id)s)", id=job_id),
        call("select * from prikke.describe_jobs(array[%(id)s::uuid])", id=job_id),
        call("select * from prikke.upcoming_job_runs(id => %(id)s, count => 5) as at", id=job_id),
        call(
            "select * from prikke.job_statistics(id => %(id)s, days => %(days)s, "
            "timezone => current_setting('prikke.timezone'))",
            id=job_id,
            days=_DAYS,
        ),
        call("select * from prikke.last_runs(array[%(id)s::uuid], count => 30)", id=job_id),
        call("select * from prikke.why(id => %(id)s)", id=job_id),
        call(
            f"select {COLUMNS} from prikke.list_executions(job_id => %(id)s, "  # noqa: S608
            "status => %(status)s, kind => %(kind)s, page_size => %(size)s, cursor => %(cursor)s)",
            id=job_id,
            status=_GROUPS.get(status),
            kind=kind or None,
            size=_RUNS,
            cursor=cursor,
        ),
        call(
            "select * from prikke.list_audit(subject_kind => 'job', subject_id => %(id)s, "
            "page_size => %(size)s)",
            id=str(job_id),
            size=_CHANGES + 1,
        ),
        call("select * from prikke.list_maintenance(job_id => %(id)s)", id=job_id),
        MEMBERS,
        KEYS,
        function="get_job",
    )
    [job], words, upcoming, statistics, last, reasons, runs, changes, mutes, members, keys = rows
    known = known_actors(person, members, keys)
    # That somebody disabled it is said on top.
    reasons = [
        {**row, "message": name_actors(row["message"], known)}
        for row in reasons
        if row["reason"] != "disabled"
    ]
    statuses = [run["status"] for run in reversed(last)]
    further = None
    if len(runs) == _RUNS:
        further = next_page(
            f"/jobs/{job_id}", {"status": status, "kind": kind, "cursor": runs[-1]["id"]}
        )
    return page(
        request,
        "jobs/show.html",
        {
            "job": {
                **job,
                "state": state(job),
                "words": schedule(job, {row["job_id"]: row["words"] for row in words}),
                "paused_by": who(job["paused_by"], known),
            },
            "upcoming": [row["at"] for row in upcoming],
            "days": [_shown_day(row) for row in statistics[:-1]],
            "total": statistics[-1],
            "last_statuses": statuses,
            "last_words": strip_words(statuses),
            "fails": job["enabled"] and job["consecutive_failures"] > 0,
            "mutes": {row["kind"]: {**row, "by": who(row["created_by"], known)} for row in mutes},
            "reasons": reasons,
            "trouble": [row for row in reasons if row["reason"] not in _CALM],
            "runs": runs,
            "follow": _follow(job_id, status, kind) if cursor is None else None,
            "chosen": {"status": status, "kind": kind},
            "statuses": STATUSES,
            "kinds": KINDS,
            "further": further,
            "changes": [_shown_change(row, known) for row in changes[:_CHANGES]],
            "further_changes": len(changes) > _CHANGES,
            "broken": broken_json(job["body"]),
            "body": (job["body"] or "")[:_BODY],
        },
    )


def _cursor(text: str | None) -> UUID | None:
    """Where the page before ended; what is no id begins anew."""
    try:
        return read_uuid(text)
    except Wrong:
        return None


def _follow(job_id: UUID, status: str, kind: str) -> str:
    """Where what happens to such runs is told live."""
    statuses = ",".join(_GROUPS.get(status, ()))
    return next_page("/live", {"job_id": job_id, "status": statuses, "kind": kind})


def _shown_day(row: Row) -> dict[str, Any]:
    """A day as columns of charts."""
    runs, day = row["success"] + row["failed"], f"{row['day'].day} {row['day']:%b}"
    half, most = (
        None if row[name] is None else row[name].total_seconds() for name in ("p50", "p90")
    )
    return {
        "count": runs,
        "bad": row["failed"],
        "title": f"{day}: {number(runs)} runs, {number(row['failed'])} failed",
        "low": half,
        "high": most,
        "range_title": f"{day}: half within {duration(half)}, nine of ten within {duration(most)}",
    }


def _shown_change(row: Row, known: Mapping[str, str]) -> dict[str, Any]:
    """A change: who, when, which fields from what to what, and whether it can be taken back."""
    made = row["before"] is None or row["after"] is None
    sides = {} if made else show_changes({"from": row["before"], "to": row["after"]})
    return {
        "id": row["id"],
        "at": row["at"],
        "who": who(row["actor"], known),
        "action": row["action"],
        "fields": [
            (name, _said(sides["from"].get(name)), _said(value))
            for name, value in sides["to"].items()
            if name not in _UNTOLD
        ]
        if sides
        else [],
        "revertible": not made,
    }


def _said(value: Any) -> str | None:
    """The value of a field in a few words."""
    if value is None or isinstance(value, bool):
        return {None: None, True: "yes", False: "no"}[value]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _VALUE else f"{text[:_VALUE]}…"


async def revert(request: Request) -> Response:
    """Take one change back."""
    path, form = f"/jobs/{request.path_params['id']}", await read_form(request)
    try:
        await visit(
            request,
            call("select * from prikke.revert(change => %(change)s)", change=_cursor(form["id"])),
            function="revert",
        )
    except Refused as refusal:
        if refusal.status != 409:
            raise
        return see(path, "change_superseded")
    return see(path, "change_reverted")


ROUTES = (
    Route("/jobs/{id:uuid}", show),
    Route("/jobs/{id:uuid}/revert", revert, methods=["POST"]),
)
