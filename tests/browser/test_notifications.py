"""Notifications in a browser: a channel is added and tried, and a failure is seen and silenced."""

from uuid import UUID

import psycopg
import pytest
from playwright.async_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.factories import call, make_job
from tests.people import session_of
from tests.virtual_runner import VirtualRunner

_SLACK = "https://hooks.slack.com/services/T000/B000/tell-nobody"


@pytest.mark.parametrize(
    ("script", "width"), [(True, PHONE), (False, DESKTOP)], ids=["script-phone", "plain"]
)
async def test_a_channel_is_added_and_tried_and_a_failure_is_acknowledged_and_snoozed(
    visit: Open,
    db: psycopg.Connection,
    organization: UUID,
    runner: VirtualRunner,
    script: bool,
    width: int,
) -> None:
    job = make_job(db, name="send-reports", max_attempts=1)
    async with visit(session_of(db, organization), script=script, width=width) as visitor:
        page = visitor.page
        await visitor.go("/settings/notifications")
        await page.locator("summary", has_text="Add a channel").click()
        await page.get_by_label("Where to").fill("slack")
        await page.get_by_role("button", name="Add channel").click()
        await expect(page.locator("#target-error")).to_be_visible()
        await page.get_by_label("Where to").fill(_SLACK)
        await page.get_by_label("Name").fill("On call")
        await page.get_by_role("button", name="Add channel").click()
        channel = page.get_by_role("listitem").filter(has_text="On call")
        await expect(channel).to_contain_text("Slack: https://hooks.slack.com/")
        await expect(channel).to_contain_text("Nothing sent yet")
        await expect(page.locator("body")).not_to_contain_text("tell-nobody")

        await channel.get_by_role("button", name="Send a test").click()
        await expect(page.locator("[data-notice]")).to_have_text("A test is on its way.")
        [claim] = runner.work()
        assert claim.kind == "notification"
        runner.complete(claim, status="failed", status_code=404, error_message="answered 404")
        await visitor.go("/settings/notifications")
        await expect(channel).to_contain_text("Failed")
        await expect(channel).to_contain_text("answered 404")

        call(db, "run_now", id=job)
        [claim] = runner.work()
        runner.complete(claim, status="failed", status_code=500)
        runner.conn.execute("select prikke.fold_outcomes()")
        await visitor.go("/settings/notifications")
        if script:
            await visitor.check_accessibility()
            await visitor.check_width()
            await visitor.check_targets()
        failing = page.get_by_role("listitem").filter(has_text="send-reports")
        await failing.get_by_role("button", name="Acknowledge").click()
        await expect(page.locator("[data-notice]")).to_contain_text("No more reminders")
        await failing.get_by_role("button", name="Snooze for a day").click()
        await expect(page.locator("[data-notice]")).to_contain_text("Nobody is told")
        silence = page.get_by_role("listitem").filter(has_text="Snoozed send-reports")
        await expect(silence).to_contain_text("until")
        await silence.get_by_role("button", name="End it").click()
        await expect(page.locator("[data-notice]")).to_have_text("Notifications go on.")
        await expect(silence).to_have_count(0)
