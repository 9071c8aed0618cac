"""A database that is away, that goes during a request, or that has no room: 503, and soon."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import psycopg
import pytest
from starlette.routing import Route

from prikke.completion import Completions
from prikke.config import Settings
from prikke.http.api.routes import OPERATIONS
from prikke.http.app import CONNECTIONS
from prikke.http.pages.routes import page_routes
from prikke.keyring import Keyring
from tests.factories import make_job
from tests.http.api import Api, Reply, give_key, job
from tests.http.conftest import SECRET_KEY_BASE, Serve, Web
from tests.http.pages import Reader
from tests.http.test_api_access import MISSING, ask, body_of, path_of
from tests.http.test_health import forbid
from tests.http.test_pages_access import FILLED, OPEN, TO_PROVIDER, address
from tests.people import session_of

# Promised are two; a slow day is none of a database that is not waited for.
SOON = 6.0


Answer = TypeVar("Answer")


async def timed(asked: Awaitable[Answer]) -> Answer:
    began = time.monotonic()
    found = await asked
    assert time.monotonic() - began < SOON
    return found


def is_said(found: Reply) -> bool:
    return (
        found.status == 503
        and found.code == "unavailable"
        and int(found.headers["retry-after"]) >= 1
    )


async def test_every_operation_says_that_the_database_is_away(
    web: Web, db: psycopg.Connection, organization: UUID, admin: psycopg.Connection, dsn: str
) -> None:
    api = Api(web, give_key(db, "write", "admin", "owner"))
    assert (await api.get("/api/jobs")).status == 200
    forbid(admin, dsn)

    answers = await asyncio.gather(*(timed(ask(api, operation)) for operation in OPERATIONS))
    repeats = await asyncio.gather(
        *(
            timed(
                api.ask(
                    each.method,
                    path_of(each),
                    body_of(each),
                    headers={"Idempotency-Key": each.name, "If-Match": '"1"'},
                )
            )
            for each in OPERATIONS
            if each.writes
        )
    )
    batch = await timed(api.post("/api/send", [{"url": "https://example.com"}] * 100))

    names = [each.name for each in OPERATIONS]
    assert [name for name, answer in zip(names, answers, strict=True) if not is_said(answer)] == []
    assert all(is_said(answer) for answer in (*repeats, batch))


async def test_what_needs_no_key_says_so_as_well(
    serve: Serve, admin: psycopg.Connection, dsn: str, organization: UUID
) -> None:
    secret = "lemon-" + "x" * 20
    event = b'{"meta": {"event_name": "order_created"}}'
    signature = hmac.new(secret.encode(), event, "sha256").hexdigest()
    keyring = Keyring.from_settings(None, SECRET_KEY_BASE)
    done = Completions.of("", keyring).url(UUID(MISSING), 1)

    async with serve(
        secret_key_base=SECRET_KEY_BASE, development=True, lemonsqueezy_webhook_secret=secret
    ) as web:
        forbid(admin, dsn)
        nobody, stranger = Api(web, None), Reader(web)
        answers = await asyncio.gather(
            timed(nobody.post(done, {"status": "success"})),
            timed(
                nobody.ask(
                    "POST", "/webhooks/lemonsqueezy", data=event, headers={"X-Signature": signature}
                )
            ),
        )
        pages = await asyncio.gather(
            *(
                timed(each)
                for each in (
                    stranger.post("/users/log-in", {"email": "ann@example.com"}),
                    stranger.post("/users/log-in/token"),
                    stranger.get("/invitations/token"),
                    *(stranger.get("/status") for _ in range(8)),
                )
            )
        )
        open_to_all = [await timed(nobody.get(path)) for path in ("/health", "/api/openapi.json")]

    assert all(is_said(answer) for answer in answers)
    assert {page.status for page in pages} == {503}
    assert [answer.status for answer in open_to_all] == [200, 200]


async def test_every_page_says_that_the_database_is_away(
    dev: Web, db: psycopg.Connection, organization: UUID, admin: psycopg.Connection, dsn: str
) -> None:
    owner = Reader(dev, session_of(db, organization))
    forbid(admin, dsn)
    routes = [
        (method, route)
        for route in page_routes(Settings(development=True))
        if isinstance(route, Route)
        for method in ("GET", "POST")
        if method in (route.methods or ()) and route.path not in OPEN | TO_PROVIDER
    ]

    answers = await asyncio.gather(
        *(
            owner.get(address(route, MISSING))
            if method == "GET"
            else owner.post(address(route, MISSING), FILLED.get(route.path))
            for method, route in routes
        )
    )

    wrong = {
        f"{method} {route.path}": answer.status
        for (method, route), answer in zip(routes, answers, strict=True)
        if answer.status != 503
    }
    assert wrong == {}


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
async def test_a_connection_that_is_lost_in_the_middle_is_said_and_nothing_stays(
    api: Api, db: psycopg.Connection, dsn: str, headers: dict[str, str]
) -> None:
    identifier = make_job(db)
    with psycopg.connect(dsn) as holder:
        holder.execute("select from prikke.job_definition for update")
        changing = asyncio.create_task(
            api.patch(f"/api/jobs/{identifier}", {"name": "Changed"}, headers=headers)
        )
        await until(lambda: waiting(db) == 1)
        db.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        lost = await changing

    again = await api.patch(f"/api/jobs/{identifier}", {"name": "Changed"}, headers=headers)

    assert is_said(lost)
    assert again.status == 200
    assert again.content["changes"]["to"]["name"] == "Changed"
    assert "idempotency-replayed" not in again.headers


async def test_when_no_connection_is_free_others_are_told_so_soon(
    api: Api, db: psycopg.Connection, dsn: str
) -> None:
    identifier = make_job(db)
    with psycopg.connect(dsn) as holder:
        holder.execute("select from prikke.job_definition for update")
        changing = [
            asyncio.create_task(api.patch(f"/api/jobs/{identifier}", {"name": f"Name {number}"}))
            for number in range(CONNECTIONS)
        ]
        await until(lambda: waiting(db) == CONNECTIONS)

        turned_away = await asyncio.gather(
            timed(api.get("/api/jobs")),
            timed(api.post("/api/jobs", job())),
            timed(api.put("/api/sync", {"jobs": []})),
        )
        holder.rollback()
        changed = await asyncio.gather(*changing)

    assert all(is_said(answer) for answer in turned_away)
    assert {answer.status for answer in changed} <= {200, 503}
    assert (await api.get("/api/jobs")).status == 200


def waiting(db: psycopg.Connection) -> int:
    row = db.execute(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    ).fetchone()
    assert row is not None
    return int(row[0])


async def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
