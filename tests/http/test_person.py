"""Who may look at a page: sessions, the organization looked at, and forms from elsewhere."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from starlette.requests import Request
from starlette.responses import Response

from prikke.http.local import local_path
from prikke.http.person import visit
from prikke.http.replies import reply
from tests.factories import make_organization
from tests.http.conftest import Serve, Web
from tests.people import session_of

PAGE = {"Accept": "text/html"}


def signed_in(session: str, **cookies: str) -> dict[str, Any]:
    held = {"session": session, **cookies}
    return {
        **PAGE,
        "Cookie": "; ".join(f"prikke_{name}={value}" for name, value in held.items()),
    }


async def who(request: Request) -> Response:
    """Stands for any page."""
    person, _ = await visit(request)
    return reply({"slug": person.slug, "role": person.role})


@pytest.fixture
async def probe(serve: Serve, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    from starlette.routing import Route

    from prikke.http import app

    monkeypatch.setattr(app, "page_routes", lambda _: [Route("/who", who, methods=["GET", "POST"])])
    async with serve() as running:
        yield running


async def test_a_stranger_is_sent_to_sign_in_and_back(probe: Web) -> None:
    async with probe.get("/who?a=1", headers=PAGE, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/users/log-in?next=%2Fwho%3Fa%3D1"


async def test_a_session_that_was_revoked_is_a_strangers(
    probe: Web, db: psycopg.Connection, organization: UUID
) -> None:
    session = session_of(db, organization)
    db.execute("delete from prikke.session")

    async with probe.get("/who", headers=signed_in(session), allow_redirects=False) as answer:
        assert answer.status == 303


async def test_the_organization_is_that_of_the_link_else_the_last_else_the_first(
    probe: Web, db: psycopg.Connection, organization: UUID
) -> None:
    session = session_of(db, organization, "viewer", "both@example.com")
    other = make_organization(db, "Zebra")
    db.execute(
        "insert into prikke.member select %s, id, 'admin', prikke.clock() from prikke.app_user",
        (other,),
    )
    foreign = make_organization(db, "Foreign")

    seen = []
    for path, cookies in [
        ("/who", {}),
        ("/who", {"organization": "zebra"}),
        ("/who?organization=zebra", {"organization": "acme"}),
        ("/who?organization=foreign", {}),
    ]:
        async with probe.get(path, headers=signed_in(session, **cookies)) as answer:
            seen.append(await answer.json())

    assert foreign
    assert [each["slug"] for each in seen] == ["acme", "zebra", "zebra", "acme"]
    assert [each["role"] for each in seen] == ["viewer", "admin", "admin", "viewer"]


async def test_who_belongs_nowhere_is_led_to_make_an_organization(
    probe: Web, db: psycopg.Connection
) -> None:
    session = session_of(db, None)

    async with probe.get("/who", headers=signed_in(session), allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/organizations/new"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"Origin": "own"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_forms_are_taken_from_our_own_pages_only(
    probe: Web, db: psycopg.Connection, organization: UUID, sent: dict[str, str], status: int
) -> None:
    headers = {**signed_in(session_of(db, organization)), **sent}
    if headers.get("Origin") == "own":
        headers["Origin"] = probe.url

    async with probe.client.post(probe.url + "/who", headers=headers) as answer:
        assert answer.status == status


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/jobs?search=a", "/jobs?search=a"),
        (None, "/dashboard"),
        ("", "/dashboard"),
        ("//evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("https://evil.example", "/dashboard"),
        ("/a\\..\\b", "/dashboard"),
        ("/jobs\r\nSet-Cookie: a", "/dashboard"),
        ("jobs", "/dashboard"),
    ],
)
def test_only_a_path_of_ours_is_gone_on_to(asked: str | None, path: str) -> None:
    assert local_path(asked) == path
