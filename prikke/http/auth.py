"""Who is asking: the key in the request, and the address it comes from."""

import hashlib
import re
import secrets
import string
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from starlette.requests import Request

from prikke.config import Network
from prikke.errors import Refused

_KEY = re.compile(r"(pk_live_[A-Za-z0-9]{16,64})\.(sk_live_[A-Za-z0-9]{32,128})")
_ALPHABET = string.ascii_letters + string.digits
# 22 and 43 characters of 62 are 131 and 256 bits.
_PUBLIC, _SECRET = 22, 43


@dataclass(frozen=True, slots=True)
class Credentials:
    """The halves of a key as the database knows them."""

    public_id: str
    secret_hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; its text is shown once and kept nowhere."""

    credentials: Credentials
    text: str = field(repr=False)


def make_key() -> NewKey:
    """A fresh key."""
    public_id = "pk_live_" + "".join(secrets.choice(_ALPHABET) for _ in range(_PUBLIC))
    secret = "sk_live_" + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET))
    return NewKey(Credentials(public_id, _digest(secret)), f"{public_id}.{secret}")


def only_header(request: Request, name: str) -> str | None:
    """A header of which no second one is taken: which of the two is meant nobody knows."""
    values = request.headers.getlist(name)
    if len(values) > 1:
        raise Refused(400, "bad_request", f"The header {name} is there {len(values)} times.")
    return values[0] if values else None


def read_credentials(request: Request) -> Credentials:
    """The key in the Authorization header."""
    scheme, _, given = (only_header(request, "Authorization") or "").partition(" ")
    found = _KEY.fullmatch(given.strip())
    if scheme.lower() != "bearer" or found is None:
        raise Refused(
            401,
            "unauthorized",
            "This needs a key.",
            hint='Send "Authorization: Bearer pk_live_….sk_live_…".',
        )
    return Credentials(found[1], _digest(found[2]))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def client_address(request: Request, trusted: tuple[Network, ...]) -> str:
    """Where a request comes from: the nearest address that is not one of our own proxies."""
    address = request.client.host if request.client else "unknown"
    forwarded = request.headers.get("x-forwarded-for", "") if trusted else ""
    for earlier in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not _is_trusted(address, trusted):
            break
        address = earlier
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def rate_subject(address: str) -> str:
    """What is counted together: an IPv4 address, or the network that one IPv6 customer has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return address


def _is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)
