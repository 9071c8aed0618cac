"""What takes its time says so until it is there; the network is held up by the test."""

import re
from asyncio import Event
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.conftest import Open
from tests.factories import make_job, make_send
from tests.people import session_of
from tests.virtual_runner import VirtualRunner


@asynccontextmanager
async def held(page: Page, address: str | re.Pattern[str]) -> AsyncIterator[None]:
    """Nothing of this address arrives within."""
    go = Event()

    async def hold(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await page.route(address, hold)
    try:
        yield
    finally:
        go.set()


async def is_busy(place: Locator) -> None:
    await expect(place).to_have_attribute("aria-busy", "true")
    sign = await place.evaluate("n => getComputedStyle(n, '::after').content")
    assert sign not in ("none", "normal")


async def is_free(place: Locator) -> None:
    await expect(place).not_to_have_attribute("aria-busy", "true")


async def test_lists_and_details_say_that_they_load(
    visit: Open, db: psycopg.Connection, organization: UUID
) -> None:
    for _ in range(26):
        make_job(db)
    make_send(db)
    async with visit(session_of(db, organization)) as visitor:
        page = visitor.page
        await visitor.go("/jobs")
        more = page.get_by_role("link", name="Load more")
        async with held(page, "**/jobs?*"):
            await more.click()
            await is_busy(more)
            await expect(page.locator("[data-more-nav]")).to_contain_text("Loading …")
        await expect(page.locator("[data-more-nav]")).to_contain_text("Showing 26 of 26 jobs")

        await page.get_by_label("Search").fill("nothing like this")
        pressed = await page.get_by_role("button", name="Search").evaluate(
            "node => (node.click(), node.getAttribute('aria-busy'))"
        )
        assert pressed == "true"
        await expect(page.locator("main")).to_contain_text("Nothing")
        await is_free(page.get_by_role("button", name="Search"))

        async with held(page, re.compile(r"/live(\?.*)?$")):
            await page.goto(visitor.url + "/executions", wait_until="commit")
            await expect(page.locator("[data-live-word]")).to_have_text("Connecting …")
        await expect(page.locator("[data-live-word]")).to_have_text("Live")

        panel = page.get_by_role("dialog")
        async with held(page, "**/executions/*"):
            await page.get_by_role("link", name="Details").click()
            await expect(panel).to_contain_text("Loading …")
            await expect(panel).to_have_attribute("aria-busy", "true")
            await visitor.check_accessibility()
        await expect(panel).to_contain_text("https://example.com")
        await is_free(panel)
        await page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()

        # Who closes it while it loads is not shown it later.
        async with page.expect_response("**/executions/*"), held(page, "**/executions/*"):
            await page.get_by_role("link", name="Details").click()
            await expect(panel).to_be_visible()
            await page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()


async def test_a_check_and_a_test_request_say_that_they_are_on_their_way(
    visit: Open, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    async with visit(session_of(db, organization)) as visitor:
        page = visitor.page
        await visitor.go("/jobs/new")
        preview = page.locator("[data-preview]")
        async with held(page, "**/jobs/check"):
            await page.locator("[name=cron]").fill("0 9 * * *")
            await is_busy(preview)
        await expect(preview).to_contain_text("Daily at 09:00")
        await is_free(preview)

        await page.locator("[name=name]").fill("Nightly")
        await page.locator("[name=url]").fill("https://example.com/hook")
        button = page.get_by_role("button", name="Send a test request now")
        async with held(page, "**/jobs/test"):
            await button.click()
            await is_busy(button)
            await expect(page.locator("[data-answer]")).to_have_text("Sending …")
        await expect(page.locator("[data-answer]")).to_contain_text("Pending")
        await is_busy(button)
        [claim] = runner.work()
        runner.complete(claim, status_code=200)

        await expect(page.locator("[data-answer]")).to_contain_text("200 OK")
        await is_free(button)
