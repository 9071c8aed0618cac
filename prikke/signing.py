"""Signatures of outgoing requests, and tokens that come back to be checked."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

_PREFIX = "whsec_"
_BLOCK = 64

# How far a timestamp may be from the reader's clock, as Standard Webhooks advises.
TOLERANCE_SECONDS = 300


def new_signing_secret() -> str:
    """A fresh secret: `whsec_` and base64 of 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


class _Mac:
    """HMAC-SHA256 (RFC 2104) with its key already taken in; the hmac module takes twice as long."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) > _BLOCK:
            key = hashlib.sha256(key).digest()
        key = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key)).copy
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key)).copy

    def digest(self, message: bytes) -> bytes:
        inner = self._inner()
        inner.update(message)
        outer = self._outer()
        outer.update(inner.digest())
        return outer.digest()


@lru_cache(maxsize=4096)
def _keyed(secret: str) -> _Mac:
    """Keyed by what the secret spells, as Standard Webhooks has it."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a signing secret is whsec_ and base64") from None
    return _Mac(key)


@lru_cache(maxsize=4096)
def _keyed_by_text(secret: str) -> _Mac:
    """Keyed by the whole text of the secret."""
    return _Mac(secret.encode())


def sign(signing_secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` value: one v1 entry per live secret."""
    content = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    if len(signing_secrets) == 1:
        return _entry(signing_secrets[0], content)
    return " ".join([_entry(secret, content) for secret in signing_secrets])


def _entry(secret: str, content: bytes) -> str:
    mac = _keyed(secret).digest(content)
    return "v1," + binascii.b2a_base64(mac, newline=False).decode("ascii")


def sign_body(secret: str, body: bytes) -> str:
    """The `X-Prikke-Signature` value: HMAC of the body alone, keyed by the secret's text."""
    return "sha256=" + _keyed_by_text(secret).digest(body).hex()


def verify(
    signing_secrets: Sequence[str],
    message_id: str,
    timestamp: str,
    signature: str,
    body: bytes,
    now: int,
) -> bool:
    """Whether a message was signed by one of these secrets and is recent."""
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    given = [entry.encode() for entry in signature.split(" ") if entry.startswith("v1,")]
    expected = [
        sign([secret], message_id, int(timestamp), body).encode() for secret in signing_secrets
    ]
    # Every pair is compared, so that the time taken says nothing about which one fits.
    matches = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in given]
    return any(matches)


def completion_token(key: bytes, execution_id: UUID, claim_number: int) -> str:
    """The token of a completion address: which claim it ends, and proof that we said so."""
    claim = execution_id.bytes + claim_number.to_bytes(4, "big")
    return base64.urlsafe_b64encode(claim + _claim_mac(key, claim)).rstrip(b"=").decode("ascii")


def read_completion_token(key: bytes, token: str) -> tuple[UUID, int] | None:
    """The execution and claim number of a token of ours; None for anything else."""
    if len(token) != 54 or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "==", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    claim, mac = raw[:20], raw[20:]
    if not hmac.compare_digest(mac, _claim_mac(key, claim)):
        return None
    return UUID(bytes=claim[:16]), int.from_bytes(claim[16:], "big")


def _claim_mac(key: bytes, claim: bytes) -> bytes:
    return hmac.digest(key, b"prikke completion " + claim, "sha256")[:20]
