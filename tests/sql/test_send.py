"""Deliveries without a job: in the caller's transaction, checked whole, once per key."""

import json
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Clock, Connect
from tests.factories import URL, call, cancel, execution, make_send
from tests.virtual_runner import VirtualRunner


def live(db: psycopg.Connection) -> int:
    row = db.execute("select count(*) from prikke.live_execution").fetchone()
    assert row is not None
    return int(row[0])


def problems(error: psycopg.Error) -> dict[str, str]:
    assert error.sqlstate == "PK422"
    return {item["field"]: item["code"] for item in json.loads(error.diag.message_detail or "")}


def test_a_send_is_due_at_once(db: psycopg.Connection, at: Clock, runner: VirtualRunner) -> None:
    identifier = make_send(db)

    assert [claim.id for claim in runner.claim()] == [identifier]
    row = execution(db, identifier)
    assert (row.kind, row.scheduled_for, row.due_at) == ("send", at.now, at.now)


def test_a_send_commits_with_the_callers_rows(
    db: psycopg.Connection, runner: VirtualRunner, open_transaction: psycopg.Connection
) -> None:
    identifier = make_send(open_transaction)

    before = runner.claim()
    open_transaction.commit()
    after = runner.claim()

    assert before == []
    assert [claim.id for claim in after] == [identifier]


def test_a_send_vanishes_with_the_callers_rows(
    db: psycopg.Connection, runner: VirtualRunner, open_transaction: psycopg.Connection
) -> None:
    make_send(open_transaction)

    open_transaction.rollback()

    assert live(db) == 0


