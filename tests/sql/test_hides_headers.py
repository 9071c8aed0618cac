"""Values of headers are shown to nobody below a member, at whatever door."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from prikke.http.auth import make_key
from tests.conftest import Connect
from tests.factories import call, make_job, make_organization, make_send, use
from tests.people import act, make_member
from tests.virtual_runner import VirtualRunner

SECRET = "value-of-a-header"
HEADERS = json.dumps({"X-Customer": SECRET})

# Everything that shows headers, for the job and the execution at hand.
SHOWN = {
    "job": "select headers::text from prikke.job",
    "get_job": "select headers::text from prikke.get_job(%(job)s)",
    "list_jobs": "select headers::text from prikke.list_jobs()",
    "list_versions": "select coalesce(changes::text, '') || job from prikke.list_versions(%(job)s)",
    "execution": "select headers::text from prikke.execution",
    "get_execution": "select headers || response_headers from prikke.get_execution(%(execution)s)",
    "list_executions": "select e::text from prikke.list_executions() as e",
    "attempt": "select response_headers::text from prikke.attempt",
    "list_attempts": "select a::text from prikke.list_attempts(%(execution)s) as a",
    "audit": "select before::text || after from prikke.audit",
    "list_audit": "select coalesce(before::text, '') || after from prikke.list_audit()",
    "watch": "select headers::text from prikke.watch",
    "list_watches": "select headers::text from prikke.list_watches()",
}


@pytest.fixture
def things(db: psycopg.Connection, runner: VirtualRunner, organization: UUID) -> dict[str, UUID]:
    """A job changed once, a delivery that was answered, one that waits, and a watch."""
    job = make_job(db, headers=json.dumps({"X-Customer": "former"}), cron="0 3 * * *")
    call(db, "update_job", id=job, headers=HEADERS)
    call(db, "run_now", id=job)
    make_send(db, headers=HEADERS)
    for claim in runner.claim():
        status = "success" if claim.job_id is None else "failed"
        runner.complete(claim, status, response_headers={"X-Answer": SECRET})
    make_send(db, headers=HEADERS, delay="1 hour")
    db.execute("create table public.orders (id integer)")
    db.execute(
        "select prikke.watch('public.orders', url => 'https://example.com/', headers => %s)",
        (HEADERS,),
    )
    row = db.execute("select id from prikke.past_execution where job_id is null").fetchone()
    assert row is not None
    return {"job": job, "execution": row[0]}


def seen(conn: psycopg.Connection, things: dict[str, UUID]) -> set[str]:
    """Where the value of a header shows."""
    return {
        name
        for name, query in SHOWN.items()
        if SECRET in str(conn.execute(query.encode(), things).fetchall())
    }


def a_person(role: str) -> Callable[[psycopg.Connection, UUID], None]:
    return lambda db, organization: act(db, make_member(db, organization, role))


def a_key(*scopes: str) -> Callable[[psycopg.Connection, UUID], None]:
    def become(db: psycopg.Connection, _: UUID) -> None:
        made = make_key().credentials
        row = call(
            db,
            "create_key",
            name="key",
            public_id=made.public_id,
            secret_hash=made.secret_hash,
            scopes=list(scopes),
        )
        db.execute("select set_config('prikke.actor', %s, false)", (f"key:{row['id']}",))

    return become


@pytest.mark.parametrize(
    ("become", "sees"),
    [
        (a_person("viewer"), False),
        (a_person("member"), True),
        (a_person("admin"), True),
        (a_person("owner"), True),
        (a_key("read"), False),
        (a_key("trigger"), False),
        (a_key("read", "trigger"), False),
        (a_key("write"), True),
        (a_key("admin", "read"), True),
    ],
    ids=[
        "viewer",
        "member",
        "admin",
        "owner",
        "read",
        "trigger",
        "read and trigger",
        "write",
        "admin key",
    ],
)
def test_only_members_and_above_see_values_of_headers(
    db: psycopg.Connection,
    organization: UUID,
    things: dict[str, UUID],
    become: Callable[[psycopg.Connection, UUID], None],
    sees: bool,
) -> None:
    become(db, organization)

    assert seen(db, things) == (set(SHOWN) if sees else set())


@pytest.mark.parametrize(("access", "sees"), [("read", False), ("write", True)])
def test_a_bound_login_sees_them_only_if_it_may_write(
    db: psycopg.Connection,
    connect: Connect,
    organization: UUID,
    things: dict[str, UUID],
    access: str,
    sees: bool,
) -> None:
    login = f"header_reader_{access}"
    db.execute(f"create role {login} login".encode())
    call(db, "grant_access", role=login, organization="acme", access=access)
    conn = connect(user=login)

    conn.execute("select set_config('prikke.actor', 'role:postgres', false)")

    assert seen(conn, things) == (set(SHOWN) if sees else set())


def test_names_of_headers_stay_and_none_are_still_none(
    db: psycopg.Connection, organization: UUID
) -> None:
    make_job(db, key="some", headers=HEADERS)
    make_job(db, key="none")
    act(db, make_member(db, organization, "viewer"))

    found: dict[str, Any] = dict(db.execute("select key, headers from prikke.job").fetchall())

    assert found == {"some": {"X-Customer": "••••••"}, "none": {}}


def test_a_member_elsewhere_is_a_viewer_where_they_are_one(
    db: psycopg.Connection, organization: UUID, things: dict[str, UUID]
) -> None:
    viewer = make_member(db, organization, "viewer")
    other = make_organization(db)
    use(db, other)
    make_job(db, headers=HEADERS)
    act(db, viewer)

    use(db, organization)

    assert seen(db, things) == set()
