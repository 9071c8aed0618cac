"""Invitations made with a key or in SQL go out by mail, as those of the page do."""

import asyncio
import re
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from prikke.http import invitations
from prikke.http.cookies import token_hash
from tests.factories import call
from tests.http.api import Api, give_key
from tests.http.conftest import SECRET_KEY_BASE, Serve
from tests.http.pages import Reader
from tests.mail_server import MailServer, Received
from tests.people import act, make_member, session_of, sign_in

EMAIL = {"email": "bob@example.com"}


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    monkeypatch.setattr(invitations, "_POLL_SECONDS", 0.05)
    with MailServer() as server:
        yield server


def link_of(mail: Received) -> str:
    found = re.search(r"http://localhost:8000(/invitations/\S+)", mail.part("plain"))
    assert found is not None
    return found[1]


def hashes(db: psycopg.Connection) -> list[bytes | None]:
    rows = db.execute("select token_hash from prikke.invitation order by email").fetchall()
    return [row[0] if row[0] is None else bytes(row[0]) for row in rows]


async def test_an_invitation_made_with_a_key_is_mailed_and_its_link_opens_it(
    serve: Serve, mail_server: MailServer, db: psycopg.Connection, organization: UUID
) -> None:
    bob = session_of(db, None, email="bob@example.com")
    key = give_key(db, "admin", "write")

    async with serve(smtp_url=mail_server.url, secret_key_base=SECRET_KEY_BASE) as web:
        made = await Api(web, key).post("/api/invitations", {**EMAIL, "role": "viewer"})
        [mail] = await asyncio.to_thread(mail_server.wait_for, 1)
        offered = await Reader(web, bob).get(link_of(mail))
        accepted = await Reader(web, bob).post(
            f"/invitations/{made.content['invitation']['id']}/accept"
        )

    assert (made.status, mail.recipients) == (201, ["bob@example.com"])
    assert 'The key "tests" invites you to the organization "Acme"' in mail.part("plain")
    assert "holds for 7 days" in " ".join(mail.part("plain").split())
    assert "You are invited as viewer" in offered.words
    assert accepted.status == 303
    assert call(db, "list_members")["email"] == "bob@example.com"


async def test_only_the_hash_of_the_link_is_kept(
    serve: Serve, mail_server: MailServer, db: psycopg.Connection, organization: UUID
) -> None:
    key = give_key(db, "admin")

    async with serve(smtp_url=mail_server.url) as web:
        made = await Api(web, key).post("/api/invitations", EMAIL)
        [mail] = await asyncio.to_thread(mail_server.wait_for, 1)

    token = link_of(mail).rpartition("/")[2]
    assert hashes(db) == [token_hash(token)]
    assert token not in str(made.content)


async def test_invitations_made_in_sql_are_mailed_once_each_by_two_processes(
    serve: Serve, mail_server: MailServer, db: psycopg.Connection, organization: UUID
) -> None:
    async with serve(smtp_url=mail_server.url), serve(smtp_url=mail_server.url):
        for number in range(45):
            db.execute("select prikke.invite_member(%s)", (f"person{number}@example.com",))
        await asyncio.to_thread(mail_server.wait_for, 45)

    assert sorted(mail.recipients[0] for mail in mail_server.mails) == sorted(
        f"person{number}@example.com" for number in range(45)
    )
    assert "Whoever runs this Prikke invites you" in mail_server.mails[0].part("plain")


async def test_an_invitation_that_ended_before_its_mail_left_is_not_mailed(
    serve: Serve, mail_server: MailServer, db: psycopg.Connection, organization: UUID
) -> None:
    admin = make_member(db, organization, "admin")
    act(db, admin)
    db.execute("select prikke.invite_member('ended@example.com')")
    act(db, None)
    db.execute("select prikke.set_role(%s, 'viewer')", (admin.id,))
    db.execute("select prikke.invite_member('bob@example.com')")

    async with serve(smtp_url=mail_server.url):
        await asyncio.to_thread(mail_server.wait_for, 1)

    assert [mail.recipients for mail in mail_server.mails] == [["bob@example.com"]]


async def test_one_that_the_mail_server_refuses_holds_up_no_other(
    serve: Serve, mail_server: MailServer, db: psycopg.Connection, organization: UUID
) -> None:
    mail_server.refuse["a@example.com"] = "550 nobody here"
    db.execute("select prikke.invite_member('a@example.com')")
    db.execute("select prikke.invite_member('bob@example.com')")

    async with serve(smtp_url=mail_server.url):
        await asyncio.to_thread(mail_server.wait_for, 1)

    assert [mail.recipients for mail in mail_server.mails] == [["bob@example.com"]]


async def test_a_database_that_cannot_answer_for_a_while_loses_no_invitation(
    serve: Serve,
    mail_server: MailServer,
    db: psycopg.Connection,
    organization: UUID,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serve(smtp_url=mail_server.url) as web:
        db.execute("revoke execute on function prikke.mail_invitations from prikke_web")
        await Api(web, give_key(db, "admin")).post("/api/invitations", EMAIL)
        while "invitations are not mailed" not in caplog.text:
            assert mail_server.mails == []
            await asyncio.sleep(0.01)
        db.execute("grant execute on function prikke.mail_invitations to prikke_web")
        await asyncio.to_thread(mail_server.wait_for, 1)

    assert [mail.recipients for mail in mail_server.mails] == [["bob@example.com"]]


async def test_without_mail_it_waits_for_whoever_has_the_address(
    serve: Serve, db: psycopg.Connection, organization: UUID
) -> None:
    async with serve() as web:
        await Api(web, give_key(db, "admin")).post("/api/invitations", EMAIL)

    act(db, sign_in(db, "bob@example.com"))
    assert hashes(db) == [None]
    assert call(db, "list_my_invitations")["organization"] == "Acme"
