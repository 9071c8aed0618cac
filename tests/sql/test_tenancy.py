"""Who sees whose rows: the setting, the binding, the roles and the policies."""

from uuid import UUID

import psycopg
import pytest

from tests.conftest import Connect
from tests.factories import call, make_job, make_organization, make_send, use


def test_without_a_choice_it_says_how_to_choose(db: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error) as refused:
        db.execute("select * from prikke.job")

    assert refused.value.sqlstate == "PK400"
    assert "use_organization" in (refused.value.diag.message_hint or "")


def test_an_organization_is_chosen_by_its_slug(db: psycopg.Connection) -> None:
    made = call(db, "create_organization", name="Acme Tools & Söhne")

    chosen = call(db, "use_organization", organization=made["slug"])

    assert made["slug"] == "acme-tools-s-hne"
    assert chosen["id"] == made["id"]


def test_a_slug_is_made_free_by_a_number(db: psycopg.Connection) -> None:
    slugs = [call(db, "create_organization", name="Acme")["slug"] for _ in range(3)]

    assert slugs == ["acme", "acme-2", "acme-3"]


def test_a_slug_that_is_taken_or_wrong_is_refused(db: psycopg.Connection) -> None:
    call(db, "create_organization", name="Acme", slug="acme")
    codes = []

    for slug in ("acme", "A b", "-a", "a"):
        with pytest.raises(psycopg.Error) as refused:
            call(db, "create_organization", name="Other", slug=slug)
        codes.append(refused.value.sqlstate)

    assert codes == ["PK409", "PK422", "PK422", "PK422"]


def test_an_unknown_organization_is_not_found(db: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error) as refused:
        call(db, "use_organization", organization="nowhere")

    assert refused.value.sqlstate == "PK404"


def test_rows_of_one_organization_are_not_seen_in_another(
    db: psycopg.Connection, organization: UUID
) -> None:
    make_job(db)
    make_send(db)
    use(db, make_organization(db))

    seen = [
        db.execute(f"select count(*) from prikke.{view}".encode()).fetchone()
        for view in ("job", "execution", "attempt")
    ]

    assert seen == [(0,), (0,), (0,)]


def test_the_web_role_reaches_no_table(connect: Connect, organization: UUID) -> None:
    web = connect(role="prikke_web")

    for table in ("job_definition", "live_execution", "organization", "setting", "binding"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute(f"select from prikke.{table}".encode())


def test_the_web_role_may_choose_and_call(
    db: psycopg.Connection, connect: Connect, organization: UUID
) -> None:
    web = connect(role="prikke_web")
    use(web, organization)

    job = make_job(web)

    assert call(db, "get_job", id=job)["id"] == job


def test_the_runner_role_may_not_make_jobs(connect: Connect, organization: UUID) -> None:
    runner = connect(role="prikke_runner")
    use(runner, organization)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        make_job(runner)


def test_a_login_that_is_nobody_may_not_choose(
    db: psycopg.Connection, connect: Connect, organization: UUID
) -> None:
    db.execute("create role stranger login in role prikke_reader")
    try:
        stranger = connect(user="stranger")
        use(stranger, organization)

        with pytest.raises(psycopg.Error) as refused:
            stranger.execute("select prikke.current_organization()")

        assert refused.value.sqlstate == "PK403"
        stranger.close()
    finally:
        db.execute("drop owned by stranger")
        db.execute("drop role stranger")


def test_a_policy_forced_on_the_owner_hides_foreign_rows(
    db: psycopg.Connection, organization: UUID
) -> None:
    make_job(db)
    use(db, make_organization(db))
    db.execute("set role prikke_owner")

    rows = db.execute("select id from prikke.job_definition").fetchall()

    assert rows == []


def test_a_policy_forced_on_the_owner_refuses_foreign_rows(
    db: psycopg.Connection, organization: UUID
) -> None:
    use(db, make_organization(db))
    db.execute("set role prikke_owner")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(
            "insert into prikke.freed_key (organization_id, held_by, key) values (%s, 'x', 'y')",
            (organization,),
        )


def test_rotating_asks_for_a_new_secret_and_ends_the_old_one_in_a_day(
    db: psycopg.Connection, organization: UUID
) -> None:
    db.execute("update prikke.signing_secret set sealed = 'x', keyring_id = 'k'")

    row = db.execute(
        "select count(*), count(expires_at), max(expires_at) - max(created_at)"
        " from prikke.rotate_signing_secret()"
    ).fetchone()

    assert row is not None
    assert row[:2] == (2, 1)
    assert row[2].total_seconds() == pytest.approx(86400, abs=5)


def test_the_first_process_to_seal_a_secret_wins(
    db: psycopg.Connection, organization: UUID
) -> None:
    row = db.execute("select id from prikke.signing_secret").fetchone()
    assert row is not None
    seal = "select prikke.seal_signing_secret(%s, %s, %s, 'k')"

    first = db.execute(seal, (organization, row[0], b"one")).fetchone()
    second = db.execute(seal, (organization, row[0], b"two")).fetchone()

    kept = db.execute("select sealed from prikke.signing_secret").fetchone()
    assert (first, second, kept) == ((True,), (False,), (b"one",))


def test_a_secret_is_sealed_while_somebody_changes_the_organization(
    db: psycopg.Connection, organization: UUID, open_transaction: psycopg.Connection
) -> None:
    call(open_transaction, "update_organization", name="Renamed")
    [(secret,)] = db.execute("select id from prikke.signing_secret").fetchall()
    db.execute("set lock_timeout = '100ms'")

    sealed = db.execute(
        "select prikke.seal_signing_secret(%s, %s, %s, 'k')", (organization, secret, b"one")
    ).fetchone()

    assert sealed == (True,)
