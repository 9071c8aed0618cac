"""why() names what the claim asked: each state of an execution or job, in words."""

from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Clock
from tests.factories import call, make_job, make_send
from tests.virtual_runner import VirtualRunner


def why(db: psycopg.Connection, subject: UUID) -> list[str]:
    rows = db.execute("select reason from prikke.why(id => %s)", (subject,)).fetchall()
    return [row[0] for row in rows]


def register(runner: VirtualRunner) -> None:
    runner.conn.execute("select prikke.register_runner(%s, 'host', 1, '0', 100)", (runner.id,))


def test_without_a_runner_it_says_so(db: psycopg.Connection, runner: VirtualRunner) -> None:
    send = make_send(db)

    assert why(db, send) == ["ready", "no_runner"]


def test_what_is_due_later_says_when(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    register(runner)
    send = make_send(db, delay="1 hour")

    row = db.execute("select reason, until from prikke.why(id => %s)", (send,)).fetchone()

    assert row == ("not_due", at("13:00"))


def test_each_hold_is_named(db: psycopg.Connection, runner: VirtualRunner) -> None:
    register(runner)
    call(db, "set_queue", name="one", max_running=1)
    call(db, "set_queue", name="slow", rate=1, rate_period="1 minute")
    call(db, "pause_queue", name="off")
    waiting = {
        "max_running": [make_send(db, queue="one") for _ in range(2)][1],
        "rate": [make_send(db, queue="slow") for _ in range(2)][1],
        "paused": make_send(db, queue="off"),
        "ordering_key": [make_send(db, ordering_key="k") for _ in range(2)][1],
    }
    runner.claim()
    runner.claim()

    reasons = {name: why(db, send) for name, send in waiting.items()}

    assert reasons == {name: [name] for name in waiting}


@pytest.mark.parametrize("hold", ["overlap", "host", "organization", "limit"])
def test_what_holds_beyond_a_queue_is_named(
    db: psycopg.Connection, runner: VirtualRunner, hold: str
) -> None:
    register(runner)
    limits = {"organization": {"max_running": 1}, "limit": {"executions": 1}}
    settings = {"limits": {"host_requests": 1 if hold == "host" else 200}, "plans": hold == "limit"}
    db.execute("select prikke.publish_settings(%s)", (Jsonb(settings),))
    call(db, "update_organization", limits=limits.get(hold, {}))
    if hold == "overlap":
        job = make_job(db, overlap="skip")
        waiting = [call(db, "run_now", id=job)["id"] for _ in range(2)][1]
    else:
        waiting = [make_send(db) for _ in range(2)][1]
    for claim in runner.claim() if hold == "limit" else ():
        runner.complete(claim)
    runner.claim()
    runner.claim()

    assert why(db, waiting) == [hold]


def test_a_full_queue_names_who_fills_it(db: psycopg.Connection, runner: VirtualRunner) -> None:
    register(runner)
    call(db, "set_queue", name="one", max_running=1)
    first, second = make_send(db, queue="one"), make_send(db, queue="one")
    runner.claim()
    runner.claim()

    row = db.execute("select by from prikke.why(id => %s)", (second,)).fetchone()

    assert row == ([first],)


def test_an_open_breaker_says_until_when(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    register(runner)
    for _ in range(10):
        make_send(db)
    runner.report([runner.result(c, "failed", status_code=500) for c in runner.claim()])
    send = make_send(db)
    runner.claim()

    row = db.execute("select reason, until, message from prikke.why(id => %s)", (send,)).fetchone()

    assert row is not None
    assert row[:2] == ("breaker", at("12:00:10"))
    assert "example.com failed 10 times" in row[2]


def test_a_breaker_that_is_tried_names_the_delivery_that_tries(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    register(runner)
    for _ in range(10):
        make_send(db)
    runner.report([runner.result(c, "failed", status_code=500) for c in runner.claim()])
    first, second = make_send(db), make_send(db)
    runner.claim()
    at.move(seconds=10)
    runner.work()

    row = db.execute(
        "select reason, until, by, message from prikke.why(id => %s)", (second,)
    ).fetchone()

    assert row is not None
    assert row[:3] == ("breaker", None, [first])
    assert "10 times in a row; one delivery is trying" in row[3]


def test_what_a_closed_breaker_still_holds_goes_soon(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    register(runner)
    for _ in range(10):
        make_send(db)
    runner.report([runner.result(c, "failed", status_code=500) for c in runner.claim()])
    send = make_send(db)
    runner.claim()
    db.execute("delete from prikke.breaker")

    row = db.execute("select reason, message from prikke.why(id => %s)", (send,)).fetchone()

    assert row is not None
    assert row[0] == "ready"
    assert "answers again" in row[1]


def test_a_running_one_names_its_runner(db: psycopg.Connection, runner: VirtualRunner) -> None:
    register(runner)
    send = make_send(db)
    runner.claim()

    row = db.execute("select reason, by from prikke.why(id => %s)", (send,)).fetchone()

    assert row == ("running", [runner.id])


def test_a_retry_says_what_failed(db: psycopg.Connection, runner: VirtualRunner) -> None:
    register(runner)
    send = make_send(db)
    runner.complete(runner.claim()[0], "failed", retry=True, error_message="answered 503")

    row = db.execute("select reason, message from prikke.why(id => %s)", (send,)).fetchone()

    assert row is not None
    assert row[0] == "retry"
    assert "answered 503" in row[1]


def test_a_disabled_job_says_who_and_why(db: psycopg.Connection, runner: VirtualRunner) -> None:
    register(runner)
    job = make_job(db, cron="* * * * *")
    call(db, "pause_job", id=job, reason="moving")

    row = db.execute("select reason, message from prikke.why(id => %s)", (job,)).fetchone()

    assert row is not None
    assert row[0] == "disabled"
    assert "(moving)" in row[1]


def test_a_job_whose_run_still_goes_names_it(db: psycopg.Connection, runner: VirtualRunner) -> None:
    register(runner)
    job = make_job(db, cron="0 0 1 1 *")
    first, second = (call(db, "run_now", id=job)["id"] for _ in range(2))
    runner.claim()
    runner.claim()

    rows = db.execute("select reason, by from prikke.why(id => %s)", (second,)).fetchall()

    assert rows == [("overlap", [first])]
    assert why(db, job) == ["not_due", "running", "overlap"]


def test_what_has_ended_says_how(db: psycopg.Connection, runner: VirtualRunner) -> None:
    send = make_send(db)
    runner.complete(runner.claim()[0], "failed", status_code=404, error_message="answered 404")

    row = db.execute("select reason, message from prikke.why(id => %s)", (send,)).fetchone()

    assert row == ("failed", "It has ended: failed: answered 404")
