"""A job as a form gives it: read with every fault named, and a job as a form shows it."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg.types.json import Jsonb

from prikke.config import Limits
from prikke.errors import FieldError, Refused
from prikke.http.api.fields import Reading, Values
from prikke.http.api.kinds import HEADERS, INSTANT_OR_LOCAL, INTEGER, LENGTH, Kind, Wrong
from prikke.http.api.kinds import show_length as length
from prikke.http.api.things.deliveries import EXPECTED_BODY
from prikke.http.body import parse_json
from prikke.http.form import Form
from prikke.http.pages import job_notify
from prikke.http.replies import dump
from prikke.http.visit import Row

SCHEDULES = ("cron", "every", "once", "manual")
# Fields of text, and what one that is left empty means.
_TEXTS: Mapping[str, str | None] = {
    "name": "",
    "url": "",
    "key": None,
    "method": "GET",
    "content_type": None,
    "timezone": "UTC",
    "queue": "default",
    "ordering_key": None,
    "catch_up": "latest",
    "overlap": None,
    "completion": "response",
    "expected_status": None,
    "on_success_url": None,
    "on_failure_url": None,
    "on_recovery_url": None,
}
_KINDS: Mapping[str, tuple[Kind, Any]] = {
    "priority": (INTEGER, 0),
    "max_attempts": (INTEGER, None),
    "backoff": (LENGTH, "30 s"),
    "catch_up_window": (LENGTH, None),
    "expected_body": (EXPECTED_BODY.kind, None),
}
_CLEARABLE = {
    "key",
    "headers",
    "body",
    "ordering_key",
    "catch_up_window",
    "expected_status",
    "expected_body",
    "on_success_url",
    "on_failure_url",
    "on_recovery_url",
    "notify",
}


def read_job(form: Form, limits: Limits, old: Row | None = None) -> Reading:
    """The fields of a form. Of a job that stands (`old`) what is empty is emptied."""
    values: Values = {}
    problems: list[FieldError] = []
    for name, otherwise in _TEXTS.items():
        values[name] = form.text(name) or otherwise
    for name, (kind, otherwise) in _KINDS.items():
        values[name] = _read(kind, name, form.text(name), otherwise, problems)
    values["timeout_ms"] = _timeout(form.text("timeout"), limits, problems)
    values["headers"] = _headers(form.text("headers"), problems)
    values["body"] = form["body"] or None
    rules = job_notify.read_notify(form, problems)
    values["notify"] = Jsonb(rules) if rules else None
    values["enabled"] = form["enabled"] == "yes"
    values |= _schedule(form, problems)
    clear: list[str] = []
    if old is not None:
        clear = _cleared(form, values, old)
    elif values["max_attempts"] is None:
        del values["max_attempts"]
    given = {name: value for name, value in values.items() if value is not None}
    return Reading(given, tuple(clear), tuple(problems))


def _cleared(form: Form, values: Values, old: Row) -> list[str]:
    """What is to be emptied of a job; what came back as it was shown is left as it is."""
    shown = show_job(old)
    if form["content_type"] == shown["content_type"]:
        values["content_type"] = None
    same = all(form[name] == shown[name] for name in ("scheduled_at", "timezone", "schedule"))
    if same:
        values["scheduled_at"] = None
    empty = {name for name in _CLEARABLE if values.get(name) is None}
    # Browsers know one line end only.
    if _lines(form["body"]) == _lines(shown["body"]):
        values["body"] = None
        empty.discard("body")
    if all(form[name] == shown[name] for name in job_notify.FIELDS):
        values["notify"] = None
        empty.discard("notify")
    if values["content_type"] is None and not form.text("content_type") and old["content_type"]:
        empty.add("content_type")
    kind = form["schedule"]
    kept = {"cron": {"cron"}, "every": {"every"}, "once": {"scheduled_at"}}.get(kind, set())
    if kind == "every" and form.text("scheduled_at"):
        kept.add("scheduled_at")
    return sorted({*empty, *({"cron", "every", "scheduled_at"} - kept)})


def _schedule(form: Form, problems: list[FieldError]) -> Values:
    """The schedule of the kind that was chosen; what else was typed does not count."""
    kind = form["schedule"] if form["schedule"] in SCHEDULES else "cron"
    values: Values = {"cron": None, "every": None, "scheduled_at": None}
    if kind == "cron":
        values["cron"] = form.text("cron")
        if values["cron"] is None:
            problems.append(FieldError("cron", "required", "is missing", "For example 0 9 * * *"))
    if kind == "every":
        values["every"] = _read(LENGTH, "every", form.text("every"), None, problems)
        if not form.text("every"):
            problems.append(FieldError("every", "required", "is missing", "For example 10 minutes"))
    if kind in ("every", "once"):
        values["scheduled_at"] = _read(
            INSTANT_OR_LOCAL, "scheduled_at", form.text("scheduled_at"), None, problems
        )
    if kind == "once" and not form.text("scheduled_at"):
        problems.append(FieldError("scheduled_at", "required", "is missing", "Give day and time."))
    return values


def _read(
    kind: Kind, name: str, text: str | None, otherwise: Any, problems: list[FieldError]
) -> Any:
    if text is None:
        return otherwise
    try:
        return kind.parse(text) if kind is INTEGER else kind.read(text)
    except Wrong as wrong:
        problems.append(FieldError(name, wrong.code, str(wrong), wrong.hint))
        return otherwise


def _timeout(text: str | None, limits: Limits, problems: list[FieldError]) -> int:
    """Seconds, as people say it, in milliseconds, as everything else does."""
    if text is None:
        return 30_000
    try:
        milliseconds = round(float(text.replace(",", ".")) * 1000)
    except (ValueError, OverflowError):
        milliseconds = 0
    if not limits.timeout_min_ms <= milliseconds <= limits.timeout_max_ms:
        least, most = limits.timeout_min_ms / 1000, limits.timeout_max_ms / 1000
        message = f"must lie between {least:g} and {most:g} seconds"
        problems.append(FieldError("timeout", "out_of_range", message, "30 is usual."))
        return 30_000
    return milliseconds


def _headers(text: str | None, problems: list[FieldError]) -> Any:
    if text is None:
        return None
    try:
        return HEADERS.read(parse_json(text.encode("utf-8")))
    except Refused as refused:
        message = refused.message.removeprefix("The body ").removesuffix(".")
        hint = 'For example {"Accept": "text/plain"}'
        problems.append(FieldError("headers", "invalid_json", f"is no JSON: {message}", hint))
    except Wrong as wrong:
        problems.append(FieldError("headers", "wrong_type", str(wrong), wrong.hint))
    return None


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


BLANK: Mapping[str, str] = {
    **dict.fromkeys((*_TEXTS, *_KINDS, *job_notify.FIELDS), ""),
    **dict.fromkeys(("headers", "body", "cron", "every", "scheduled_at"), ""),
    "method": "GET",
    "schedule": "cron",
    "timezone": "UTC",
    "timeout": "30",
    "backoff": "30 s",
    "catch_up": "latest",
    "queue": "default",
    "priority": "0",
    "completion": "response",
    "enabled": "yes",
}


def show_job(job: Row) -> dict[str, str]:
    """A job as the fields of its form."""
    shown = {name: "" if job[name] is None else str(job[name]) for name in _TEXTS}
    shown |= {name: length(job[name]) or "" for name in ("backoff", "catch_up_window", "every")}
    headers = dump(job["headers"]) if job["headers"] else ""
    return {
        **shown,
        **job_notify.show_notify(job["notify"]),
        "schedule": job["schedule_type"],
        "cron": job["cron"] or "",
        "scheduled_at": _local(job),
        "timeout": f"{job['timeout_ms'] / 1000:g}",
        "max_attempts": str(job["max_attempts"]),
        "priority": str(job["priority"]),
        "headers": headers,
        "body": job["body"] or "",
        "expected_body": job["expected_body"] or "",
        "enabled": "yes" if job["enabled"] else "",
    }


def _local(job: Row) -> str:
    """The instant of a job on the wall clock of its zone, as a browser's field has it."""
    if job["scheduled_at"] is None:
        return ""
    try:
        zone = ZoneInfo(job["timezone"])
    except ZoneInfoNotFoundError:
        zone = ZoneInfo("UTC")
    local = job["scheduled_at"].astimezone(zone)
    # Browsers leave out seconds that are none.
    return f"{local:%Y-%m-%dT%H:%M:%S}".removesuffix(":00")


def messages(errors: tuple[FieldError, ...]) -> dict[str, str]:
    """What is wrong by field, in the names of the form and as sentences."""
    found: dict[str, str] = {}
    for error in errors:
        name = {"timeout_ms": "timeout", "clear": "name"}.get(error.field, error.field)
        name = name.replace("notify.", "notify_")
        message = error.message[:1].upper() + error.message[1:]
        sentence = f"{message.rstrip('.')}." + (f" {error.hint}" if error.hint else "")
        found.setdefault(name, sentence)
    return found
