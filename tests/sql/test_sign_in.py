"""Signing in by a link in a mail, and the sessions that come of it."""

from datetime import timedelta

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import call, make_organization, use
from tests.people import Person, act, ask, make_member, sign_in, token


def redeem(db: psycopg.Connection, link: bytes) -> dict[str, object]:
    return call(db, "complete_sign_in", p_token_hash=link, p_session_hash=token())


def call_session(db: psycopg.Connection, session: bytes) -> list[object]:
    return list(db.execute("select * from prikke.authenticate_session(%s)", (session,)))


def test_the_first_sign_in_makes_the_user_and_the_organization_they_named(
    db: psycopg.Connection, at: Clock
) -> None:
    link = ask(db, "  Ann@Example.COM ", p_organization_name="Ann's Shop")

    row = redeem(db, link)

    assert (row["email"], row["created"], row["slug"]) == ("ann@example.com", True, "ann-s-shop")
    found = db.execute(
        "select o.name, o.tier, m.role, m.user_id from prikke.member as m"
        " join prikke.organization as o on o.id = m.organization_id"
    ).fetchall()
    assert found == [("Ann's Shop", "free", "owner", row["user_id"])]


def test_the_second_sign_in_is_the_same_user_and_makes_no_organization(
    db: psycopg.Connection, at: Clock
) -> None:
    first = redeem(db, ask(db, "ann@example.com", p_organization_name="One"))

    second = redeem(db, ask(db, "ANN@example.com", p_organization_name="Two"))

    assert second["user_id"] == first["user_id"]
    assert (second["created"], second["slug"]) == (False, None)
    assert db.execute("select name from prikke.organization").fetchall() == [("One",)]


def test_a_link_signs_in_once(db: psycopg.Connection, at: Clock) -> None:
    link = ask(db, "ann@example.com")
    redeem(db, link)

    with pytest.raises(psycopg.Error) as refusal:
        redeem(db, link)

    assert refusal.value.sqlstate == "PK410"


def test_of_two_who_redeem_a_link_at_once_one_is_signed_in(
    db: psycopg.Connection, connect: Connect, at: Clock
) -> None:
    link = ask(db, "ann@example.com")
    first = connect(autocommit=False)
    redeem(first, link)
    second = connect()
    second.execute("set lock_timeout = '200ms'")

    with pytest.raises(psycopg.errors.LockNotAvailable):
        redeem(second, link)
    first.commit()
    with pytest.raises(psycopg.Error) as refusal:
        redeem(second, link)

    assert refusal.value.sqlstate == "PK410"
    assert db.execute("select count(*) from prikke.session").fetchone() == (1,)


def test_a_link_ends_after_fifteen_minutes(db: psycopg.Connection, at: Clock) -> None:
    link = ask(db, "ann@example.com")
    at.move(minutes=15)

    with pytest.raises(psycopg.Error) as refusal:
        redeem(db, link)

    assert refusal.value.sqlstate == "PK410"


def test_a_token_that_was_never_given_out_is_answered_like_one_that_ended(
    db: psycopg.Connection, at: Clock
) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        redeem(db, token())

    assert refusal.value.sqlstate == "PK410"


def test_the_sixth_mail_within_an_hour_to_an_address_is_refused(
    db: psycopg.Connection, at: Clock
) -> None:
    for number in range(5):
        ask(db, "ann@example.com", f"203.0.113.{number}")
    at.move(minutes=50)

    with pytest.raises(psycopg.Error) as refusal:
        ask(db, "ANN@example.com", "203.0.113.99")
    at.move(minutes=10)
    ask(db, "ann@example.com", "203.0.113.99")

    assert refusal.value.sqlstate == "PK429"
    assert refusal.value.diag.message_detail == '{"retry_after_ms": 600000}'


def test_the_twenty_first_mail_within_an_hour_from_one_place_is_refused(
    db: psycopg.Connection, at: Clock
) -> None:
    for number in range(20):
        ask(db, f"somebody{number}@example.com")

    with pytest.raises(psycopg.Error) as refusal:
        ask(db, "another@example.com")
    ask(db, "another@example.com", "198.51.100.1")

    assert refusal.value.sqlstate == "PK429"


@pytest.mark.parametrize("email", ["", "ann", "ann@", "a b@example.com", "a@b\nc@d", None])
def test_what_is_no_address_is_refused(db: psycopg.Connection, email: str | None) -> None:

    with pytest.raises(psycopg.Error) as refusal:
        call(db, "request_sign_in", p_email=email, p_token_hash=token(), p_address="::1")

    assert refusal.value.sqlstate == "PK422"


