"""Pauses, caps and rates of a queue, and the cap of an organization."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Clock
from tests.factories import call, make_organization, make_send, use
from tests.sql.conftest import MakeRunner
from tests.virtual_runner import VirtualRunner


def held_by(db: psycopg.Connection, execution: UUID) -> str | None:
    row = db.execute(
        "select held_by from prikke.live_execution where id = %s", (execution,)
    ).fetchone()
    assert row is not None
    found: str | None = row[0]
    return found


def test_a_paused_queue_hands_out_nothing_and_says_why(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    send = make_send(db, queue="mail")
    call(db, "pause_queue", name="mail", reason="provider is down")

    claims = runner.claim()

    assert claims == []
    assert held_by(db, send) == "paused"


def test_a_resumed_queue_goes_on_in_order(db: psycopg.Connection, runner: VirtualRunner) -> None:
    call(db, "pause_queue", name="mail")
    sends = [make_send(db, queue="mail") for _ in range(3)]
    runner.claim()
    call(db, "resume_queue", name="mail")

    runner.tick()

    assert [claim.id for claim in runner.claim()] == sends


def test_a_pause_counts_as_no_lateness(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    call(db, "pause_queue", name="mail")
    make_send(db, queue="mail")
    runner.claim()
    at.move_to("14:00")
    runner.keep_history()
    call(db, "resume_queue", name="mail")
    runner.tick()
    [claim] = runner.claim()

    runner.complete(claim, started_at=at("14:00").isoformat())

    row = db.execute("select latenesses_ms from prikke.tally_change").fetchone()
    assert row == ([0],)


def test_pausing_one_queue_leaves_the_others(db: psycopg.Connection, runner: VirtualRunner) -> None:
    make_send(db, queue="mail")
    other = make_send(db, queue="other")
    call(db, "pause_queue", name="mail")

    claims = runner.claim()

    assert [claim.id for claim in claims] == [other]


def test_a_queue_runs_at_most_max_running(db: psycopg.Connection, runner: VirtualRunner) -> None:
    call(db, "set_queue", name="mail", max_running=2)
    sends = [make_send(db, queue="mail") for _ in range(5)]

    first = runner.claim()
    second = runner.claim()

    assert [claim.id for claim in first] == sends[:2]
    assert second == []
    assert held_by(db, sends[2]) == "max_running"


def test_each_that_ends_lets_the_next_in(db: psycopg.Connection, runner: VirtualRunner) -> None:
    call(db, "set_queue", name="mail", max_running=1)
    sends = [make_send(db, queue="mail") for _ in range(4)]
    order = []

    while claims := runner.claim():
        order += [claim.id for claim in claims]
        runner.complete(claims[0])

    assert order == sends


def test_a_waiting_retry_leaves_its_slot(db: psycopg.Connection, runner: VirtualRunner) -> None:
    call(db, "set_queue", name="mail", max_running=1)
    _, second = make_send(db, queue="mail"), make_send(db, queue="mail")
    [claim] = runner.claim()
    runner.claim()

    runner.complete(claim, status="failed", retry=True, status_code=503)

    assert [claim.id for claim in runner.claim()] == [second]


def test_a_higher_cap_frees_what_waited(db: psycopg.Connection, runner: VirtualRunner) -> None:
    call(db, "set_queue", name="mail", max_running=1)
    for _ in range(4):
        make_send(db, queue="mail")
    runner.claim()
    runner.claim()
    call(db, "set_queue", name="mail", max_running=3)

    runner.tick()

    assert len(runner.claim()) == 2


def test_a_cap_is_never_exceeded_by_several_runners(
    db: psycopg.Connection, make_runner: MakeRunner, runner: VirtualRunner
) -> None:
    call(db, "set_queue", name="mail", max_running=3)
    db.execute(
        "select prikke.send(url => 'https://example.com/', queue => 'mail')"
        " from generate_series(1, 120)"
    )
    most: list[int] = []

    def work(one: VirtualRunner) -> list[UUID]:
        done: list[UUID] = []
        for _ in range(400):
            claims = one.claim(room=5)
            row = one.conn.execute("select running from running_in_mail").fetchone()
            assert row is not None
            most.append(row[0])
            for claim in claims:
                one.complete(claim)
                done.append(claim.id)
            if not claims:
                one.tick()
            if len(done_by_all) >= 120:
                break
            done_by_all.update(done)
        return done

    done_by_all: set[UUID] = set()
    db.execute(
        "create view running_in_mail as select count(*) as running from prikke.live_execution"
        " where queue = 'mail' and status = 'running'"
    )
    db.execute("grant select on running_in_mail to public")
    with ThreadPoolExecutor(4) as pool:
        ended = [
            one
            for done in pool.map(work, [runner, *(make_runner() for _ in range(3))])
            for one in done
        ]

    assert max(most) <= 3
    assert len(ended) == len(set(ended)) == 120


def test_a_rate_lets_so_many_begin_in_a_period(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    call(db, "set_queue", name="mail", rate=2, rate_period="10 seconds")
    db.execute(
        "select prikke.send(url => 'https://example.com/', queue => 'mail')"
        " from generate_series(1, 30)"
    )
    begun: Counter[int] = Counter()

    for second in range(60):
        at.move_to(at("12:00:00").replace(minute=second // 60, second=second % 60))
        runner.tick()
        begun[second] += len(runner.claim())

    windows = [sum(begun[s] for s in range(start, start + 10)) for start in range(50)]
    assert max(windows) == 2
    assert sum(begun.values()) == 12


def test_a_burst_goes_at_once_after_a_quiet_time(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    call(db, "set_queue", name="mail", rate=1, rate_period="10 seconds", burst=3)
    for _ in range(6):
        make_send(db, queue="mail")

    first = len(runner.claim())
    at.move_to("12:00:09")
    runner.tick()
    early = len(runner.claim())
    at.move_to("12:00:10")
    runner.tick()
    later = len(runner.claim())

    assert (first, early, later) == (3, 0, 1)


def test_the_tick_says_when_a_rate_lets_the_next_go(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    call(db, "set_queue", name="mail", rate=1, rate_period="7 seconds")
    make_send(db, queue="mail")
    make_send(db, queue="mail")
    runner.claim()
    runner.claim()

    tick = runner.tick()

    assert tick.next_due_at == at("12:00:07")


def test_an_organization_runs_at_most_its_cap(
    db: psycopg.Connection, runner: VirtualRunner, organization: UUID
) -> None:
    db.execute(
        "update prikke.organization set limits = %s where id = %s",
        (Jsonb({"max_running": 2}), organization),
    )
    sends = [make_send(db, queue=queue) for queue in ("a", "b", "c", "d")]

    first = runner.claim()
    runner.complete(first[0])
    second = runner.claim()

    assert len(first) == 2
    assert len(second) == 1
    assert {claim.id for claim in first + second} < set(sends)


def test_one_large_organization_does_not_delay_the_others(
    db: psycopg.Connection, runner: VirtualRunner, organization: UUID
) -> None:
    db.execute("select prikke.send(url => 'https://example.com/') from generate_series(1, 2000)")
    small = make_organization(db)
    use(db, small)
    theirs = make_send(db)

    claims = runner.claim(room=10)

    assert theirs in [claim.id for claim in claims]
    assert len(claims) == 10


def test_pro_gets_four_rows_a_turn_where_free_gets_one(
    db: psycopg.Connection, runner: VirtualRunner, organization: UUID
) -> None:
    pro = make_organization(db, tier="pro")
    for owner in (organization, pro):
        use(db, owner)
        db.execute("select prikke.send(url => 'https://example.com/') from generate_series(1, 100)")

    claims = runner.claim(room=50)

    shares = Counter(claim.organization_id for claim in claims)
    assert shares[pro] == 40
    assert shares[organization] == 10


def test_priority_goes_first_then_age(db: psycopg.Connection, runner: VirtualRunner) -> None:
    usual, low, high = (make_send(db, priority=priority) for priority in (0, -5, 5))

    claims = runner.claim()

    assert [claim.id for claim in claims] == [high, usual, low]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "a", "max_running": 0}, "max_running"),
        ({"name": "a", "rate": 0}, "rate"),
        ({"name": "a", "burst": 3}, "rate"),
        ({"name": "a", "rate": 1, "rate_period": "0 s"}, "rate_period"),
        ({"name": "a", "after_failure": "x"}, "after_failure"),
    ],
)
def test_a_wrong_limit_is_refused_by_name(
    db: psycopg.Connection, organization: UUID, arguments: dict[str, object], field: str
) -> None:
    with pytest.raises(psycopg.Error) as refused:
        call(db, "set_queue", **arguments)

    assert refused.value.sqlstate == "PK422"
    assert f'"field": "{field}"' in (refused.value.diag.message_detail or "")


def test_queues_are_listed_with_what_waits(db: psycopg.Connection, runner: VirtualRunner) -> None:
    call(db, "set_queue", name="mail", max_running=1)
    for _ in range(3):
        make_send(db, queue="mail")
    make_send(db, queue="mail", delay="1 hour")
    runner.claim()
    runner.claim()

    row = db.execute(
        "select running, due, held, later from prikke.list_queues() where name = 'mail'"
    ).fetchone()

    assert row == (1, 0, 2, 1)


def fail_ten(db: psycopg.Connection, runner: VirtualRunner, url: str) -> None:
    """Open the breaker of a host."""
    for _ in range(10):
        make_send(db, url=url, max_attempts=1)
        [claim] = runner.claim()
        runner.complete(claim, status="failed")


DOWN = "https://down.example.com/"


@pytest.mark.parametrize("behind", ["a stopped key", "a breaker", "a paused queue"])
@pytest.mark.parametrize("cap", ["max_running", "organization"])
def test_a_place_whose_taker_waits_for_something_else_goes_to_the_next(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, cap: str, behind: str
) -> None:
    if cap == "max_running":
        call(db, "set_queue", name="mail", max_running=1, after_failure="stop")
    else:
        call(db, "set_queue", name="mail", after_failure="stop")
        call(db, "update_organization", limits={"max_running": 1})
    fail_ten(db, runner, DOWN)
    runner.tick()
    make_send(db, queue="mail", ordering_key="a", max_attempts=1)
    [claim] = runner.claim()
    waits: dict[str, Any] = {
        "a stopped key": {"ordering_key": "a"},
        "a breaker": {"url": DOWN},
        "a paused queue": {"queue": "letters"} if cap == "organization" else {"ordering_key": "a"},
    }[behind]
    for _ in range(3):
        make_send(db, **{"queue": "mail", **waits})
    last = make_send(db, queue="mail" if cap == "max_running" else "post")
    assert (runner.claim(), runner.claim()) == ([], [])
    call(db, "pause_queue", name="letters")

    runner.complete(claim, status="failed")

    found = [claim.id for _ in range(8) for claim in runner.claim()]
    assert found == [last]


def test_a_long_row_behind_one_key_is_passed_in_thousands(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_send(db, ordering_key="a")
    runner.claim()
    db.execute(
        "select count(prikke.send(url => 'https://example.com', ordering_key => 'a'))"
        " from generate_series(1, 2500)"
    )
    last = make_send(db)

    found = [[claim.id for claim in runner.claim(room=10)] for _ in range(5)]

    assert [last] in found


def test_what_a_host_cap_held_goes_on_when_so_few_runners_are_left_that_it_needs_no_counting(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    db.execute("""select prikke.publish_settings('{"limits": {"host_requests": 1}}')""")
    db.execute("select prikke.register_runner(%s, 'host', 1, '0.1.0', 100)", (runner.id,))
    for _ in range(3):
        make_send(db)
    [claim] = runner.claim()
    db.execute("update prikke.runner set concurrency = 1")

    for _ in range(2):
        runner.complete(claim)
        [claim] = runner.claim()

    assert runner.complete(claim) == "done"


@pytest.mark.parametrize("change", ["a slower rate before", "a clock that goes back"])
def test_a_slower_rate_and_a_clock_that_goes_back_hold_no_longer_than_the_burst(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, change: str
) -> None:
    slower = change == "a slower rate before"
    call(db, "set_queue", name="mail", rate=1, rate_period="1 day" if slower else "1 minute")
    make_send(db, queue="mail")
    assert len(runner.work()) == 1
    if slower:
        call(db, "set_queue", name="mail", rate=1, rate_period="1 minute")
    else:
        at.move(seconds=-3600)
    make_send(db, queue="mail")
    runner.work()

    at.move(seconds=61)

    assert len(runner.work()) == 1


def test_a_rate_is_never_exceeded_by_several_runners(
    db: psycopg.Connection, make_runner: MakeRunner, runner: VirtualRunner
) -> None:
    call(db, "set_queue", name="mail", rate=7, rate_period="1 day", burst=7)
    db.execute(
        "select prikke.send(url => 'https://example.com/', queue => 'mail')"
        " from generate_series(1, 60)"
    )

    def work(one: VirtualRunner) -> list[UUID]:
        return [claim.id for _ in range(40) for claim in one.work(room=2)]

    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(work, [runner, *(make_runner() for _ in range(3))]))

    ids = [one for each in begun for one in each]
    assert len(ids) == len(set(ids)) == 7


def test_the_cap_of_a_host_is_never_exceeded_by_several_runners(
    db: psycopg.Connection, make_runner: MakeRunner, runner: VirtualRunner
) -> None:
    db.execute("""select prikke.publish_settings('{"limits": {"host_requests": 3}}')""")
    db.execute("select prikke.register_runner(%s, 'host', 1, '0', 100)", (runner.id,))
    db.execute(
        "select prikke.send(url => 'https://example.com/', queue => 'q' || g % 5)"
        " from generate_series(1, 60) as g"
    )

    def work(one: VirtualRunner) -> list[UUID]:
        return [claim.id for _ in range(40) for claim in one.work(room=2)]

    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(work, [runner, *(make_runner() for _ in range(3))]))

    ids = [one for each in begun for one in each]
    assert len(ids) == len(set(ids)) == 3
