"""Landing, documentation and billing in a browser."""

from uuid import UUID

import psycopg
import pytest

from prikke.http.pages.docs import PAGES
from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.people import session_of

PATHS = [
    "/",
    "/status",
    "/docs",
    *(each.path for each in PAGES),
    "/docs/api/jobs",
    "/docs/api/things",
]


@pytest.mark.parametrize(
    ("width", "dark"), [(PHONE, True), (DESKTOP, False)], ids=["phone-dark", "desktop-light"]
)
async def test_public_pages_are_accessible_at_every_width(
    visit: Open, width: int, dark: bool
) -> None:
    async with visit(width=width, dark=dark) as visitor:
        for path in PATHS:
            await visitor.go(path)

            await visitor.check_accessibility()
            await visitor.check_width()


async def test_the_page_of_plan_and_use_is_accessible(
    visit: Open, db: psycopg.Connection, organization: UUID
) -> None:
    db.execute("""select prikke.publish_settings('{"plans": true}')""")
    async with visit(session_of(db, organization), width=PHONE) as visitor:
        await visitor.go("/settings/billing")
        await visitor.page.get_by_text("As a table").first.click()

        await visitor.check_accessibility()
        await visitor.check_width()


async def test_an_example_is_copied_as_it_stands(visit: Open) -> None:
    async with visit(permissions=["clipboard-read", "clipboard-write"]) as visitor:
        await visitor.go("/docs/webhooks")
        example = visitor.page.locator("figure.code").first
        await example.get_by_role("button", name="Copy").click()
        await example.get_by_role("button", name="Copied").wait_for()

        copied = await visitor.page.evaluate("navigator.clipboard.readText()")

        assert copied == await example.locator("code").inner_text()


async def test_the_pages_are_whole_without_script(visit: Open) -> None:
    async with visit(script=False) as visitor:
        await visitor.go("/")
        await visitor.page.get_by_role("link", name="Read how it works").click()

        assert await visitor.page.locator("h1").inner_text() == "Getting started"
        assert await visitor.page.get_by_role("button", name="Copy").count() == 0
