"""Secrets, named and signing: /api/secrets, /api/signing-secret. Sealed and opened here alone."""

from prikke.http.api.fields import Field
from prikke.http.api.kinds import LENGTH, TEXT
from prikke.http.api.operation import (
    Asked,
    Operation,
    answers_list,
    answers_nothing,
    answers_one,
    by_id,
    call,
    given,
    nothing,
    one,
    whole,
)
from prikke.http.api.things.organization import SECRET, SIGNING_SECRET
from prikke.http.sealing import (
    READ_SIGNING,
    grant_wishes,
    keyring_of,
    open_signing,
    require_value,
    seal_named,
)
from prikke.http.visit import Answer, Call, Plan, Row, Rows
from prikke.keyring import Keyring

_NAME = Field("name", TEXT, "Name of the secret.", "API_TOKEN", required=True)
_VALUE = (
    Field(
        "value",
        TEXT,
        "The value; no answer ever has it.",
        "s3cr3t",
        required=True,
        limits={"minLength": 1, "maxLength": 16384},
    ),
)
_OVERLAP = (Field("overlap", LENGTH, "How long the old one signs beside the new one.", "24 hours"),)


def store(asked: Asked) -> Plan:
    """PUT /api/secrets/{name}: sealed for the organization, which only the database knows."""
    keyring, name = keyring_of(asked.settings), str(asked.path["name"])
    value = require_value(asked.body.get("value", ""))

    def seal(rows: Rows) -> Plan:
        stored = seal_named(keyring, rows[0][0]["organization_id"], name, value)
        return Plan((stored,), lambda rows: one(SECRET, rows[0]))

    return Plan((_ORGANIZATION,), nothing, seal)


def delete(asked: Asked) -> Plan:
    """DELETE /api/secrets/{name}."""
    return Plan((call("delete_secret", {"name": "%(name)s::text"}, asked.path),), nothing)


_ORGANIZATION = Call("select prikke.current_organization() as organization_id")


def reveal(asked: Asked) -> Plan:
    """GET /api/signing-secret."""
    return _showing(asked, ())


def rotate(asked: Asked) -> Plan:
    """POST /api/signing-secret/rotate: the new one is made here, in the same transaction."""
    return _showing(
        asked, (call("rotate_signing_secret", given(_OVERLAP, asked.body), asked.body),)
    )


def _showing(asked: Asked, before: tuple[Call, ...]) -> Plan:
    keyring = keyring_of(asked.settings)

    def answer(rows: Rows) -> Answer:
        return _secrets(keyring, rows[-1])

    def grant(rows: Rows) -> Plan | None:
        wishes = grant_wishes(keyring, rows[-1])
        return Plan((*wishes, READ_SIGNING), answer) if wishes else None

    return Plan((*before, READ_SIGNING), answer, grant)


def end(asked: Asked) -> Plan:
    """DELETE /api/signing-secret/{id}."""
    return Plan((by_id("end_signing_secret", asked),), nothing)


def _secrets(keyring: Keyring, rows: list[Row]) -> Answer:
    shown = [{**row, "secret": open_signing(keyring, row)} for row in rows]
    hidden = [SIGNING_SECRET.show({**row, "secret": None}) for row in shown]
    return Answer(
        {"signing_secrets": [SIGNING_SECRET.show(row) for row in shown]},
        kept={"signing_secrets": hidden, "secret_shown_before": True},
    )


_REVEALED = answers_list(SIGNING_SECRET)
_NAMED = (_NAME,)

OPERATIONS = (
    Operation(
        "GET",
        "/api/secrets",
        "list_secrets",
        "List secrets by name",
        whole(SECRET, "list_secrets"),
        answers_list(SECRET),
        "Header values and bodies name them as {{secret.NAME}}.",
    ),
    Operation(
        "PUT",
        "/api/secrets/{name}",
        "store_secret",
        "Set a secret",
        store,
        answers_one(SECRET),
        "Encrypted before it is stored, filled in when something is sent.",
        body=_VALUE,
        parameters=_NAMED,
        example={"value": "s3cr3t"},
    ),
    Operation(
        "DELETE",
        "/api/secrets/{name}",
        "delete_secret",
        "Delete a secret that no job uses",
        delete,
        answers_nothing(),
        parameters=_NAMED,
        problems=(409,),
    ),
    Operation(
        "GET",
        "/api/signing-secret",
        "reveal_signing_secrets",
        "Reveal the signing secrets",
        reveal,
        _REVEALED,
        "Newest first. Scope admin is needed.",
    ),
    Operation(
        "POST",
        "/api/signing-secret/rotate",
        "rotate_signing_secret",
        "Rotate the signing secret",
        rotate,
        _REVEALED,
        body=_OVERLAP,
    ),
    Operation(
        "DELETE",
        "/api/signing-secret/{id}",
        "end_signing_secret",
        "End a replaced signing secret early",
        end,
        answers_nothing(),
        problems=(409,),
    ),
)
