"""What is another organization's answers as what does not exist: every function, every argument."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from prikke.http.auth import make_key
from prikke.sqlfiles import read_table
from tests.conftest import Clock, Connect
from tests.factories import call, make_job, make_organization, make_send, use
from tests.people import make_member
from tests.virtual_runner import VirtualRunner

MISSING = UUID("01980000-0000-7000-8000-000000000000")
THEIRS, NOBODYS = "theirs", "nobody"
PUBLIC = {"bound_read", "bound_write", "admin", "owner", "trigger"}
# They know of no organization.
PURE = {"next_run", "upcoming_runs", "describe_schedule"}
FUNCTIONS = sorted(
    row["function"]
    for row in read_table("grants.tsv")
    if "web" in row["roles"].split(",")
    and PUBLIC & set(row["roles"].split(","))
    and row["function"] not in PURE
)
# What any argument is, by its type, where another one is tried.
USUAL: dict[str, Any] = {
    "uuid": MISSING,
    "uuid[]": [MISSING],
    "text": NOBODYS,
    "name": NOBODYS,
    "text[]": ["success"],
    "jsonb": "[]",
    "bytea": b"x" * 32,
    "boolean": True,
    "integer": 5,
    "interval": "1 hour",
    "timestamp with time zone": "2030-01-01T00:00:00Z",
}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a function."""

    name: str
    type: str
    optional: bool


def arguments_of(db: psycopg.Connection, function: str) -> list[list[Argument]]:
    """The arguments of each overload, as pg_catalog has them."""
    rows = db.execute(
        "select p.oid, a.name, format_type(a.type, null), a.number > p.pronargs - p.pronargdefaults"
        " from pg_proc as p cross join lateral"
        " unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) with ordinality"
        " as a (name, type, number)"
        " where p.pronamespace = 'prikke'::regnamespace and p.proname = %s"
        " order by p.oid, a.number",
        (function,),
    ).fetchall()
    overloads: dict[int, list[Argument]] = {}
    for oid, *argument in rows:
        overloads.setdefault(oid, []).append(Argument(*argument))
    return list(overloads.values())


@pytest.fixture
def theirs(db: psycopg.Connection, runner: VirtualRunner, organization: UUID) -> list[UUID]:
    """Ids of everything another organization has; all that has a name is called "theirs"."""
    other = make_organization(db, "Other")
    use(db, other)
    job = make_job(db, key=THEIRS, name=THEIRS, queue=THEIRS, cron="0 3 * * *")
    call(db, "pause_queue", name=THEIRS)
    call(db, "resume_queue", name=THEIRS)
    make_send(db, ref=THEIRS, key=THEIRS, url="https://example.com/theirs")
    for claim in runner.claim():
        runner.complete(claim)
    live = make_send(db, ref=THEIRS, key=THEIRS, ordering_key=THEIRS, queue=THEIRS)
    call(db, "store_secret", name=THEIRS, sealed=b"x", keyring_id="base")
    call(db, "invite_member", email="theirs@example.com")
    made = make_key().credentials
    call(db, "create_key", name=THEIRS, public_id=made.public_id, secret_hash=made.secret_hash)
    member = make_member(db, other)
    deleted = make_job(db, key="gone")
    call(db, "delete_job", id=deleted)
    ids = [job, live, member.id, deleted]
    for query in (
        "select id from prikke.past_execution",
        "select id from prikke.invitation",
        "select id from prikke.api_key",
        "select id from prikke.audit order by at limit 3",
        "select id from prikke.signing_secret where organization_id ="
        " prikke.current_organization()",
    ):
        found = [row[0] for row in db.execute(query.encode()).fetchall()]
        assert found, query
        ids += found
    use(db, organization)
    return ids


@pytest.fixture
def web(connect: Connect, organization: UUID) -> psycopg.Connection:
    """What a web process has."""
    conn = connect(role="prikke_web", autocommit=False)
    use(conn, organization)
    conn.commit()
    return conn


def said(conn: psycopg.Connection, function: str, values: dict[str, Any]) -> str:
    """All that a caller learns, as rows or as an error; nothing of it stays."""
    query = sql.SQL("select * from prikke.{}({})").format(
        sql.Identifier(function),
        sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in values
        ),
    )
    try:
        found = str(conn.execute(query, values).fetchall())
    except psycopg.Error as error:
        parts = error.diag
        found = f"{error.sqlstate} {parts.message_primary} {parts.message_detail}"
        found += f" {parts.message_hint} {parts.constraint_name} {parts.column_name}"
    conn.rollback()
    return found


def told(conn: psycopg.Connection, function: str, values: dict[str, Any]) -> str:
    """The same without the ids and names that the caller gave."""
    found = said(conn, function, values)
    return _UUID.sub("#", found).replace(THEIRS, "…").replace(NOBODYS, "…")


def usual(arguments: list[Argument], chosen: Argument, value: Any) -> dict[str, Any]:
    """The chosen argument with a value, beside those that must be given."""
    return {
        each.name: value if each is chosen else USUAL[each.type]
        for each in arguments
        if each is chosen or not each.optional
    }


def test_what_is_anothers_answers_as_what_is_missing(
    db: psycopg.Connection, at: Clock, theirs: list[UUID], web: psycopg.Connection
) -> None:
    tried: dict[str, list[tuple[Any, Any]]] = {
        "uuid": [(each, MISSING) for each in theirs],
        "text": [(THEIRS, NOBODYS)],
    }

    different, count = [], 0
    for function in FUNCTIONS:
        for arguments in arguments_of(db, function):
            for chosen in arguments:
                for foreign, missing in tried.get(chosen.type, []):
                    ours = told(web, function, usual(arguments, chosen, missing))
                    found = told(web, function, usual(arguments, chosen, foreign))
                    count += 1
                    if found != ours:
                        different.append((function, chosen.name, foreign, ours, found))

    assert different == []
    assert count > 300


def test_nothing_of_another_organization_is_in_what_a_function_lists(
    db: psycopg.Connection, theirs: list[UUID], web: psycopg.Connection
) -> None:
    for function in FUNCTIONS:
        for arguments in arguments_of(db, function) or [[]]:
            values = {each.name: USUAL[each.type] for each in arguments if not each.optional}
            found = said(web, function, values)

            assert THEIRS not in found, function
            assert not [each for each in theirs if str(each) in found], function


def test_what_is_ones_own_does_answer_otherwise(
    db: psycopg.Connection, at: Clock, organization: UUID, web: psycopg.Connection
) -> None:
    job = make_job(db, cron="0 3 * * *")
    send = make_send(db)

    for function, identifier in [("get_job", job), ("get_execution", send), ("why", job)]:
        assert "PK404" in told(web, function, {"id": MISSING})
        assert "PK404" not in told(web, function, {"id": identifier})
