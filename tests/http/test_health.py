"""/health, /ready and /metrics: whom they answer, and what."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from prikke import __version__
from prikke.http.health import judge
from tests.conftest import Clock, Connect
from tests.factories import make_send
from tests.http.conftest import Serve, Web

TOKEN = "a-token-of-some-length"


def readiness(**more: Any) -> dict[str, Any]:
    return {
        "release": __version__,
        "oldest_runner": __version__,
        "oldest_due_age": None,
        "runners": 1,
        **more,
    }


# /health


async def test_health_says_that_the_process_lives(web: Web) -> None:
    async with web.get("/health", headers={"Host": "10.1.2.3"}) as answer:
        assert answer.status == 200
        assert await answer.json() == {"status": "ok", "release": __version__}


async def test_health_does_not_ask_the_database(
    web: Web, admin: psycopg.Connection, dsn: str
) -> None:
    forbid(admin, dsn)

    async with web.get("/health") as answer:
        assert answer.status == 200


# /ready


async def test_a_fresh_installation_is_ready(web: Web) -> None:
    async with web.get("/ready", headers={"Host": "10.1.2.3"}) as answer:
        found = await answer.json()

    assert answer.status == 200
    assert found["ready"] is True
    assert found["reasons"] == []
    assert found["checks"]["release"] == __version__


async def test_work_left_lying_makes_it_unready_with_the_reason(
    web: Web, connect: Connect, organization: object, db: psycopg.Connection, at: Clock
) -> None:
    make_send(db)
    at.move(minutes=6)

    async with web.get("/ready") as answer:
        found = await answer.json()

    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert found["reasons"] == [
        "the oldest due execution has waited 6 min, more than 5 min: no runner is alive"
    ]
    assert found["checks"]["oldest_due_age_seconds"] == 360


async def test_a_database_that_is_away_makes_it_unready_soon(
    web: Web, admin: psycopg.Connection, dsn: str
) -> None:
    forbid(admin, dsn)

    # A request that had its answer already may still be told so once.
    for _ in range(20):
        async with web.get("/ready") as answer:
            found = await answer.json()
        if answer.status == 503:
            break
        await asyncio.sleep(0.1)

    assert answer.status == 503
    assert found["checks"] == {"database": "unavailable"}
    assert found["reasons"][0].startswith("the database does not answer")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (readiness(), None),
        (readiness(oldest_due_age=timedelta(seconds=-3)), None),
        (readiness(oldest_due_age=timedelta(seconds=300)), None),
        (readiness(oldest_due_age=timedelta(seconds=301)), "the runners do not keep up"),
        (readiness(oldest_due_age=timedelta(hours=2), runners=0), "no runner is alive"),
        (readiness(release="0.0.1"), "run `prikke install`"),
        (readiness(release="9.0.0", oldest_runner="9.0.0"), "upgrade it"),
    ],
)
def test_what_the_database_says_is_judged(row: dict[str, Any], reason: str | None) -> None:
    found = judge(row, 300)

    assert found.ready is (reason is None)
    assert reason is None or reason in found.reasons[0]


# /metrics


async def test_metrics_answer_this_machine(web: Web) -> None:
    async with web.get("/metrics") as answer:
        text = await answer.text()

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "\nprikke_partitions_ahead " in text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"Host": "rebound.example"},
    ],
)
async def test_metrics_answer_nobody_who_comes_through_this_machine(
    web: Web, headers: dict[str, str]
) -> None:
    async with web.get("/metrics", headers=headers) as answer:
        assert answer.status == 403
        assert (await answer.json())["code"] == "forbidden"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(f"Bearer {TOKEN}", 200), (f"bearer {TOKEN}", 200), ("Bearer wrong", 401), (None, 401)],
)
async def test_metrics_answer_the_token_from_anywhere(
    serve: Serve, authorization: str | None, status: int
) -> None:
    headers = {"Host": "10.1.2.3", "X-Forwarded-For": "203.0.113.9"}
    if authorization is not None:
        headers["Authorization"] = authorization

    async with serve(metrics_token=TOKEN) as web, web.get("/metrics", headers=headers) as answer:
        assert answer.status == status
        assert ("WWW-Authenticate" in answer.headers) is (status == 401)


async def test_metrics_without_a_database_are_unavailable_and_not_an_error_of_ours(
    web: Web, admin: psycopg.Connection, dsn: str
) -> None:
    forbid(admin, dsn)

    async with web.get("/metrics") as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        assert answer.headers["Content-Type"] == "application/problem+json"


def forbid(admin: psycopg.Connection, dsn: str) -> None:
    """Let nobody into this test's database any more."""
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    admin.execute(f'alter database "{name}" allow_connections false'.encode())
    admin.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", (name,)
    )
