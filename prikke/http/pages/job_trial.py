"""What a form of a job can try out before it is saved: its schedule, and its request."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import Refused
from prikke.http.api import operation
from prikke.http.api.fields import Reading
from prikke.http.api.jobs import job_arguments, job_values
from prikke.http.api.kinds import show_bytes
from prikke.http.api.things.jobs import JOB
from prikke.http.form import Form, read_form
from prikke.http.local import see
from prikke.http.pages.job_form import (
    job_id_of,
    limits_of,
    perform,
    perform_once,
    render_form,
    together,
)
from prikke.http.pages.job_reading import messages, read_job
from prikke.http.pages.job_words import broken_json
from prikke.http.person import call, visit
from prikke.http.templating import page
from prikke.http.visit import Row

_TESTED_NAMES = (
    "url",
    "method",
    "headers",
    "body",
    "content_type",
    "queue",
    "timeout_ms",
    "expected_status",
    "expected_body",
)
_TRIED_FIELDS = ("headers", "timeout", "expected_body")
_TESTED = tuple(each for each in JOB.settable if each.name in _TESTED_NAMES)
_PREVIEWED = ("cron", "every", "scheduled_at", "timezone")


async def check(request: Request) -> Response:
    """What a schedule means; for a script its part of the page alone."""
    form = await read_form(request)
    values = {**form, "cron": form["pick"] or form["cron"]}
    if form["pick"]:
        values["schedule"] = "cron"
    preview, errors = await _preview(request, Form(list(values.items())))
    if _is_script(request):
        return page(request, "jobs/_preview.html", {"preview": preview, "errors": errors})
    return await render_form(request, values, errors=errors, preview=preview)


async def _preview(request: Request, form: Form) -> tuple[dict[str, Any], dict[str, str]]:
    """Words and next runs of the schedule in a form, and what is wrong with it."""
    reading = read_job(form, limits_of(request))
    about = {each.field for each in reading.problems} & set(_PREVIEWED)
    problems = tuple(each for each in reading.problems if each.field in about)
    chosen = {name: reading.values[name] for name in _PREVIEWED if name in reading.values}
    arguments = job_arguments(chosen)
    values = job_values(chosen)
    values |= {"seed": form.text("key"), "job": job_id_of(form)}
    arguments |= {"seed": "%(seed)s::text", "job_id": "%(job)s::uuid"}
    calls = operation.call("preview_schedule", arguments, values)
    rows: list[Row] = []
    errors: dict[str, str] = {}
    try:
        found = await perform(request, "create_job", Reading({}, (), problems), calls)
        rows = found[0]
    except Refused as refusal:
        if refusal.status != 422:
            raise
        errors = messages(together(problems, refusal.errors))
    preview = {
        "rows": rows,
        "kind": form["schedule"],
        "timezone": reading.values["timezone"],
        "every": reading.values.get("every"),
        "broken": broken_json(form["body"]),
        "errors": errors,
    }
    return preview, errors


async def test(request: Request) -> Response:
    """Send the request of a form once, and show what answers."""
    form = await read_form(request)
    reading = read_job(form, limits_of(request))
    wrong = tuple(each for each in reading.problems if each.field in _TRIED_FIELDS)
    values = {"url": None, **{n: reading.values[n] for n in _TESTED_NAMES if n in reading.values}}
    arguments = operation.given(_TESTED, values) | {"job_id": "%(job)s::uuid"}
    sending = operation.call("send_test", arguments, {**values, "job": job_id_of(form)})
    try:
        checked = Reading({}, (), wrong)
        tested = await perform_once(request, "send_test", checked, sending, "send_test")
    except Refused as refusal:
        if refusal.status not in (422, 429):
            raise
        errors = messages(together(wrong, refusal.errors))
        message = None if errors else f"{refusal.message[:1].upper()}{refusal.message[1:]}."
        if _is_script(request):
            values = {"run": None, "errors": errors, "message": message}
            return page(request, "jobs/_answer.html", values, refusal.status)
        return await render_form(
            request, form, errors=errors, message=message, status=refusal.status
        )
    if _is_script(request):
        return see(f"/jobs/tests/{tested}")
    return await render_form(request, form, tested=tested)


async def show_test(request: Request) -> Response:
    """What became of a test; for a script its part of the page alone."""
    _, [[run], reasons] = await visit(
        request,
        call("select * from prikke.get_execution(id => %(id)s)", id=request.path_params["id"]),
        call("select * from prikke.why(id => %(id)s)", id=request.path_params["id"]),
        function="get_execution",
    )
    text, encoding = show_bytes(run["response_body"])
    values = {
        "run": {**run, "text": text, "encoding": encoding},
        "ended": run["finished_at"] is not None,
        "reasons": reasons,
        "errors": {},
    }
    return page(request, "jobs/_answer.html" if _is_script(request) else "jobs/answer.html", values)


def _is_script(request: Request) -> bool:
    """Whether our own script asks, for a part of a page."""
    return request.headers.get("x-part") == "yes"


ROUTES = (
    Route("/jobs/check", check, methods=["POST"]),
    Route("/jobs/test", test, methods=["POST"]),
    Route("/jobs/tests/{id:uuid}", show_test),
)
