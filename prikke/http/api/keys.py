"""Keys of programs: /api/keys."""

from prikke.http.api.operation import (
    Asked,
    Operation,
    Shape,
    answers_list,
    answers_nothing,
    by_id,
    call,
    given,
    nothing,
    object_schema,
    reference,
    whole,
)
from prikke.http.api.things.organization import KEY
from prikke.http.auth import make_key
from prikke.http.visit import Answer, Plan, Rows


def create_key(asked: Asked) -> Plan:
    """POST /api/keys: the only answer that ever holds the secret."""
    made = make_key()
    values = {
        "name": None,
        **asked.body,
        "public_id": made.credentials.public_id,
        "secret_hash": made.credentials.secret_hash,
    }
    arguments = {
        **given(KEY.settable, values),
        "public_id": "%(public_id)s::text",
        "secret_hash": "%(secret_hash)s::bytea",
    }

    def answer(rows: Rows) -> Answer:
        shown = {"key": KEY.show(rows[0][0])}
        return Answer(
            {**shown, "secret": made.text}, 201, kept={**shown, "secret_shown_before": True}
        )

    return Plan((call("create_key", arguments, values),), answer)


def revoke_key(asked: Asked) -> Plan:
    """DELETE /api/keys/{id}."""
    return Plan((by_id("revoke_key", asked),), nothing)


_CREATED = object_schema(
    {
        "key": reference(KEY),
        "secret": {"type": "string", "description": "The whole key, shown this once."},
    }
)

OPERATIONS = (
    Operation(
        "GET", "/api/keys", "list_keys", "List keys", whole(KEY, "list_keys"), answers_list(KEY)
    ),
    Operation(
        "POST",
        "/api/keys",
        "create_key",
        "Make a key",
        create_key,
        Shape(201, _CREATED),
        "Its secret is in this answer and nowhere else. Scope admin is needed; for a key with "
        "scope owner, scope owner as well.",
        body=KEY.fields,
        example={"name": "continuous integration", "scopes": ["write"]},
    ),
    Operation(
        "DELETE", "/api/keys/{id}", "revoke_key", "Revoke a key", revoke_key, answers_nothing()
    ),
)
