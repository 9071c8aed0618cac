"""What is encrypted at rest: values sealed with AES-GCM under keys that the operator holds."""

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prikke.errors import ConfigurationError, PrikkeError

_NONCE = 12
_VALUE_BYTES = 16 * 1024
_KEY_BYTES = (16, 24, 32)
_KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")

# The key id of the key that SECRET_KEY_BASE yields.
DERIVED = "base"

# The purpose under which signing secrets are sealed.
SIGNING_SECRET = "signing secret"  # noqa: S105


def secret_purpose(name: str) -> str:
    """The purpose under which a named secret is sealed: it opens under no other name."""
    return f"secret {name}"


def is_secret_value(text: str) -> bool:
    """Whether a named secret can have this value."""
    return 1 <= len(text.encode(errors="replace")) <= _VALUE_BYTES and "\0" not in text


class CannotOpen(PrikkeError):
    """A sealed value cannot be opened: its key is not in the keyring, or it is not ours."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted value and the id of the key that opens it."""

    keyring_id: str
    data: bytes


class Keyring:
    """Seals under its first key, opens under any."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys:
            raise ConfigurationError("a keyring needs at least one key")
        self._keys = dict(keys)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current = next(iter(keys))

    @classmethod
    def from_settings(cls, keyring: str | None, secret_key_base: str | None) -> "Keyring":
        """The keyring of PRIKKE_KEYRING (`id:base64key,…`, first is current), else a derived one.

        The derived key stays readable when a keyring is set later, so that values can be resealed.
        """
        keys = _parse(keyring) if keyring else {}
        if secret_key_base and DERIVED not in keys:
            keys[DERIVED] = derive(secret_key_base, "keyring")
        if not keys:
            raise ConfigurationError("set SECRET_KEY_BASE or PRIKKE_KEYRING: secrets are encrypted")
        return cls(keys)

    def seal(self, value: str, organization_id: UUID, purpose: str) -> Sealed:
        """Encrypt a value that only this organization and purpose can open again."""
        nonce = secrets.token_bytes(_NONCE)
        cipher = self._ciphers[self.current]
        data = nonce + cipher.encrypt(nonce, value.encode(), _bound_to(organization_id, purpose))
        return Sealed(self.current, data)

    def open(self, sealed: Sealed, organization_id: UUID, purpose: str) -> str:
        """The value that was sealed for this organization and purpose."""
        cipher = self._ciphers.get(sealed.keyring_id)
        if cipher is None:
            raise CannotOpen(f"the keyring has no key {sealed.keyring_id!r}")
        nonce, data = sealed.data[:_NONCE], sealed.data[_NONCE:]
        try:
            return cipher.decrypt(nonce, data, _bound_to(organization_id, purpose)).decode()
        except (InvalidTag, ValueError):
            raise CannotOpen("a sealed value does not belong where it was found") from None

    def derived(self, purpose: str) -> tuple[bytes, ...]:
        """A key for one purpose from each key of the ring, the current one first."""
        return tuple(
            hmac.digest(key, f"prikke {purpose}".encode(), "sha256") for key in self._keys.values()
        )

    def check_value(self) -> str:
        """What the database keeps to know this keyring again: a key's id and a proof of it."""
        return f"{self.current}:{self._proof(self.current)}"

    def fits(self, check_value: str) -> bool:
        """Whether this keyring holds the key that a stored check value was made with."""
        key_id, _, proof = check_value.rpartition(":")
        return key_id in self._keys and hmac.compare_digest(self._proof(key_id), proof)

    def require_fit(self, check_value: str) -> None:
        """Refuse to go on with another keyring than the one a database was sealed with."""
        if not self.fits(check_value):
            raise ConfigurationError(
                "the secrets in this database were sealed with another key: "
                "set the SECRET_KEY_BASE or PRIKKE_KEYRING that it was set up with"
            )

    def _proof(self, key_id: str) -> str:
        return hmac.digest(self._keys[key_id], b"prikke keyring check", "sha256").hex()[:32]


def derive(secret_key_base: str, purpose: str) -> bytes:
    """A 32-byte key for one purpose, from SECRET_KEY_BASE."""
    return HKDF(
        algorithm=SHA256(), length=32, salt=b"prikke", info=f"prikke {purpose}".encode()
    ).derive(secret_key_base.encode())


def _bound_to(organization_id: UUID, purpose: str) -> bytes:
    return organization_id.bytes + purpose.encode()


def _parse(text: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, colon, encoded = entry.partition(":")
        if not colon or not _KEY_ID.fullmatch(key_id):
            raise ConfigurationError("PRIKKE_KEYRING: write id:base64key, with commas between keys")
        if key_id in keys:
            raise ConfigurationError(f"PRIKKE_KEYRING: key {key_id} is there twice")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if len(key) not in _KEY_BYTES:
            raise ConfigurationError(
                f"PRIKKE_KEYRING: key {key_id} must be base64 of 16, 24 or 32 bytes"
            )
        keys[key_id] = key
    return keys