def test_where_sign_up_is_closed_only_users_and_the_invited_get_a_mail(
    db: psycopg.Connection, at: Clock
) -> None:
    organization = make_organization(db)
    use(db, organization)
    sign_in(db, "user@example.com")
    act(db, None)
    call(db, "invite_member", email="invited@example.com")
    db.execute("""select prikke.publish_settings('{"sign_up": "closed"}')""")

    wanted = {
        name: call(
            db,
            "request_sign_in",
            p_email=f"{name}@example.com",
            p_token_hash=token(),
            p_address="::1",
        )["wanted"]
        for name in ("user", "invited", "stranger")
    }

    assert wanted == {"user": True, "invited": True, "stranger": False}


def test_the_link_that_was_not_mailed_signs_nobody_in(db: psycopg.Connection, at: Clock) -> None:
    db.execute("""select prikke.publish_settings('{"sign_up": "closed"}')""")
    link = ask(db, "stranger@example.com")

    with pytest.raises(psycopg.Error) as refusal:
        redeem(db, link)

    assert refusal.value.sqlstate == "PK410"


def enter(db: psycopg.Connection, person: Person, *more: object) -> dict[str, object]:
    with db.transaction():
        places = ", ".join(["%s"] * (len(more) + 1))
        row = db.execute(
            f"select user_id, organization_id, role, current_setting('prikke.actor')"
            f" from prikke.enter_session({places})",
            (person.session, *more),
        ).fetchone()
    assert row is not None
    return dict(zip(("user", "organization", "role", "actor"), row, strict=True))


def test_a_session_acts_as_its_user_in_an_organization_of_theirs(
    db: psycopg.Connection, at: Clock
) -> None:
    organization = make_organization(db, "Acme")
    person = make_member(db, organization, "viewer")

    entered = enter(db, person, "acme", "list_jobs", "page 203.0.113.7")

    assert entered == {
        "user": person.id,
        "organization": organization,
        "role": "viewer",
        "actor": f"user:{person.id}",
    }


def test_an_organization_of_others_is_answered_like_one_that_does_not_exist(
    db: psycopg.Connection, at: Clock
) -> None:
    make_organization(db, "Acme")
    person = sign_in(db, "ann@example.com")

    messages = []
    for slug in ("acme", "nothing"):
        with pytest.raises(psycopg.Error) as refusal:
            enter(db, person, slug, "list_jobs")
        assert refusal.value.sqlstate == "PK404"
        messages.append(str(refusal.value.diag.message_primary).replace(slug, "…"))

    assert messages[0] == messages[1]


@pytest.mark.parametrize(
    ("role", "function", "allowed"),
    [
        ("viewer", "list_jobs", True),
        ("viewer", "create_job", False),
        ("viewer", "run_now", False),
        ("member", "create_job", True),
        ("member", "run_now", True),
        ("member", "create_key", False),
        ("admin", "create_key", True),
        ("admin", "delete_organization", False),
        ("owner", "delete_organization", True),
    ],
)
def test_a_role_enters_for_the_functions_it_may_call(
    db: psycopg.Connection, at: Clock, role: str, function: str, allowed: bool
) -> None:
    person = make_member(db, make_organization(db, "Acme"), role)

    if allowed:
        assert enter(db, person, "acme", function)["role"] == role
        return
    with pytest.raises(psycopg.Error) as refusal:
        enter(db, person, "acme", function)

    assert refusal.value.sqlstate == "PK403"


def test_a_session_ends_fourteen_days_after_it_was_last_seen(
    db: psycopg.Connection, at: Clock
) -> None:
    person = sign_in(db, "ann@example.com")

    at.move(days=13)
    enter(db, person)
    at.move(days=13)
    enter(db, person)
    at.move(days=14)
    with pytest.raises(psycopg.Error) as refusal:
        enter(db, person)

    assert refusal.value.sqlstate == "PK401"


def test_that_a_session_is_seen_waits_for_nobody(
    db: psycopg.Connection, connect: Connect, at: Clock
) -> None:
    person = sign_in(db, "ann@example.com")
    at.move(minutes=6)
    other = connect(autocommit=False)
    other.execute("select * from prikke.enter_session(%s)", (person.session,))
    db.execute("set lock_timeout = '100ms'")

    entered = enter(db, person)

    assert entered["user"] == person.id
    other.rollback()


def test_sessions_are_listed_and_a_revoked_one_is_refused_at_once(
    db: psycopg.Connection, at: Clock
) -> None:
    here = sign_in(db, "ann@example.com")
    at.move(minutes=1)
    there = sign_in(db, "ann@example.com")
    enter(db, here)
    act(db, here)

    [newest, _] = db.execute("select id from prikke.list_sessions()").fetchall()
    call(db, "revoke_session", id=newest[0])

    assert enter(db, here)["user"] == here.id
    with pytest.raises(psycopg.Error) as refusal:
        enter(db, there)
    assert refusal.value.sqlstate == "PK401"


