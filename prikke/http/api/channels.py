"""Who is told of what: /api/channels, /api/notification-rules, snoozes and maintenance windows."""

from collections.abc import Callable

from prikke.http.api.fields import Field
from prikke.http.api.kinds import ID, INSTANT, LENGTH, OBJECT, TEXT
from prikke.http.api.operation import (
    LIMIT,
    POSITION_CURSOR,
    Asked,
    Operation,
    Shape,
    answers_list,
    answers_nothing,
    answers_numbered_page,
    answers_one,
    by_id,
    call,
    given,
    listing,
    nothing,
    object_schema,
    one,
    simple,
    whole,
)
from prikke.http.api.things.channels import CHANNEL, TRANSITION, WINDOW
from prikke.http.api.things.executions import EXECUTION
from prikke.http.visit import Answer, Plan

_REASON = Field("reason", TEXT, "Why.", "known, being worked on", nullable=True)
_SNOOZE = (
    Field("duration", LENGTH, "How long; a day unless said.", "2 hours"),
    Field("until", INSTANT, "Until when, instead of a duration."),
    _REASON,
)
_RULES = (
    Field(
        "rules",
        OBJECT,
        "after, of, events, remind_every, recovery, quiet_hours; what is left out has its default.",
        {"after": 2, "remind_every": "4 hours"},
        required=True,
    ),
)
_JOB = Field("job_id", ID, "Only of this job.")
_TRANSITIONS = (_JOB, LIMIT, POSITION_CURSOR)
_SHOWN_RULES = Shape(200, object_schema({"rules": {"type": "object"}}))


def create(asked: Asked) -> Plan:
    """POST /api/channels."""
    values = {"target": None, **asked.body}
    made = call("create_channel", given(CHANNEL.settable, values), values)
    return Plan((made,), lambda rows: one(CHANNEL, rows[0], 201))


def update(asked: Asked) -> Plan:
    """PATCH /api/channels/{id}."""
    fields = [each for each in CHANNEL.settable if each.name in asked.body]
    return Plan((by_id("update_channel", asked, fields),), lambda rows: one(CHANNEL, rows[0]))


def delete(asked: Asked) -> Plan:
    """DELETE /api/channels/{id}."""
    return Plan((by_id("delete_channel", asked),), nothing)


def test(asked: Asked) -> Plan:
    """POST /api/channels/{id}/test."""
    return Plan((by_id("test_channel", asked),), lambda rows: one(EXECUTION, rows[0], 202))


def _rules(function: str) -> Callable[[Asked], Plan]:
    def plan(asked: Asked) -> Plan:
        asks = call(function, given(_RULES, asked.body), asked.body)
        return Plan((asks,), lambda rows: Answer({"rules": rows[0][0][function]}))

    return plan


def set_rules(asked: Asked) -> Plan:
    """PUT /api/notification-rules."""
    values = {"rules": None, **asked.body}
    asks = call("set_notification_rules", {"rules": "%(rules)s::jsonb"}, values)
    return Plan((asks,), lambda rows: Answer({"rules": rows[0][0]["set_notification_rules"]}))


def _of_job(function: str, fields: tuple[Field, ...]) -> Callable[[Asked], Plan]:
    """A function of a job's id, which it calls job_id."""

    def plan(asked: Asked) -> Plan:
        values = {**asked.body, "job_id": asked.path.get("id")}
        arguments = given(fields, asked.body)
        if "id" in asked.path:
            arguments["job_id"] = "%(job_id)s::uuid"
        return Plan((call(function, arguments, values),), lambda rows: one(WINDOW, rows[0], 201))

    return plan


def plan_window(asked: Asked) -> Plan:
    """POST /api/maintenance."""
    values = {"starts_at": None, "ends_at": None, **asked.body}
    made = call("create_maintenance", given(WINDOW.settable, values), values)
    return Plan((made,), lambda rows: one(WINDOW, rows[0], 201))


def end_window(asked: Asked) -> Plan:
    """DELETE /api/maintenance/{id}."""
    return Plan((by_id("delete_maintenance", asked),), nothing)


