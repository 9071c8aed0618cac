"""Members of an organization: invited, changed, removed, by whoever may."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import call, make_job, make_organization, use
from tests.people import Person, act, make_member, sign_in, token

ROLES = ("viewer", "member", "admin", "owner")


def roles(db: psycopg.Connection) -> dict[str, str]:
    return dict(db.execute("select email, role from prikke.list_members()").fetchall())


def refused(db: psycopg.Connection, function: str, **arguments: Any) -> str:
    """The SQLSTATE of a call that must be refused, with its code."""
    with pytest.raises(psycopg.Error) as refusal:
        call(db, function, **arguments)
    return f"{refusal.value.sqlstate} {refusal.value.diag.constraint_name or ''}".strip()


def test_an_invitation_makes_a_member_of_whoever_has_its_address(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "invite_member", email="Bob@Example.com", role="admin")
    bob = sign_in(db, "bob@example.com")
    act(db, bob)
    [invitation] = db.execute("select id, organization from prikke.list_my_invitations()")

    joined = call(db, "accept_invitation", id=invitation[0])

    assert invitation[1] == "Acme"
    assert (joined["organization_id"], joined["role"]) == (organization, "admin")
    assert roles(db) == {"bob@example.com": "admin"}
    assert refused(db, "accept_invitation", id=invitation[0]) == "PK404"


def test_an_invitation_is_of_no_use_to_another_address(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    link = token()
    made = call(db, "invite_member", email="bob@example.com", token_hash=link)
    act(db, sign_in(db, "eve@example.com"))

    found = call(db, "find_invitation", p_token_hash=link)

    assert found["id"] == made["id"]
    assert refused(db, "accept_invitation", id=made["id"]) == "PK404"
    assert refused(db, "decline_invitation", id=made["id"]) == "PK404"
    assert roles(db) == {}


@pytest.mark.parametrize("inviter", ROLES)
@pytest.mark.parametrize("role", ROLES)
def test_nobody_invites_above_their_own_role(
    db: psycopg.Connection, at: Clock, organization: UUID, inviter: str, role: str
) -> None:
    act(db, make_member(db, organization, inviter))
    allowed = inviter == "owner" or (inviter == "admin" and role != "owner")

    if allowed:
        assert call(db, "invite_member", email="b@example.com", role=role)["role"] == role
    else:
        assert refused(db, "invite_member", email="b@example.com", role=role).startswith("PK403")


def test_an_invitation_ends_after_seven_days(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    made = call(db, "invite_member", email="bob@example.com")
    at.move(days=7)
    act(db, sign_in(db, "bob@example.com"))

    assert db.execute("select from prikke.list_my_invitations()").fetchall() == []
    assert refused(db, "accept_invitation", id=made["id"]) == "PK404"


@pytest.mark.parametrize("loss", ["demoted", "removed"])
def test_an_invitation_ends_when_its_inviter_may_give_that_role_no_more(
    db: psycopg.Connection, at: Clock, organization: UUID, loss: str
) -> None:
    admin = make_member(db, organization, "admin")
    act(db, admin)
    made = call(db, "invite_member", email="bob@example.com")
    act(db, None)
    if loss == "demoted":
        call(db, "set_role", user_id=admin.id, role="member")
    else:
        call(db, "remove_member", user_id=admin.id)
    act(db, sign_in(db, "bob@example.com"))

    assert refused(db, "accept_invitation", id=made["id"]) == "PK404"
    assert db.execute("select from prikke.list_invitations()").fetchall() == []


def test_an_invitation_is_declined_or_withdrawn_once(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    first = call(db, "invite_member", email="bob@example.com")
    act(db, sign_in(db, "bob@example.com"))
    call(db, "decline_invitation", id=first["id"])
    assert refused(db, "decline_invitation", id=first["id"]) == "PK404"

    act(db, None)
    second = call(db, "invite_member", email="bob@example.com")
    call(db, "withdraw_invitation", id=second["id"])

    assert refused(db, "withdraw_invitation", id=second["id"]) == "PK404"
    assert roles(db) == {}


def test_a_second_invitation_takes_the_place_of_the_first(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    old, new = token(), token()
    call(db, "invite_member", email="bob@example.com", token_hash=old)
    call(db, "invite_member", email="bob@example.com", role="viewer", token_hash=new)

    [row] = db.execute("select role from prikke.list_invitations()").fetchall()

    assert row == ("viewer",)
    assert db.execute("select from prikke.find_invitation(%s)", (old,)).fetchall() == []


def test_an_invitation_without_a_link_gets_one_once_and_by_one(
    db: psycopg.Connection, connect: Connect, at: Clock, organization: UUID
) -> None:
    for name in ("ann", "bob", "eve"):
        call(db, "invite_member", email=f"{name}@example.com")
        at.move(hours=1)
    links = [token() for _ in range(4)]
    first, second = connect(autocommit=False), connect()

    taken = first.execute("select email from prikke.mail_invitations(%s)", (links[:1],)).fetchall()
    others = second.execute(
        "select token_hash, email, days from prikke.mail_invitations(%s)", (links[1:],)
    ).fetchall()
    first.commit()

    assert taken == [("ann@example.com",)]
    assert others == [(links[1], "bob@example.com", 7), (links[2], "eve@example.com", 7)]
    assert call(db, "find_invitation", p_token_hash=links[2])["email"] == "eve@example.com"
    assert second.execute("select from prikke.mail_invitations(%s)", (links,)).fetchall() == []
    actions = db.execute("select action from prikke.list_audit(subject_kind => 'invitation')")
    assert {row[0] for row in actions} == {"create"}


def test_a_member_is_not_invited_again(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    bob = make_member(db, organization)

    assert refused(db, "invite_member", email=bob.email) == "PK409 already_member"


@pytest.mark.parametrize("actor", ROLES)
@pytest.mark.parametrize("target", ROLES)
@pytest.mark.parametrize("role", ROLES)
def test_admins_change_all_but_owners_and_owners_everybody(
    db: psycopg.Connection, at: Clock, organization: UUID, actor: str, target: str, role: str
) -> None:
    make_member(db, organization, "owner")
    changed = make_member(db, organization, target)
    act(db, make_member(db, organization, actor))
    allowed = actor == "owner" or (actor == "admin" and "owner" not in (target, role))

    if allowed:
        assert call(db, "set_role", user_id=changed.id, role=role)["role"] == role
    else:
        assert refused(db, "set_role", user_id=changed.id, role=role) == "PK403 role_missing"


def test_the_last_owner_can_neither_leave_nor_be_demoted_nor_be_removed(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    owner = make_member(db, organization, "owner")
    make_member(db, organization, "admin")
    act(db, owner)

    answers = [
        refused(db, "leave_organization"),
        refused(db, "set_role", user_id=owner.id, role="admin"),
        refused(db, "remove_member", user_id=owner.id),
    ]

    assert answers == ["PK409 last_owner"] * 3


def test_of_two_owners_who_demote_each_other_at_once_one_remains(
    db: psycopg.Connection, connect: Connect, at: Clock, organization: UUID
) -> None:
    people = [make_member(db, organization, "owner") for _ in range(2)]
    first, second = connect(autocommit=False), connect()
    for conn, person in zip((first, second), people, strict=True):
        use(conn, organization)
        act(conn, person)
    call(first, "set_role", user_id=people[1].id, role="viewer")

    pending = _in_background(second, "set_role", user_id=people[0].id, role="viewer")
    _waits(db)
    first.commit()

    assert pending() == "PK403"
    assert sorted(roles(db).values()) == ["owner", "viewer"]


def test_of_two_owners_who_leave_at_once_one_remains(
    db: psycopg.Connection, connect: Connect, at: Clock, organization: UUID
) -> None:
    people = [make_member(db, organization, "owner") for _ in range(2)]
    first, second = connect(autocommit=False), connect()
    for conn, person in zip((first, second), people, strict=True):
        use(conn, organization)
        act(conn, person)
    call(first, "leave_organization")

    pending = _in_background(second, "leave_organization")
    _waits(db)
    first.commit()

    assert pending() == "PK409"
    assert list(roles(db).values()) == ["owner"]


def _in_background(conn: psycopg.Connection, function: str, **arguments: Any) -> Any:
    from threading import Thread

    said: list[str | None] = []

    def work() -> None:
        try:
            call(conn, function, **arguments)
            said.append(None)
        except psycopg.Error as error:
            said.append(error.sqlstate)

    thread = Thread(target=work)
    thread.start()

    def ended() -> str | None:
        thread.join(10)
        return said[0]

    return ended


def _waits(db: psycopg.Connection) -> None:
    """Return when somebody waits for a lock in this database."""
    import time

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        row = db.execute(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        ).fetchone()
        if row != (0,):
            return
    raise AssertionError("nobody waits")


def test_ownership_is_transferred(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    owner = make_member(db, organization, "owner")
    other = make_member(db, organization, "member")
    act(db, owner)

    call(db, "transfer_ownership", user_id=other.id)

    assert roles(db) == {owner.email: "admin", other.email: "owner"}


def test_whoever_left_is_refused_at_once(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    make_member(db, organization, "owner")
    person = make_member(db, organization, "member")
    act(db, person)
    make_job(db)

    call(db, "leave_organization")

    assert refused(db, "create_job", name="x", url="https://example.com") == "PK403 role_missing"


def test_whoever_makes_an_organization_owns_it_and_chooses_no_tier(
    db: psycopg.Connection, at: Clock
) -> None:
    ann = sign_in(db, "ann@example.com")
    act(db, ann)

    made = make_organization(db, "Hers")

    use(db, made)
    assert roles(db) == {"ann@example.com": "owner"}
    assert refused(db, "create_organization", name="Rich", tier="pro") == "PK403"
    mine = db.execute("select name, role from prikke.list_my_organizations()").fetchall()
    assert mine == [("Hers", "owner")]


def test_an_operator_names_the_owner(db: psycopg.Connection, at: Clock) -> None:
    call(db, "create_user", p_email="ann@example.com")

    made = make_organization(db, "Hers", owner="Ann@example.com")

    use(db, made)
    assert roles(db) == {"ann@example.com": "owner"}
    assert refused(db, "create_organization", name="X", owner="no@example.com") == "PK422"


def test_an_organization_is_renamed_by_admins_and_its_slug_stays_unique(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    make_organization(db, "Other")
    act(db, make_member(db, organization, "admin"))

    changed = call(db, "update_organization", name="Acme Tools", slug="tools")

    assert (changed["name"], changed["slug"]) == ("Acme Tools", "tools")
    assert refused(db, "update_organization", slug="other") == "PK409"
    assert refused(db, "update_organization", slug="A!") == "PK422"
    assert refused(db, "update_organization", tier="pro") == "PK403"


def test_what_becomes_of_members_is_in_the_audit(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    owner = make_member(db, organization, "owner")
    member = make_member(db, organization, "member")
    act(db, owner)

    call(db, "set_role", user_id=member.id, role="admin")

    [entry] = db.execute(
        "select actor, before, after"
        " from prikke.list_audit(subject_kind => 'member', action => 'update')"
    ).fetchall()
    assert entry == (f"user:{owner.id}", {"role": "member"}, {"role": "admin"})


def _delete(db: psycopg.Connection, owner: Person, confirm: str) -> None:
    act(db, owner)
    call(db, "delete_organization", confirm=confirm)


def test_a_deleted_organization_is_gone_for_everybody_at_once(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    owner = make_member(db, organization, "owner")
    make_job(db, every="1 minute")

    _delete(db, owner, "acme")

    assert db.execute("select from prikke.list_my_organizations()").fetchall() == []
    assert db.execute("select from prikke.job").fetchall() == []
    act(db, None)
    assert refused(db, "use_organization", organization="acme") == "PK404"
    assert make_organization(db, "Acme") != organization


def test_deleting_wants_the_slug_an_owner_and_a_recent_sign_in(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    owner = make_member(db, organization, "owner")
    act(db, make_member(db, organization, "admin"))
    assert refused(db, "delete_organization", confirm="acme") == "PK403 role_missing"
    act(db, owner)
    assert refused(db, "delete_organization", confirm="Acme") == "PK422"
    at.move(minutes=16)
    assert refused(db, "delete_organization", confirm="acme") == "PK403 sign_in_again"

    assert db.execute("select deleted_at from prikke.organization").fetchall() == [(None,)]


def test_upkeep_leaves_nothing_of_a_deleted_organization_and_all_of_the_others(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute("select prikke.keep_history()")
    other = make_organization(db, "Other")
    use(db, other)
    make_job(db, every="1 minute")
    use(db, organization)
    make_job(db, every="1 minute")
    call(db, "set_queue", name="slow", max_running=1)
    _delete(db, make_member(db, organization, "owner"), "acme")
    db.execute("select prikke.enqueue_due()")

    db.execute("select prikke.keep_history()")

    left = {}
    for (table,) in db.execute(
        "select c.oid::regclass::text from pg_class as c"
        " join pg_attribute as a on a.attrelid = c.oid and a.attname = 'organization_id'"
        " where c.relnamespace = 'prikke'::regnamespace and c.relkind in ('r', 'p')"
    ).fetchall():
        row = db.execute(
            f"select count(*) from {table} where organization_id = %s", (organization,)
        ).fetchone()
        if row != (0,):
            left[table] = row
    assert left == {}
    assert db.execute("select id from prikke.organization").fetchall() == [(other,)]
    assert db.execute("select count(*) from prikke.job_definition").fetchone() == (1,)


def test_an_export_holds_everything_but_secrets_and_other_organizations(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    use(db, make_organization(db, "Other"))
    make_job(db, name="not ours")
    use(db, organization)
    make_job(db, name="ours", headers={"Authorization": "Bearer abc123"})
    owner = make_member(db, organization, "owner")
    act(db, owner)

    rows = db.execute("select kind, item::text from prikke.export_organization()").fetchall()

    text = "\n".join(item for _, item in rows)
    assert {"organization", "member", "job_definition", "job_version", "audit_entry"} <= {
        kind for kind, _ in rows
    }
    assert '"ours"' in text
    assert owner.email in text
    assert "not ours" not in text
    assert "abc123" not in text


def test_an_organization_invites_so_often_an_hour_whether_it_withdraws_or_not(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    for number in range(50):
        made = call(db, "invite_member", email=f"somebody{number % 2}@example.com")
        if number % 2:
            db.execute("select prikke.withdraw_invitation(id => %s)", (made["id"],))

    now = refused(db, "invite_member", email="another@example.com")
    at.move(minutes=61)
    call(db, "invite_member", email="another@example.com")

    assert now == "PK429 too_many_invitations"


def test_an_operator_adds_a_member_who_keeps_the_role_they_had(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    sign_in(db, "ann@example.com")
    act(db, None)

    added = call(db, "add_member", p_email="Ann@example.com", p_role="owner")
    again = call(db, "add_member", p_email="ann@example.com", p_role="viewer")

    assert (added["role"], again["role"]) == ("owner", "owner")
    assert refused(db, "add_member", p_email="nobody@example.com", p_role="owner") == "PK404"
    assert refused(db, "add_member", p_email="ann@example.com", p_role="boss") == "PK422"
