"""Roles and scopes are asked for in SQL, by every function that changes something."""

import re
from uuid import UUID

import psycopg
import pytest

from prikke.sqlfiles import read_table
from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, use
from tests.people import act, make_member, token

# They ask themselves who acts, belong to no organization, or take part in a call that asked.
OTHERWISE = {
    "accept_invitation",
    "authenticate_key",
    "authenticate_session",
    "cancel_sends_on_delete",
    "check_keyring",
    "claim_answer",
    "complete_sign_in",
    "count_request",
    "create_organization",
    "decline_invitation",
    "enter_key",
    "enter_session",
    "find_invitation",
    "forget_runners",
    "forget_watch",
    "keep_answer",
    "leave_organization",
    "list_my_invitations",
    "list_my_organizations",
    "list_organizations",
    "list_sessions",
    "lock_job",
    "put_job",
    "register_runner",
    "report_completion",
    "request_email_change",
    "request_sign_in",
    "revoke_session",
    "seal_signing_secret",
    "use_organization",
}


def least(roles: set[str]) -> str | None:
    if "owner" in roles:
        return "'owner'"
    if "admin" in roles:
        return "'admin'"
    if "trigger" in roles:
        return "'member', 'trigger'"
    if {"web", "bound_write"} <= roles:
        return "'member'"
    return None


def test_every_function_that_changes_something_asks_for_the_role_that_grants_name(
    db: psycopg.Connection,
) -> None:
    sources: dict[str, str] = dict(
        db.execute(
            "select p.proname, string_agg(p.prosrc, ' ') from pg_proc as p"
            " where p.pronamespace = 'prikke'::regnamespace group by 1"
        ).fetchall()
    )
    wrong = []
    for row in read_table("grants.tsv"):
        name, wanted = row["function"], least(set(row["roles"].split(",")))
        if wanted is None or name in OTHERWISE:
            continue
        asked = re.findall(r"prikke\.require_role\(([^)]*)\)", sources[name])
        if wanted not in asked:
            wrong.append((name, wanted, asked))

    assert wrong == []


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", set()),
        ("member", {"create_job", "send", "run_now", "pause_queue"}),
        ("admin", {"create_job", "send", "run_now", "pause_queue", "rotate_signing_secret"}),
    ],
)
def test_a_member_does_what_the_role_allows(
    db: psycopg.Connection, at: Clock, organization: UUID, role: str, allowed: set[str]
) -> None:
    job = make_job(db)
    act(db, make_member(db, organization, role))

    assert _does(db, job) == allowed


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["read"], set()),
        (["trigger"], {"run_now"}),
        (["write"], {"create_job", "send", "run_now", "pause_queue"}),
        (["admin"], {"rotate_signing_secret"}),
    ],
)
def test_a_key_does_what_its_scopes_allow(
    db: psycopg.Connection, at: Clock, organization: UUID, scopes: list[str], allowed: set[str]
) -> None:
    job = make_job(db)
    key = call(
        db,
        "create_key",
        name="ci",
        public_id="pk_live_" + "a" * 22,
        secret_hash=token(),
        scopes=scopes,
    )
    db.execute("select set_config('prikke.actor', %s, false)", (f"key:{key['id']}",))

    assert _does(db, job) == allowed


def _does(db: psycopg.Connection, job: UUID) -> set[str]:
    done = set()
    for name, statement in {
        "create_job": "select prikke.create_job(name => 'x', url => 'https://example.com')",
        "send": "select prikke.send(url => 'https://example.com')",
        "run_now": f"select prikke.run_now('{job}')",
        "pause_queue": "select prikke.pause_queue('default')",
        "rotate_signing_secret": "select prikke.rotate_signing_secret()",
    }.items():
        try:
            db.execute(statement)
            done.add(name)
        except psycopg.Error as error:
            if error.sqlstate != "PK403":
                raise
    return done


def test_a_member_of_another_organization_does_nothing_here(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    other = make_organization(db, "Other")
    person = make_member(db, other, "owner")
    use(db, organization)
    act(db, person)

    assert _does(db, UUID(int=0)) == set()


def test_a_key_of_another_organization_does_nothing_here(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    use(db, make_organization(db, "Other"))
    key = call(db, "create_key", name="ci", public_id="pk_live_" + "b" * 22, secret_hash=token())
    use(db, organization)
    db.execute("select set_config('prikke.actor', %s, false)", (f"key:{key['id']}",))

    assert _does(db, UUID(int=0)) == set()


def test_a_database_role_is_let_through_by_its_grants(
    db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db)

    assert len(_does(db, job)) == 5
