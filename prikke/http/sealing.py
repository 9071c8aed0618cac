"""Values sealed and opened where the keyring is: for the API and for pages."""

from collections.abc import Iterable
from uuid import UUID

from prikke.config import Settings
from prikke.errors import ConfigurationError, FieldError, Refused
from prikke.http.visit import Call, Row
from prikke.keyring import (
    SIGNING_SECRET,
    CannotOpen,
    Keyring,
    Sealed,
    is_secret_value,
    secret_purpose,
)
from prikke.signing import new_signing_secret

# The rows are sealed, and only for processes with the keyring.
READ_SIGNING = Call("select * from prikke.reveal_signing_secrets()")


def keyring_of(settings: Settings) -> Keyring:
    """The keyring of this process; a refusal where it has none."""
    try:
        return Keyring.from_settings(settings.keyring, settings.secret_key_base)
    except ConfigurationError:
        raise Refused(
            503, "unavailable", "This process has no keyring: SECRET_KEY_BASE is not set."
        ) from None


def require_value(value: str) -> str:
    """What a named secret may be."""
    if is_secret_value(value):
        return value
    error = FieldError("value", "invalid", "must have 1 to 16384 bytes, without NUL")
    raise Refused(422, "invalid", f"{error.field}: {error.message}", (error,))


def seal_named(keyring: Keyring, organization_id: UUID, name: str, value: str) -> Call:
    """Keep a value under this name."""
    sealed = keyring.seal(value, organization_id, secret_purpose(name))
    return Call(
        "select * from prikke.store_secret"
        "(name => %(name)s, sealed => %(sealed)s, keyring_id => %(keyring_id)s)",
        {"name": name, "sealed": sealed.data, "keyring_id": sealed.keyring_id},
    )


def grant_wishes(keyring: Keyring, rows: Iterable[Row]) -> list[Call]:
    """A fresh signing secret wherever one was asked for; another process may be first."""
    return [_seal_signing(keyring, row) for row in rows if row["sealed"] is None]


def _seal_signing(keyring: Keyring, row: Row) -> Call:
    sealed = keyring.seal(new_signing_secret(), row["organization_id"], SIGNING_SECRET)
    return Call(
        "select prikke.seal_signing_secret(%(organization_id)s, %(id)s, %(data)s, %(keyring_id)s)",
        {**row, "data": sealed.data, "keyring_id": sealed.keyring_id},
    )


def open_signing(keyring: Keyring, row: Row) -> str:
    """A signing secret in clear."""
    try:
        sealed = Sealed(row["keyring_id"], bytes(row["sealed"]))
        return keyring.open(sealed, row["organization_id"], SIGNING_SECRET)
    except CannotOpen as error:
        raise Refused(503, "unavailable", str(error)) from None
