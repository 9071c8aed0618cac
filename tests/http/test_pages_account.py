"""The account page, making organizations, and invitations from both ends."""

import re
from uuid import UUID

import psycopg
import pytest

from prikke.http.cookies import token_hash
from prikke.http.pages.account import browser
from tests.factories import call, make_organization, use
from tests.http.conftest import Web
from tests.http.pages import Reader, link_in
from tests.people import act, session_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/140.0 Safari/537.36 Edg/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Safari/604.1"


@pytest.fixture
async def ann(dev: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    """An owner of Acme."""
    return Reader(dev, session_of(db, organization, "owner", "ann@example.com"))


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (EDGE, "Edge on Windows"),
        (PHONE, "Safari on iPhone or iPad"),
        ("curl/8.0", "Unknown browser"),
        (None, "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_people_know_it(agent: str | None, words: str) -> None:
    assert browser(agent) == words


async def test_the_account_shows_address_zone_sessions_and_organizations(ann: Reader) -> None:
    page = await ann.get("/account")

    assert page.status == 200
    for words in ("ann@example.com", "This browser", "Acme", "owner"):
        assert words in page.words
    assert 'value="UTC"' in page.text
    assert '<option value="Europe/Oslo">' in page.text


async def test_a_zone_is_kept_and_one_that_does_not_exist_is_said_at_its_field(ann: Reader) -> None:
    kept = await ann.post("/account/zone", {"timezone": "Asia/Kolkata"})
    page = await ann.follow(kept)
    wrong = await ann.post("/account/zone", {"timezone": "<Europe/Osla>"})

    assert "IST" in page.text
    assert wrong.status == 422
    assert 'value="&lt;Europe/Osla&gt;"' in wrong.text
    assert "is not a known time zone" in wrong.words


async def test_a_session_elsewhere_is_ended_and_that_of_somebody_else_is_not_found(
    ann: Reader,
    dev: Web,
    db: psycopg.Connection,
) -> None:
    elsewhere = Reader(dev, session_of(db, None, email="ann@example.com"))
    stranger = Reader(dev, session_of(db, None, email="eve@example.com"))
    [one] = re.findall(
        r'action="/account/sessions/([-0-9a-f]+)/end"', (await ann.get("/account")).text
    )

    foreign = await stranger.post(f"/account/sessions/{one}/end")
    ended = await ann.post(f"/account/sessions/{one}/end")

    assert foreign.status == 404
    assert ended.location == "/account?notice=session_ended"
    assert (await elsewhere.get("/account")).status == 303
    assert (await stranger.get("/account")).status == 200


async def test_all_other_sessions_are_ended_at_once(
    ann: Reader,
    dev: Web,
    db: psycopg.Connection,
) -> None:
    others = [Reader(dev, session_of(db, None, email="ann@example.com")) for _ in range(2)]

    await ann.post("/account/sessions/end-others")

    assert [(await each.get("/account")).status for each in others] == [303, 303]
    assert (await ann.get("/account")).status == 200


async def test_an_address_changes_by_the_link_that_the_new_one_gets(
    ann: Reader, db: psycopg.Connection
) -> None:
    asked = await ann.post("/account/address", {"email": "New@example.com"})
    before = await ann.get("/account")
    used = await ann.post(await link_in(ann), {"next": "/account"})
    after = await ann.follow(used)
    told = await ann.get("/mailbox")

    assert "new@example.com" in asked.words
    assert "ann@example.com" in before.words
    assert "new@example.com" in after.words
    assert "ann@example.com" not in after.words
    assert "To ann@example.com" in told.words
    assert "has new@example.com from now on" in told.words


async def test_a_change_of_address_long_after_the_sign_in_leads_to_a_new_one_and_back(
    ann: Reader, db: psycopg.Connection
) -> None:
    db.execute("update prikke.session set signed_in_at = signed_in_at - interval '15 minutes'")

    refused = await ann.post(
        "/account/address", {"email": "new@example.com"}, Referer=f"{ann.web.url}/account"
    )
    page = await ann.follow(refused)

    assert refused.location == "/users/confirm?next=%2Faccount"
    assert "Is it you?" in page.words
    assert 'name="next" value="/account"' in page.text


async def test_a_confirmation_comes_back_to_no_page_of_others(
    ann: Reader, db: psycopg.Connection
) -> None:
    db.execute("update prikke.session set signed_in_at = signed_in_at - interval '15 minutes'")

    refused = await ann.post(
        "/account/address", {"email": "new@example.com"}, Referer="https://evil.example/account"
    )

    assert refused.location == "/users/confirm?next=%2Fsettings"


async def test_who_belongs_nowhere_makes_an_organization_and_is_in_it(
    dev: Web,
    db: psycopg.Connection,
) -> None:
    reader = Reader(dev, session_of(db, None, email="ann@example.com"))

    welcome = await reader.get("/organizations/new")
    looked_at = dict(reader.cookies)
    wrong = await reader.post("/organizations/new", {"name": " ", "slug": "No Way"})
    made = await reader.post("/organizations/new", {"name": "Ann's <Shop>"})
    account = await reader.get("/account")

    assert "Welcome to Prikke" in welcome.words
    assert set(looked_at) == {"prikke_session"}
    assert wrong.status == 422
    assert wrong.text.count('class="error"') == 2
    assert made.location == "/dashboard?organization=ann-s-shop&notice=organization_created"
    assert "Ann&#39;s &lt;Shop&gt;" in account.text


async def test_a_short_name_that_is_taken_is_said_and_nothing_typed_is_lost(ann: Reader) -> None:
    refused = await ann.post("/organizations/new", {"name": "Other", "slug": "acme"})

    assert refused.status == 409
    assert "is taken" in refused.words
    assert 'value="Other"' in refused.text


def invite(db: psycopg.Connection, organization: UUID, email: str, role: str = "member") -> str:
    """The token of an invitation."""
    use(db, organization)
    act(db, None)
    call(db, "invite_member", email=email, role=role, token_hash=token_hash(f"for {email}"))
    return f"for {email}".replace(" ", "%20")


async def test_an_invitation_shows_who_invites_to_what_and_is_accepted_by_its_address_only(
    dev: Web,
    db: psycopg.Connection,
    organization: UUID,
) -> None:
    token = invite(db, organization, "bob@example.com")
    stranger = Reader(dev)
    eve = Reader(dev, session_of(db, None, email="eve@example.com"))
    bob = Reader(dev, session_of(db, None, email="bob@example.com"))

    offered = await stranger.get(f"/invitations/{token}")
    foreign = await eve.get(f"/invitations/{token}")
    own = await bob.get(f"/invitations/{token}")
    [one] = re.findall(r'action="/invitations/([-0-9a-f]+)/accept"', own.text)
    taken = await eve.post(f"/invitations/{one}/accept")
    joined = await bob.post(f"/invitations/{one}/accept")
    ended = await bob.get(f"/invitations/{token}")

    assert "Join Acme" in offered.words
    assert f'name="next" value="/invitations/{token}"' in offered.text.replace(
        "for bob", "for%20bob"
    )
    assert offered.headers["referrer-policy"] == "strict-origin"
    assert "/accept" not in foreign.text
    assert taken.status == 404
    assert joined.location == "/dashboard?organization=acme&notice=invitation_accepted"
    assert ended.status == 404
    assert "has ended" in ended.words


async def test_invitations_wait_in_the_account_and_before_the_first_organization(
    dev: Web,
    db: psycopg.Connection,
    organization: UUID,
) -> None:
    invite(db, organization, "bob@example.com", "viewer")
    bob = Reader(dev, session_of(db, None, email="bob@example.com"))

    pages = [await bob.get(path) for path in ("/organizations/new", "/account")]
    [one] = re.findall(r'action="/invitations/([-0-9a-f]+)/decline"', pages[1].text)
    declined = await bob.follow(await bob.post(f"/invitations/{one}/decline"))

    assert all("Acme as viewer" in page.words for page in pages)
    assert "Acme" not in declined.words
    assert db.execute("select count(*) from prikke.invitation").fetchone() == (0,)


async def test_the_switcher_offers_only_ones_own_organizations(
    ann: Reader, db: psycopg.Connection
) -> None:
    make_organization(db, "Foreign")

    page = await ann.get("/account")

    assert "Acme" in page.words
    assert "Foreign" not in page.words
