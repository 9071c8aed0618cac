"""`/settings/notifications`: who is told of what, and when nobody is."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import FieldError, Refused
from prikke.http.actors import MEMBERS, known_actors, who
from prikke.http.form import Form, read_form
from prikke.http.local import local_path, see
from prikke.http.pages.parts import part
from prikke.http.person import Person, call, visit, visit_once
from prikke.http.refusals import form_page, require_mendable
from prikke.http.visit import Call

_HOME = "/settings/notifications"
_SHOWN = 10
EVENTS = {
    "failing": "A job fails",
    "recovered": "A job recovers",
    "missed": "Runs were missed",
    "late": "Runs are late",
    "set_aside": "A job cannot be run as it is",
    "gone": "An endpoint answered 410 and its job was disabled",
    "held": "Runs are held by a limit of the plan",
    "usage_80": "80 % of the month is used",
    "usage_100": "All of the month is used",
    "host_down": "A host is down, and deliveries to it wait",
    "host_up": "A host is back",
    "hook_loop": "Actions after runs call each other",
}
_SNOOZES = (("1 hour", "1 hour"), ("4 hours", "4 hours"), ("1 day", "1 day"), ("7 days", "a week"))


async def show(request: Request) -> Response:
    """GET /settings/notifications."""
    return await _show(request)


async def _show(
    request: Request, form: Form | None = None, refusal: Refused | None = None
) -> Response:
    person, [channels, [rules], mutes, changes, members] = await visit(
        request,
        call("select * from prikke.list_channels()"),
        call("select prikke.get_notification_rules() as rules"),
        call("select * from prikke.list_maintenance()"),
        call("select * from prikke.list_transitions(page_size => %(size)s)", size=_SHOWN),
        MEMBERS,
        function="list_channels",
    )
    known = known_actors(person, members)
    typed = dict.fromkeys(("target", "name", "starts_at", "ends_at", "reason"), "")
    listed = part(request, _HOME, channels)
    values = {
        "listed": listed,
        "channels": listed.rows,
        "mutes": [{**row, "by": who(row["created_by"], known)} for row in mutes],
        "changes": [{**row, "words": EVENTS.get(row["kind"], row["kind"])} for row in changes],
        "rules": typed_rules(form, rules["rules"]),
        "events": EVENTS,
        "snoozes": _SNOOZES,
        "typed": {**typed, **(form or {})},
    }
    return form_page(request, "settings/notifications.html", values, refusal)


async def create_channel(request: Request) -> Response:
    """POST /settings/notifications: a channel."""
    form = await read_form(request)
    made = call(
        "select id from prikke.create_channel(target => %(target)s, name => %(name)s)",
        target=form["target"],
        name=form.text("name"),
    )
    return await _do(request, made, "create_channel", "channel_created", form)


async def edit_channel(request: Request) -> Response:
    """GET /settings/notifications/{id}."""
    return await _show_channel(request)


async def _show_channel(
    request: Request, form: Form | None = None, refusal: Refused | None = None
) -> Response:
    _, [[channel], [rules]] = await visit(
        request,
        call("select * from prikke.get_channel(id => %(id)s)", id=request.path_params["id"]),
        call("select prikke.get_notification_rules() as rules"),
        function="update_channel",
    )
    typed = {"name": channel["name"], "target": channel["target"], **(form or {})}
    values = {
        "channel": channel,
        "rules": typed_rules(form, channel["rules"]),
        "inherited": rules["rules"],
        "events": EVENTS,
        "typed": typed,
    }
    return form_page(request, "settings/channel.html", values, refusal)


async def update_channel(request: Request) -> Response:
    """POST /settings/notifications/{id}."""
    form = await read_form(request)
    try:
        await visit(
            request,
            call(
                "select id from prikke.update_channel(id => %(id)s, target => %(target)s,"
                " name => %(name)s, rules => %(rules)s, enabled => %(enabled)s)",
                id=request.path_params["id"],
                target=form["target"].strip(),
                name=form["name"],
                rules=Jsonb(read_rules(form)),
                enabled=form["enabled"] == "on",
            ),
            function="update_channel",
        )
    except Refused as error:
        return await _show_channel(request, form, _plain_fields(require_mendable(error)))
    return see(_HOME, "saved")


async def test_channel(request: Request) -> Response:
    """POST /settings/notifications/{id}/test."""
    made = call("select id from prikke.test_channel(id => %(id)s)", id=request.path_params["id"])
    return await _do(request, made, "test_channel", "channel_tested")


async def delete_channel(request: Request) -> Response:
    """POST /settings/notifications/{id}/delete."""
    made = call("select prikke.delete_channel(id => %(id)s)", id=request.path_params["id"])
    return await _do(request, made, "delete_channel", "channel_deleted")


async def set_rules(request: Request) -> Response:
    """POST /settings/notifications/rules: those of the organization, all of them."""
    form = await read_form(request)
    made = call(
        "select prikke.set_notification_rules(rules => %(rules)s)", rules=Jsonb(read_rules(form))
    )
    return await _do(request, made, "set_notification_rules", "saved", form)


async def snooze(request: Request) -> Response:
    """POST /settings/notifications/snooze: nothing is told of a job, or of all, for a while."""
    form = await read_form(request)
    made = call(
        "select id from prikke.snooze(job_id => %(job)s::uuid, duration => %(duration)s::interval,"
        " reason => %(reason)s)",
        job=form.text("job_id"),
        duration=form["duration"],
        reason=form.text("reason"),
    )
    return await _do(request, made, "snooze", "snoozed", form)


async def acknowledge(request: Request) -> Response:
    """POST /settings/notifications/acknowledge: no more reminders of this failure of a job."""
    form = await read_form(request)
    made = call(
        "select id from prikke.acknowledge(job_id => %(job)s::uuid)", job=form.text("job_id")
    )
    return await _do(request, made, "acknowledge", "acknowledged", form)


async def plan_maintenance(request: Request) -> Response:
    """POST /settings/notifications/maintenance: a window, in the zone of the person."""
    form = await read_form(request)
    person, _ = await visit(request, function="create_maintenance")
    try:
        made = call(
            "select id from prikke.create_maintenance"
            "(starts_at => %(starts)s, ends_at => %(ends)s, reason => %(reason)s)",
            starts=_instant(form, "starts_at", person),
            ends=_instant(form, "ends_at", person),
            reason=form.text("reason"),
        )
    except Refused as error:
        return await _show(request, form, error)
    return await _do(request, made, "create_maintenance", "maintenance_planned", form)


async def end_mute(request: Request) -> Response:
    """POST /settings/notifications/mutes/{id}/end."""
    made = call("select prikke.delete_maintenance(id => %(id)s)", id=request.path_params["id"])
    return await _do(request, made, "delete_maintenance", "mute_ended", await read_form(request))


async def _do(
    request: Request, made: Call, function: str, notice: str, form: Form | None = None
) -> Response:
    try:
        await visit_once(request, made, function=function, answer=lambda _: "")
    except Refused as error:
        return await _show(request, form, _plain_fields(require_mendable(error)))
    return see(local_path(form["next"] if form else None, _HOME), notice)


def read_rules(form: Form) -> dict[str, Any]:
    """Rules as SQL takes them; what was left open is not among them."""
    rules: dict[str, Any] = {}
    for name in ("after", "of"):
        if text := form.text(name):
            whole = text.isascii() and text.isdigit() and len(text) < 10
            rules[name] = int(text) if whole else text
    if text := form.text("remind_every"):
        rules["remind_every"] = text
    if form["recovery"]:
        rules["recovery"] = form["recovery"] == "yes"
    if form["which_events"] == "some":
        rules["events"] = form.all("events")
    if form["quiet_hours"] == "none":
        rules["quiet_hours"] = False
    elif form["quiet_hours"] == "some":
        rules["quiet_hours"] = {
            name: form[f"quiet_{name}"].strip() for name in ("from", "until", "timezone")
        }
    return rules


def typed_rules(form: Form | None, kept: dict[str, Any]) -> dict[str, Any]:
    """Rules as the form shows them: those that were typed just now, else those that are kept."""
    rules = read_rules(form) if form is not None and "which_events" in form else kept
    quiet = rules.get("quiet_hours")
    hours = quiet if isinstance(quiet, dict) else {}
    return {
        "after": rules.get("after", ""),
        "of": rules.get("of", ""),
        "remind_every": rules.get("remind_every", ""),
        "recovery": {True: "yes", False: "no"}.get(rules.get("recovery", ""), ""),
        "events": rules.get("events"),
        "quiet_hours": "some" if hours else "none" if quiet is False else "",
        "quiet_from": hours.get("from", "22:00"),
        "quiet_until": hours.get("until", "07:00"),
        "quiet_timezone": hours.get("timezone", ""),
    }


def _plain_fields(error: Refused) -> Refused:
    """SQL names a rule `rules.after`, the form `after`."""
    fields = (replace(each, field=each.field.removeprefix("rules.")) for each in error.errors)
    return replace(error, errors=tuple(fields))


def _instant(form: Form, name: str, person: Person) -> datetime:
    """A date and time as the browser sends it, on the clock of the person."""
    try:
        return datetime.fromisoformat(form[name]).replace(tzinfo=person.zone)
    except ValueError:
        error = FieldError(name, "invalid", "must be a date and a time")
        raise Refused(422, "invalid", f"{name}: {error.message}", (error,)) from None


ROUTES = (
    Route(_HOME, show),
    Route(_HOME, create_channel, methods=["POST"]),
    Route(f"{_HOME}/rules", set_rules, methods=["POST"]),
    Route(f"{_HOME}/snooze", snooze, methods=["POST"]),
    Route(f"{_HOME}/acknowledge", acknowledge, methods=["POST"]),
    Route(f"{_HOME}/maintenance", plan_maintenance, methods=["POST"]),
    Route(f"{_HOME}/mutes/{{id:uuid}}/end", end_mute, methods=["POST"]),
    Route(f"{_HOME}/{{id:uuid}}", edit_channel),
    Route(f"{_HOME}/{{id:uuid}}", update_channel, methods=["POST"]),
    Route(f"{_HOME}/{{id:uuid}}/test", test_channel, methods=["POST"]),
    Route(f"{_HOME}/{{id:uuid}}/delete", delete_channel, methods=["POST"]),
)
