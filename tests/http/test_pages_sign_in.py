"""Signing up, signing in by a link in a mail, signing out, and signing in anew for a deed."""

import asyncio
import logging
import re
import socket
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from prikke.config import Settings
from prikke.db import Caller
from prikke.http import letters
from prikke.http.pages import sign_in as pages
from prikke.mail import Mail
from prikke.mails.people import sign_in_mail
from tests.conftest import Connect
from tests.http.conftest import Serve, Web
from tests.http.pages import Reader, Shown, link_in
from tests.mail_server import MailServer
from tests.people import session_of

ANN = {"email": "ann@example.com", "organization_name": "Ann's Shop"}


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


async def sign_in(reader: Reader, email: str = "ann@example.com") -> Shown:
    await reader.post("/users/log-in", {"email": email})
    return await reader.post(await link_in(reader))


async def test_who_signs_up_gets_a_link_and_with_it_the_organization_they_named(dev: Web) -> None:
    reader = Reader(dev)

    asked = await reader.post("/users/register", ANN)
    link = await link_in(reader)
    opened = await reader.get(link)
    used = await reader.post(link)
    account = await reader.get("/status")

    assert "ann@example.com" in asked.words
    assert (opened.status, used.status, used.location) == (200, 303, "/dashboard")
    assert reader.cookies["prikke_organization"] == "ann-s-shop"
    assert "Dashboard" in account.words


async def test_opening_a_link_signs_nobody_in_and_using_it_does_once(dev: Web) -> None:
    reader, other = Reader(dev), Reader(dev)
    await reader.post("/users/register", ANN)
    link = await link_in(reader)

    await reader.get(link)
    await reader.get(link)
    assert "prikke_session" not in reader.cookies
    await reader.post(link)
    again = await other.post(link)

    assert reader.cookies["prikke_session"]
    assert again.status == 410
    assert "Get a new link" in again.words
    assert "prikke_session" not in other.cookies


async def test_the_page_of_a_link_tells_no_site_its_address(dev: Web) -> None:
    reader = Reader(dev)
    await reader.post("/users/register", ANN)

    opened = await reader.get(await link_in(reader))

    assert opened.headers["referrer-policy"] == "strict-origin"
    assert opened.headers["cache-control"] == "no-store"


async def test_the_cookie_of_a_session_is_not_for_scripts_and_is_bound_to_https(
    serve: Serve, db: psycopg.Connection
) -> None:
    async with serve(development=True, base_url="https://prikke.example") as web:
        reader, headers = (
            Reader(web),
            {"Host": "prikke.example", "Origin": "https://prikke.example"},
        )
        await reader._ask("POST", "/users/log-in", "email=ann%40example.com", headers)
        token = "a" * 43
        db.execute(
            "update prikke.sign_in set token_hash = sha256(convert_to(%s, 'utf8'))", (token,)
        )

        used = await reader._ask("POST", f"/users/log-in/{token}", "", headers)

        cookie = used.headers["set-cookie"]
        assert cookie.startswith("__Host-prikke_session=")
        for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
            assert part.lower() in cookie.lower()


async def test_the_way_on_goes_through_the_mail_and_stays_here(dev: Web) -> None:
    reader = Reader(dev)

    await reader.post("/users/log-in", {"email": "ann@example.com", "next": "/jobs?search=a&b=c"})
    link = await link_in(reader)
    page = await reader.get(link.replace("&amp;", "&"))
    used = await reader.post(link, {"next": "/jobs?search=a&b=c"})
    await reader.post("/users/log-in", {"email": "bob@example.com", "next": "//evil.example"})
    foreign = await link_in(reader)
    ended = await reader.post(foreign, {"next": "https://evil.example"})

    assert 'name="next" value="/jobs?search=a&amp;b=c"' in page.text
    assert used.location == "/jobs?search=a&b=c"
    assert "next" not in foreign
    assert ended.location == "/dashboard"


async def test_the_answer_is_the_same_whether_anybody_has_the_address(
    serve: Serve, db: psycopg.Connection, mail_server: MailServer
) -> None:
    session_of(db, None, email="ann@example.com")
    db.execute('select prikke.publish_settings(\'{"sign_up": "closed"}\')')

    async with serve(smtp_url=mail_server.url) as web:
        known = await Reader(web).post("/users/log-in", {"email": "ann@example.com"})
        unknown = await Reader(web).post("/users/log-in", {"email": "bob@example.com"})

    assert known.status == unknown.status == 200
    assert known.text.replace("ann@", "x@") == unknown.text.replace("bob@", "x@")
    assert [mail.recipients for mail in mail_server.mails] == [["ann@example.com"]]


async def test_a_mail_holds_the_link_and_no_log_does(
    serve: Serve, mail_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async with serve(smtp_url=mail_server.url) as web:
        await Reader(web).post("/users/log-in", {"email": "ann@example.com"})

    [mail] = mail_server.mails
    found = re.search(r"/users/log-in/(\S+)", mail.part("plain"))
    assert found is not None
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith("mail.")]
    assert len(ours) > 3
    assert not [line for line in ours if found[1] in line or "ann@example.com" in line]


