"""What is paid for the plan, and when it is used up: /api/subscription, /api/usage/forecast."""

from prikke.http.api.operation import (
    Asked,
    Operation,
    Shape,
    call,
    object_schema,
    reference,
)
from prikke.http.api.things.billing import SUBSCRIPTION, USAGE_FORECAST
from prikke.http.visit import Answer, Plan, Rows


def subscription(_: Asked) -> Plan:
    """GET /api/subscription."""

    def answer(rows: Rows) -> Answer:
        [row] = rows[0]
        return Answer({"subscription": SUBSCRIPTION.show(row) if row["id"] is not None else None})

    return Plan((call("get_subscription", {}, {}),), answer)


def forecast(_: Asked) -> Plan:
    """GET /api/usage/forecast."""
    return Plan(
        (call("usage_forecast", {}, {}),),
        lambda rows: Answer({"forecast": USAGE_FORECAST.show(rows[0][0]["usage_forecast"])}),
    )


OPERATIONS = (
    Operation(
        "GET",
        "/api/usage/forecast",
        "usage_forecast",
        "Show what the schedules will use, and when that reaches the limit",
        forecast,
        Shape(200, object_schema({"forecast": reference(USAGE_FORECAST)})),
    ),
    Operation(
        "GET",
        "/api/subscription",
        "get_subscription",
        "Show the subscription that pays for the plan",
        subscription,
        Shape(
            200,
            object_schema({"subscription": {"anyOf": [reference(SUBSCRIPTION), {"type": "null"}]}}),
        ),
        "Null where there was never one. Otherwise the one that pays, or else the last one.",
    ),
)
