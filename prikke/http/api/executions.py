"""Executions and sends: /api/executions, /api/send."""

from typing import Any

from psycopg.types.json import Jsonb

from prikke.http.api.fields import Field, Reading, Values, read_object
from prikke.http.api.kinds import BOOLEAN, ID, IDS, INSTANT, INTEGER, LENGTH, TEXT, TEXTS
from prikke.http.api.operation import (
    CURSOR,
    LIMIT,
    Asked,
    Operation,
    Shape,
    answers_list,
    answers_one,
    answers_page,
    by_id,
    call,
    given,
    listing,
    object_schema,
    one,
    reference,
    simple,
)
from prikke.http.api.things.deliveries import (
    CONTENT_TYPE,
    EXPECTED_BODY,
    EXPECTED_STATUS,
    LANE,
    METHODS,
    REQUEST_HEADERS,
    SEND,
    TIMEOUT,
    URL,
)
from prikke.http.api.things.executions import (
    ATTEMPT,
    EXECUTION,
    EXECUTION_IN_FULL,
    KINDS,
    REASON,
    STATUSES,
)
from prikke.http.visit import Answer, Call, Plan, Rows

_MATCHING = (
    Field("job_id", ID, "Those of this job."),
    Field(
        "status",
        TEXTS,
        f"Those of these statuses, of {', '.join(STATUSES)}.",
        ["failed", "timeout"],
    ),
    Field("kind", TEXT, "Those of this kind.", None, KINDS),
    Field("queue", TEXT, "Those of this lane."),
    Field("status_code", INTEGER, "Those last answered so."),
    Field("since", INSTANT, "Those due or made from here on."),
    Field("until", INSTANT, "Those due or made before."),
    Field("search", TEXT, "Text in URL, error, key, ref or body, within 24 hours."),
)
_CHANGED = Field("changed_since", INSTANT, "Those made, begun or ended from here on.")
_LIST = (*_MATCHING, _CHANGED, LIMIT, CURSOR)
_AS_SENT = Field("as_sent", BOOLEAN, "Send what was sent then, not the job as it is now.", False)
_REPLAYS = (
    *_MATCHING,
    _AS_SENT,
    Field("rate", INTEGER, "So many in each rate_period at most.", 10, nullable=True),
    Field("rate_period", LENGTH, "The length of the rate.", "1 s"),
    Field("dry_run", BOOLEAN, "Only count.", True),
    Field("ids", IDS, "Of those that match only these.", nullable=True),
)
_TEST = (
    URL,
    Field("body", TEXT, "The body that is sent.", nullable=True),
    Field("method", TEXT, "The HTTP method.", "GET", METHODS),
    REQUEST_HEADERS,
    CONTENT_TYPE,
    LANE,
    TIMEOUT,
    EXPECTED_STATUS,
    EXPECTED_BODY,
    Field("job_id", ID, "A job whose values masked headers have.", nullable=True),
)
_REF = (Field("ref", TEXT, "What the sends are about.", "order-42", required=True),)


def show(asked: Asked) -> Plan:
    """GET /api/executions/{id}: with its attempts."""
    attempts = call("list_attempts", {"execution": "%(id)s::uuid"}, asked.path)

    def answer(rows: Rows) -> Answer:
        shown = EXECUTION_IN_FULL.show(rows[0][0])
        return Answer({"execution": shown, "attempts": [ATTEMPT.show(row) for row in rows[1]]})

    return Plan((by_id("get_execution", asked), attempts), answer)


def why(asked: Asked) -> Plan:
    """GET /api/executions/{id}/why."""
    calls = (by_id("get_execution", asked), by_id("why", asked))
    return Plan(calls, lambda rows: Answer({"why": [REASON.show(row) for row in rows[1]]}))


def replay_matching(asked: Asked) -> Plan:
    """POST /api/executions/replay: counts, and with dry_run false replays."""
    found = call("replay_executions", given(_REPLAYS, asked.body), asked.body)

    def answer(rows: Rows) -> Answer:
        return Answer({"replay": rows[0][0]}, 200 if asked.body.get("dry_run", True) else 202)

    return Plan((found,), answer)


def send(asked: Asked) -> Plan:
    """POST /api/send: one delivery, or a list of them."""
    return _send_one(asked.body) if asked.items is None else _send_many(asked.items)


def _send_one(body: Values) -> Plan:
    values = {"url": None, **body}
    arguments = given(SEND.fields, values)
    content = values.get("body")
    if isinstance(content, Jsonb) and isinstance(content.obj, str):
        values["body"], arguments["body"] = content.obj, "%(body)s::text"
    return Plan(
        (call("send", arguments, values, "prikke.read_sent({})"),),
        lambda rows: Answer({"execution": EXECUTION.show(rows[0][0])}, 202),
    )


