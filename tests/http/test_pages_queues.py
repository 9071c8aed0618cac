"""Queues: how deep they are, their limits, pause and resume."""

import re
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_send
from tests.http.conftest import Web
from tests.http.pages import Reader
from tests.people import session_of
from tests.virtual_runner import VirtualRunner


@pytest.fixture
def reader(web: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    return Reader(web, session_of(db, organization, "member"))


def limits(db: psycopg.Connection, name: str) -> tuple[object, ...] | None:
    return db.execute(
        "select max_running, rate, rate_period::text, burst, after_failure from prikke.queue"
        " where name = %s",
        (name,),
    ).fetchone()


async def test_depths_and_limits_are_shown(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    call(db, "set_queue", name="mail", max_running=1, rate=10)
    for _ in range(3):
        make_send(db, queue="mail")
    assert len(runner.work()) == 1

    words = (await reader.get("/queues")).words

    assert re.search(r"mail 1 of 1 2 0 0 (now|\d s ago) 10 in 1 s", words)


async def test_what_hosts_went_through_is_shown(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    before = (await reader.get("/queues")).words
    for _ in range(11):
        make_send(db, url="https://down.example.com/")
    claims = runner.work(10)
    runner.report([runner.result(c, "failed", error_message="no answer") for c in claims])
    runner.claim()
    at.move(seconds=10)
    runner.work()

    words = (await reader.get("/queues")).words

    assert "Hosts that did not answer" not in before
    assert re.search(r"down\.example\.com tried 10 – one delivery is let through", words)
    assert re.search(r"down\.example\.com left alone 10 .* at \S+ no answer", words)


async def test_limits_are_set_and_taken_away(
    reader: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    form = {
        "name": "mail.eu:1",
        "new": "yes",
        "max_running": "5",
        "rate": "10",
        "rate_period": "2 minutes",
        "burst": "3",
        "after_failure": "stop",
    }

    made = await reader.follow(await reader.post("/queues/edit", form))
    shown = await reader.get("/queues/edit?name=mail.eu:1")
    before = limits(db, form["name"])
    await reader.post("/queues/edit", {"name": form["name"], "max_running": "", "rate": ""})

    assert "The queue was saved." in made.words
    assert 'value="2 minutes"' in shown.text
    assert before == (5, 10, "00:02:00", 3, "stop")
    assert limits(db, form["name"]) == (None, None, None, None, "stop")


async def test_what_the_form_shows_can_be_sent_back(
    reader: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    call(db, "set_queue", name="mail", rate=10, rate_period="90 minutes", burst=2)
    before = limits(db, "mail")
    form = await reader.get("/queues/edit?name=mail")
    found = re.search(r'name="rate_period"[^>]* value="([^"]+)"', form.text)
    assert found is not None
    shown = found[1]

    await reader.post(
        "/queues/edit", {"name": "mail", "rate": "10", "rate_period": shown, "burst": "2"}
    )

    assert limits(db, "mail") == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_running", "many"),
        ("max_running", "0"),
        ("rate", "0"),
        ("rate_period", "a while"),
        ("burst", "1.5"),
        ("name", ""),
    ],
)
async def test_errors_stand_at_their_field_and_nothing_typed_is_lost(
    reader: Reader, db: psycopg.Connection, organization: UUID, field: str, value: str
) -> None:
    form = {"name": "mail", "new": "yes", "rate": "7", "rate_period": "1 second", "burst": "4"}

    shown = await reader.post("/queues/edit", {**form, field: value})

    assert shown.status == 422
    assert f'id="{field}-error"' in shown.text
    assert f'value="{value}"' in shown.text
    assert ('value="4"' in shown.text) is (field != "burst")
    assert limits(db, "mail") is None


async def test_pause_and_resume(reader: Reader, db: psycopg.Connection, organization: UUID) -> None:
    paused = await reader.follow(await reader.post("/queues/pause", {"name": "mail"}))
    resumed = await reader.follow(await reader.post("/queues/resume", {"name": "mail"}))

    assert "The queue is paused" in paused.words
    assert "○ Paused" in paused.words
    assert "The queue goes on." in resumed.words
    assert "○ Paused" not in resumed.words


async def test_a_viewer_sees_queues_and_changes_none(
    web: Web, db: psycopg.Connection, organization: UUID
) -> None:
    viewer = Reader(web, session_of(db, organization, "viewer"))

    shown = await viewer.get("/queues")
    refused = [
        (await viewer.get("/queues/edit?name=default")).status,
        (await viewer.post("/queues/edit", {"name": "mail", "rate": "x"})).status,
        (await viewer.post("/queues/edit", {"name": "mail"})).status,
        (await viewer.post("/queues/pause", {"name": "mail"})).status,
        (await viewer.post("/queues/resume", {"name": "mail"})).status,
        (await viewer.post("/queues/continue", {"ordering_key": "a"})).status,
    ]

    assert "default" in shown.words
    assert "Pause" not in shown.words
    assert refused == [403] * 6


async def test_a_queue_that_is_not_there_has_no_page(reader: Reader) -> None:
    assert (await reader.get("/queues/edit?name=nothing")).status == 404


async def test_a_way_back_leads_nowhere_else(reader: Reader) -> None:
    after = await reader.post("/queues/pause", {"name": "mail", "next": "https://evil.example"})

    assert after.location == "/queues?notice=queue_paused"
