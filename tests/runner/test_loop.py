"""The runner's loop: waits, claims, delivers and reports."""

import time
from dataclasses import replace

import psycopg

from prikke.config import Settings
from tests.factories import make_job
from tests.receiver import Receiver
from tests.runner.conftest import Start, live, past, send, until, with_limits


async def test_a_send_is_delivered_and_recorded(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    await start()

    send(db, receiver.address("/hello"))
    await receiver.arrived(1)
    await until(lambda: past(db))

    [(status, code, body, attempt)] = past(db, "status, status_code, response_body, attempt")
    assert (status, code, bytes(body), attempt) == ("success", 200, b"ok", 1)
    assert receiver.requests[0].body == b"n 1"


async def test_an_idle_runner_is_woken_by_a_commit(
    db: psycopg.Connection,
    acme: object,
    receiver: Receiver,
    settings: Settings,
    start: Start,
) -> None:
    runner = await start(with_limits(settings, poll_seconds=60))
    await until(lambda: runner.process.meter.claims > 5)
    send(db, receiver.address())
    await receiver.arrived(1)
    receiver.forget()
    begun = time.monotonic()

    send(db, receiver.address())
    await receiver.arrived(1)

    assert receiver.requests[0].monotonic - begun < 10
    assert runner.process.meter.notices > 0


async def test_a_commit_that_was_open_while_the_runner_fell_asleep_is_found_soon(
    db: psycopg.Connection,
    acme: object,
    receiver: Receiver,
    settings: Settings,
    start: Start,
) -> None:
    send(db, receiver.address(), 30)
    runner = await start(with_limits(settings, poll_seconds=60))
    with psycopg.connect(settings.database_url or "") as raced:
        # As if it had read the table of sleepers before we wrote to it: it notifies nobody.
        raced.execute("select prikke.use_organization('acme')")
        raced.execute(
            "create or replace function prikke.wake_runners(p_due_at timestamptz) returns void"
            " language sql begin atomic; end"
        )
        raced.execute("select prikke.send(url => %s)", (receiver.address("/raced"),))
        await until(lambda: live(db) == 0)
        begun = time.monotonic()
    await until(lambda: receiver.of("/raced"))

    assert receiver.of("/raced")[0].monotonic - begun < 10
    assert runner.process.meter.notices == 0


async def test_a_later_send_goes_when_it_is_due_and_not_with_the_next_poll(
    db: psycopg.Connection,
    acme: object,
    receiver: Receiver,
    settings: Settings,
    start: Start,
) -> None:
    await start(with_limits(settings, poll_seconds=60))

    send(db, receiver.address(), delay="interval '0.7 seconds'")
    await until(lambda: past(db))

    [(early,)] = past(db, "started_at < scheduled_for")
    assert not early


async def test_a_job_runs_at_its_times(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    await start()

    job = make_job(db, url=receiver.address("/tick"), every="1 second", overlap="allow")
    await until(lambda: len(past(db)) >= 2)

    rows = past(db, "job_id, status, extract(epoch from started_at - scheduled_for)")
    assert {(job_id, status) for job_id, status, _ in rows} == {(job, "success")}
    assert all(0 <= lateness < 0.3 for _, _, lateness in rows)
    assert receiver.requests[0].headers["x-prikke-job-id"] == str(job)


async def test_polling_alone_is_enough(
    db: psycopg.Connection,
    acme: object,
    receiver: Receiver,
    settings: Settings,
    start: Start,
) -> None:
    runner = await start(replace(settings, listen=False))
    await until(lambda: runner.process.meter.claims > 3)

    send(db, receiver.address())
    await receiver.arrived(1, within=3)
    await until(lambda: past(db))

    assert runner.process.meter.notices == 0


async def test_open_requests_are_a_window_that_grows_with_the_backlog_and_shrinks_when_idle(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    runner = await start(concurrency=40)
    window = runner.process.runner.window
    first = window.size

    send(db, receiver.address("/hold"), 100)
    await until(lambda: receiver.open == 40)
    grown = window.size
    receiver.release()
    await until(lambda: live(db) == 0 and window.size == first)

    assert (first, grown) == (10, 40)
    assert receiver.most_open == 40
    assert not receiver.repeated


async def test_a_retry_comes_after_its_backoff_with_the_same_id(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    runner = await start()

    send(db, receiver.address("/flaky?fail=1"), backoff="interval '1 second'")
    await until(lambda: past(db))

    assert past(db, "status, attempt") == [("success", 2)]
    first, second = receiver.requests
    assert first.message_id == second.message_id
    assert (first.headers["x-prikke-attempt"], second.headers["x-prikke-attempt"]) == ("1", "2")
    assert second.monotonic - first.monotonic > 0.8
    assert runner.process.meter.retries == 1


async def test_executions_of_one_ordering_key_follow_each_other_without_waiting_for_a_poll(
    db: psycopg.Connection,
    acme: object,
    receiver: Receiver,
    settings: Settings,
    start: Start,
) -> None:
    await start(with_limits(settings, poll_seconds=60))
    begun = time.monotonic()

    send(db, receiver.address(), 10, ordering_key="'one'")
    await until(lambda: len(past(db)) == 10)

    assert [request.body for request in receiver.requests] == [
        f"n {number}".encode() for number in range(1, 11)
    ]
    assert receiver.most_open == 1
    assert time.monotonic() - begun < 30


async def test_what_a_planner_expects_follows_what_waits(
    db: psycopg.Connection, acme: object, start: Start
) -> None:
    def expected() -> int:
        row = db.execute(
            "select reltuples from pg_class where oid = 'prikke.live_execution'::regclass"
        ).fetchone()
        assert row is not None
        return int(row[0])

    db.execute("alter table prikke.live_execution set (autovacuum_enabled = false)")
    send(db, "https://example.com/", 3600)
    db.execute("delete from prikke.live_execution")
    db.execute("analyze prikke.live_execution")
    await start()

    db.execute(
        "select prikke.send(url => 'https://example.com/', delay => '1 hour')"
        " from generate_series(1, 1100)"
    )

    await until(lambda: expected() == 1100)
