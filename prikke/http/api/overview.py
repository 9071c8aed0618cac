"""How the organization does, at a glance: /api/overview, /api/attention."""

from prikke.http.api.fields import Field
from prikke.http.api.kinds import TEXT
from prikke.http.api.operation import (
    LIMIT,
    Asked,
    Operation,
    answers_list,
    answers_one,
    call,
    given,
)
from prikke.http.api.things.overview import ATTENTION, OVERVIEW
from prikke.http.visit import Answer, Plan

_ZONE = (Field("timezone", TEXT, "The zone in which today begins.", "UTC"),)


def overview(asked: Asked) -> Plan:
    """GET /api/overview."""
    return Plan(
        (call("overview", given(_ZONE, asked.query), asked.query),),
        lambda rows: Answer({"overview": OVERVIEW.show(rows[0][0]["overview"])}),
    )


def attention(asked: Asked) -> Plan:
    """GET /api/attention."""
    values = {"limit": 20, **asked.query}
    return Plan(
        (call("attention", {"page_size": "%(limit)s::integer"}, values),),
        lambda rows: Answer({"attention": [ATTENTION.show(row) for row in rows[0]]}),
    )


OPERATIONS = (
    Operation(
        "GET",
        "/api/overview",
        "overview",
        "Show how the organization does",
        overview,
        answers_one(OVERVIEW),
        "Runs are executions that a schedule, a person, a send or a replay made.",
        query=_ZONE,
    ),
    Operation(
        "GET",
        "/api/attention",
        "attention",
        "List what needs somebody, the gravest first",
        attention,
        answers_list(ATTENTION),
        query=(LIMIT,),
    ),
)
