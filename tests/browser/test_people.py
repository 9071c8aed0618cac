"""People in a browser: signing up, organizations, a colleague, keys; with and without script."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import aiohttp
import psycopg
import pytest

from tests.browser.conftest import DESKTOP, PHONE, Open, Visitor
from tests.factories import call, make_job, make_organization, use
from tests.http.conftest import SECRET_KEY_BASE, Serve, Web
from tests.http.test_pages_settings import TABS
from tests.people import act, session_of

EVIL = "<img src=x onerror=alert(1)> \"'🎉 مرحبا " + "long" * 35


@pytest.fixture
async def web(serve: Serve) -> AsyncIterator[Web]:
    """As `prikke up` serves it: with a mailbox."""
    async with serve(secret_key_base=SECRET_KEY_BASE, development=True) as running:
        yield running


async def open_mail(visitor: Visitor) -> None:
    """Follow the newest link of the mailbox."""
    await visitor.go("/mailbox")
    link = await visitor.page.get_by_role("link", name="Open the link").first.get_attribute("href")
    assert link is not None
    await visitor.go(re.sub("^https?://[^/]+", "", link))


async def sign_up(visitor: Visitor, email: str, organization: str) -> None:
    page = visitor.page
    await visitor.go("/")
    await page.get_by_role("link", name="Sign up").first.click()
    await page.get_by_label("Your email address").fill(email)
    await page.get_by_label("Name of your organization").fill(organization)
    await page.get_by_role("button", name="Mail me a link").click()
    await page.get_by_role("heading", name="Look into your mail").wait_for()
    await open_mail(visitor)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/dashboard")


@pytest.mark.parametrize(
    ("script", "width"), [(True, DESKTOP), (False, PHONE)], ids=["script", "plain-phone"]
)
async def test_somebody_signs_up_makes_and_renames_organizations_and_uses_a_key(
    visit: Open, script: bool, width: int
) -> None:
    async with visit(script=script, width=width) as visitor:
        page = visitor.page
        await sign_up(visitor, "ann@example.com", "Ann's Shop")

        await page.locator(".switcher > summary").click()
        await page.get_by_role("link", name="+ New organization").click()
        await page.get_by_label("Name", exact=False).first.fill("Second")
        await page.get_by_role("button", name="Create organization").click()
        await page.get_by_text("The organization was created").wait_for()
        await visitor.go("/settings")
        await page.get_by_label("Name").first.fill("Renamed")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("Saved.").wait_for()
        switcher = await page.locator(".switcher > summary").inner_text()

        await visitor.go("/settings/keys")
        await page.get_by_label("Name").first.fill("continuous integration")
        await page.get_by_role("button", name="Create key").click()
        text = await page.locator(".once .copyable code").inner_text()
        copies = await page.get_by_role("button", name="Copy the key").count()
        listed = await statuses(visitor.url, text)
        page.on("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="Delete").click()
        await page.get_by_text("The key was deleted").wait_for()
        refused = await statuses(visitor.url, text)

        assert switcher.strip() == "Renamed"
        assert copies == (1 if script else 0)
        assert (listed, refused) == (200, 401)
        await visitor.check_width()
        await menu_of(visitor, "Sign out")
        await page.get_by_text("You are signed out").wait_for()


async def menu_of(visitor: Visitor, choice: str) -> None:
    """Choose something in the menu of the person."""
    await visitor.page.locator(".bar > .end > summary").click()
    await visitor.page.get_by_role("button", name=choice).click()


async def statuses(url: str, key: str) -> int:
    """What the API answers to a key."""
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{url}/api/jobs", headers={"Authorization": f"Bearer {key}"}) as answer,
    ):
        return answer.status


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_a_colleague_comes_by_invitation_and_as_a_viewer_changes_nothing(
    visit: Open, db: psycopg.Connection, organization: UUID, script: bool
) -> None:
    owner = session_of(db, organization, "owner", "owner@example.com")
    async with visit(owner, script=script) as boss, visit(script=script) as visitor:
        page = visitor.page
        await boss.go("/settings/team")
        await boss.page.get_by_label("Email address").fill("bob@example.com")
        await boss.page.locator("#role").select_option("viewer")
        await boss.page.get_by_role("button", name="Send invitation").click()
        await boss.page.get_by_text("The invitation is on its way").wait_for()

        await open_mail(visitor)
        await page.get_by_role("heading", name="Join Acme").wait_for()
        await page.get_by_role("button", name="Mail me a link").click()
        await open_mail(visitor)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("button", name="Accept").click()
        await page.get_by_text("Welcome to the organization").wait_for()
        offers = 0
        for path in ("/jobs", *(f"/settings{tab}" for tab in TABS), "/settings/notifications"):
            await visitor.go(path)
            offers += await page.locator(
                "main form[method=post]:not([action='/settings/leave'])"
            ).count()
        forced = await page.request.post(
            f"{visitor.url}/settings/keys", headers={"Origin": visitor.url}, form={"name": "key"}
        )

        assert offers == 0
        assert forced.status == 403


async def test_a_form_changes_the_organization_that_its_page_shows(
    visit: Open, db: psycopg.Connection, organization: UUID
) -> None:
    session = session_of(db, organization, "owner", "owner@example.com")
    other = make_organization(db, "Other")
    db.execute(
        "insert into prikke.member select %s, id, 'owner', prikke.clock() from prikke.app_user",
        (other,),
    )
    async with visit(session) as visitor:
        await visitor.go("/settings/keys?organization=acme")
        await visitor.go("/settings/keys")
        second = await visitor.page.context.new_page()
        await second.goto(f"{visitor.url}/dashboard?organization=other")

        await visitor.page.get_by_label("Name").first.fill("continuous integration")
        await visitor.page.get_by_role("button", name="Create key").click()
        await visitor.page.get_by_role("heading", name="Your new key").wait_for()
        shown = await visitor.page.locator(".switcher > summary").inner_text()

    made = db.execute("select organization_id from prikke.api_key").fetchall()
    assert made == [(organization,)]
    assert shown.strip() == "Acme"


@pytest.mark.parametrize(
    ("width", "dark"), [(PHONE, True), (DESKTOP, False)], ids=["phone-dark", "desktop-light"]
)
async def test_pages_of_people_hold_strange_names_and_are_for_everybody(
    visit: Open, db: psycopg.Connection, organization: UUID, width: int, dark: bool
) -> None:
    session = session_of(db, organization, "owner", "owner@example.com")
    session_of(db, organization, "member", f"{'m' * 60}@{'long.' * 20}example.com")
    use(db, organization)
    act(db, None)
    call(db, "update_organization", name=EVIL)
    job = make_job(db, name=EVIL)
    call(db, "update_job", id=job, body=EVIL, method="POST")
    call(db, "create_channel", target="ops@example.com", name=EVIL)
    call(db, "snooze", job_id=job, reason=EVIL)
    call(db, "invite_member", email="bob@example.com", role="admin")
    made = call(db, "create_key", name=EVIL, public_id="pk_live_" + "a" * 22, secret_hash=b"x" * 32)
    db.execute("select prikke.store_secret(%s, 'x', 'x')", ("LONG" * 25,))

    async with visit(session, width=width, dark=dark) as visitor:
        for path in (
            "/account",
            "/organizations/new",
            *(f"/settings{tab}" for tab in TABS),
            "/settings/notifications",
            "/users/confirm?next=/settings",
            "/mailbox",
        ):
            await visitor.go(path)
            for fold in await visitor.page.locator("details.fold > summary").all():
                await fold.click()
            await visitor.check_width()
            # Colours of both themes are measured in the style guide.
            if dark:
                await visitor.check_targets()
                await visitor.check_accessibility()

    assert made["name"] == EVIL
    async with visit(width=width, dark=dark) as visitor:
        for path in ("/users/register", "/users/log-in", "/users/log-in/some-token"):
            await visitor.go(path)
            await visitor.check_width()
            if dark:
                await visitor.check_accessibility()
