"""What a send with a key does while another with it is live, or remembered."""

from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import make_send
from tests.virtual_runner import VirtualRunner


def status(db: psycopg.Connection, execution: UUID) -> tuple[str, str | None]:
    row = db.execute(
        "select status, reason from prikke.execution where id = %s", (execution,)
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_a_live_key_answers_its_execution(db: psycopg.Connection, runner: VirtualRunner) -> None:
    first = make_send(db, key="order-1")

    assert make_send(db, key="order-1") == first


def test_reject_refuses_with_the_id_of_the_first(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    first = make_send(db, key="order-1")

    with pytest.raises(psycopg.Error) as refused:
        make_send(db, key="order-1", on_duplicate="reject")

    assert refused.value.sqlstate == "PK409"
    assert str(first) in str(refused.value)


def test_replace_cancels_the_one_that_waits(db: psycopg.Connection, runner: VirtualRunner) -> None:
    first = make_send(db, key="order-1", delay="1 minute")

    second = make_send(db, key="order-1", on_duplicate="replace")
    runner.tick()

    assert second != first
    assert status(db, first) == ("cancelled", "replaced")
    assert [claim.id for claim in runner.claim()] == [second]


def test_replace_leaves_the_one_that_runs(db: psycopg.Connection, runner: VirtualRunner) -> None:
    first = make_send(db, key="order-1")
    [claim] = runner.claim()

    second = make_send(db, key="order-1", on_duplicate="replace")

    assert second != first
    assert runner.complete(claim) == "done"
    assert status(db, first)[0] == "success"


def test_a_key_is_free_when_its_execution_has_ended(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    first = make_send(db, key="order-1")
    runner.complete(runner.claim()[0])

    assert make_send(db, key="order-1") != first


def test_dedupe_for_remembers_longer(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    first = make_send(db, key="order-1", dedupe_for="1 hour")
    runner.complete(runner.claim()[0])
    at.move_to("12:59")
    remembered = make_send(db, key="order-1")
    at.move_to("13:01")

    assert remembered == first
    assert make_send(db, key="order-1") != first


def test_debounce_keeps_only_the_last(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_send(db, key="search", body="a", debounce="30 s")
    at.move(seconds=20)
    make_send(db, key="search", body="b", debounce="30 s")
    at.move(seconds=20)
    early = runner.work()
    at.move(seconds=10)

    claims = runner.work()

    assert early == []
    assert [claim.body for claim in claims] == ["b"]


def test_a_cancelled_one_frees_its_key_at_once(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    first = make_send(db, key="order-1", delay="1 hour")
    db.execute("select prikke.cancel_execution(%s)", (first,))

    assert make_send(db, key="order-1") != first


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"on_duplicate": "keep", "key": "a"}, "on_duplicate"),
        ({"on_duplicate": "replace"}, "key"),
        ({"debounce": "30 s"}, "key"),
        ({"debounce": "30 s", "key": "a", "delay": "1 s"}, "debounce"),
        ({"dedupe_for": "0 s", "key": "a"}, "dedupe_for"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(
    db: psycopg.Connection, organization: UUID, arguments: dict[str, str], field: str
) -> None:
    with pytest.raises(psycopg.Error) as refused:
        make_send(db, **arguments)

    assert refused.value.sqlstate == "PK422"
    assert f'"field": "{field}"' in (refused.value.diag.message_detail or "")


def test_a_202_is_ended_by_the_receivers_report(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    send = make_send(db, completion="callback", ordering_key="a")
    follower = make_send(db, ordering_key="a")
    claim = runner.claim()[0]
    state = runner.complete(claim, "accepted", status_code=202)
    at.move(minutes=50)
    meanwhile = (runner.rescue(), runner.work(), status(db, send)[0])

    db.execute("select prikke.report_completion(%s, %s, 'success', 'made 3 files')", (send, 1))

    assert state == "done"
    assert meanwhile == (0, [], "running")
    assert status(db, send)[0] == "success"
    assert [claim.id for claim in runner.work()] == [follower]


def test_a_202_without_report_times_out(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    send = make_send(db, completion="callback")
    runner.complete(runner.claim()[0], "accepted", status_code=202)
    at.move(minutes=61)

    runner.rescue()

    assert status(db, send) == ("timeout", "no_completion")


def test_a_second_report_is_refused(db: psycopg.Connection, runner: VirtualRunner) -> None:
    send = make_send(db, completion="callback")
    runner.complete(runner.claim()[0], "accepted", status_code=202)
    db.execute("select prikke.report_completion(%s, 1, 'failed', 'no')", (send,))

    with pytest.raises(psycopg.Error) as refused:
        db.execute("select prikke.report_completion(%s, 1, 'success')", (send,))

    assert refused.value.sqlstate == "PK409"
    assert status(db, send) == ("failed", "reported")


def test_a_key_stops_at_a_failure_where_its_queue_says_so(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    db.execute("select prikke.set_queue(name => 'mail', after_failure => 'stop')")
    make_send(db, queue="mail", ordering_key="a")
    second = make_send(db, queue="mail", ordering_key="a")
    runner.complete(runner.claim()[0], "failed", status_code=400)
    stopped = runner.work()

    db.execute("select prikke.continue_key('a')")

    assert stopped == []
    assert [claim.id for claim in runner.work()] == [second]
