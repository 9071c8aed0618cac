"""Jobs in a browser: made and seen delivered, changed, and everything again without script."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from playwright.async_api import Page, expect

from prikke.config import Settings
from tests.browser.conftest import PHONE, Open
from tests.factories import call, make_job
from tests.http.conftest import SECRET_KEY_BASE
from tests.people import session_of
from tests.receiver import Receiver
from tests.runner.conftest import Start, receiver, settings, start  # noqa: F401

_MARKUP = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*191}}'


@pytest.fixture
def session(db: psycopg.Connection, organization: UUID) -> str:
    return session_of(db, organization, "member")


async def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        await page.locator(f"[name={name}]").fill(value)


async def test_the_first_job_is_made_with_a_live_check_tried_out_and_seen_delivered(
    visit: Open,
    session: str,
    receiver: Receiver,  # noqa: F811
    settings: Settings,  # noqa: F811
    start: Start,  # noqa: F811
) -> None:
    await start(replace(settings, secret_key_base=SECRET_KEY_BASE))
    async with visit(session) as visitor:
        page = visitor.page
        await visitor.go("/jobs")
        await visitor.check_accessibility()
        await page.get_by_role("link", name="+ Create job").first.click()

        await fill(page, name="Nightly", url=receiver.address("/answer?body=%7B%22ok%22:1%7D"))
        await fill(page, cron="61 * * * *", timezone="Europe/Oslo")
        await expect(page.locator("[data-preview]")).to_contain_text("61 is not between 0 and 59")
        await page.get_by_role("button", name="Daily").click()
        await expect(page.locator("[data-preview]")).to_contain_text("Daily at 09:00, Europe/Oslo")
        await page.get_by_role("radio", name="Every").check()
        await expect(page.locator(".of-cron")).to_be_hidden()
        await page.get_by_role("radio", name="Recurring (cron)").check()
        await page.get_by_text("Advanced options").click()
        await fill(page, body='{"a": ')
        await expect(page.locator("[data-broken]")).to_contain_text("looks like JSON")
        await visitor.check_accessibility()
        await fill(page, body="")

        await page.get_by_role("button", name="Send a test request now").click()
        await expect(page.locator("[data-answer]")).to_contain_text("200 OK")
        await expect(page.locator("[data-answer] pre").last).to_contain_text('"ok": 1')
        assert await page.locator("[name=name]").input_value() == "Nightly"

        await page.get_by_role("button", name="Create job").click()
        await expect(page.locator("h1")).to_contain_text("Nightly")
        await page.get_by_role("button", name="Run now").click()
        await expect(page.locator("#main .executions [data-rows]")).to_contain_text("200 OK")
        await receiver.arrived(2)
        await page.reload()
        await visitor.check_accessibility()
        await visitor.check_width()


async def test_a_job_is_edited_disabled_enabled_run_and_deleted_with_undo(
    visit: Open, db: psycopg.Connection, session: str
) -> None:
    job = make_job(db, name="Nightly", cron="0 3 * * *")
    make_job(db, name="Other")
    async with visit(session) as visitor:
        page = visitor.page
        await visitor.go("/jobs")

        async def choose(action: str) -> None:
            row = page.locator("tr", has_text="Nightly")
            await row.locator("summary").click()
            await row.get_by_text(action, exact=True).click()

        await choose("Edit")
        await fill(page, name="", cron="61 * * * *")
        await page.get_by_role("button", name="Save").last.click()
        await expect(page.locator("#cron-error")).to_contain_text("61 is not between 0 and 59")
        assert await page.locator(".state[role=alert]").evaluate(
            "node => node === document.activeElement"
        )
        assert await page.locator("[name=cron]").input_value() == "61 * * * *"
        await fill(page, name="Nightly", cron="0 4 * * *")
        await page.get_by_role("button", name="Save").last.click()
        await expect(page.locator(".notice")).to_contain_text("The job was saved")
        await page.get_by_role("button", name="Take back").click()
        await expect(page.locator("#main")).to_contain_text("Daily at 03:00, UTC")

        await visitor.go("/jobs?search=night")
        await page.locator("tr", has_text="Nightly").locator("summary").click()
        # The list is short, and its end does not cut the menu off.
        assert await page.locator(".menu[open] .danger").evaluate(
            "node => { const { x, y } = node.getBoundingClientRect();"
            " return document.elementFromPoint(x + 9, y + 9) === node; }"
        )
        await page.keyboard.press("Escape")
        await choose("Disable")
        await expect(page.locator("tr", has_text="Nightly")).to_contain_text("(disabled)")
        assert "search=night" in page.url
        await choose("Enable")
        await choose("Run now")
        await expect(page.locator(".notice a")).to_have_text("See the run")
        await choose("Delete")
        await expect(page.locator("#main")).to_contain_text("Nothing matches")
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator("h1")).to_contain_text("Nightly")

        await visitor.go("/jobs")
        await page.get_by_label("All shown").check()
        await page.get_by_role("button", name="Delete", exact=True).first.click()
        await expect(page.locator("#main")).to_contain_text("No jobs yet")
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator("[data-rows] tr")).to_have_count(2)
    assert call(db, "get_job", id=job)["cron"] == "0 3 * * *"


async def test_everything_again_without_script(
    visit: Open, db: psycopg.Connection, session: str
) -> None:
    async with visit(session, script=False) as visitor:
        page = visitor.page
        await visitor.go("/jobs/new")
        await fill(page, name="Nightly", url="https://example.com/a")
        await page.get_by_role("button", name="Weekly").click()
        await expect(page.locator("[data-preview]")).to_contain_text("Mondays at 09:00")
        await fill(page, cron="0 5 * * *")
        await page.get_by_role("button", name="Check").click()
        await expect(page.locator("[data-preview]")).to_contain_text("Daily at 05:00")
        await page.get_by_role("button", name="Send a test request now").click()
        await expect(page.locator("[data-answer] a")).to_have_text("Show its answer")
        await fill(page, url="ftp://example.com/a")
        await page.get_by_role("button", name="Create job").click()
        await expect(page.locator("#url-error")).to_be_visible()
        await fill(page, url="https://example.com/a")
        await page.keyboard.press("Enter")
        await expect(page.locator(".notice")).to_contain_text("The job was created")

        await page.get_by_role("button", name="Disable").click()
        await expect(page.locator("#main")).to_contain_text("Disabled by you")
        await page.get_by_role("button", name="Enable").click()
        await page.get_by_role("button", name="Run now").click()
        await expect(page.locator("#main .executions")).to_contain_text("Pending")
        await page.get_by_role("button", name="Delete").click()
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator("h1")).to_contain_text("Nightly")

        for number in range(26):
            make_job(db, name=f"Job {number:02}")
        await visitor.go("/jobs")
        await page.get_by_role("link", name="Load more").click()
        await expect(page.locator("#main")).to_contain_text("Showing 27 of 27 jobs")
        assert await page.locator("[data-rows] tr").count() == 2


async def test_a_crowd_of_jobs_fits_a_phone_and_its_names_are_text(
    visit: Open, db: psycopg.Connection, session: str
) -> None:
    fields: dict[str, Any] = {
        "url": "https://example.com/" + "a" * 300 + "?x=<script>alert(1)</script>",
        "cron": "*/5 9-17 * * 1-5",
        "timezone": "America/Argentina/ComodRivadavia",
        "body": _MARKUP,
        "headers": {"X-A": _MARKUP},
        "ordering_key": _MARKUP,
        "expected_body": _MARKUP,
    }
    names = ["a" * 200, "שלום " * 40, "🎉" * 200, _MARKUP, *(f"Job {n}" for n in range(30))]
    jobs = [make_job(db, name=name[:200].strip(), **fields) for name in names]
    call(db, "pause_job", id=jobs[3], reason=_MARKUP)
    async with visit(session, width=PHONE, dark=True) as visitor:
        page = visitor.page
        await visitor.go("/jobs?sort=created")
        await page.get_by_role("link", name="Load more").click()
        await expect(page.locator("#main")).to_contain_text("Showing 34 of 34 jobs")
        await expect(page.locator("[data-rows] tr")).to_have_count(34)
        await visitor.check_width()
        await visitor.check_accessibility()
        await visitor.check_targets()

        await visitor.go(f"/jobs/{jobs[0]}")
        await visitor.check_width()
        for path in (f"/jobs/{jobs[3]}", f"/jobs/{jobs[3]}/edit"):
            await visitor.go(path)
            await visitor.check_width()
            await visitor.check_targets()
            await visitor.check_accessibility()
            assert "1337" not in await visitor.text()
