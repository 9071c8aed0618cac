"""Secrets, named and signing: /api/secrets, /api/signing-secret. Sealed and opened here alone."""

from prikke.errors import ConfigurationError, FieldError, Refused
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
from prikke.http.visit import Answer, Call, Plan, Row, Rows
from prikke.keyring import SIGNING_SECRET as SIGNING
from prikke.keyring import CannotOpen, Keyring, Sealed, is_secret_value, secret_purpose
from prikke.signing import new_signing_secret

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
    keyring, name, value = _keyring(asked), str(asked.path["name"]), asked.body.get("value", "")
    if not is_secret_value(value):
        error = FieldError("value", "invalid", "must have 1 to 16384 bytes, without NUL")
        raise Refused(422, "invalid", f"{error.field}: {error.message}", (error,))

    def seal(rows: Rows) -> Plan:
        sealed = keyring.seal(value, rows[0][0]["organization_id"], secret_purpose(name))
        values = {"name": name, "sealed": sealed.data, "keyring_id": sealed.keyring_id}
        arguments = {
            "name": "%(name)s::text",
            "sealed": "%(sealed)s::bytea",
            "keyring_id": "%(keyring_id)s::text",
        }
        stored = call("store_secret", arguments, values)
        return Plan((stored,), lambda rows: one(SECRET, rows[0]))

    return Plan((_ORGANIZATION,), nothing, seal)


def delete(asked: Asked) -> Plan:
    """DELETE /api/secrets/{name}."""
    return Plan((call("delete_secret", {"name": "%(name)s::text"}, asked.path),), nothing)


_ORGANIZATION = Call("select prikke.current_organization() as organization_id")
# Only for processes with the keyring: the rows are sealed.
_SEALED = Call("select * from prikke.reveal_signing_secrets()")


def reveal(asked: Asked) -> Plan:
    """GET /api/signing-secret."""
    return _showing(asked, ())


def rotate(asked: Asked) -> Plan:
    """POST /api/signing-secret/rotate: the new one is made here, in the same transaction."""
    return _showing(
        asked, (call("rotate_signing_secret", given(_OVERLAP, asked.body), asked.body),)
    )


def _showing(asked: Asked, before: tuple[Call, ...]) -> Plan:
    keyring = _keyring(asked)

    def answer(rows: Rows) -> Answer:
        return _secrets(keyring, rows[-1])

    def grant(rows: Rows) -> Plan | None:
        wishes = [row for row in rows[-1] if row["sealed"] is None]
        return Plan((*(_seal(keyring, row) for row in wishes), _SEALED), answer) if wishes else None

    return Plan((*before, _SEALED), answer, grant)


def _seal(keyring: Keyring, row: Row) -> Call:
    """A fresh secret where one was asked for; another process may be first."""
    sealed = keyring.seal(new_signing_secret(), row["organization_id"], SIGNING)
    return Call(
        "select prikke.seal_signing_secret(%(organization_id)s, %(id)s, %(data)s, %(keyring_id)s)",
        {**row, "data": sealed.data, "keyring_id": sealed.keyring_id},
    )


def end(asked: Asked) -> Plan:
    """DELETE /api/signing-secret/{id}."""
    return Plan((by_id("end_signing_secret", asked),), nothing)


def _keyring(asked: Asked) -> Keyring:
    try:
        return Keyring.from_settings(asked.settings.keyring, asked.settings.secret_key_base)
    except ConfigurationError:
        raise Refused(
            503, "unavailable", "This process has no keyring: SECRET_KEY_BASE is not set."
        ) from None


def _secrets(keyring: Keyring, rows: list[Row]) -> Answer:
    shown = [{**row, "secret": _open(keyring, row)} for row in rows]
    hidden = [SIGNING_SECRET.show({**row, "secret": None}) for row in shown]
    return Answer(
        {"signing_secrets": [SIGNING_SECRET.show(row) for row in shown]},
        kept={"signing_secrets": hidden, "secret_shown_before": True},
    )


def _open(keyring: Keyring, row: Row) -> str:
    try:
        sealed = Sealed(row["keyring_id"], bytes(row["sealed"]))
        return keyring.open(sealed, row["organization_id"], SIGNING)
    except CannotOpen as error:
        raise Refused(503, "unavailable", str(error)) from None


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
