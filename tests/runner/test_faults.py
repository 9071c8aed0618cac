"""What goes wrong around a runner, and must not stop it."""

import shutil
import signal
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from prikke import embedded
from prikke.config import Settings
from prikke.install import install
from tests.conftest import Connect
from tests.factories import cancel, make_job, make_send
from tests.receiver import Receiver
from tests.runner.conftest import Spawn, Start, live, past, send, until, until_sync, with_limits

# Commits outlive the end of the server's processes, though not of the machine.
_CRASH_SAFE = {**embedded.THROWAWAY, "synchronous_commit": "on"}


async def test_a_killed_listener_comes_back_and_nothing_is_lost(
    db: psycopg.Connection, acme: object, receiver: Receiver, settings: Settings, start: Start
) -> None:
    runner = await start(with_limits(settings, poll_seconds=5))
    await until(lambda: runner.process.listener.listening)

    db.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and query ilike 'listen%'"
    )
    send(db, receiver.address())
    begun = time.monotonic()
    await receiver.arrived(1)

    assert receiver.requests[0].monotonic - begun < 10
    await until(lambda: runner.process.listener.listening)
    assert runner.process.meter.listener_reconnects >= 1


async def test_two_runners_deliver_ten_thousand_executions_once_each(
    db: psycopg.Connection, acme: object, receiver: Receiver, settings: Settings, start: Start
) -> None:
    patient = with_limits(settings, lease_seconds=30, heartbeat_seconds=10)
    first = await start(patient)
    second = await start(patient)

    send(db, receiver.address(), 10_000)
    await until(lambda: live(db) == 0, within=60)

    assert len(receiver.counts) == 10_000
    assert not receiver.repeated
    assert set(past(db, "status, attempt, claim_number")) == {("success", 1, 1)}
    delivered = [runner.process.meter.delivered for runner in (first, second)]
    assert sum(delivered) == 10_000
    assert min(delivered) > 100


async def test_a_broken_job_does_not_stop_the_others(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    broken = make_job(db, url=receiver.address("/broken"), cron="* * * * * *")
    good = make_job(db, url=receiver.address("/good"), every="1 second")
    db.execute("alter table prikke.job_definition disable trigger user")
    db.execute("update prikke.job_definition set timezone = 'Gone/Away' where id = %s", (broken,))

    await start()
    await until(lambda: len(receiver.of("/good")) >= 2)

    assert (good,) in past(db, "job_id")
    assert db.execute(
        "select set_aside_error is not null from prikke.job_state where job_id = %s", (broken,)
    ).fetchone() == (True,)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/gzip-bomb", "success"),
        ("/headers?count=300", "success"),
        ("/flood", "success"),
        ("/drip", "timeout"),
        ("/slow-head", "timeout"),
        ("/never", "timeout"),
        ("/garbage", "failed"),
        ("/reset", "failed"),
        ("/close", "failed"),
        ("/truncated", "failed"),
    ],
)
async def test_a_misbehaving_receiver_leads_to_a_final_state_in_time_and_memory_stays_flat(
    path: str,
    status: str,
    db: psycopg.Connection,
    acme: object,
    receiver: Receiver,
    start: Start,
) -> None:
    await start()
    before = psutil.Process().memory_info().rss

    send(db, receiver.address(path), 20, timeout_ms="1000", max_attempts="1")
    await until(lambda: len(past(db)) == 20)

    assert past(db) == [(status,)] * 20
    # The timeout and a second, by the runner's own watch.
    assert max(duration for (duration,) in past(db, "coalesce(duration_ms, 0)")) < 2000
    assert psutil.Process().memory_info().rss - before < 60 * 1024 * 1024


async def test_nothing_waits_for_a_users_open_transaction(
    db: psycopg.Connection,
    acme: object,
    receiver: Receiver,
    settings: Settings,
    start: Start,
    connect: Connect,
) -> None:
    runner = await start(with_limits(settings, lease_seconds=2))
    job = make_job(db, url=receiver.address("/job"), every="1 second", overlap="allow")
    slow = make_send(db, url=receiver.address("/answer?delay=4"))
    held = make_send(db, url=receiver.address("/never"))
    await until(lambda: len(receiver.requests) >= 2)
    user = connect(autocommit=False)
    user.execute("select prikke.use_organization('acme')")

    user.execute("select prikke.update_job(id => %s, name => 'Other')", (job,))
    cancel(user, held)
    make_send(user, url=receiver.address("/uncommitted"))
    begun = time.monotonic()
    arrived = len(receiver.of("/job"))
    send(db, receiver.address("/other"))
    await until(lambda: receiver.of("/other"))
    await until(lambda: len(receiver.of("/job")) >= arrived + 2)
    await until(lambda: (slow,) in past(db, "id"), within=8)
    waited = time.monotonic() - begun

    assert waited > 2
    assert runner.process.meter.lost_leases == 0
    assert runner.process.meter.database_failures == 0
    assert db.execute("select max(lost) from prikke.live_execution").fetchone() == (0,)
    user.rollback()


def test_a_database_stopped_hard_is_waited_for_and_everything_goes_on(
    receiver: Receiver, settings: Settings, spawn: Spawn, binaries: Path | None
) -> None:
    home = Path(tempfile.mkdtemp(prefix="prikke-test-"))
    server = embedded.start(home, _CRASH_SAFE, binaries)
    try:
        install(server.dsn(), settings)
        with psycopg.connect(server.dsn(), autocommit=True) as db:
            db.execute("select prikke.create_organization(name => 'Acme')")
            db.execute("select prikke.use_organization('acme')")
            send(db, receiver.address("/answer?delay=0.05"), 600)
        runner = spawn(DATABASE_URL=server.dsn())
        receiver.wait_for(100)

        server.stop(signal.SIGQUIT)
        until_sync(lambda: runner.says("wait for the database"))
        arrived = len(receiver.requests)
        server = embedded.start(home, _CRASH_SAFE, binaries)
        with psycopg.connect(server.dsn(), autocommit=True) as db:
            until_sync(lambda: live(db) == 0, within=20)
            states = past(db)
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(home, ignore_errors=True)

    assert runner.process.poll() is None
    assert arrived < 600
    assert states == [("success",)] * 600
    assert len(receiver.counts) == 600
    assert len(receiver.requests) - 600 <= 100
