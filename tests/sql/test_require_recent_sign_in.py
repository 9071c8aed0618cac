"""What does harm asks people for a sign-in of the last fifteen minutes; keys are no people."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from prikke.http.auth import make_key
from tests.conftest import Clock
from tests.factories import call
from tests.people import act, make_member

# Each act with its arguments, and what has to be there before.
ACTS: dict[str, dict[str, Any]] = {
    "rotate_signing_secret": {},
    "end_signing_secret": {},
    "reveal_signing_secrets": {},
    "delete_organization": {"confirm": "acme"},
    "transfer_ownership": {},
    "set_role": {"role": "owner"},
    "invite_member": {"email": "new@example.com", "role": "owner"},
    "request_email_change": {
        "p_email": "new@example.com",
        "p_token_hash": b"x" * 32,
        "p_address": "203.0.113.7",
    },
}


def prepared(db: psycopg.Connection, organization: UUID, function: str) -> dict[str, Any]:
    arguments = dict(ACTS[function])
    if function == "end_signing_secret":
        call(db, "rotate_signing_secret")
        row = db.execute(
            "select id from prikke.signing_secret where expires_at is not null"
        ).fetchone()
        assert row is not None
        arguments["id"] = row[0]
    if function in ("transfer_ownership", "set_role"):
        arguments["user_id"] = make_member(db, organization).id
    return arguments


@pytest.mark.parametrize("function", ACTS)
def test_an_owner_signs_in_again_first(
    db: psycopg.Connection, at: Clock, organization: UUID, function: str
) -> None:
    arguments = prepared(db, organization, function)
    act(db, make_member(db, organization, "owner"))
    at.move(minutes=15)

    with pytest.raises(psycopg.Error) as refusal:
        call(db, function, **arguments)
    db.execute("select set_config('prikke.signed_in_at', prikke.clock()::text, false)")
    call(db, function, **arguments)

    assert refusal.value.sqlstate == "PK403"
    assert refusal.value.diag.constraint_name == "sign_in_again"


@pytest.mark.parametrize(
    "function",
    [
        "rotate_signing_secret",
        "end_signing_secret",
        "reveal_signing_secrets",
        "delete_organization",
    ],
)
def test_a_key_is_no_person(
    db: psycopg.Connection, at: Clock, organization: UUID, function: str
) -> None:
    arguments = prepared(db, organization, function)
    made = make_key().credentials
    key = call(
        db,
        "create_key",
        name="key",
        public_id=made.public_id,
        secret_hash=made.secret_hash,
        scopes=["admin", "owner"],
    )
    db.execute("select set_config('prikke.actor', %s, false)", (f"key:{key['id']}",))

    call(db, function, **arguments)


@pytest.mark.parametrize("loss", ["demoted", "removed"])
def test_another_owner_is_unmade_by_who_signs_in_again_first(
    db: psycopg.Connection, at: Clock, organization: UUID, loss: str
) -> None:
    other = make_member(db, organization, "owner")
    act(db, make_member(db, organization, "owner"))
    at.move(minutes=15)
    function, more = ("set_role", {"role": "admin"}) if loss == "demoted" else ("remove_member", {})

    with pytest.raises(psycopg.Error) as refusal:
        call(db, function, user_id=other.id, **more)
    db.execute("select set_config('prikke.signed_in_at', prikke.clock()::text, false)")
    call(db, function, user_id=other.id, **more)

    assert refusal.value.diag.constraint_name == "sign_in_again"


def test_one_steps_down_and_leaves_without_it(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    make_member(db, organization, "owner")
    owner = make_member(db, organization, "owner")
    act(db, owner)
    at.move(minutes=15)

    stepped = call(db, "set_role", user_id=owner.id, role="member")
    call(db, "leave_organization")

    assert stepped["role"] == "member"


def test_other_roles_are_given_without_it(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    member = make_member(db, organization)
    act(db, make_member(db, organization, "owner"))
    at.move(minutes=15)

    invited = call(db, "invite_member", email="new@example.com", role="admin")

    assert call(db, "set_role", user_id=member.id, role="admin")["role"] == "admin"
    assert invited["role"] == "admin"


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_no_signing_secret_is_shown_below_an_admin(
    db: psycopg.Connection, organization: UUID, role: str
) -> None:
    act(db, make_member(db, organization, role))

    with pytest.raises(psycopg.Error, match="this needs the role admin"):
        call(db, "reveal_signing_secrets")
