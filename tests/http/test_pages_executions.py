"""Lists of executions, one execution, and sending again."""

import json
import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import psycopg
import pytest

from tests.factories import call, execution, make_job, make_organization, make_send, status_of, use
from tests.http.conftest import Web
from tests.http.pages import Reader
from tests.people import session_of
from tests.virtual_runner import VirtualRunner

MISSING = "01980000-0000-7000-8000-000000000000"


@pytest.fixture
def reader(web: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    return Reader(web, session_of(db, organization, "member"))


def sent(
    db: psycopg.Connection, runner: VirtualRunner, status: str = "success", **more: object
) -> UUID:
    """A send that was delivered, or not."""
    fields = {name: more.pop(name) for name in ("url", "queue", "body", "headers") if name in more}
    identifier = make_send(db, max_attempts=1, **fields)
    for claim in runner.work():
        runner.complete(claim, status, **more)
    return identifier


def ids(text: str) -> list[str]:
    return re.findall(r'data-execution="([^"]+)"', text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"ok", "broken", "slow"}),
        ("status=failed,timeout", {"broken", "slow"}),
        ("status=success", {"ok"}),
        ("status_code=503", {"broken"}),
        ("queue=mail", {"slow"}),
        ("kind=send", {"ok", "broken", "slow"}),
        ("kind=schedule", set()),
        ("within=1+hour", {"ok", "broken", "slow"}),
        ("since=2020-01-01T00:00&until=2020-01-02T00:00", set()),
        ("since=2020-01-01T00:00", {"ok", "broken", "slow"}),
        ("search=needle", {"broken"}),
    ],
)
async def test_filters_narrow_the_list(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner, query: str, found: set[str]
) -> None:
    known = {
        "ok": sent(db, runner),
        "broken": sent(db, runner, "failed", status_code=503, error_message="a needle"),
        "slow": sent(db, runner, "timeout", queue="mail"),
    }

    shown = await reader.get(f"/executions?{query}")

    assert shown.status == 200
    assert ids(shown.text) == sorted((str(known[name]) for name in found), reverse=True)


@pytest.mark.parametrize(
    "query",
    ["status=gone", "job_id=7", "status_code=x", "since=yesterday", "kind=x", "within=9+years"],
)
async def test_a_filter_that_cannot_be_is_told_at_its_field(reader: Reader, query: str) -> None:
    shown = await reader.get(f"/executions?{query}")

    assert shown.status == 422
    assert query.startswith("job_id") or "wrong" in shown.text or "within" in query


async def test_a_job_is_found_by_its_name_or_key(
    reader: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, name="Nightly report", key="nightly")
    make_job(db, name="Other")
    call(db, "run_now", id=job)
    make_send(db)

    found = await reader.get("/executions?status=pending&job=nightly")
    shown = await reader.follow(found)
    missing = await reader.get("/executions?job=nobody")

    assert found.location == f"/executions?status=pending&job_id={job}"
    assert len(ids(shown.text)) == 1
    assert "Only of Nightly report" in shown.words
    assert missing.status == 422
    assert 'id="job-error"' in missing.text