async def test_a_database_that_is_away_puts_no_link_into_the_log(
    dev: Web,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(pages, "_CALLER", Caller("prikke_web", lock_timeout="50ms"))
    reader = Reader(dev)
    await reader.post("/users/register", ANN)
    link = await link_in(reader)
    busy = connect(autocommit=False)
    busy.execute("select from prikke.sign_in for update")

    refused = await reader.post(link)
    busy.rollback()
    used = await reader.post(link)

    assert (refused.status, used.status) == (503, 303)
    assert "not served path=/users/log-in/…" in caplog.text
    assert link.rpartition("/")[2] not in caplog.text


async def test_a_mail_that_fails_is_logged_without_its_address(
    serve: Serve, mail_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    mail_server.refuse["ann@example.com"] = "550 no ann@example.com here"

    async with serve(smtp_url=mail_server.url) as web:
        asked = await Reader(web).post("/users/log-in", {"email": "ann@example.com"})

    assert asked.status == 200
    assert "mail not sent" in caplog.text
    assert "550" in caplog.text
    assert "ann@" not in caplog.text


async def test_a_mail_that_breaks_stops_no_other(
    mail_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Mail:
        raise AttributeError("ann@example.com")

    opened = letters.Letters.from_settings(Settings(smtp_url=mail_server.url))

    async with asyncio.TaskGroup() as tasks, opened.sending(tasks):
        for _ in range(5):
            opened.post(broken)
        opened.post(partial(sign_in_mail, "bob@example.com", "https://prikke.example/link"))

    assert [mail.recipients for mail in mail_server.mails] == [["bob@example.com"]]
    assert "mail broke error=AttributeError" in caplog.text
    assert "ann@" not in caplog.text


async def test_the_answer_waits_for_no_mail_server(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "_CLOSING_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with serve(smtp_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}") as web:
            asked = await Reader(web).post("/users/log-in", {"email": "ann@example.com"})
            held, _ = await asyncio.to_thread(silent.accept)
            again = await Reader(web).post("/users/log-in", {"email": "ann@example.com"})

        assert (asked.status, again.status) == (200, 200)
        held.close()


async def test_the_sixth_link_of_an_hour_is_refused_in_a_sentence(dev: Web) -> None:
    reader = Reader(dev)
    for _ in range(5):
        assert (await reader.post("/users/log-in", {"email": "ann@example.com"})).status == 200

    refused = await reader.post("/users/log-in", {"email": "ann@example.com"})

    assert refused.status == 429
    assert "Too many sign-in links were asked for" in refused.words
    assert int(refused.headers["retry-after"]) > 3500
    assert 'value="ann@example.com"' in refused.text


async def test_an_address_that_is_none_is_said_at_its_field(dev: Web) -> None:
    refused = await Reader(dev).post(
        "/users/register", {"email": "ann at example", "organization_name": "A <b>shop</b>"}
    )

    assert refused.status == 422
    assert "is no mail address" in refused.words
    assert 'value="ann at example"' in refused.text
    assert "A &lt;b&gt;shop&lt;/b&gt;" in refused.text


async def test_without_mail_the_page_says_what_the_operator_can_do(web: Web) -> None:
    reader = Reader(web)

    pages = [await reader.get(path) for path in ("/users/log-in", "/users/register")]
    refused = await reader.post("/users/log-in", {"email": "ann@example.com"})
    mailbox = await reader.get("/mailbox")

    assert all("prikke user create" in page.words for page in pages)
    assert all('type="email"' not in page.text for page in pages)
    assert refused.status == 503
    assert mailbox.status == 404


async def test_the_mailbox_is_for_this_machine_only(dev: Web) -> None:
    reader = Reader(dev)

    near = await reader.get("/mailbox")
    far = await reader.get("/mailbox", **{"X-Forwarded-For": "203.0.113.9"})

    assert (near.status, far.status) == (200, 404)


async def test_where_sign_up_is_closed_the_page_says_so(
    serve: Serve, db: psycopg.Connection
) -> None:
    db.execute('select prikke.publish_settings(\'{"sign_up": "closed"}\')')

    async with serve(development=True) as web:
        page = await Reader(web).get("/users/register")

    assert "by invitation only" in page.words


async def test_signing_out_ends_the_session_and_not_only_the_cookie(dev: Web) -> None:
    reader = Reader(dev)
    await sign_in(reader)
    kept = Reader(dev, reader.cookies["prikke_session"])

    out = await reader.post("/users/log-out")
    back = await kept.get("/users/confirm")

    assert out.location.startswith("/users/log-in")
    assert reader.cookies["prikke_session"] == ""
    assert back.status == 303
    assert back.location.startswith("/users/log-in?next=")
    assert (await reader.post("/users/log-out")).status == 303


async def test_signing_in_anew_ends_the_session_that_the_browser_had(
    dev: Web, db: psycopg.Connection
) -> None:
    reader = Reader(dev)
    await sign_in(reader)
    first = reader.cookies["prikke_session"]

    await sign_in(reader)

    assert reader.cookies["prikke_session"] != first
    assert db.execute("select count(*) from prikke.session").fetchone() == (1,)


async def test_who_is_signed_in_is_not_asked_to_sign_in(dev: Web) -> None:
    reader = Reader(dev)
    await sign_in(reader)

    page = await reader.get("/users/log-in?next=/jobs")

    assert (page.status, page.location) == (303, "/jobs")


async def test_a_confirmation_mails_a_link_to_the_persons_own_address(dev: Web) -> None:
    reader = Reader(dev)
    await sign_in(reader)

    page = await reader.get("/users/confirm?next=/settings/keys")
    await reader.post("/users/confirm", {"next": "/settings/keys", "email": "eve@example.com"})
    link = await link_in(reader)
    used = await reader.post(link, {"next": "/settings/keys"})

    assert "ann@example.com" in page.words
    assert link.endswith("?next=%2Fsettings%2Fkeys")
    assert used.location == "/settings/keys"
