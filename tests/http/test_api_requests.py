"""What holds for every request: strict bodies, limits, repeats, rates, a database that is away."""

import asyncio
import json
import time
from typing import Any
from uuid import UUID

import psycopg
import pytest

from prikke.http.auth import make_key
from tests.http.api import Api, Reply, give_key, job
from tests.http.conftest import Serve, Web
from tests.http.test_health import forbid

URL = "https://example.com/hook"


# Bodies


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": "a", "name": "b"}',
        b'{"priority": NaN}',
        b'{"priority": -Infinity}',
        b'{"priority": 1e999}',
        b'{"priority": ' + b"1" * 5000 + b"}",
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b'{"\\udc00": 1}',
        b"[" * 100_000,
        b'{"notify": ' + b'{"a":' * 70 + b"1" + b"}" * 71,
        b"\x00",
        b"{} {}",
        b'{"name": "a\nb"}',
    ],
)
async def test_json_that_readers_disagree_on_is_refused(api: Api, data: bytes) -> None:
    made = await api.ask("POST", "/api/jobs", data=data)

    assert made.status == 400
    assert made.code == "invalid_json"


@pytest.mark.parametrize("data", [b"null", b"1", b'"text"', b"[]", b"true"])
async def test_json_that_is_no_object_is_refused(api: Api, data: bytes) -> None:
    made = await api.ask("POST", "/api/jobs", data=data)

    assert made.status == 422
    assert "body" in made.wrong


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Encoding": "gzip"},
    ],
)
async def test_a_body_of_another_type_is_refused(api: Api, headers: dict[str, str]) -> None:
    made = await api.ask("POST", "/api/jobs", data=b"{}", headers=headers)

    assert made.status == 415


async def test_a_body_that_says_to_be_too_large_is_refused(api: Api) -> None:
    made = await api.ask("POST", "/api/jobs", data=b" " * (1024 * 1024 + 1))

    assert made.status == 413
    assert made.code == "too_large"


async def test_a_body_is_counted_while_it_streams(api: Api) -> None:
    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 65536

    async with api.web.client.post(
        api.web.url + "/api/jobs", data=endless(), headers={"Authorization": f"Bearer {api.key}"}
    ) as answer:
        assert answer.status == 413


async def test_a_body_of_a_job_has_its_own_limit(api: Api) -> None:
    made = await api.post("/api/jobs", job(body="x" * (256 * 1024 + 1)))

    assert made.status == 422
    assert made.wrong == {"body"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_another_method_is_refused_with_those_allowed(api: Api, method: str) -> None:
    found = await api.ask(method, "/api/jobs")

    assert found.status == 405
    assert {"GET", "POST"} <= set(found.headers["allow"].replace(" ", "").split(","))


async def test_a_wrong_body_with_a_key_that_does_not_hold_is_a_matter_of_the_key(
    web: Web,
) -> None:
    found = await Api(web, make_key().text).ask("POST", "/api/jobs", data=b"{")

    assert found.status == 401


# Repeats


async def test_a_repeat_gets_the_same_answer_and_does_nothing(api: Api) -> None:
    headers = {"Idempotency-Key": "first"}
    first = await api.post("/api/jobs", job(), headers=headers)

    again = await api.post("/api/jobs", job(), headers=headers)

    assert again.status == 201
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await api.get("/api/jobs")).content["jobs"]) == 1


async def test_another_request_with_the_key_is_refused(api: Api) -> None:
    headers = {"Idempotency-Key": "first"}
    await api.post("/api/jobs", job(), headers=headers)

    other = await api.post("/api/jobs", job(name="Other"), headers=headers)
    elsewhere = await api.post("/api/send", {"url": URL}, headers=headers)

    assert (other.status, elsewhere.status) == (422, 422)
    assert other.content["errors"][0]["code"] == "key_reused"


async def test_a_refused_request_may_be_repeated_with_its_key(api: Api) -> None:
    headers = {"Idempotency-Key": "first"}
    await api.post("/api/jobs", job(cron="x"), headers=headers)

    made = await api.post("/api/jobs", job(), headers=headers)

    assert made.status == 201


async def test_ten_in_parallel_make_one_row(api: Api) -> None:
    headers = {"Idempotency-Key": "first"}

    made = await asyncio.gather(*(api.post("/api/jobs", job(), headers=headers) for _ in range(10)))

    assert {one.status for one in made} == {201}
    assert len({one.content["job"]["id"] for one in made}) == 1
    assert len((await api.get("/api/jobs")).content["jobs"]) == 1


async def test_keys_of_requests_are_an_organizations_own(
    web: Web, api: Api, db: psycopg.Connection
) -> None:
    from tests.factories import make_organization

    headers = {"Idempotency-Key": "first"}
    await api.post("/api/jobs", job(), headers=headers)
    other = Api(web, give_key(db, organization=make_organization(db)))

    made = await other.post("/api/jobs", job(name="Other"), headers=headers)

    assert made.status == 201


async def test_an_answer_is_forgotten_after_a_day(api: Api, db: psycopg.Connection) -> None:
    headers = {"Idempotency-Key": "first"}
    await api.post("/api/jobs", job(), headers=headers)
    db.execute("update prikke.idempotency_key set created_at = created_at - interval '25 hours'")

    await api.post("/api/jobs", job(name="Other"), headers=headers)
    db.execute("update prikke.idempotency_key set created_at = created_at - interval '25 hours'")
    db.execute("select prikke.purge_requests(100)")

    assert len((await api.get("/api/jobs")).content["jobs"]) == 2
    assert db.execute("select count(*) from prikke.idempotency_key").fetchone() == (0,)