def test_sends_from_a_query_are_rows_of_their_own(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    db.execute(
        "select prikke.send(url => %s, body => jsonb_build_object('order', n))"
        " from generate_series(1, 1000) as n",
        (URL,),
    )

    claims = runner.claim(room=1000)

    orders = [json.loads(claim.body or "")["order"] for claim in claims]
    assert orders == list(range(1, 1001))
    assert claims[0].content_type == "application/json"


@pytest.mark.parametrize(
    ("fields", "wait"),
    [
        ({"delay": "90 s"}, 90),
        ({"scheduled_at": "2026-03-02T12:05:00Z"}, 300),
        ({"scheduled_at": "2026-03-02T12:05:00Z", "delay": "1 minute"}, 360),
        ({"scheduled_at": "2026-03-02T11:00:00Z"}, 0),
        ({"scheduled_at": "2026-03-02T11:00:00Z", "delay": "1 minute"}, 60),
        ({"delay": "0 s"}, 0),
    ],
)
def test_a_send_can_wait(
    db: psycopg.Connection, at: Clock, organization: UUID, fields: dict[str, Any], wait: float
) -> None:
    identifier = make_send(db, **fields)

    assert execution(db, identifier).due_at == at.now + timedelta(seconds=wait)


def test_a_delay_has_the_same_length_whatever_the_sessions_time_zone(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute("set timezone = 'Europe/Oslo'")
    at.move_to("2026-03-28T12:00:00Z")

    identifier = make_send(db, delay="1 day")

    due_at = execution(db, identifier).due_at
    assert due_at.astimezone(UTC) == datetime(2026, 3, 29, 12, tzinfo=UTC)


def test_every_wrong_field_is_reported_at_once_and_nothing_is_queued(
    db: psycopg.Connection, organization: UUID
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        make_send(
            db,
            url="ftp://example.com/",
            method="FETCH",
            headers={"Host": "x"},
            content_type="nonsense",
            queue="no spaces",
            priority=101,
            ordering_key="",
            key="no spaces",
            ref="",
            timeout_ms=1,
            max_attempts=0,
            backoff="1 ms",
            completion="maybe",
            expected_status="fine",
            expected_body="",
            scheduled_at="9999-01-01T00:00:00Z",
            delay="-1 s",
            body="x" * 262145,
        )

    assert set(problems(caught.value)) >= {
        "url", "method", "content_type", "queue", "priority", "ordering_key", "key", "ref",
        "timeout_ms", "max_attempts", "backoff", "completion", "expected_status", "expected_body",
        "scheduled_at", "delay", "body",
    }  # fmt: skip
    assert live(db) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", None),
        ("url", ""),
        ("url", "example.com"),
        ("url", "https://localhost/"),
        ("url", "https://10.0.0.1/"),
        ("url", "https://user:secret@example.com/"),
        ("url", "https://example.com/\n"),
        ("url", "https://example.com/" + "x" * 2048),
        ("method", None),
        ("method", "post"),
        ("headers", {"Content-Length": "3"}),
        ("headers", {"webhook-id": "x"}),
        ("headers", {"X-Bad": "a\r\nb"}),
        ("headers", {"X-Number": 3}),
        ("headers", Jsonb(["X"])),
        ("queue", None),
        ("queue", ""),
        ("priority", -101),
        ("ordering_key", "x" * 201),
        ("key", "x" * 101),
        ("key", "ø"),
        ("ref", "x" * 201),
        ("timeout_ms", 999),
        ("timeout_ms", 300001),
        ("max_attempts", 21),
        ("backoff", "2 hours"),
        ("backoff", "-1 s"),
        ("completion", None),
        ("expected_status", "600"),
        ("expected_status", "200-"),
        ("expected_body", "x" * 1001),
        ("scheduled_at", "infinity"),
        ("scheduled_at", "-infinity"),
        ("delay", "11 years"),
        ("delay", "170000 years"),
        ("content_type", "a/b\nc"),
    ],
)
def test_a_bad_input_is_one_clear_error_and_no_row(
    db: psycopg.Connection, at: Clock, organization: UUID, field: str, value: object
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        make_send(db, **{field: value})

    found = problems(caught.value)
    assert list(found) == [field]
    assert (caught.value.diag.message_primary or "").startswith(f"{field}: ")
    assert live(db) == 0


def test_the_content_type_follows_the_body(db: psycopg.Connection, runner: VirtualRunner) -> None:
    make_send(db, body='{"a": 1}')
    make_send(db, body=" [1]")
    make_send(db, body="hello")
    make_send(db)
    make_send(db, body="<a/>", content_type="application/xml")

    assert [claim.content_type for claim in runner.claim()] == [
        "application/json",
        "application/json",
        "text/plain; charset=utf-8",
        None,
        "application/xml",
    ]


def test_a_key_answers_the_first_send_while_that_is_live(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    first = make_send(db, key="order-42")

    again = make_send(db, key="order-42")
    [claim] = runner.claim()
    while_running = make_send(db, key="order-42")
    runner.complete(claim)
    afterwards = make_send(db, key="order-42")

    assert (again, while_running) == (first, first)
    assert afterwards != first
    assert live(db) == 1


def test_a_key_is_free_again_when_its_send_was_cancelled(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    first = make_send(db, key="k")
    cancel(db, first)
    runner.tick()

    assert make_send(db, key="k") != first


def test_a_key_that_was_rolled_back_is_free(
    db: psycopg.Connection, organization: UUID, open_transaction: psycopg.Connection
) -> None:
    make_send(open_transaction, key="k")
    open_transaction.rollback()

    identifier = make_send(db, key="k")

    assert execution(db, identifier).status == "pending"


def test_keys_of_two_organizations_are_two_keys(db: psycopg.Connection, organization: UUID) -> None:
    first = make_send(db, key="k")
    slug = call(db, "create_organization", name="Other")["slug"]
    db.execute("select prikke.use_organization(%s)", (slug,))

    assert make_send(db, key="k") != first


def test_a_send_waits_for_nobodys_open_transaction(
    db: psycopg.Connection, organization: UUID, open_transaction: psycopg.Connection
) -> None:
    make_send(open_transaction, key="a", ordering_key="o", ref="r")
    db.execute("set statement_timeout = '500ms'")

    make_send(db, key="b", ordering_key="o", ref="r")

    assert live(db) == 1


def test_a_send_waits_for_an_uncommitted_one_with_its_key_until_the_lock_timeout(
    db: psycopg.Connection, organization: UUID, open_transaction: psycopg.Connection
) -> None:
    make_send(open_transaction, key="k")
    db.execute("set lock_timeout = '50ms'")

    with pytest.raises(psycopg.Error) as caught:
        make_send(db, key="k")

    assert caught.value.sqlstate == "PK409"
    assert live(db) == 0


def test_two_sends_that_race_for_a_spent_key_are_one(
    db: psycopg.Connection,
    runner: VirtualRunner,
    open_transaction: psycopg.Connection,
    connect: Connect,
    organization: UUID,
) -> None:
    make_send(db, key="k")
    [claim] = runner.claim()
    runner.complete(claim)
    first = make_send(open_transaction, key="k")
    rival = connect()
    rival.execute("select set_config('prikke.organization', %s, false)", (str(organization),))
    answers: list[UUID] = []
    waiting = Thread(target=lambda: answers.append(make_send(rival, key="k")))
    waiting.start()
    while db.execute("select from pg_locks where not granted").fetchone() is None:
        assert waiting.is_alive()

    open_transaction.commit()
    waiting.join()

    assert answers == [first]
    assert live(db) == 1


def test_spent_keys_are_purged_and_live_ones_kept(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    make_send(db, key="spent")
    [claim] = runner.claim()
    runner.complete(claim)
    make_send(db, key="live")

    runner.keep_history()

    assert db.execute("select key from prikke.send_key").fetchall() == [("live",)]


def test_without_an_organization_a_send_says_how_to_choose_one(
    connect: Connect, organization: UUID
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        make_send(connect())

    assert caught.value.sqlstate == "PK400"
    assert "use_organization" in (caught.value.diag.message_hint or "")


def test_sends_with_a_ref_can_be_cancelled_by_it(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    gone = [make_send(db, ref="order-42", delay="1 hour") for _ in range(2)]
    kept = make_send(db, ref="order-43")

    cancelled = db.execute("select prikke.cancel_sends('order-42')").fetchone()
    again = db.execute("select prikke.cancel_sends('order-42')").fetchone()
    runner.tick()

    assert (cancelled, again) == ((2,), (0,))
    assert [execution(db, one).status for one in gone] == ["cancelled", "cancelled"]
    assert execution(db, kept).status == "pending"
