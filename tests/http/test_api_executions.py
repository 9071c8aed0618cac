"""/api/executions and /api/send: queued, listed, shown, cancelled, sent again."""

from uuid import UUID

import psycopg
import pytest

from tests.factories import make_job, make_running, make_send
from tests.http.api import Api
from tests.virtual_runner import VirtualRunner

URL = "https://example.com/hook"


@pytest.fixture
def runner(db: psycopg.Connection, organization: UUID) -> VirtualRunner:
    """A runner beside the organization chosen on `db`."""
    started = VirtualRunner(db)
    started.keep_history()
    return started


# Sent


async def test_a_send_answers_with_its_execution(api: Api) -> None:
    sent = await api.post("/api/send", {"url": URL, "body": {"order": 42}, "ref": "order-42"})

    assert sent.status == 202
    assert sent.content["execution"]["kind"] == "send"
    assert sent.content["execution"]["ref"] == "order-42"
    shown = await api.get(f"/api/executions/{sent.content['execution']['id']}")
    assert shown.content["execution"]["body"] == '{"order": 42}'
    assert shown.content["execution"]["content_type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "text", "media_type"),
    [
        ("plain", "plain", "text/plain; charset=utf-8"),
        ([1, "a"], '[1, "a"]', "application/json"),
        (7, "7", "application/json"),
        (False, "false", "application/json"),
        (None, None, None),
    ],
)
async def test_text_is_sent_as_it_is_and_other_json_as_json(
    api: Api, body: object, text: str, media_type: str
) -> None:
    sent = await api.post("/api/send", {"url": URL, "body": body})

    shown = await api.get(f"/api/executions/{sent.content['execution']['id']}")
    assert shown.content["execution"]["body"] == text
    assert shown.content["execution"]["content_type"] == media_type


async def test_a_list_of_sends_answers_with_ids_in_its_order(api: Api) -> None:
    sent = await api.post(
        "/api/send", [{"url": URL, "ref": f"order-{number}"} for number in range(3)]
    )

    assert sent.status == 202
    refs = [
        (await api.get(f"/api/executions/{one['id']}")).content["execution"]["ref"]
        for one in sent.content["executions"]
    ]
    assert refs == ["order-0", "order-1", "order-2"]


async def test_one_wrong_send_of_a_list_stops_all_and_is_named_by_its_number(api: Api) -> None:
    sent = await api.post(
        "/api/send", [{"url": URL}, {"url": "gopher://x"}, {"url": URL, "timeot_ms": 1}]
    )

    assert sent.status == 422
    assert sent.wrong == {"sends[1].url", "sends[2].timeot_ms"}
    assert (await api.get("/api/executions")).content["executions"] == []


async def test_too_long_a_list_is_refused(api: Api) -> None:
    sent = await api.post("/api/send", [{"url": URL}] * 1001)

    assert sent.status == 413
    assert sent.code == "too_large"


async def test_a_duplicate_of_a_send_answers_with_the_first(api: Api) -> None:
    first = await api.post("/api/send", {"url": URL, "key": "order-42"})

    second = await api.post("/api/send", {"url": URL, "key": "order-42"})

    assert second.content["execution"]["id"] == first.content["execution"]["id"]


async def test_what_waits_of_the_sends_with_a_ref_is_cancelled(api: Api) -> None:
    await api.post("/api/send", [{"url": URL, "ref": "order-42", "delay": "1 hour"}] * 2)

    cancelled = await api.post("/api/send/cancel", {"ref": "order-42"})

    assert cancelled.content == {"cancelled": 2}


# Listed and shown


async def test_executions_are_listed_newest_first_and_filtered(
    api: Api, db: psycopg.Connection
) -> None:
    first, second = make_send(db, queue="mail"), make_send(db)

    everything = await api.get("/api/executions")
    mail = await api.get("/api/executions", queue="mail", status="pending,running")
    none = await api.get("/api/executions", status="failed")

    assert [one["id"] for one in everything.content["executions"]] == [str(second), str(first)]
    assert [one["id"] for one in mail.content["executions"]] == [str(first)]
    assert none.content["executions"] == []


async def test_an_execution_is_shown_with_its_attempts_and_the_answer(
    api: Api, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    runner.complete(claim, "success", status_code=200, response_body_base64="/wA=")

    shown = await api.get(f"/api/executions/{claim.id}")

    assert shown.content["execution"]["status"] == "success"
    assert shown.content["execution"]["response_body"] == "/wA="
    assert shown.content["execution"]["response_body_encoding"] == "base64"
    assert [one["status_code"] for one in shown.content["attempts"]] == [200]


async def test_a_statusword_that_does_not_exist_is_refused(api: Api) -> None:
    found = await api.get("/api/executions", status="done")

    assert found.wrong == {"status"}


async def test_why_says_that_nobody_delivers(api: Api, db: psycopg.Connection) -> None:
    sent = make_send(db)

    found = await api.get(f"/api/executions/{sent}/why")

    assert found.status == 200
    assert found.content["why"]


# Cancelled, sent again


async def test_a_waiting_execution_is_cancelled_once(api: Api, db: psycopg.Connection) -> None:
    sent = make_send(db, delay="1 hour")

    first = await api.post(f"/api/executions/{sent}/cancel")
    again = await api.post(f"/api/executions/{sent}/cancel")

    assert (first.status, again.status) == (202, 202)
    assert first.content["execution"]["status"] == "cancelled"


async def test_an_ended_execution_is_sent_again(
    api: Api, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    runner.complete(claim, "failed", status_code=404)

    again = await api.post(f"/api/executions/{claim.id}/replay")
    waiting = await api.post(f"/api/executions/{again.content['execution']['id']}/replay")

    assert again.status == 202
    assert again.content["execution"]["replay_of"] == str(claim.id)
    assert waiting.status == 409


async def test_replays_are_counted_before_they_are_made(
    api: Api, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = make_running(db, runner)
    runner.complete(claim, "failed", status_code=404)

    counted = await api.post("/api/executions/replay", {"status": ["failed"]})
    made = await api.post("/api/executions/replay", {"status": ["failed"], "dry_run": False})

    assert (counted.status, counted.content["replay"]["matched"]) == (200, 1)
    assert counted.content["replay"]["ref"] is None
    assert (made.status, made.content["replay"]["queued"]) == (202, 1)
    assert made.content["replay"]["ref"].startswith("replay:")


async def test_replays_of_some_ids_only(
    api: Api, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    one, other = (make_running(db, runner) for _ in range(2))
    for claim in (one, other):
        runner.complete(claim, "failed", status_code=404)

    counted = await api.post("/api/executions/replay", {"ids": [str(one.id)]})
    wrong = await api.post("/api/executions/replay", {"ids": ["first"]})

    assert counted.content["replay"]["matched"] == 1
    assert (wrong.status, wrong.content["errors"][0]["field"]) == (422, "ids")


async def test_executions_of_a_job_are_found_by_its_id(api: Api, db: psycopg.Connection) -> None:
    mine = make_job(db)
    await api.post(f"/api/jobs/{mine}/trigger")
    make_send(db)

    found = await api.get("/api/executions", job_id=mine)

    assert [one["job_id"] for one in found.content["executions"]] == [str(mine)]
