"""The organization, its keys, its signing secrets and its audit."""

from prikke.errors import ConfigurationError, Unavailable
from prikke.http.api.fields import Field
from prikke.http.api.kinds import INSTANT, LENGTH, TEXT
from prikke.http.api.operation import (
    CURSOR,
    LIMIT,
    Asked,
    Operation,
    Shape,
    answers_list,
    answers_nothing,
    answers_one,
    answers_page,
    by_id,
    call,
    given,
    listing,
    nothing,
    object_schema,
    one,
    reference,
)
from prikke.http.api.things.organization import ENTRY, KEY, ORGANIZATION, SIGNING_SECRET
from prikke.http.auth import make_key
from prikke.http.visit import Answer, Call, Plan, Row, Rows
from prikke.keyring import SIGNING_SECRET as SIGNING
from prikke.keyring import CannotOpen, Keyring, Sealed
from prikke.signing import new_signing_secret

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
_OVERLAP = (Field("overlap", LENGTH, "How long the old one signs beside the new one.", "24 hours"),)


def show(_: Asked) -> Plan:
    """GET /api/organization."""
    return Plan((call("get_organization", {}, {}),), lambda rows: one(ORGANIZATION, rows[0]))


def list_keys(_: Asked) -> Plan:
    """GET /api/keys."""
    return Plan(
        (call("list_keys", {}, {}),),
        lambda rows: Answer({"keys": [KEY.show(row) for row in rows[0]]}),
    )


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


# Only for processes with the keyring: the rows are sealed.
_SEALED = Call("select * from prikke.read_signing_secrets(array[prikke.current_organization()])")


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
        raise Unavailable("This process has no keyring: SECRET_KEY_BASE is not set.") from None


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
        raise Unavailable(str(error)) from None


_SECRETS = answers_list(SIGNING_SECRET)
_CREATED = object_schema(
    {
        "key": reference(KEY),
        "secret": {"type": "string", "description": "The whole key, shown this once."},
    }
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
    Operation("GET", "/api/keys", "list_keys", "List keys", list_keys, answers_list(KEY)),
    Operation(
        "POST",
        "/api/keys",
        "create_key",
        "Make a key",
        create_key,
        Shape(201, _CREATED),
        "Its secret is in this answer and nowhere else. Scope admin is needed.",
        body=KEY.fields,
        example={"name": "continuous integration", "scopes": ["write"]},
    ),
    Operation(
        "DELETE", "/api/keys/{id}", "revoke_key", "Revoke a key", revoke_key, answers_nothing()
    ),
    Operation(
        "GET",
        "/api/signing-secret",
        "read_signing_secrets",
        "Reveal the signing secrets",
        reveal,
        _SECRETS,
        "Newest first. Scope admin is needed.",
    ),
    Operation(
        "POST",
        "/api/signing-secret/rotate",
        "rotate_signing_secret",
        "Rotate the signing secret",
        rotate,
        _SECRETS,
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
