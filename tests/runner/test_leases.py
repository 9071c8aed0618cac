"""Leases: extended while a request is open, and respected when they are lost."""

import signal

import psycopg

from prikke.config import Settings
from tests.factories import cancel
from tests.receiver import Receiver
from tests.runner.conftest import (
    CutOff,
    Spawn,
    Start,
    live,
    past,
    send,
    until,
    until_sync,
    with_limits,
)


async def test_a_request_longer_than_the_lease_is_delivered_once(
    db: psycopg.Connection, acme: object, receiver: Receiver, settings: Settings, start: Start
) -> None:
    short = with_limits(settings, lease_seconds=2, heartbeat_seconds=1)
    await start(short)
    await start(short)

    send(db, receiver.address("/answer?delay=4.5"))
    await until(lambda: past(db))

    assert past(db, "status, lost, claim_number") == [("success", 0, 1)]
    assert len(receiver.requests) == 1


async def test_a_cancelled_execution_is_aborted_and_its_result_not_written(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    runner = await start()
    send(db, receiver.address("/never"))
    await receiver.arrived(1)
    [(execution,)] = db.execute("select id from prikke.live_execution").fetchall()

    cancel(db, execution)
    await until(lambda: receiver.open == 0 and runner.process.runner.open == 0)

    assert past(db, "status, reason, status_code") == [("cancelled", "cancelled", None)]
    assert runner.process.meter.lost_leases == 1


async def test_a_cut_off_runner_aborts_its_requests_when_their_leases_end(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start, cut_off: CutOff
) -> None:
    runner = await start()
    send(db, receiver.address("/never"), 3)
    await until(lambda: receiver.open == 3)

    with cut_off():
        await until(lambda: receiver.open == 0, within=5)
        aborted = runner.process.meter.lost_leases
    await until(lambda: receiver.open == 3, within=10)

    assert aborted == 3
    assert not [count for count in receiver.counts.values() if count > 2]
    await runner.vanish()


async def test_results_are_kept_while_the_database_is_away_and_written_when_it_is_back(
    db: psycopg.Connection,
    acme: object,
    receiver: Receiver,
    settings: Settings,
    start: Start,
    cut_off: CutOff,
) -> None:
    runner = await start(with_limits(settings, lease_seconds=30, heartbeat_seconds=10))
    send(db, receiver.address("/hold"), 5)
    await until(lambda: receiver.open == 5)

    with cut_off():
        receiver.release()
        await until(
            lambda: runner.process.reporter.failing and runner.process.reporter.unwritten == 5
        )
    await until(lambda: live(db) == 0)
    # The runner hears of it a moment after everybody else.
    await until(lambda: runner.process.reporter.unwritten == 0)

    assert past(db, "status, claim_number") == [("success", 1)] * 5
    assert len(receiver.requests) == 5
    assert runner.process.reporter.unwritten_bytes == 0


async def test_a_runner_full_of_unwritten_results_claims_no_more(
    db: psycopg.Connection, acme: object, receiver: Receiver, settings: Settings, start: Start
) -> None:
    runner = await start(
        with_limits(settings, lease_seconds=30, unwritten_bytes=100_000), concurrency=10
    )
    with psycopg.connect(settings.database_url or "") as holder:
        # Results of all rows are `busy` for as long as somebody has them locked.
        send(db, receiver.address("/large?bytes=60000"), 40)
        await until(lambda: runner.process.meter.claimed > 0)
        holder.execute("select from prikke.live_execution for update skip locked")
        await until(lambda: runner.process.reporter.unwritten_bytes >= 100_000)
        claimed = runner.process.meter.claimed
    await until(lambda: live(db) == 0)

    assert claimed < 40
    assert len(past(db)) == 40


def test_a_killed_runners_work_is_taken_over_with_the_same_id(
    db: psycopg.Connection, acme: object, receiver: Receiver, spawn: Spawn
) -> None:
    first = spawn()
    send(db, receiver.address("/never?"), 3)
    receiver.wait_for(3)

    first.signal(signal.SIGKILL)
    second = spawn()
    receiver.wait_for(6, timeout=8)

    assert set(receiver.counts.values()) == {2}
    assert db.execute("select distinct lost from prikke.live_execution").fetchall() == [(1,)]
    second.signal(signal.SIGKILL)


def test_a_frozen_runner_is_taken_over_and_its_late_result_is_stale(
    db: psycopg.Connection, acme: object, receiver: Receiver, spawn: Spawn
) -> None:
    frozen = spawn()
    send(db, receiver.address("/hold"))
    receiver.wait_for(1)

    frozen.signal(signal.SIGSTOP)
    spawn()
    receiver.wait_for(2, timeout=10)
    receiver.release()
    until_sync(lambda: past(db))
    frozen.signal(signal.SIGCONT)
    until_sync(lambda: frozen.says("too late") or frozen.says("lease ended"))

    assert past(db, "status, lost, claim_number") == [("success", 1, 2)]
    assert len(receiver.requests) == 2


def test_a_delivery_that_kills_its_runner_ends_after_three_lost_leases(
    db: psycopg.Connection, acme: object, receiver: Receiver, settings: Settings, spawn: Spawn
) -> None:
    send(db, receiver.address("/never"))

    for turn in range(1, 4):
        victim = spawn(PRIKKE_LIMIT_LEASE_SECONDS="1", PRIKKE_LIMIT_HEARTBEAT_SECONDS="30")
        receiver.wait_for(turn)
        victim.signal(signal.SIGKILL)
    spawn()
    until_sync(lambda: past(db))

    assert past(db, "status, reason, lost, attempt") == [("failed", "runner_lost", 3, 0)]
    assert len(receiver.requests) == 3