def windows(asked: Asked) -> Plan:
    """GET /api/maintenance."""
    asks = call("list_maintenance", given((_JOB,), asked.query), asked.query)
    return Plan(
        (asks,), lambda rows: Answer({WINDOW.plural: [WINDOW.show(row) for row in rows[0]]})
    )


_ONE = answers_one(CHANNEL)
_WINDOW = answers_one(WINDOW, 201)

OPERATIONS = (
    Operation(
        "GET",
        "/api/channels",
        "list_channels",
        "List channels, with what last arrived and what last failed",
        whole(CHANNEL, "list_channels"),
        answers_list(CHANNEL),
    ),
    Operation(
        "POST",
        "/api/channels",
        "create_channel",
        "Make a channel",
        create,
        answers_one(CHANNEL, 201),
        "An address of Slack, Discord, Teams, Telegram, ntfy or PagerDuty is recognised.",
        body=CHANNEL.fields,
        problems=(402,),
        example={"target": "https://hooks.slack.com/services/T0/B0/x", "name": "Operations"},
    ),
    Operation(
        "GET",
        "/api/channels/{id}",
        "get_channel",
        "Show a channel",
        simple(CHANNEL, "get_channel"),
        _ONE,
    ),
    Operation(
        "PATCH",
        "/api/channels/{id}",
        "update_channel",
        "Change a channel",
        update,
        _ONE,
        body=CHANNEL.fields,
        example={"enabled": False},
    ),
    Operation(
        "DELETE",
        "/api/channels/{id}",
        "delete_channel",
        "Remove a channel",
        delete,
        answers_nothing(),
    ),
    Operation(
        "POST",
        "/api/channels/{id}/test",
        "test_channel",
        "Send a test",
        test,
        answers_one(EXECUTION, 202),
        "Of mail to several addresses, the last one's execution is answered.",
        body=(),
        problems=(409,),
    ),
    Operation(
        "GET",
        "/api/notification-rules",
        "get_notification_rules",
        "Show when the organization is told of what",
        _rules("get_notification_rules"),
        _SHOWN_RULES,
    ),
    Operation(
        "PUT",
        "/api/notification-rules",
        "set_notification_rules",
        "Set when the organization is told of what",
        set_rules,
        _SHOWN_RULES,
        "All of them; {} stands for the defaults. Channels and jobs may differ.",
        body=_RULES,
        example={"rules": {"after": 2, "remind_every": "4 hours"}},
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/acknowledge",
        "acknowledge",
        "End the reminders of a job's present failure",
        _of_job("acknowledge", (_REASON,)),
        _WINDOW,
        body=(_REASON,),
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/snooze",
        "snooze",
        "Hold back notifications of a job for a while",
        _of_job("snooze", _SNOOZE),
        _WINDOW,
        "It runs as ever. What is still so then is told then.",
        body=_SNOOZE,
        example={"duration": "2 hours"},
    ),
    Operation(
        "POST",
        "/api/snooze",
        "snooze",
        "Hold back all notifications for a while",
        _of_job("snooze", _SNOOZE),
        _WINDOW,
        body=_SNOOZE,
        example={"duration": "2 hours"},
    ),
    Operation(
        "GET",
        "/api/maintenance",
        "list_maintenance",
        "List snoozes and maintenance windows, present and to come",
        windows,
        answers_list(WINDOW),
        query=(_JOB,),
    ),
    Operation(
        "POST",
        "/api/maintenance",
        "create_maintenance",
        "Plan a maintenance window",
        plan_window,
        _WINDOW,
        "Without a job it is for all.",
        body=WINDOW.fields,
        problems=(404,),
        example={"starts_at": "2030-01-31T22:00:00Z", "ends_at": "2030-02-01T02:00:00Z"},
    ),
    Operation(
        "DELETE",
        "/api/maintenance/{id}",
        "delete_maintenance",
        "End a snooze or a maintenance window",
        end_window,
        answers_nothing(),
    ),
    Operation(
        "GET",
        "/api/transitions",
        "list_transitions",
        "List what changed, newest first",
        listing(TRANSITION, "list_transitions", _TRANSITIONS),
        answers_numbered_page(TRANSITION),
        query=_TRANSITIONS,
    ),
)