@pytest.mark.parametrize("key", ["", "x" * 201, "\u00e9"])
async def test_a_key_of_a_request_must_be_short_and_plain(api: Api, key: str) -> None:
    made = await api.post("/api/jobs", job(), headers={"Idempotency-Key": key})

    assert made.status == 422


# Rates


def set_limits(db: psycopg.Connection, **limits: int) -> None:
    db.execute(
        "update prikke.setting set value = value || %s::jsonb where name = 'limits'",
        (json.dumps(limits),),
    )


async def test_too_many_requests_are_told_when_to_come_again(
    api: Api, db: psycopg.Connection
) -> None:
    set_limits(db, api_per_second=1, api_burst=3)

    replies = [await api.get("/api/organization") for _ in range(4)]

    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert replies[0].headers["ratelimit-limit"] == "3"
    assert [reply.headers["ratelimit-remaining"] for reply in replies] == ["2", "1", "0", "0"]
    assert int(replies[3].headers["retry-after"]) >= 1
    assert replies[3].code == "too_many_requests"


async def test_a_refused_request_counts_as_well(api: Api, db: psycopg.Connection) -> None:
    set_limits(db, api_per_second=1, api_burst=3)

    replies = [await api.post("/api/jobs", {}) for _ in range(2)]
    replies += [await api.ask("POST", "/api/jobs", data=b"{") for _ in range(2)]

    assert [reply.status for reply in replies] == [422, 422, 400, 429]


async def test_processes_share_the_count(
    serve: Serve, organization: UUID, db: psycopg.Connection
) -> None:
    set_limits(db, api_per_second=1, api_burst=3)
    key = give_key(db)

    async with serve() as first, serve() as second:
        statuses = [
            (await Api(web, key).get("/api/organization")).status
            for web in (first, second, first, second)
        ]

    assert statuses == [200, 200, 200, 429]


async def test_who_tries_keys_is_slowed_down_and_nobody_else(
    api: Api, web: Web, db: psycopg.Connection
) -> None:
    set_limits(db, anonymous_per_second=1, anonymous_burst=3)

    tried = [(await Api(web, make_key().text).get("/api/jobs")).status for _ in range(4)]

    assert tried == [401, 401, 401, 429]
    assert (await api.get("/api/jobs")).status == 200


# The database


async def test_a_database_that_is_away_is_said_within_two_seconds(
    api: Api, admin: psycopg.Connection, dsn: str
) -> None:
    assert (await api.get("/api/jobs")).status == 200
    forbid(admin, dsn)

    for _ in range(3):
        began = time.monotonic()
        found = await api.get("/api/jobs")
        assert found.status == 503
        assert found.code == "unavailable"
        assert int(found.headers["retry-after"]) >= 1
        assert time.monotonic() - began < 2


async def test_what_is_refused_often_leaves_nothing_half_prepared(api: Api) -> None:
    # The operation's second call is due to be prepared when its first one refuses.
    good, bad = {"cron": "1 * * * *"}, {"cron": "61 * * * *"}
    statuses = []

    for often in range(3, 9):
        for query in (*[good] * often, bad, *[good] * 3):
            statuses.append((await api.get("/api/schedules/describe", **query)).status)

    assert set(statuses) == {200, 422}


@pytest.mark.parametrize("since", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
async def test_the_ends_of_time_are_refused(api: Api, since: str) -> None:
    await api.post("/api/jobs", job())

    forecast = await api.get("/api/forecast", since=since)
    described = await api.get("/api/schedules/describe", cron="* * * * *", after=since)

    assert {forecast.status, described.status} <= {200, 422}


@pytest.mark.parametrize(
    "header",
    [
        'If-Match: ""',
        'If-Match: "99999999999999"',
        "Idempotency-Key: \x01",
        "Content-Type: application/json; charset=",
        "Content-Type: ",
        "X-Forwarded-For: " + "1.2.3.4, " * 500,
        "Transfer-Encoding: identity",
        "Authorization: Bearer x",
        "Host: evil",
        "X: \xff",
        "Content-Encoding: br",
    ],
)
async def test_an_odd_header_is_never_an_error_of_ours(api: Api, header: str) -> None:
    host = api.web.url.removeprefix("http://")
    body = json.dumps(job()).encode()
    head = (
        f"POST /api/jobs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {api.key}\r\n"
        f"{header}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(head.encode("latin-1") + body)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()

    assert answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4")), answer[:200]


async def test_a_request_is_one_round_trip(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = count_syncs(monkeypatch)

    await api.post("/api/jobs", job())

    assert len(syncs) == 1


def count_syncs(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    from psycopg import AsyncPipeline

    syncs: list[None] = []
    original = AsyncPipeline.__aexit__

    async def counted(self: AsyncPipeline, *more: Any) -> None:
        syncs.append(None)
        await original(self, *more)

    monkeypatch.setattr(AsyncPipeline, "__aexit__", counted)
    return syncs


async def test_an_unfinished_transaction_elsewhere_makes_nobody_wait_long(
    api: Api, db: psycopg.Connection, dsn: str
) -> None:
    made = await api.post("/api/jobs", job())
    with psycopg.connect(dsn) as conn:
        conn.execute("select from prikke.job_definition for update")

        replies: list[Reply] = list(
            await asyncio.gather(api.get("/api/jobs"), api.post("/api/send", {"url": URL}))
        )

    assert [reply.status for reply in replies] == [200, 202]
    assert made.status == 201