async def test_load_more_goes_on_where_the_page_ended(
    reader: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    known = [str(make_send(db)) for _ in range(60)]

    first = await reader.get("/executions?status=pending")
    more = re.search(r'href="([^"]+)" data-more', first.text)
    assert more is not None
    second = await reader.get(more[1].replace("&amp;", "&"))

    assert ids(first.text) + ids(second.text) == sorted(known, reverse=True)
    assert "data-more>" not in second.text
    assert "data-live=" in first.text
    assert "data-live=" not in second.text


async def test_an_execution_tells_request_answer_timing_and_error(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    one = sent(
        db,
        runner,
        "failed",
        url="https://example.com/orders?a=1",
        body='{"order": 42}',
        headers={"X-Trace": "abc", "Authorization": "Bearer very-secret"},
        status_code=503,
        error_message="answered 503",
        response_headers={"retry-after": "5"},
        response_body='{"why": "busy"}',
        truncated=True,
    )

    shown = await reader.get(f"/executions/{one}")

    assert "answered 503" in shown.words
    assert "POST https://example.com/orders?a=1" in re.sub(r"(?<=[/.?=]) ", "", shown.words)
    assert "&#34;order&#34;: 42" in shown.text
    assert "X-Trace abc" in shown.words
    assert "very-secret" not in shown.text
    assert "503 Service Unavailable" in shown.words
    assert "&#34;why&#34;: &#34;busy&#34;" in shown.text
    assert "cut: the answer was longer" in shown.words
    assert "retry-after 5" in shown.words
    for step in (
        "Scheduled",
        "Claimed",
        "waiting for a runner",
        "Started",
        "waiting for the answer",
    ):
        assert step in shown.words
    assert "curl -X POST -H" in shown.words


async def test_each_attempt_is_told(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    one = make_send(db, max_attempts=2, backoff="1 second")
    for outcome in ({"status": "failed", "retry": True}, {"status": "success"}):
        db.execute("update prikke.live_execution set due_at = scheduled_for, ready = true")
        for claim in runner.work():
            runner.complete(claim, **outcome)

    words = (await reader.get(f"/executions/{one}")).words

    assert "Attempt 2 ● Success" in words
    assert "Attempt 1 ✗ Failed" in words
    assert words.index("Attempt 2 ●") < words.index("Attempt 1 ✗")


async def test_what_is_to_be_tried_again_says_once_what_went_wrong_and_when_it_goes_on(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    one = make_send(db, max_attempts=3)
    for claim in runner.work():
        runner.complete(claim, "failed", retry=True, error_message="no such host")

    words = (await reader.get(f"/executions/{one}")).words

    assert words.count("no such host") == 1
    assert words.index("Scheduled") < words.index("Claimed") < words.index("Next try")
    assert re.search(r"\d+ s later", words) is not None
    assert "Due" not in words


async def test_of_what_is_long_the_page_shows_the_beginning_and_leads_to_all_of_it(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    asked = '{"<&>": "asked"}' + " " * 200_000 + "end of the request"
    answered = '[{"a": "<answered>"},' * 3_000 + "end of the answer"
    many = {f"x-header-{number}": '"value"' * 30 for number in range(60)}
    one = sent(
        db,
        runner,
        url=f"https://example.com/{'long/' * 400}",
        body=asked,
        headers=dict(list(many.items())[:40]),
        response_body=answered,
        response_headers=many,
    )

    shown = await reader.get(f"/executions/{one}")
    whole = await reader.get(f"/executions/{one}/download")

    assert len(shown.text.encode()) < 60_000
    assert shown.words.count("Only its beginning is shown") == 2
    assert "end of the" not in shown.words
    assert "As curl" not in shown.words
    told = json.loads(whole.text)
    assert told["execution"]["body"] == asked
    assert told["attempts"][0]["response_body"] == answered
    assert told["attempts"][0]["response_headers"] == many


async def test_an_answer_that_is_no_text_is_shown_as_bytes(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    one = sent(db, runner, response_body_base64="//79")

    words = (await reader.get(f"/executions/{one}")).words

    assert "3 B, not text; its first bytes ff fe fd" in words


async def test_what_waits_says_why_and_can_be_cancelled(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    call(db, "pause_queue", name="mail", reason="provider is down")
    one = make_send(db, queue="mail")
    runner.work()

    before = await reader.get(f"/executions/{one}")
    after = await reader.follow(await reader.post(f"/executions/{one}/cancel"))

    assert "was paused by" in before.words
    assert "provider is down" in before.words
    assert "It was cancelled." in after.words
    assert status_of(db, one) == "cancelled"
    assert "Cancel" not in re.sub("Cancelled", "", after.words)


async def test_a_failure_is_sent_again_from_its_page(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    one = sent(db, runner, "failed")

    after = await reader.post(f"/executions/{one}/replay")
    shown = await reader.follow(after)

    assert "It was queued again." in shown.words
    assert f'<a href="/executions/{one}">another</a>' in shown.text
    again = UUID(urlsplit(after.location).path.rsplit("/", 1)[1])
    assert execution(db, again).kind == "replay"


async def test_failures_are_counted_sent_again_at_a_rate_and_taken_back(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    for _ in range(3):
        sent(db, runner, "failed")
    sent(db, runner)

    preview = await reader.get("/executions/replay?status=failed,timeout")
    after = await reader.post(
        "/executions/replay",
        {"status": "failed,timeout", "rate": "1", "rate_period": "1 hour"},
    )
    shown = await reader.follow(after)
    [ref] = parse_qs(urlsplit(after.location).query)["search"]
    undone = await reader.follow(await reader.post("/executions/cancel", {"ref": ref}))

    assert "3 of 3 executions can be sent again" in preview.words
    assert "They were queued again. Undo" in shown.words
    assert len(ids(shown.text)) == 3
    assert "What had not gone yet was cancelled." in undone.words
    assert undone.text.count("Cancelled</span>") == 3


async def test_only_the_selected_are_sent_again(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    known = [sent(db, runner, "failed") for _ in range(3)]

    preview = await reader.get(
        f"/executions/replay?status=failed,timeout&id={known[0]}&id={known[2]}"
    )
    await reader.post("/executions/replay", [("id", str(known[0])), ("id", str(known[2]))])

    assert "2 of 2 executions can be sent again" in preview.words
    again = db.execute("select replay_of from prikke.live_execution").fetchall()
    assert sorted(again) == sorted([(known[0],), (known[2],)])


@pytest.mark.parametrize("rate", ["fast", "0", "-1"])
async def test_a_rate_that_is_none_is_told_and_nothing_is_sent(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner, rate: str
) -> None:
    sent(db, runner, "failed")

    shown = await reader.post("/executions/replay", {"status": "failed", "rate": rate})

    assert shown.status == 422
    assert 'id="rate-error"' in shown.text
    assert f'value="{rate}"' in shown.text
    assert db.execute("select count(*) from prikke.live_execution").fetchone() == (0,)


async def test_a_viewer_may_look_and_change_nothing(
    web: Web, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    viewer = Reader(web, session_of(db, organization, "viewer"))
    ended, waiting = sent(db, runner, "failed", headers={"X-Token": "abc"}), make_send(db)

    listed = await viewer.get("/executions?status=failed,timeout")
    shown = await viewer.get(f"/executions/{ended}")
    refused = [
        (await viewer.post(f"/executions/{ended}/replay")).status,
        (await viewer.post(f"/executions/{waiting}/cancel")).status,
        (await viewer.post("/executions/replay", {"status": "failed"})).status,
        (await viewer.get("/executions/replay?status=failed")).status,
        (await viewer.post("/executions/cancel", {"ref": "a"})).status,
    ]

    assert "Replay" not in listed.words
    assert "Replay" not in shown.words
    assert "abc" not in shown.words.split()
    assert refused == [403] * 5


async def test_a_foreign_execution_is_like_one_that_is_not_there(
    reader: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    use(db, make_organization(db))
    foreign = make_send(db)

    for one in (foreign, MISSING):
        found = [
            (await reader.get(f"/executions/{one}")).status,
            (await reader.post(f"/executions/{one}/cancel")).status,
            (await reader.post(f"/executions/{one}/replay")).status,
        ]
        assert found == [404] * 3


async def test_a_job_of_a_deleted_job_still_has_its_name(
    reader: Reader, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    job = make_job(db, name="Nightly", max_attempts=1)
    call(db, "run_now", id=job)
    for claim in runner.work():
        runner.complete(claim)
    call(db, "delete_job", id=job)

    assert "Nightly" in (await reader.get(f"/executions?job_id={job}")).words
