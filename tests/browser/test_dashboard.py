"""Dashboard, executions and queues in a browser: live, found, understood, sent again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from playwright.async_api import expect

from prikke.errors import Refused
from prikke.http.live import Live
from tests.browser.conftest import PHONE, Open
from tests.factories import call, make_job, make_send
from tests.people import session_of
from tests.virtual_runner import VirtualRunner

MARKUP = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


def run_job(db: psycopg.Connection, runner: VirtualRunner, job: UUID, **outcome: Any) -> None:
    call(db, "run_now", id=job)
    for claim in runner.work():
        runner.complete(claim, **outcome)
    runner.conn.execute("select prikke.fold_outcomes()")


async def test_what_happens_appears_by_itself_and_opens_beside_the_list(
    visit: Open, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    job = make_job(db, name="Nightly report", max_attempts=1)
    async with visit(session_of(db, organization), width=PHONE, dark=True) as visitor:
        page = visitor.page
        await visitor.go("/dashboard")
        await expect(page.locator("[data-live-word]")).to_have_text("Live")
        await visitor.check_accessibility()

        # The first one brings the list, later ones a row each.
        make_send(db)
        await expect(page.locator("[data-execution]")).to_have_count(1)
        call(db, "run_now", id=job)
        row = page.locator("[data-execution]", has_text="Nightly report")
        await expect(row).to_contain_text("Pending")
        [claim] = [each for each in runner.work() if each.job_id]
        await expect(row).to_contain_text("Running")
        runner.complete(claim, response_body="all good")
        await expect(row).to_contain_text("200 OK")
        await expect(page.locator("[data-execution]").first).to_contain_text("Nightly report")
        await visitor.check_width()

        await row.get_by_role("link", name="Details").click()
        panel = page.get_by_role("dialog")
        await expect(panel).to_contain_text("all good")
        await visitor.check_accessibility()
        await page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()
        assert page.url.endswith("/dashboard")


async def test_times_go_by_the_clock_of_the_server_where_that_of_the_browser_is_off(
    visit: Open, db: psycopg.Connection, organization: UUID
) -> None:
    make_send(db, delay=timedelta(minutes=20))
    async with visit(session_of(db, organization)) as visitor:
        await visitor.page.clock.set_fixed_time(datetime.now(UTC) + timedelta(hours=3))
        await visitor.go("/executions")

        # Over when the script is, which tells every time anew.
        await visitor.page.wait_for_function("window.prikke !== undefined")

        assert await visitor.page.inner_text("[data-execution] .when") in ("in 20 min", "in 19 min")


async def test_a_lost_connection_is_shown_and_mended(
    visit: Open,
    db: psycopg.Connection,
    organization: UUID,
    runner: VirtualRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hubs: set[Live] = set()
    poll = Live._poll

    async def seen(hub: Live) -> None:
        hubs.add(hub)
        await poll(hub)

    def refuse(*_: object) -> None:
        raise Refused(503, "unavailable", "The database does not answer.")

    monkeypatch.setattr(Live, "_poll", seen)
    async with visit(session_of(db, organization)) as visitor:
        await visitor.go("/executions")
        word = visitor.page.locator("[data-live-word]")
        await expect(word).to_have_text("Live")

        with monkeypatch.context() as broken:
            broken.setattr(Live, "open", refuse)
            hubs.pop()._let_go()
            await expect(word).to_have_text("Connection lost, trying again")
            one = make_send(db)
        await expect(word).to_have_text("Live")

        await expect(visitor.page.locator(f"[data-execution='{one}']")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_a_failure_is_found_from_the_dashboard_understood_fixed_and_sent_again(
    visit: Open, db: psycopg.Connection, organization: UUID, runner: VirtualRunner, script: bool
) -> None:
    job = make_job(db, name="send-reports", max_attempts=1)
    run_job(db, runner, job, status="failed", status_code=500, response_body='{"why": "disk full"}')
    run_job(db, runner, make_job(db, name="quiet one"))
    async with visit(session_of(db, organization, "member"), script=script) as visitor:
        page = visitor.page
        await visitor.go("/dashboard")
        attention = page.get_by_role("region", name="Jobs needing attention")
        await expect(attention).to_contain_text("send-reports 1 failure in the last 24 h")

        await page.locator(".card", has_text="Failed (24 h)").get_by_role("link").click()
        await expect(page.locator("[data-execution]")).to_have_count(1)
        await page.get_by_role("link", name="Details of send-reports").click()
        detail = page.locator("[data-panel-content]").last
        await expect(detail).to_contain_text("disk full")
        await detail.get_by_role("link", name="Job").click()
        await page.get_by_role("link", name="Edit", exact=True).click()
        await page.get_by_label("URL").fill("https://example.com/mended")
        await page.get_by_role("button", name="Save").last.click()
        await expect(page.locator(".notice")).to_contain_text("The job was saved")
        await page.get_by_role("link", name="Details").first.click()
        await detail.get_by_role("button", name="Replay", exact=True).click()

        await expect(page.locator("body")).to_contain_text("It was queued again.")
        [claim] = runner.work()
        assert claim.url == "https://example.com/mended"
        runner.complete(claim)
        if not script:
            await page.reload()
        await expect(page.locator("h1")).to_contain_text("Success", timeout=15_000)
        if script:
            # Without script there is nothing that axe could run in.
            await visitor.check_accessibility()
            await visitor.check_width()


async def test_selected_failures_are_previewed_sent_again_slowly_and_taken_back(
    visit: Open, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    job = make_job(db, name="send-reports", max_attempts=1)
    for _ in range(3):
        run_job(db, runner, job, status="failed")
    async with visit(session_of(db, organization, "member"), width=PHONE) as visitor:
        page = visitor.page
        for path in ("/dashboard", "/executions?status=failed,timeout"):
            await visitor.go(path)
            await visitor.check_accessibility()
            await visitor.check_width()
            await visitor.check_targets()
        boxes = page.get_by_role("checkbox", name="Select this failure of send-reports")
        await boxes.nth(0).check()
        await boxes.nth(2).check()
        await page.get_by_role("button", name="Replay the selected").click()

        await expect(page.locator("main")).to_contain_text("2 of 2 executions can be sent again")
        await visitor.check_accessibility()
        await page.get_by_label("At most").fill("1")
        await page.get_by_label("in each").select_option("hour")
        await page.get_by_role("button", name="Replay 2").click()
        await expect(page.locator("[data-notice]")).to_contain_text("They were queued again.")
        await page.get_by_role("button", name="Undo").click()

        await expect(page.locator("[data-notice]")).to_contain_text("What had not gone yet")
        await expect(page.locator("[data-execution]")).to_have_count(2)
        assert runner.work() == []


async def test_selected_failures_are_sent_again_without_script(
    visit: Open, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    jobs = [make_job(db, name=name, max_attempts=1) for name in ("first", "second", "third")]
    for job in jobs:
        run_job(db, runner, job, status="failed")
    async with visit(session_of(db, organization, "member"), script=False) as visitor:
        page = visitor.page
        await visitor.go("/executions?status=failed,timeout")
        for name in ("first", "third"):
            await page.get_by_role("checkbox", name=f"Select this failure of {name}").check()
        await page.get_by_role("button", name="Replay the selected").click()
        await expect(page.locator("main")).to_contain_text("2 of 2 executions can be sent again")

        await page.get_by_role("button", name="Replay 2").click()

        await expect(page.locator("[data-notice]")).to_contain_text("They were queued again.")
        assert {claim.job_id for claim in runner.work()} == {jobs[0], jobs[2]}


async def test_markup_from_outside_is_text_in_rows_panels_and_pages(
    visit: Open, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    job = make_job(db, name=MARKUP[:200], max_attempts=1, body=MARKUP, headers={"X-A": MARKUP})
    async with visit(session_of(db, organization)) as visitor:
        page = visitor.page
        await visitor.go("/executions")
        run_job(
            db,
            runner,
            job,
            status="failed",
            response_body=MARKUP,
            response_headers={"x-b": MARKUP},
            error_message=MARKUP,
        )
        await expect(page.locator("[data-execution]")).to_have_count(1)
        await page.get_by_role("link", name="Details").click()
        await expect(page.get_by_role("dialog")).to_contain_text("onerror")
        await page.get_by_role("link", name="Open as a page").click()
        await expect(page.locator("article")).to_contain_text("onerror")
        await visitor.check_accessibility()
        await visitor.go("/dashboard")

        assert await page.locator("img[src=x]").count() == 0
        assert "taken" not in await page.title()


async def test_queues_are_limited_paused_and_looked_ahead(
    visit: Open, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    make_job(db, cron="*/5 * * * *", queue="mail")
    async with visit(session_of(db, organization, "member"), width=PHONE) as visitor:
        page = visitor.page
        await visitor.go("/queues")
        await visitor.check_targets()
        await visitor.check_accessibility()
        await page.get_by_role("link", name="+ New queue").click()
        await page.get_by_label("Name").fill("mail")
        await page.get_by_label("Begin at most").fill("0")
        await page.get_by_role("button", name="Create queue").click()
        await expect(page.locator("#rate-error")).to_contain_text("must lie between")
        await visitor.check_accessibility()
        await page.get_by_label("Begin at most").fill("1")
        await page.get_by_label("in each").fill("1 hour")
        await page.get_by_role("button", name="Create queue").click()
        mail = page.get_by_role("row", name="mail")
        await expect(mail).to_contain_text("1 in 1 h")
        await mail.get_by_role("button", name="Pause").click()
        await expect(mail).to_contain_text("Paused")
        await visitor.check_width()

        await page.get_by_role("link", name="Forecast").click()

        await expect(page.locator("main")).to_contain_text("paused")
        await visitor.check_accessibility()
        await visitor.check_width()
