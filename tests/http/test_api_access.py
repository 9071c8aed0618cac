"""Who may do what: every operation with no key, wrong keys, each scope, and foreign ids."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest

from prikke.http.api.fields import Field
from prikke.http.api.kinds import ID
from prikke.http.api.operation import Operation
from prikke.http.api.routes import OPERATIONS
from prikke.http.auth import make_key
from tests.factories import make_job, make_organization, make_send, use
from tests.http.api import Api, Reply, give_key
from tests.http.conftest import SECRET_KEY_BASE, Serve, Web
from tests.people import make_member

MISSING = "01980000-0000-7000-8000-000000000000"
IN_ID = [operation for operation in OPERATIONS if "{" in operation.path]
# What takes any name: it makes what is not there, or says that nothing was to be done.
MAKES_WHAT_IS_MISSING = {"put_job", "set_queue", "pause_queue", "continue_key", "store_secret"}


def str_of(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def path_of(operation: Operation, value: str = MISSING) -> str:
    path = operation.path
    for each in operation.path_fields:
        path = path.replace(f"{{{each.name}}}", value)
    return path


def body_of(operation: Operation) -> Any:
    if operation.example is not None:
        return operation.example
    required = [each for each in operation.body or () if each.required and not each.read_only]
    return {each.name: each.example for each in required} if operation.writes else None


async def ask(api: Api, operation: Operation, value: str = MISSING) -> Reply:
    return await api.ask(operation.method, path_of(operation, value), body_of(operation))


@dataclass(frozen=True, slots=True)
class Keys:
    """A key of each scope."""

    read: Api
    write: Api
    trigger: Api
    admin: Api
    owner: Api


@pytest.fixture(scope="module")
def scopes() -> dict[str, set[str]]:
    """What each scope allows, in the words of the operations."""
    return {
        "read": {"read"},
        "trigger": {"trigger"},
        "write": {"read", "write", "trigger"},
        "admin": {"admin"},
        "owner": {"owner"},
    }


@pytest.fixture
async def keys(serve: Serve, organization: UUID, db: psycopg.Connection) -> AsyncIterator[Keys]:
    async with serve(secret_key_base=SECRET_KEY_BASE) as web:
        yield Keys(
            *(
                Api(web, give_key(db, each))
                for each in ("read", "write", "trigger", "admin", "owner")
            )
        )


def needed(db: psycopg.Connection, function: str) -> str:
    row = db.execute("select prikke.needed_scope(%s)", (function,)).fetchone()
    assert row is not None
    return str(row[0])


def test_every_operation_names_a_function_that_the_web_may_call(db: psycopg.Connection) -> None:
    callable_ = {
        row[0]
        for row in db.execute(
            "select p.proname from pg_proc as p where p.pronamespace = 'prikke'::regnamespace"
            " and has_function_privilege('prikke_web', p.oid, 'execute')"
        ).fetchall()
    }

    assert {operation.function for operation in OPERATIONS} <= callable_


def test_what_changes_nothing_needs_no_more_than_reading(db: psycopg.Connection) -> None:
    wrong = {
        operation.name: needed(db, operation.function)
        for operation in OPERATIONS
        if not operation.writes and needed(db, operation.function) != "read"
    }

    assert wrong == {"get_signing_secret": "admin", "get_organization_export": "owner"}


async def test_no_operation_answers_without_a_key(web: Web) -> None:
    stranger = Api(web, None)

    found = {operation.name: await ask(stranger, operation) for operation in OPERATIONS}

    assert {reply.status for reply in found.values()} == {401}
    assert {reply.headers["www-authenticate"] for reply in found.values()} == {"Bearer"}


async def test_an_unknown_key_and_a_wrong_secret_get_the_same_answer(web: Web, api: Api) -> None:
    assert api.key is not None
    public, other = api.key.split(".")[0], make_key().text
    wrong = Api(web, f"{public}.{other.split('.')[1]}")
    unknown = Api(web, other)

    first, second = await wrong.get("/api/jobs"), await unknown.get("/api/jobs")

    assert first.status == second.status == 401
    assert first.content == second.content
    assert set(first.headers) == set(second.headers)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer pk_live_a.sk_live_b", "Bearer \u00e9.\u00e9"],
)
async def test_what_is_no_key_is_refused(web: Web, authorization: str) -> None:
    found = await Api(web, None).get("/api/jobs", headers={"Authorization": authorization})

    assert found.status == 401


async def test_each_scope_allows_what_it_says_and_nothing_else(
    keys: Keys, db: psycopg.Connection, scopes: dict[str, set[str]]
) -> None:
    wrong = []
    for operation in OPERATIONS:
        for name, allowed in scopes.items():
            found = await ask(getattr(keys, name), operation)
            refused = found.status == 403
            if refused == (needed(db, operation.function) in allowed) or found.status >= 500:
                wrong.append((name, operation.name, found.status, found.content))

    assert wrong == []


@pytest.mark.parametrize("operation", IN_ID, ids=str_of)
async def test_what_is_another_organizations_answers_as_what_is_missing(
    web: Web, organization: UUID, db: psycopg.Connection, operation: Operation
) -> None:
    key = give_key(db, "write", "admin", "owner")
    other = make_organization(db)
    give_key(db, organization=other)
    theirs = foreign(db, operation.path_fields[0], operation)
    use(db, organization)
    api = Api(web, key)

    foreign_reply = await ask(api, operation, theirs)
    missing_reply = await ask(api, operation, like(theirs))

    if operation.function in MAKES_WHAT_IS_MISSING:
        assert foreign_reply.status == missing_reply.status < 300
    else:
        assert foreign_reply.status == 404
        assert told(foreign_reply, theirs) == told(missing_reply, like(theirs))


def foreign(db: psycopg.Connection, field: Field, operation: Operation) -> str:
    """Something of the organization chosen that the operation could be about."""
    if operation.path.startswith("/api/secrets"):
        db.execute("select prikke.store_secret('theirs', 'x', 'base')")
        return "theirs"
    if field.name == "user_id":
        row = db.execute("select prikke.current_organization()").fetchone()
        assert row is not None
        return str(make_member(db, row[0]).id)
    if field.name == "name":
        db.execute("select prikke.pause_queue('theirs')")
        return "theirs"
    if field.name == "ordering_key":
        return "theirs"
    if field.name == "key":
        make_job(db, key="theirs")
        return "theirs"
    query = {
        "keys": "select id from prikke.key",
        "invitations": "select id from prikke.invite_member('theirs@example.com')",
        "audit": "select id from prikke.audit limit 1",
        "signing-secret": "select id from prikke.signing_secret"
        " where organization_id = prikke.current_organization()",
    }.get(operation.path.split("/")[2])
    if query is not None:
        row = db.execute(query.encode()).fetchone()
        assert row is not None
        return str(row[0])
    job = make_job(db)
    if operation.path.startswith("/api/executions"):
        return str(make_send(db))
    if operation.function == "restore_job":
        db.execute("select prikke.delete_job(%s)", (job,))
    return str(job)


def like(value: str) -> str:
    return MISSING if "-" in value else "nobodys"


def told(reply: Reply, value: str) -> str:
    return json.dumps(reply.content).replace(value, "…")


@pytest.mark.parametrize("operation", [each for each in IN_ID if "{id}" in each.path], ids=str_of)
async def test_an_id_that_is_none_is_missing_too(admin_api: Api, operation: Operation) -> None:
    found = await ask(admin_api, operation, "%2e%2e%00")

    assert found.status == 404


async def test_another_organizations_things_are_in_no_list(
    web: Web, organization: UUID, db: psycopg.Connection
) -> None:
    mine = Api(web, give_key(db, "write", "admin", "owner"))
    other = make_organization(db)
    use(db, other)
    make_job(db, name="theirs", key="theirs")
    make_send(db, ref="theirs", queue="theirs")
    db.execute("select prikke.pause_queue('theirs')")
    db.execute("select prikke.invite_member('theirs@example.com')")
    db.execute("select prikke.store_secret('theirs', 'x', 'base')")

    for operation in OPERATIONS:
        if operation.method == "GET" and "{" not in operation.path:
            found = await mine.get(
                operation.path,
                **(
                    {"search": "theirs"}
                    if any(each.name == "search" for each in operation.query)
                    else {}
                ),
            )
            assert "theirs" not in str(found.content), operation.path


async def test_a_setting_of_one_request_does_not_reach_the_next(
    serve: Serve, organization: UUID, db: psycopg.Connection
) -> None:
    first = give_key(db)
    other = make_organization(db)
    second = give_key(db, organization=other)

    async with serve() as web:
        for _ in range(5):
            made = await Api(web, first).get("/api/organization")
            theirs = await Api(web, second).get("/api/organization")
            assert made.content["organization"]["id"] == str(organization)
            assert theirs.content["organization"]["id"] == str(other)


WITH_IDS = [
    (operation, each)
    for operation in OPERATIONS
    for each in (*operation.query, *(operation.body or ()))
    if each.kind is ID and not each.read_only
]


async def test_another_organizations_id_in_a_query_or_body_is_as_one_that_is_missing(
    web: Web, organization: UUID, db: psycopg.Connection
) -> None:
    api = Api(web, give_key(db, "write", "admin", "owner"))
    use(db, make_organization(db))
    job, send = make_job(db, cron="0 3 * * *"), make_send(db)
    row = db.execute("select id from prikke.audit limit 1").fetchone()
    assert row is not None
    use(db, organization)

    async def answer(operation: Operation, field: Field, value: str) -> tuple[int, str]:
        path = path_of(operation)
        if operation.writes and field in (operation.body or ()):
            found = await api.ask(operation.method, path, {field.name: value})
        else:
            found = await api.ask(operation.method, f"{path}?{field.name}={value}")
        return found.status, told(found, value).replace(MISSING, "…")

    different = [
        (operation.name, field.name)
        for operation, field in WITH_IDS
        for theirs in (job, send, row[0])
        if await answer(operation, field, str(theirs)) != await answer(operation, field, MISSING)
    ]

    assert different == []
    assert len(WITH_IDS) >= 6
