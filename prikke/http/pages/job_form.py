"""`/jobs/new`, `/jobs/{id}/edit`: the form of a job."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.config import Limits, Settings
from prikke.errors import FieldError, Refused
from prikke.http.actors import KEYS, MEMBERS, known_actors, who
from prikke.http.api import operation
from prikke.http.api.fields import Reading
from prikke.http.api.jobs import job_arguments, job_values
from prikke.http.api.kinds import Wrong, read_uuid
from prikke.http.api.things.deliveries import METHODS
from prikke.http.form import Form, read_form
from prikke.http.local import see
from prikke.http.pages.job_reading import BLANK, SCHEDULES, messages, read_job, show_job
from prikke.http.pages.job_words import broken_json
from prikke.http.pages.notifications import EVENTS
from prikke.http.person import call, visit, visit_once
from prikke.http.templating import page
from prikke.http.visit import Call, Row

_SAVING = (402, 409, 412, 422)


async def new(request: Request) -> Response:
    """An empty form."""
    return await render_form(request, BLANK)


async def create(request: Request) -> Response:
    """Make the job, or say what is wrong."""
    form = await read_form(request)
    reading = read_job(form, limits_of(request))
    values = {"name": None, "url": None, **reading.values}
    making = operation.call("create_job", job_arguments(values), job_values(values))
    try:
        made = await perform_once(request, "create_job", reading, making, "id")
    except Refused as refusal:
        return await _refused(request, form, refusal, reading)
    return see(f"/jobs/{made}", "job_created")


async def edit(request: Request) -> Response:
    """The form of a job that stands."""
    job = await _job(request)
    return await render_form(request, show_job(job), job=job)


async def update(request: Request) -> Response:
    """Change the job, or say what is wrong, or who was first."""
    form, job = await read_form(request), await _job(request)
    reading = read_job(form, limits_of(request), job)
    values = job_values(
        reading.values,
        id=job["id"],
        clear=list(reading.emptied),
        version=_version(form),
    )
    arguments = {
        "id": "%(id)s::uuid",
        **job_arguments(reading.values),
        "clear": "%(clear)s::text[]",
        "expected_version": "%(version)s::integer",
    }
    changing = operation.call("update_job", arguments, values)
    try:
        await perform(request, "update_job", reading, changing)
    except Refused as refusal:
        return await _refused(request, form, refusal, reading, job)
    return see(f"/jobs/{job['id']}", "job_updated")


async def _job(request: Request) -> Row:
    """The job of the address, for somebody who may change it."""
    _, [[job]] = await visit(
        request,
        call("select * from prikke.get_job(id => %(id)s)", id=request.path_params["id"]),
        function="update_job",
    )
    return job


async def perform(
    request: Request, function: str, reading: Reading, *calls: Call
) -> list[list[Row]]:
    """Make the calls, and refuse all of it for what could not be read."""
    _, rows = await visit(request, *calls, _refuse(reading), function=function)
    return rows


async def perform_once(
    request: Request, function: str, reading: Reading, making: Call, named: str
) -> str:
    """As `perform`, but once for each form; the value of a column of what was made, as text."""
    _, made = await visit_once(
        request,
        making,
        _refuse(reading),
        function=function,
        answer=lambda rows: str(rows[0][0][named]),
    )
    return made


def _refuse(reading: Reading) -> Call:
    found = Jsonb([asdict(problem) for problem in reading.problems])
    return call("select prikke.refuse(%(problems)s)", problems=found)


async def _refused(
    request: Request,
    form: Form,
    refusal: Refused,
    reading: Reading,
    job: Row | None = None,
) -> Response:
    """The form again, with all that was typed and what is wrong with it."""
    if refusal.status not in _SAVING:
        raise refusal
    errors = messages(together(reading.problems, refusal.errors))
    if refusal.code == "key_taken":
        errors = {"key": "Another job has this key."}
    message = None
    if refusal.status == 412 and job is not None:
        message = await _who_was_first(request, form, job)
    elif not errors:
        message = refusal.message[:1].upper() + refusal.message[1:] + "."
    return await render_form(
        request,
        form,
        job=job,
        errors=errors,
        message=message,
        version=None if refusal.status == 412 else _version(form),
        status=refusal.status,
    )


def together(
    ours: tuple[FieldError, ...], others: tuple[FieldError, ...]
) -> tuple[FieldError, ...]:
    """What we found ourselves goes first, and SQL's word on the same field is left out."""
    known = {error.field for error in ours} | (
        {"timeout_ms"} if any(error.field == "timeout" for error in ours) else set()
    )
    return (*ours, *(error for error in others if error.field not in known))


async def _who_was_first(request: Request, form: Form, job: Row) -> str:
    """Who changed what of a job while it was edited here."""
    person, [versions, members, keys] = await visit(
        request,
        call("select * from prikke.list_versions(id => %(id)s)", id=job["id"]),
        MEMBERS,
        KEYS,
    )
    known = known_actors(person, members, keys)
    since = [row for row in versions if row["version"] > (_version(form) or 0)]
    people = ", ".join(sorted({who(row["actor"], known) for row in since}))
    fields = sorted({name for row in since for name in (row["changes"] or {}).get("to", {})})
    changed = ", ".join(name.replace("_", " ") for name in fields) or "it"
    return (
        f"Meanwhile {people or 'somebody'} changed {changed}. Nothing was saved, and what you "
        "typed is still here. Save again to write it over that change, or open the job to look."
    )


async def render_form(
    request: Request,
    values: Mapping[str, str],
    *,
    job: Row | None = None,
    errors: Mapping[str, str] | None = None,
    message: str | None = None,
    preview: Mapping[str, Any] | None = None,
    tested: object = None,
    version: int | None = None,
    status: int = 200,
) -> Response:
    """The page of the form."""
    wanted = [call("select * from prikke.list_time_zones() as name")]
    editing = job["id"] if job else job_id_of(values)
    if editing is not None:
        wanted.append(call("select * from prikke.get_job(id => %(id)s)", id=editing))
    _, rows = await visit(
        request, *wanted, function="create_job" if editing is None else "update_job"
    )
    job = rows[1][0] if editing is not None else None
    return page(
        request,
        "jobs/form.html",
        {
            "job": job,
            "typed": {**dict.fromkeys(BLANK, ""), **values},
            "version": version or (job["version"] if job else None),
            "errors": errors or {},
            "message": message,
            "preview": preview,
            "tested": tested,
            "zones": [row["name"] for row in rows[0]],
            "methods": [(name, name) for name in METHODS],
            "schedules": SCHEDULES,
            "events": EVENTS,
            "broken": broken_json(values.get("body")),
        },
        status,
    )


def limits_of(request: Request) -> Limits:
    """The limits of this installation."""
    settings: Settings = request.app.state.settings
    return settings.limits


def _version(form: Form) -> int | None:
    text = form["version"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def job_id_of(values: Mapping[str, str]) -> Any:
    """The job that a form is about; None for one that is being made."""
    text = values.get("id")
    if not text:
        return None
    try:
        return read_uuid(text)
    except Wrong:
        raise Refused(404, "not_found", "There is no such job.") from None


ROUTES = (
    Route("/jobs/new", new),
    Route("/jobs/new", create, methods=["POST"]),
    Route("/jobs/{id:uuid}/edit", edit),
    Route("/jobs/{id:uuid}/edit", update, methods=["POST"]),
)
