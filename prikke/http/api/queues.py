"""Queues, ordering keys and breakers: /api/queues, /api/ordering-keys, /api/breaker-events."""

from collections.abc import Callable

from prikke.http.api.fields import Field
from prikke.http.api.kinds import TEXT
from prikke.http.api.operation import (
    LIMIT,
    POSITION_CURSOR,
    Asked,
    Operation,
    Shape,
    answers_list,
    answers_numbered_page,
    answers_one,
    call,
    given,
    listing,
    object_schema,
    one,
)
from prikke.http.api.things.queues import BREAKER_EVENT, QUEUE, QUEUE_DEPTH
from prikke.http.visit import Answer, Call, Plan

_NAME = Field("name", TEXT, "Name of the queue.", "default", required=True)
_REASON = (Field("reason", TEXT, "Why.", "provider is down", nullable=True),)
_BREAKER_EVENTS = (Field("host", TEXT, "Only of this host."), LIMIT, POSITION_CURSOR)
_ORDERING_KEY = Field("ordering_key", TEXT, "The key.", "customer-42", required=True)


def show_all(_: Asked) -> Plan:
    """GET /api/queues."""
    return Plan(
        (call("list_queues", {}, {}),),
        lambda rows: Answer({"queues": [QUEUE_DEPTH.show(row) for row in rows[0]]}),
    )


def _named(
    function: str, fields: tuple[Field, ...], clears: bool = False
) -> Callable[[Asked], Plan]:
    def plan(asked: Asked) -> Plan:
        values = {**asked.body, "name": asked.path.get("name"), "clear": list(asked.emptied)}
        arguments = {"name": "%(name)s::text", **given(fields, asked.body)}
        if clears:
            arguments["clear"] = "%(clear)s::text[]"
        return Plan((call(function, arguments, values),), lambda rows: one(QUEUE, rows[0]))

    return plan


def continue_key(asked: Asked) -> Plan:
    """POST /api/ordering-keys/{ordering_key}/continue."""
    query = "select prikke.continue_key(ordering_key => %(ordering_key)s::text) as continued"
    return Plan((Call(query, asked.path),), lambda rows: Answer(rows[0][0]))


_ONE = answers_one(QUEUE)
_SETTINGS = QUEUE.settable

OPERATIONS = (
    Operation(
        "GET",
        "/api/queues",
        "list_queues",
        "List queues and how deep they are",
        show_all,
        answers_list(QUEUE_DEPTH),
    ),
    Operation(
        "PUT",
        "/api/queues/{name}",
        "set_queue",
        "Set limits of a queue",
        _named("set_queue", _SETTINGS, clears=True),
        _ONE,
        "What is left out stays; null takes a limit away.",
        body=QUEUE.fields,
        parameters=(_NAME,),
        example={"max_running": 5, "rate": 10, "rate_period": "1 s"},
    ),
    Operation(
        "POST",
        "/api/queues/{name}/pause",
        "pause_queue",
        "Pause a queue",
        _named("pause_queue", _REASON),
        _ONE,
        "Nothing of it starts, nothing is lost.",
        body=_REASON,
        parameters=(_NAME,),
    ),
    Operation(
        "POST",
        "/api/queues/{name}/resume",
        "resume_queue",
        "Resume a queue",
        _named("resume_queue", ()),
        _ONE,
        body=(),
        parameters=(_NAME,),
    ),
    Operation(
        "POST",
        "/api/ordering-keys/{ordering_key}/continue",
        "continue_key",
        "Let an ordering key go on that stopped at a failure",
        continue_key,
        Shape(200, object_schema({"continued": {"type": "boolean"}})),
        body=(),
        parameters=(_ORDERING_KEY,),
    ),
    Operation(
        "GET",
        "/api/breaker-events",
        "list_breaker_events",
        "List changes of breakers, newest first",
        listing(BREAKER_EVENT, "list_breaker_events", _BREAKER_EVENTS),
        answers_numbered_page(BREAKER_EVENT),
        "What a host that is down went through: left alone, tried by one delivery, back.",
        query=_BREAKER_EVENTS,
    ),
)
