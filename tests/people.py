"""People as tests need them: signed in, and acting in an organization."""

import hashlib
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import psycopg

from prikke.http.cookies import new_token, token_hash
from tests.factories import call

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    id: UUID
    email: str
    session: bytes


def digest(text: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(text.encode()).digest()


def token() -> bytes:
    """The hash of a token that nobody had before."""
    return digest(f"token {next(_numbers)}")


def ask(db: psycopg.Connection, email: str, address: str = "203.0.113.7", **more: Any) -> bytes:
    """Ask for a sign-in link; the hash of its token."""
    link = token()
    call(db, "request_sign_in", p_email=email, p_token_hash=link, p_address=address, **more)
    return link


def sign_in(db: psycopg.Connection, email: str, **more: Any) -> Person:
    """Sign somebody in, from a place of their own."""
    number = next(_numbers)
    link = ask(db, email, f"2001:db8::{number:x}", **more)
    session = token()
    row = call(db, "complete_sign_in", p_token_hash=link, p_session_hash=session)
    return Person(row["user_id"], row["email"], session)


def make_member(db: psycopg.Connection, organization: UUID, role: str = "member") -> Person:
    """Somebody who signed in and belongs to an organization."""
    person = sign_in(db, f"{role}{next(_numbers)}@example.com")
    act(db, None)
    db.execute(
        "insert into prikke.member (organization_id, user_id, role, joined_at)"
        " values (%s, %s, %s, prikke.clock())",
        (organization, person.id, role),
    )
    return person


def session_of(
    db: psycopg.Connection,
    organization: UUID | None,
    role: str = "owner",
    email: str | None = None,
) -> str:
    """What the cookie of somebody holds who just signed in and has this role there."""
    cookie = new_token()
    number = next(_numbers)
    link = ask(db, email or f"{role}{number}@example.com", f"2001:db8::{number:x}")
    row = call(db, "complete_sign_in", p_token_hash=link, p_session_hash=token_hash(cookie))
    if organization is not None:
        act(db, None)
        db.execute(
            "insert into prikke.member (organization_id, user_id, role, joined_at)"
            " values (%s, %s, %s, prikke.clock())",
            (organization, row["user_id"], role),
        )
    return cookie


def act(db: psycopg.Connection, person: Person | None) -> None:
    """Act as somebody who has just signed in, in the organization chosen; None: as the role."""
    db.execute(
        "select set_config('prikke.actor', %s, false),"
        " set_config('prikke.signed_in_at', prikke.clock()::text, false)",
        ("" if person is None else f"user:{person.id}",),
    )
