"""Results on their way into the database."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from prikke.outbound import Answer
from prikke.runner.claimed import Claimed, furthest_lane
from prikke.runner.delivery import result
from prikke.runner.outcome import Kind, Outcome
from prikke.runner.window import Window
from tests.conftest import Connect
from tests.receiver import Receiver
from tests.runner.conftest import Start, past, send, until
from tests.virtual_runner import VirtualRunner

_INSTANT = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def test_a_result_of_a_locked_row_is_given_again(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start, connect: Connect
) -> None:
    runner = await start()
    send(db, receiver.address("/hold"), 3)
    await until(lambda: receiver.open == 3)
    holder = connect(autocommit=False)
    holder.execute("select from prikke.live_execution limit 1 for update")

    receiver.release()
    await until(lambda: len(past(db)) == 2)
    await until(lambda: runner.process.reporter.unwritten == 1)
    holder.rollback()
    await until(lambda: len(past(db)) == 3)

    assert len(receiver.requests) == 3


async def test_a_result_that_the_database_cannot_store_does_not_hold_up_the_others(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    db.execute(
        "create function prikke_test.refuse() returns trigger language plpgsql as $$ begin"
        " if new.response_body = 'bad' then perform 1 / 0; end if; return new; end $$"
    )
    await start()
    for (partition,) in db.execute(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'prikke.past_execution'::regclass"
    ).fetchall():
        db.execute(
            f"create trigger refuse before insert on {partition}"
            " for each row execute function prikke_test.refuse()"
        )

    with db.transaction():
        send(db, receiver.address("/answer?body=good"), 9)
        send(db, receiver.address("/answer?body=bad"))
    await until(lambda: len(past(db)) == 10)

    rows = past(db, "status, reason")
    assert sorted(rows, key=str) == [("failed", "unstorable")] + [("success", None)] * 9


async def test_every_body_is_kept_as_it_came(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    await start()

    for body in ("plain", "%00zero", "bl%C3%A5b%C3%A6r", "%F0%9F%8C%B1", "%22%5C%0A"):
        send(db, receiver.address(f"/answer?body={body}"))
    await until(lambda: len(past(db)) == 5)

    assert {bytes(body) for (body,) in past(db, "response_body")} == {
        b"plain",
        b"\0zero",
        "blåbær".encode(),
        "🌱".encode(),
        b'"\\\n',
    }


def test_two_results_under_one_token_in_one_batch_count_once(
    db: psycopg.Connection, acme: object
) -> None:
    virtual = VirtualRunner(db)
    virtual.keep_history()
    send(db, "http://127.0.0.1/")
    [claim] = virtual.claim()
    twice = [virtual.result(claim), virtual.result(claim)]

    db.execute("select prikke.complete_executions(%s, %s)", (virtual.id, Jsonb(twice)))

    assert past(db) == [("success",)]


def test_a_result_says_no_more_than_it_must() -> None:
    claim = _claim()

    text = result(claim, Outcome(Kind.SUCCESS, 200), Answer(200, {}, b""), _INSTANT, 0.0124)

    assert json.loads(text) == {
        "organization_id": claim.organization_id,
        "id": claim.id,
        "claim_number": 1,
        "status": "success",
        "started_at": "2026-03-02T12:00:00+00:00",
        "duration_ms": 12,
        "status_code": 200,
        "response_headers": {},
    }


def test_bytes_that_are_no_text_travel_as_base64() -> None:
    answer = Answer(200, {}, b"\xff\xfe")

    text = result(_claim(), Outcome(Kind.SUCCESS, 200), answer, _INSTANT, 0)

    assert json.loads(text)["response_body_base64"] == "//4="


def test_bodies_are_left_out_where_they_are_not_to_be_stored() -> None:
    answer = Answer(200, {"X": "y"}, b"private")

    text = result(_claim(), Outcome(Kind.SUCCESS, 200), answer, _INSTANT, 0, store_bodies=False)

    assert "private" not in text
    assert json.loads(text)["response_headers"] == {"X": "y"}


def test_the_window_doubles_with_full_claims_and_halves_with_empty_ones() -> None:
    window = Window(70)
    sizes = []

    for asked, got in [(10, 10), (20, 20), (40, 40), (70, 30), (70, 0), (35, 0), (17, 0), (10, 0)]:
        window.claimed(asked, got, open_now=0)
        sizes.append(window.size)

    assert sizes == [20, 40, 70, 70, 35, 17, 10, 10]


def test_the_window_never_shrinks_below_what_is_open() -> None:
    window = Window(100)
    window.claimed(10, 10, open_now=0)
    window.claimed(20, 20, open_now=0)

    window.claimed(15, 0, open_now=25)

    assert window.size == 25


def test_the_next_claim_begins_behind_the_lane_that_is_furthest_round_the_circle() -> None:
    first, second, third = (str(UUID(int=number)) for number in (1, 2, 3))
    after = (second, "default")

    onward = furthest_lane([_claim(second, "later"), _claim(third)], after)
    around = furthest_lane([_claim(third), _claim(first), _claim(first, "a")], after)
    alone = furthest_lane([_claim(second)], after)
    nothing = furthest_lane([], after)

    assert onward == (third, "default")
    assert around == (first, "default")
    assert alone == after
    assert nothing == after


def _claim(organization: str | None = None, queue: str = "default") -> Claimed:
    return Claimed(
        organization_id=organization or str(uuid4()),
        id=str(uuid4()),
        claim_number=1,
        job_id=None,
        kind="send",
        queue=queue,
        attempt=0,
        scheduled_for=_INSTANT,
        url="https://example.com/",
        method="POST",
        headers={},
        body=None,
        content_type=None,
        timeout_ms=1000,
        completion="response",
        expected_status=None,
        expected_body=None,
        hop=0,
        secrets_changed_at=_INSTANT,
        clock=_INSTANT,
    )
