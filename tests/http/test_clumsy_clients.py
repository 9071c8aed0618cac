"""Clients that are clumsy or mean: each is refused clearly, and never by an error of ours."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from prikke.http import protocol
from prikke.http.protocol import HurriedProtocol
from tests.factories import make_job, make_send
from tests.http.api import Api, job
from tests.http.conftest import Web
from tests.http.pages import Reader
from tests.people import session_of

BODY = json.dumps(job()).encode()
SIZED = f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
CHUNKED = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"


async def spoken(host: str, said: bytes) -> bytes:
    """All that is answered until the connection is closed."""
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(said)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer


async def ask(api: Api, line: str, headers: str = "", body: bytes = b"") -> tuple[int, bytes]:
    """The status and the content of what a request made by hand is answered."""
    host = api.web.url.removeprefix("http://")
    head = (
        f"{line}\r\nHost: {host}\r\nAuthorization: Bearer {api.key}\r\n{headers}"
        "Connection: close\r\n\r\n"
    )
    answer = await spoken(host, head.encode("latin-1") + body)
    first, _, content = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
    return int(first.split(b" ")[1]), content


@pytest.mark.parametrize(
    ("line", "headers", "body", "status"),
    [
        ("GET /api/jobs HTTP/1.0", "", b"", 200),
        ("HEAD /api/jobs HTTP/1.1", "", b"", 200),
        ("OPTIONS /api/jobs HTTP/1.1", "", b"", 405),
        ("TRACE /api/jobs HTTP/1.1", "", b"", 405),
        ("OPTIONS * HTTP/1.1", "", b"", 404),
        ("GET //api/jobs HTTP/1.1", "", b"", 404),
        ("GET /api/jobs/key/a%2Fb HTTP/1.1", "", b"", 404),
        ("GET /api/jobs/key/%ff%00 HTTP/1.1", "", b"", 404),
        ("GET /api/jobs/key/%zz HTTP/1.1", "", b"", 404),
        ("GET /api/jobs/key/%F0%9F%98%80 HTTP/1.1", "", b"", 404),
        ("GET /api/queues/a%2Fb HTTP/1.1", "", b"", 404),
        ("GET /api/jobs/key/\xe9 HTTP/1.1", "", b"", 400),
        ("GET /api/jobs?search=" + "x" * 50_000 + " HTTP/1.1", "", b"", 200),
        ("GET /api/jobs?" + "a=b&" * 3_000 + " HTTP/1.1", "", b"", 422),
        ("GET /api/jobs HTTP/1.1", "".join(f"X-{n}: a\r\n" for n in range(500)), b"", 200),
        ("GET /api/jobs HTTP/1.1", "Host: evil.example\r\n", b"", 400),
        ("GET /api/jobs HTTP/1.1", "Upgrade: websocket\r\n", b"", 200),
        ("GET /api/jobs HTTP/1.1", SIZED, BODY, 200),
        ("POST /api/jobs HTTP/1.1", SIZED + "Expect: 100-continue\r\n", BODY, 201),
        ("POST /api/jobs HTTP/1.1", CHUNKED, b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY), 201),
        ("POST /api/jobs HTTP/1.1", CHUNKED, b"zz\r\n{}\r\n0\r\n\r\n", 400),
        ("POST /api/jobs HTTP/1.1", SIZED + "Content-Length: 3\r\n", BODY, 400),
        ("POST /api/jobs HTTP/1.1", "Content-Length: -1\r\n", BODY, 400),
        ("POST /api/jobs HTTP/1.1", SIZED + f"Idempotency-Key: {'x' * 300}\r\n", BODY, 422),
    ],
)
async def test_what_is_odd_is_answered_with_what_it_is(
    api: Api, line: str, headers: str, body: bytes, status: int
) -> None:
    found, _ = await ask(api, line, headers, body)

    assert found == status


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "If-Match"])
async def test_of_two_headers_none_is_taken(api: Api, db: psycopg.Connection, name: str) -> None:
    identifier = make_job(db)
    value = {"Authorization": f"Bearer {api.key}", "If-Match": '"1"'}.get(name, "once")
    twice = f"{name}: {value}\r\n" * (1 if name == "Authorization" else 2)
    body = b'{"name": "Changed"}'
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"

    status, content = await ask(api, f"PATCH /api/jobs/{identifier} HTTP/1.1", twice + length, body)

    assert status == 400
    assert json.loads(content)["detail"] == f"The header {name} is there 2 times."
    assert (await api.get(f"/api/jobs/{identifier}")).content["job"]["name"] != "Changed"


@pytest.mark.parametrize("header", ["1", '"1"', 'W/"1"', "*"])
async def test_the_version_that_was_read_is_known_in_every_spelling(
    api: Api, db: psycopg.Connection, header: str
) -> None:
    identifier = make_job(db)

    changed = await api.patch(
        f"/api/jobs/{identifier}", {"name": "Changed"}, headers={"If-Match": header}
    )

    assert changed.status == 200


@pytest.mark.parametrize("header", ['"1", "2"', "x", '""', '"-1"', '"1e0"', "'1'", '"2"'])
async def test_another_version_changes_nothing(
    api: Api, db: psycopg.Connection, header: str
) -> None:
    identifier = make_job(db)

    refused = await api.patch(
        f"/api/jobs/{identifier}", {"name": "Changed"}, headers={"If-Match": header}
    )

    assert (refused.status, refused.code) == (412, "version_conflict")


async def test_an_id_is_known_in_either_case_and_in_no_other_spelling(
    api: Api, db: psycopg.Connection
) -> None:
    identifier = str(make_job(db))
    spellings = [identifier.replace("-", ""), f"{{{identifier}}}", f"urn:uuid:{identifier}"]

    upper = await api.get(f"/api/jobs/{identifier.upper()}")
    others = [await api.get(f"/api/jobs/{each}") for each in spellings]

    assert upper.content["job"]["id"] == identifier
    assert [each.status for each in others] == [404, 404, 404]


async def test_a_cursor_that_is_none_is_refused_or_at_the_end(
    api: Api, db: psycopg.Connection
) -> None:
    identifier = make_send(db)
    make_job(db)

    wrong = [
        await api.get("/api/jobs", cursor=cursor)
        for cursor in ("x", "0" * 36, str(UUID(int=0)), str(UUID(int=2**128 - 1)), identifier)
    ]
    first = await api.get("/api/executions", cursor=UUID(int=0))

    assert [each.wrong for each in wrong] == [{"cursor"}] * 5
    assert first.content == {"executions": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/api/executions?status=,,", "status"),
        ("/api/executions?changed_since=yesterday", "changed_since"),
        ("/api/executions?since=2030-02-30T00:00:00Z", "since"),
        ("/api/executions?status_code=99999999999", "status_code"),
        ("/api/jobs?limit=%D9%A1", "limit"),
        ("/api/jobs?limit=1&limit=2", "limit"),
        ("/api/jobs?search=%00", "search"),
        ("/api/schedules/describe?cron=*+*+*+*+*&timezone=europe%2Foslo", "timezone"),
        ("/api/schedules/describe?cron=*+*+*+*+*&timezone=..%2F..%2Fetc", "timezone"),
    ],
)
async def test_a_query_that_means_nothing_is_named(api: Api, path: str, wrong: str) -> None:
    status, content = await ask(api, f"GET {path} HTTP/1.1")

    assert status == 422
    assert [each["field"] for each in json.loads(content)["errors"]] == [wrong]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xef\xbb\xbf{}", "begins with a byte order mark"),
        (b"{} x", "is no JSON: extra data at line 1, column 4"),
        ("{}".encode("utf-16"), "is not UTF-8"),
    ],
)
async def test_a_body_that_is_no_json_is_told_what_it_is(api: Api, body: bytes, said: str) -> None:
    refused = await api.ask("POST", "/api/jobs", data=body)

    assert (refused.status, refused.code) == (400, "invalid_json")
    assert said in refused.content["detail"]


async def test_a_slash_too_many_is_said_and_leads_nowhere(
    api: Api, dev: Web, db: psycopg.Connection, organization: UUID
) -> None:
    program = await api.post("/api/jobs/", job())
    page = await Reader(dev, session_of(db, organization)).get("/jobs/")

    assert (program.status, page.status) == (404, 404)
    assert program.content["hint"] == "Addresses here do not end with a slash."
    assert "do not end with a slash" in page.words
    assert "location" not in program.headers


@asynccontextmanager
async def hurried(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Where a server is that waits a second for a request, and answers after a longer while."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 1.0)

    async def app(scope: object, receive: object, send: object) -> None:
        request = Request(scope, receive)  # type: ignore[arg-type]
        body = await request.body()
        await asyncio.sleep(1.5)
        await Response(body)(scope, receive, send)  # type: ignore[arg-type]

    config = uvicorn.Config(
        app,
        http=HurriedProtocol,
        lifespan="off",
        port=0,
        log_config=None,
        access_log=False,
        timeout_keep_alive=600,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done()
        await asyncio.sleep(0.01)
    try:
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"{host}:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n"])
async def test_a_request_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    async with hurried(monkeypatch) as host:
        assert await spoken(host, said) == b""


async def test_a_slow_answer_is_waited_for_and_a_second_request_that_stops_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with hurried(monkeypatch) as host, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection(*host.split(":"))
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nfine")
        answer = await reader.readuntil(b"fine")
        writer.write(b"GET / HT")
        rest = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert rest == b""