def _send_many(items: Any) -> Plan:
    query = "select id from prikke.send_many(%(sends)s::jsonb) as id"
    return Plan(
        (Call(query, {"sends": Jsonb(list(items))}),),
        lambda rows: Answer({"executions": [{"id": row["id"]} for row in rows[0]]}, 202),
    )


def send_test(asked: Asked) -> Plan:
    """POST /api/send/test: one try of a request."""
    values = {"url": None, **asked.body}
    return Plan(
        (call("send_test", given(_TEST, values), values, "prikke.read_sent({})"),),
        lambda rows: one(EXECUTION, rows[0], 202),
    )


def read_sends(data: list[Any]) -> tuple[list[Any], Reading]:
    """A list of sends: each is checked, and what is sent on is what came."""
    readings = [
        read_object(SEND.fields, item, f"sends[{number}]") for number, item in enumerate(data)
    ]
    problems = tuple(problem for reading in readings for problem in reading.problems)
    wrong = {number for number, reading in enumerate(readings) if reading.problems}
    # What is wrong already is not sent on to be found wrong again.
    items = [
        {name: value for name, value in item.items() if value is not None}
        for number, item in enumerate(data)
        if number not in wrong
    ]
    return items, Reading({}, (), problems)


def cancel_sends(asked: Asked) -> Plan:
    """POST /api/send/cancel: what waits of the sends with a ref."""
    values = {"ref": None, **asked.body}
    query = "select prikke.cancel_sends(ref => %(ref)s::text) as cancelled"
    return Plan((Call(query, values),), lambda rows: Answer(rows[0][0]))


_COUNT = {"type": "integer"}
_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_REPLAY_SHAPE = Shape(
    202,
    object_schema(
        {
            "replay": object_schema(
                {
                    "matched": _COUNT,
                    "queued": _COUNT,
                    "ref": {"type": ["string", "null"]},
                    "first_due_at": _MOMENT,
                    "last_due_at": _MOMENT,
                }
            )
        }
    ),
)
_SENT = Shape(
    202,
    {
        "oneOf": [
            object_schema({"execution": reference(EXECUTION)}),
            object_schema(
                {
                    "executions": {
                        "type": "array",
                        "items": object_schema({"id": {"type": "string", "format": "uuid"}}),
                    }
                }
            ),
        ]
    },
)

OPERATIONS = (
    Operation(
        "POST",
        "/api/send",
        "send",
        "Queue a delivery, or up to 1,000",
        send,
        _SENT,
        "Of a list all are checked before any is queued; ids come in the order of the list.",
        body=SEND.fields,
        items="sends",
        problems=(409,),
        example={"url": "https://example.com/hook", "body": {"order": 42}},
    ),
    Operation(
        "POST",
        "/api/send/test",
        "send_test",
        "Send a request once to see what answers",
        send_test,
        answers_one(EXECUTION, 202),
        "Tried once, counted by no plan; the answer is at /api/executions/{id}.",
        body=_TEST,
        problems=(404,),
        example={"url": "https://example.com/hook", "method": "POST", "body": '{"test": true}'},
    ),
    Operation(
        "POST",
        "/api/send/cancel",
        "cancel_sends",
        "Cancel what waits of the sends with a ref",
        cancel_sends,
        Shape(200, object_schema({"cancelled": _COUNT})),
        body=_REF,
    ),
    Operation(
        "GET",
        "/api/executions",
        "list_executions",
        "List executions, newest first",
        listing(EXECUTION, "list_executions", _LIST),
        answers_page(EXECUTION),
        "To follow what happens, ask for what changed since a few seconds before you last asked, "
        "page by page, and leave out what you have seen: by id, status and attempt.",
        query=_LIST,
    ),
    Operation(
        "POST",
        "/api/executions/replay",
        "replay_executions",
        "Count and replay executions that match",
        replay_matching,
        _REPLAY_SHAPE,
        "Counts unless dry_run is false; then they are queued, oldest first, at the rate.",
        body=_REPLAYS,
        example={"status": ["failed", "timeout"], "rate": 10, "dry_run": True},
    ),
    Operation(
        "GET",
        "/api/executions/{id}",
        "get_execution",
        "Show an execution and its attempts",
        show,
        answers_list(ATTEMPT, execution=reference(EXECUTION_IN_FULL)),
    ),
    Operation(
        "GET",
        "/api/executions/{id}/why",
        "why",
        "Say why an execution does not run just now",
        why,
        answers_list(REASON),
    ),
    Operation(
        "POST",
        "/api/executions/{id}/replay",
        "replay_execution",
        "Send an ended execution again",
        simple(EXECUTION, "replay_execution", (_AS_SENT,), 202),
        answers_one(EXECUTION, 202),
        body=(_AS_SENT,),
        problems=(409,),
    ),
    Operation(
        "POST",
        "/api/executions/{id}/cancel",
        "cancel_execution",
        "Cancel an execution that waits or runs",
        simple(EXECUTION, "cancel_execution", (), 202),
        answers_one(EXECUTION, 202),
        body=(),
        problems=(409,),
    ),
)
