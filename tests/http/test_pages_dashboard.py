"""The dashboard and the forecast: of an organization that is new, well or in trouble."""

import asyncio
import re
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from tests.factories import call, make_job, make_organization, make_send, use
from tests.http.conftest import Web
from tests.http.pages import Reader
from tests.people import session_of
from tests.virtual_runner import VirtualRunner

ODD_NAMES = [
    "x" * 200,
    "تقرير الليل " * 8,
    "🚀🔥 launch " * 10,
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
]


@pytest.fixture
def reader(web: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    return Reader(web, session_of(db, organization, "member"))


async def with_forecast(reader: Reader) -> str:
    """The words of the dashboard once the forecast, which nothing waits for, is there."""
    async with asyncio.timeout(30):
        while "being worked out" in (words := (await reader.get("/dashboard")).words):
            pass
    return words


def fail_once(db: psycopg.Connection, runner: VirtualRunner, **fields: object) -> UUID:
    job = make_job(db, max_attempts=1, **fields)
    call(db, "run_now", id=job)
    for claim in runner.work():
        runner.complete(claim, "failed", error_message="answered 500")
    runner.conn.execute("select prikke.fold_outcomes()")
    return job


async def test_a_new_organization_is_told_its_next_step_and_shown_no_empty_charts(
    reader: Reader, db: psycopg.Connection
) -> None:
    shown = await reader.get("/dashboard")
    make_job(db)
    with_a_job = await reader.get("/dashboard")

    assert shown.status == 200
    assert "Nothing was sent yet" in shown.words
    assert '<a class="button" href="/jobs/new">+ Create your first job</a>' in shown.text
    assert "24 hours" not in shown.words
    assert "Run one now to see what answers" in with_a_job.words
    assert "Last 24 hours" in with_a_job.words
    assert "attention" not in shown.words.lower() or "No runner is alive" in shown.words


async def test_cards_strip_load_map_and_use_are_there(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    make_job(db, every=timedelta(minutes=10))
    for status in ("success", "success", "failed"):
        make_send(db, max_attempts=1)
        for claim in runner.work():
            runner.complete(claim, status)

    words = await with_forecast(reader)

    assert "Active jobs 1 1 new since yesterday" in words
    assert "Failed (24 h) 1 1 more than the day before" in words
    assert "Runs today 3 0 by this time yesterday" in words
    assert "Success rate (24 h) 66.7 %" in words
    assert "3 runs, 1 failed" in words
    assert re.search(r"14[345] expected", words)
    assert "3 executions" in words
    assert words.count("Details of https://example.com/hook") == 3


async def test_a_failing_job_is_named_with_its_failures(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    job = fail_once(db, runner, name="send-reports")

    shown = await reader.get("/dashboard")

    assert "send-reports 1 failure in the last 24 h, no success yet View" in shown.words
    assert f'<a class="button plain small" href="/jobs/{job}">View' in shown.text


async def test_a_paused_queue_is_resumed_from_the_dashboard(
    reader: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    call(db, "pause_queue", name="mail", reason="provider is down")
    before = await reader.get("/dashboard")

    after = await reader.post("/queues/resume", {"name": "mail", "next": "/dashboard"})

    assert "queue mail paused: provider is down" in before.words
    assert after.location == "/dashboard?notice=queue_resumed"
    assert "provider is down" not in (await reader.get("/dashboard")).words


async def test_a_job_that_the_engine_disabled_is_enabled_from_the_dashboard(
    reader: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, name="gone one")
    db.execute("select prikke.disable_job(%s, %s, 'gone')", (organization, job))
    before = await reader.get("/dashboard")

    after = await reader.follow(await reader.post(f"/jobs/{job}/enable", {"next": "/dashboard"}))

    assert "gone one disabled by Prikke: its endpoint answered 410 Gone" in before.words
    assert f'action="/jobs/{job}/enable"' in before.text
    assert "gone one" not in after.words


async def test_every_link_leads_somewhere(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    fail_once(db, runner)
    make_send(db, queue="mail")
    call(db, "pause_queue", name="mail")
    runner.work()

    found = set()
    for path in ("/dashboard", "/executions", "/queues", "/forecast"):
        shown = await reader.get(path)
        found |= set(re.findall(r'href="(/[^"#]*)"', shown.text))
    answers = {path: (await reader.get(path.replace("&amp;", "&"))).status for path in found}

    assert {path: status for path, status in answers.items() if status not in (200, 303)} == {}


async def test_a_viewer_sees_what_is_wrong_and_no_button_that_is_not_theirs(
    web: Web, db: psycopg.Connection, organization: UUID
) -> None:
    call(db, "pause_queue", name="mail")
    viewer = Reader(web, session_of(db, organization, "viewer"))

    shown = await viewer.get("/dashboard")

    assert "queue mail paused" in shown.words
    assert "Resume" not in shown.words
    assert "Create job" not in shown.words


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_names_from_outside_are_text(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner, name: str
) -> None:
    fail_once(db, runner, name=name.strip())

    for path in ("/dashboard", "/executions"):
        shown = await reader.get(path)
        assert shown.status == 200
        assert " ".join(name.split()) in shown.words
        assert "<script>alert" not in shown.text
        assert "<img" not in shown.text.replace('<img src="/static/', "")


async def test_nothing_of_another_organization_is_shown(
    web: Web, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    fail_once(db, runner, name="ours")
    other = make_organization(db, "Others")
    use(db, other)
    make_job(db, name="theirs", every=timedelta(minutes=1))
    stranger = Reader(web, session_of(db, other))

    for path in ("/dashboard", "/executions", "/queues", "/forecast"):
        assert "ours" not in (await stranger.get(path)).words.replace("hours", "")


async def test_the_forecast_goes_hour_by_hour_and_proposes_to_spread(
    reader: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    for _ in range(3):
        make_job(db, cron="0 * * * *", queue="mail")

    words = (await reader.get("/forecast")).words

    assert "0 * * * * UTC mail 3 H * * * * 3 1" in words
    assert re.search(r"mail 3 0 3 at (today|tomorrow) at \d\d:00 no", words)


async def test_a_forecast_of_nothing_says_so_until_there_is_a_job(
    reader: Reader, db: psycopg.Connection
) -> None:
    before = await reader.get("/forecast")
    make_job(db, every=timedelta(hours=1))
    after = await reader.get("/forecast")

    assert "Nothing is planned" in before.words
    assert "Nothing is planned" not in after.words


async def test_a_page_is_small(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    for number in range(60):
        make_send(db, url=f"https://example.com/{number}/{'long' * 100}", max_attempts=1)
    for claim in runner.work():
        runner.complete(claim, "failed", error_message="e" * 1000)

    for path in ("/dashboard", "/executions?status=failed,timeout"):
        shown = await reader.get(path)
        files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', shown.text))
        sizes = [len((await reader.get(file)).text.encode()) for file in files]
        assert len(shown.text.encode()) + sum(sizes) < 100_000, path
