"""The audit: every change leaves one entry in its transaction, without secrets, for good."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Clock, Connect
from tests.factories import call, make_job, make_organization, use
from tests.virtual_runner import VirtualRunner


def entries(db: psycopg.Connection, subject: str, key: UUID | None = None) -> list[dict[str, Any]]:
    """The changes of one kind of subject, oldest first, whatever organization is chosen."""
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from prikke.audit_entry where subject_kind = %s"
            " and subject_id = coalesce(%s, subject_id) order by position",
            (subject, None if key is None else str(key)),
        ).fetchall()


def test_a_new_job_is_on_record_with_what_was_declared(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, name="Nightly", cron="0 3 * * *", key="nightly")

    [entry] = entries(db, "job", job)

    assert (entry["action"], entry["at"], entry["before"]) == ("create", at.now, None)
    assert entry["after"]["name"] == "Nightly"
    assert entry["after"]["cron"] == "0 3 * * *"
    assert entry["after"]["backoff"] == "00:00:30"
    assert not {"id", "organization_id", "masks", "seed", "version", "body"} & set(entry["after"])


def test_a_change_is_on_record_with_the_changed_fields_alone(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")

    call(db, "update_job", id=job, cron="0 4 * * *", priority=7)

    entry = entries(db, "job", job)[-1]
    assert entry["action"] == "update"
    assert entry["before"] == {"cron": "0 3 * * *", "priority": 0}
    assert entry["after"] == {"cron": "0 4 * * *", "priority": 7}
    assert entry["version"] == 2


def test_a_change_that_changes_nothing_leaves_no_entry(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")

    call(db, "update_job", id=job, cron="0 3 * * *")

    assert len(entries(db, "job", job)) == 1


@pytest.mark.parametrize(
    ("calls", "actions"),
    [
        (("pause_job",), ["create", "pause"]),
        (("pause_job", "resume_job"), ["create", "pause", "resume"]),
        (("delete_job",), ["create", "delete"]),
        (("delete_job", "restore_job"), ["create", "delete", "restore"]),
    ],
)
def test_an_entry_names_what_was_done(
    db: psycopg.Connection,
    at: Clock,
    organization: UUID,
    calls: tuple[str, ...],
    actions: list[str],
) -> None:
    job = make_job(db, cron="0 3 * * *")

    for function in calls:
        call(db, function, id=job)

    assert [entry["action"] for entry in entries(db, "job", job)] == actions


def test_a_deleted_job_is_on_record_with_all_it_was(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, name="Nightly", cron="0 3 * * *")

    call(db, "delete_job", id=job)

    entry = entries(db, "job", job)[-1]
    assert entry["after"] is None
    assert (entry["before"]["name"], entry["before"]["cron"]) == ("Nightly", "0 3 * * *")


def test_purging_a_deleted_job_adds_nothing(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, cron="0 3 * * *")
    call(db, "delete_job", id=job)
    runner.tick()

    at.move(days=8)
    runner.keep_history()

    assert db.execute("select from prikke.job_definition").fetchall() == []
    assert [entry["action"] for entry in entries(db, "job", job)] == ["create", "delete"]


def test_values_of_credentials_are_masked_and_their_change_is_still_on_record(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, headers={"Authorization": "Bearer old", "Accept": "text/plain"})

    call(db, "update_job", id=job, headers={"Authorization": "Bearer new", "Accept": "text/plain"})

    first, second = entries(db, "job", job)
    assert first["after"]["headers"] == {"Authorization": "••••••", "Accept": "text/plain"}
    assert second["before"] == second["after"] == {"headers": first["after"]["headers"]}


def test_no_secret_is_ever_on_record(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    db.execute("select prikke.rotate_signing_secret()")
    [(secret,)] = db.execute(
        "select id from prikke.signing_secret where sealed is null and expires_at is null"
    ).fetchall()
    db.execute(
        "select prikke.seal_signing_secret(%s, %s, %s, 'k1')",
        (organization, secret, b"sealed value"),
    )

    found = entries(db, "signing_secret")

    assert [entry["action"] for entry in found] == ["create", "update", "create"]
    assert found[1]["after"] == {"expires_at": "2026-03-03T12:00:00+00:00"}
    assert found[2]["after"] == {}


def test_an_entry_commits_or_vanishes_with_the_change(
    db: psycopg.Connection, organization: UUID, open_transaction: psycopg.Connection
) -> None:
    job = make_job(open_transaction, cron="0 3 * * *")

    open_transaction.rollback()

    assert entries(db, "job", job) == []


def test_new_organizations_are_on_record_in_their_own_audit(
    db: psycopg.Connection, at: Clock
) -> None:
    first, second = make_organization(db, "First"), make_organization(db, "Second")

    found = {
        entry["organization_id"]: entry["after"]["name"] for entry in entries(db, "organization")
    }

    assert found == {first: "First", second: "Second"}


@pytest.mark.parametrize(
    ("actor", "kind"),
    [("user:ann@example.com", "user"), ("key:pk_live_1", "key"), ("deploy 42", "other")],
)
def test_the_web_role_says_who_acts_and_from_where(
    db: psycopg.Connection, connect: Connect, organization: UUID, actor: str, kind: str
) -> None:
    web = connect(role="prikke_web")
    use(web, organization)
    web.execute(
        "select set_config('prikke.actor', %s, false),"
        " set_config('prikke.source', 'api 203.0.113.7', false)",
        (actor,),
    )

    job = make_job(web)

    [entry] = entries(db, "job", job)
    assert (entry["actor"], entry["actor_kind"]) == (actor, kind)
    assert entry["source"] == "api 203.0.113.7"


def test_a_database_user_is_on_record_under_the_role(
    db: psycopg.Connection, organization: UUID
) -> None:
    [(login,)] = db.execute("select session_user").fetchall()

    job = make_job(db)

    [entry] = entries(db, "job", job)
    assert (entry["actor"], entry["actor_kind"]) == (f"role:{login}", "role")
    assert entry["source"] == "sql local"


def test_a_job_that_the_receiver_stopped_was_paused_by_prikke(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 minute")
    at.move(minutes=1)
    [claim] = runner.work()

    runner.complete(claim, "failed", status_code=410, reason="gone")
    runner.tick()

    entry = entries(db, "job", job)[-1]
    assert (entry["action"], entry["actor"], entry["actor_kind"]) == ("pause", "prikke", "engine")
    assert entry["after"] == {"enabled": False, "paused_by": "prikke", "pause_reason": "gone"}
    assert entry["source"] == "engine"


@pytest.mark.parametrize("role", ["prikke_web", "prikke_runner", "prikke_reader", "prikke_owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "update prikke.audit_entry set actor = 'somebody else'",
        "delete from prikke.audit_entry",
        "truncate prikke.audit_entry",
        "insert into prikke.audit_entry (organization_id, id, at, actor, actor_kind, action,"
        " subject_kind, subject_id, after, source) select organization_id, gen_random_uuid(), at,"
        " 'x', 'role', action, subject_kind, subject_id, after, source from prikke.audit_entry",
    ],
)
def test_no_application_role_changes_the_audit(
    db: psycopg.Connection, connect: Connect, organization: UUID, role: str, statement: str
) -> None:
    make_job(db)
    before = entries(db, "job")
    conn = connect(role=role)
    use(conn, organization)

    refusal = None
    try:
        conn.execute(statement.encode())
    except psycopg.Error as error:
        refusal = error.sqlstate

    # An owner's delete finds nothing, by its policy.
    assert refusal in {"42501", "PK403", None}
    assert before
    assert entries(db, "job") == before


def test_the_audit_is_kept_for_400_days(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    start = at.now
    old = make_job(db)
    at.move_to(start + timedelta(days=2))
    young = make_job(db)

    at.move_to(start + timedelta(days=401))
    runner.keep_history()

    assert [entry["subject_id"] for entry in entries(db, "job")] == [str(young)]
    assert old != young