def test_the_session_of_somebody_else_cannot_be_revoked(db: psycopg.Connection, at: Clock) -> None:
    ann = sign_in(db, "ann@example.com")
    act(db, ann)
    [(session,)] = db.execute("select id from prikke.list_sessions()").fetchall()
    act(db, sign_in(db, "bob@example.com"))

    with pytest.raises(psycopg.Error) as refusal:
        call(db, "revoke_session", id=session)

    assert refusal.value.sqlstate == "PK404"


def test_an_address_changes_by_the_link_sent_to_the_new_one(
    db: psycopg.Connection, at: Clock
) -> None:
    ann = sign_in(db, "ann@example.com")
    act(db, ann)
    link = token()
    call(db, "request_email_change", p_email="new@example.com", p_token_hash=link, p_address="::1")

    row = redeem(db, link)

    assert (row["user_id"], row["email"]) == (ann.id, "new@example.com")
    assert sign_in(db, "new@example.com").id == ann.id


def test_a_new_address_ends_what_was_begun_before_it(db: psycopg.Connection, at: Clock) -> None:
    eve = sign_in(db, "eve@example.com")
    act(db, eve)
    links = [token(), token()]
    for link, email in zip(links, ("ann@example.com", "back@example.com"), strict=True):
        call(db, "request_email_change", p_email=email, p_token_hash=link, p_address="::1")
    bob = sign_in(db, "bob@example.com")
    session = token()

    call(db, "complete_sign_in", p_token_hash=links[0], p_session_hash=session)

    with pytest.raises(psycopg.Error) as refusal:
        redeem(db, links[1])
    assert refusal.value.sqlstate == "PK410"
    alive = [bool(call_session(db, each)) for each in (eve.session, session, bob.session)]
    assert alive == [False, True, True]


def test_an_address_of_somebody_else_cannot_be_taken(db: psycopg.Connection, at: Clock) -> None:
    sign_in(db, "bob@example.com")
    act(db, sign_in(db, "ann@example.com"))
    link = token()
    call(db, "request_email_change", p_email="bob@example.com", p_token_hash=link, p_address="::1")

    with pytest.raises(psycopg.Error) as refusal:
        redeem(db, link)

    assert refusal.value.sqlstate == "PK409"


def test_a_change_of_address_wants_a_sign_in_of_the_last_fifteen_minutes(
    db: psycopg.Connection, at: Clock
) -> None:
    act(db, sign_in(db, "ann@example.com"))
    at.move(minutes=15)

    with pytest.raises(psycopg.Error) as refusal:
        call(
            db,
            "request_email_change",
            p_email="new@example.com",
            p_token_hash=token(),
            p_address="::1",
        )

    assert (refusal.value.sqlstate, refusal.value.diag.constraint_name) == (
        "PK403",
        "sign_in_again",
    )


def test_a_person_chooses_the_zone_of_their_times(db: psycopg.Connection, at: Clock) -> None:
    ann, bob = sign_in(db, "ann@example.com"), sign_in(db, "bob@example.com")
    act(db, ann)

    row = call(db, "update_user", p_timezone="Europe/Oslo")
    with pytest.raises(psycopg.Error) as refusal:
        call(db, "update_user", p_timezone="Europe/Osla")

    assert (row["id"], row["timezone"]) == (ann.id, "Europe/Oslo")
    assert refusal.value.sqlstate == "PK422"
    assert "Europe/Oslo" in str(refusal.value.diag.message_detail)
    zones = db.execute("select id, timezone from prikke.app_user").fetchall()
    assert set(zones) == {(ann.id, "Europe/Oslo"), (bob.id, "UTC")}


def test_signing_out_everywhere_else_leaves_this_session_and_those_of_others(
    db: psycopg.Connection, at: Clock
) -> None:
    other = sign_in(db, "bob@example.com")
    sign_in(db, "ann@example.com")
    here = sign_in(db, "ann@example.com")
    call(db, "enter_session", p_session_hash=here.session)
    db.execute(
        "select set_config('prikke.actor', 'user:' || user_id, false),"
        " set_config('prikke.session', id::text, false) from prikke.session where token_hash = %s",
        (here.session,),
    )

    ended = db.execute("select prikke.revoke_other_sessions()").fetchone()

    assert ended == (1,)
    kept = {bytes(row[0]) for row in db.execute("select token_hash from prikke.session")}
    assert kept == {other.session, here.session}


def test_upkeep_removes_old_links_and_sessions(db: psycopg.Connection, at: Clock) -> None:
    sign_in(db, "ann@example.com")
    at.move(days=1, hours=1)
    ask(db, "bob@example.com")
    at.move_to(at.now + timedelta(days=13, hours=12))

    db.execute("select prikke.purge_accounts(100)")

    assert db.execute("select count(*) from prikke.sign_in").fetchone() == (0,)
    assert db.execute("select count(*) from prikke.session").fetchone() == (0,)
    assert db.execute("select count(*) from prikke.app_user").fetchone() == (1,)
