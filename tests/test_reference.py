"""docs/sql.md is what the catalog says, and each of its examples runs."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from prikke.reference import examples, public_functions, render
from prikke.sqlfiles import read_table
from tests.conftest import Clock, Connect
from tests.factories import URL, call, make_job, make_send, use
from tests.virtual_runner import VirtualRunner

REFERENCE = Path(__file__).parent.parent / "docs" / "sql.md"
_PLACEHOLDER = re.compile("0198(?:…|c0de-0000-7000-8000-000000000000)")


def test_the_reference_is_what_the_catalog_says(
    db: psycopg.Connection, pytestconfig: pytest.Config
) -> None:
    written = render(db)

    if pytestconfig.getoption("--write-reference"):
        REFERENCE.write_text(written, encoding="utf-8")
    assert written == REFERENCE.read_text(encoding="utf-8"), "`make reference` writes it anew"


def test_every_function_for_people_is_in_the_reference(db: psycopg.Connection) -> None:
    """Whoever is bound may call it, and its arguments have names for people."""
    shown = {function.name for function in public_functions(db)}
    granted = {
        row["function"]
        for row in read_table("grants.tsv")
        if {"bound_read", "bound_write"} & set(row["roles"].split(","))
    }
    for_people = db.execute(
        "select distinct p.proname::text from pg_proc as p"
        " where p.pronamespace = 'prikke'::regnamespace and p.proname = any (%s)"
        " and not coalesce(p.proargnames[1] ~ '^p_', false)"
        " and p.prorettype <> 'trigger'::regtype",
        (list(granted),),
    ).fetchall()

    assert {name for (name,) in for_people} - shown <= {
        "current_organization",
        "list_runner_health",
    }


@pytest.fixture
def sample(
    db: psycopg.Connection, at: Clock, connect: Connect, organization: UUID
) -> dict[str, Any]:
    """A database in which there is something of everything, and ids for the placeholder."""
    runner = VirtualRunner(connect(role="prikke_runner"))
    runner.keep_history()
    call(db, "create_organization", name="default", slug="default")
    db.execute(
        "create schema shop; create table shop.orders (id integer primary key,"
        " status text, customer_id integer, total numeric)"
    )
    db.execute(
        "create schema cron; create table cron.job (jobid bigint, schedule text, command"
        " text, jobname text, active boolean)"
    )
    job = make_job(db, name="Nightly", key="nightly", cron="0 3 * * *")
    call(db, "update_job", id=job, priority=1)
    call(db, "set_queue", name="mail", max_running=5)
    call(db, "pause_queue", name="mail")
    make_send(db, queue="a", ref="order-42", body="over")
    [ended] = runner.claim()
    runner.complete(ended, "failed")
    waiting = make_send(db, delay="1 hour", ref="order-42")
    deleted = make_job(db)
    call(db, "delete_job", id=deleted)
    people = {
        name: call(db, "create_user", p_email=f"{name}@example.com")["id"]
        for name in ("owner", "member", "invited")
    }
    for name in ("owner", "member"):
        db.execute(
            "insert into prikke.member values (%s, %s, %s, prikke.clock())",
            (organization, people[name], name),
        )
    invitation = call(db, "invite_member", email="invited@example.com")
    key = call(
        db, "create_key", name="deploy", public_id=f"pk_live_{'1' * 24}", secret_hash=bytes(32)
    )
    watch = call(db, "watch", watched="shop.orders", url=URL, key="orders")
    db.execute("select prikke.rotate_signing_secret()")
    [(secret,)] = db.execute(
        "select id from prikke.signing_secret where expires_at is not null"
    ).fetchall()
    [(change,)] = db.execute(
        "select id from prikke.audit where subject_id = %s and action = 'update'", (str(job),)
    ).fetchall()
    channel = call(db, "create_channel", target="ops@example.com")
    window = call(db, "snooze", job_id=job)
    return {
        "job": job,
        "channel": channel["id"],
        "window": window["id"],
        "waiting": waiting,
        "ended": ended.id,
        "deleted": deleted,
        "change": change,
        "organization": organization,
        "invitation": invitation["id"],
        "key": key["id"],
        "secret": secret,
        "watch": watch["id"],
        **people,
    }


# Whose id an example means, where it is not a job's.
MEANT = {
    "accept_invitation": "invitation",
    "attempt": "ended",
    "cancel_execution": "waiting",
    "decline_invitation": "invitation",
    "delete_channel": "channel",
    "delete_maintenance": "window",
    "end_signing_secret": "secret",
    "get_channel": "channel",
    "get_execution": "ended",
    "remove_member": "member",
    "replay_execution": "ended",
    "restore_job": "deleted",
    "revert": "change",
    "revoke_key": "key",
    "set_role": "member",
    "test_channel": "channel",
    "transfer_ownership": "member",
    "unwatch": "watch",
    "update_channel": "channel",
    "withdraw_invitation": "invitation",
}
# Who acts, where it must be a person.
ACTING = {
    "accept_invitation": "invited",
    "decline_invitation": "invited",
    "leave_organization": "member",
    "transfer_ownership": "owner",
}


def test_every_example_runs(db: psycopg.Connection, sample: dict[str, Any]) -> None:
    use(db, sample["organization"])
    failed = []
    for name, example in examples(db):
        statement = _PLACEHOLDER.sub(str(sample[MEANT.get(name, "job")]), example)
        try:
            with db.transaction(force_rollback=True):
                prepare(db, name, sample)
                db.execute(statement.encode())
        except psycopg.Error as error:
            failed.append((name, statement, str(error)))

    assert failed == []


def prepare(db: psycopg.Connection, name: str, sample: dict[str, Any]) -> None:
    """What must stand before an example can use it or take it away."""
    if name in {"grant_access", "revoke_access"}:
        db.execute("create role reporting login")
    if name == "revoke_access":
        db.execute("select prikke.grant_access('reporting', 'acme')")
    if name in ACTING:
        actor = f"user:{sample[ACTING[name]]}"
        db.execute(
            "select set_config('prikke.actor', %s, true),"
            " set_config('prikke.signed_in_at', prikke.clock()::text, true)",
            (actor,),
        )
    if name == "delete_secret":
        db.execute("select prikke.store_secret('API_TOKEN', 'sealed', 'k1')")


def test_no_example_changes_what_it_does_not_name(db: psycopg.Connection) -> None:
    """An example is pasted into somebody's database."""
    risky = [
        name
        for name, example in examples(db)
        if not re.match(r"(select|call)\b", example) or example.count(";") != 1
    ]

    assert risky == []


@pytest.mark.parametrize("wanted", ["create_job", "send"])
def test_signatures_read_as_they_are_called(db: psycopg.Connection, wanted: str) -> None:
    found = next(function for function in public_functions(db) if function.name == wanted)
    line = sql.Literal(" ".join(found.arguments)).as_string(db)

    assert "backoff interval default '00:00:30'" in line.replace("''", "'")
    assert "::" not in line
