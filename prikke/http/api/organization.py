"""The organization, what it used, and its audit: /api/organization, /api/usage, /api/audit."""

from prikke.http.api.fields import Field
from prikke.http.api.kinds import INSTANT, TEXT
from prikke.http.api.operation import (
    CURSOR,
    LIMIT,
    Asked,
    Operation,
    Shape,
    answers_nothing,
    answers_one,
    answers_page,
    call,
    given,
    listing,
    nothing,
    object_schema,
    one,
)
from prikke.http.api.things.organization import ENTRY, ORGANIZATION, USAGE
from prikke.http.visit import Answer, Plan

_AUDIT = (
    Field("subject_kind", TEXT, "Changes of this kind of thing."),
    Field("subject_id", TEXT, "Changes of this one."),
    Field("actor", TEXT, "Changes by this actor."),
    Field("action", TEXT, "Changes of this kind."),
    Field("since", INSTANT, "Changes from here on."),
    Field("until", INSTANT, "Changes before."),
    LIMIT,
    CURSOR,
)
_CONFIRM = (Field("confirm", TEXT, "The slug, typed again.", "acme", required=True),)


def show(_: Asked) -> Plan:
    """GET /api/organization."""
    return Plan((call("get_organization", {}, {}),), lambda rows: one(ORGANIZATION, rows[0]))


def update(asked: Asked) -> Plan:
    """PATCH /api/organization. Nothing of it can be emptied, which SQL says of an empty text."""
    values = {**asked.body, **dict.fromkeys(asked.emptied, "")}
    changed = call("update_organization", given(ORGANIZATION.settable, values), values)
    return Plan((changed,), lambda rows: one(ORGANIZATION, rows[0]))


def delete(asked: Asked) -> Plan:
    """DELETE /api/organization."""
    values = {"confirm": None, **asked.query}
    return Plan((call("delete_organization", given(_CONFIRM, values), values),), nothing)


def export(_: Asked) -> Plan:
    """GET /api/organization/export: its rows are streamed."""
    return Plan((call("export_organization", {}, {}),), nothing)


def usage(_: Asked) -> Plan:
    """GET /api/usage."""
    return Plan(
        (call("usage", {}, {}),), lambda rows: Answer({"usage": USAGE.show(rows[0][0]["usage"])})
    )


OPERATIONS = (
    Operation(
        "GET",
        "/api/organization",
        "get_organization",
        "Show the organization",
        show,
        answers_one(ORGANIZATION),
    ),
    Operation(
        "PATCH",
        "/api/organization",
        "update_organization",
        "Change name or slug",
        update,
        answers_one(ORGANIZATION),
        "Scope admin is needed.",
        body=ORGANIZATION.fields,
        problems=(409,),
        example={"name": "Acme Tools"},
    ),
    Operation(
        "DELETE",
        "/api/organization",
        "delete_organization",
        "Delete the organization with everything of it",
        delete,
        answers_nothing(),
        "At once and for good, this key included. Scope owner is needed.",
        query=_CONFIRM,
        problems=(404,),
    ),
    Operation(
        "GET",
        "/api/organization/export",
        "export_organization",
        "Export everything of the organization",
        export,
        Shape(
            200,
            object_schema(
                {
                    "export": {
                        "type": "array",
                        "items": object_schema(
                            {"kind": {"type": "string"}, "item": {"type": "object"}}
                        ),
                    }
                }
            ),
        ),
        "Row by row, without secrets. Scope owner is needed.",
        streams=True,
    ),
    Operation(
        "GET",
        "/api/usage",
        "usage",
        "Show what was used, beside the limits of the plan",
        usage,
        answers_one(USAGE),
        "Counted are executions at their first attempt, but for notifications and tests.",
    ),
    Operation(
        "GET",
        "/api/audit",
        "list_audit",
        "List changes, newest first",
        listing(ENTRY, "list_audit", _AUDIT),
        answers_page(ENTRY),
        query=_AUDIT,
    ),
    Operation(
        "POST",
        "/api/audit/{id}/revert",
        "revert",
        "Take a change back",
        lambda asked: Plan(
            (call("revert", {"change": "%(id)s::uuid"}, asked.path),),
            lambda rows: one(ENTRY, rows[0]),
        ),
        answers_one(ENTRY),
        body=(),
        problems=(409,),
    ),
)
