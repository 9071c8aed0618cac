"""The breaker of a host, and the cap on open requests to it."""

from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, make_send, rows, use
from tests.virtual_runner import Claim, VirtualRunner

BAD = "https://bad.example.com/hook"
GOOD = "https://good.example.com/hook"


def fail(runner: VirtualRunner, claims: list[Claim], **more: object) -> None:
    runner.report(
        [runner.result(claim, "failed", **{"status_code": 503, **more}) for claim in claims]
    )


def open_the_breaker(db: psycopg.Connection, runner: VirtualRunner) -> None:
    for _ in range(10):
        make_send(db, url=BAD)
    fail(runner, runner.claim())


def states(db: psycopg.Connection) -> list[str]:
    rows = db.execute("select state from prikke.breaker_event order by position").fetchall()
    return [row[0] for row in rows]


def held(db: psycopg.Connection) -> int:
    row = db.execute(
        "select count(*) from prikke.live_execution where held_by = 'breaker'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_ten_failures_in_a_row_open_it(db: psycopg.Connection, runner: VirtualRunner) -> None:
    open_the_breaker(db, runner)
    make_send(db, url=BAD)

    claims = runner.claim()

    assert claims == []
    assert held(db) == 1
    assert states(db) == ["open"]


def test_nine_do_not(db: psycopg.Connection, runner: VirtualRunner) -> None:
    for _ in range(9):
        make_send(db, url=BAD)
    fail(runner, runner.claim())
    make_send(db, url=BAD)

    assert len(runner.claim()) == 1


def test_a_success_begins_the_count_anew(db: psycopg.Connection, runner: VirtualRunner) -> None:
    for _ in range(9):
        make_send(db, url=BAD)
    fail(runner, runner.claim())
    make_send(db, url=BAD)
    runner.complete(runner.claim()[0])
    for _ in range(9):
        make_send(db, url=BAD)

    fail(runner, runner.claim())

    assert states(db) == []


def test_answers_that_are_the_senders_fault_do_not_count(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    for _ in range(20):
        make_send(db, url=BAD)

    fail(runner, runner.claim(), status_code=404)

    assert states(db) == []


def test_other_hosts_go_on(db: psycopg.Connection, runner: VirtualRunner) -> None:
    open_the_breaker(db, runner)
    good = make_send(db, url=GOOD)

    assert [claim.id for claim in runner.claim()] == [good]


def test_one_probe_goes_when_the_pause_is_over(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    first, *_ = [make_send(db, url=BAD) for _ in range(5)]
    runner.claim()
    at.move_to("12:00:09")
    too_early = runner.work()
    at.move_to("12:00:10")

    probes = runner.work()
    others = runner.work()

    assert too_early == others == []
    assert [claim.id for claim in probes] == [first]
    assert states(db) == ["open", "half_open"]


def test_a_probe_that_succeeds_closes_it_and_lets_all_go(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    for _ in range(5):
        make_send(db, url=BAD)
    runner.claim()
    at.move_to("12:00:10")
    [probe] = runner.work()

    runner.complete(probe)

    assert len(runner.work()) == 4
    assert states(db) == ["open", "half_open", "closed"]


def test_a_probe_that_fails_doubles_the_pause(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    for _ in range(5):
        make_send(db, url=BAD)
    runner.claim()
    at.move_to("12:00:10")

    fail(runner, runner.work())

    row = db.execute("select open_until from prikke.breaker").fetchone()
    assert row == (at("12:00:30"),)


def test_the_pause_grows_to_five_minutes_at_most(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    for _ in range(10):
        make_send(db, url=BAD)
    runner.claim()

    for _ in range(8):
        at.move(minutes=6)
        fail(runner, runner.work())

    row = db.execute("select open_until - prikke.clock() from prikke.breaker").fetchone()
    assert row is not None
    assert row[0].total_seconds() == 300


def test_it_waits_as_long_as_the_host_asks(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    for _ in range(10):
        make_send(db, url=BAD)

    fail(runner, runner.claim(), status_code=429, retry=True, retry_after_ms=120_000)

    row = db.execute("select open_until from prikke.breaker").fetchone()
    assert row == (at("12:02"),)


def test_a_probe_whose_runner_is_lost_is_followed_by_another(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    for _ in range(3):
        make_send(db, url=BAD)
    runner.claim()
    at.move_to("12:00:10")
    [probe] = runner.work()
    at.move_to("12:00:50")
    runner.rescue()

    again = runner.work()

    assert len(again) == 1
    assert again[0].claim_number == 2 or again[0].id != probe.id


def test_the_tick_says_when_a_probe_is_due(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    make_send(db, url=BAD)
    runner.claim()

    assert runner.tick().next_due_at == at("12:00:10")


def test_what_is_held_keeps_its_place(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    sends = [make_send(db, url=BAD) for _ in range(4)]
    runner.claim()
    at.move_to("12:00:10")
    [probe] = runner.work()
    runner.complete(probe)

    assert [probe.id, *(claim.id for claim in runner.work())] == sends


def register(runner: VirtualRunner, concurrency: int) -> None:
    runner.conn.execute(
        "select prikke.register_runner(%s, 'host', 1, '0', %s)", (runner.id, concurrency)
    )


def test_it_never_touches_a_schedule(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db, url=BAD, cron="* * * * *", overlap="allow")
    open_the_breaker(db, runner)

    at.move_to("12:01:00")
    runner.work()
    at.move_to("12:02:00")
    runner.work()

    row = call(db, "get_job", id=job)
    assert (row["enabled"], row["next_run_at"]) == (True, at("12:03:00"))
    runs = db.execute(
        "select scheduled_for from prikke.execution where job_id = %s order by 1", (job,)
    ).fetchall()
    assert runs == [(at("12:01:00"),), (at("12:02:00"),)]


def test_people_see_that_it_opened_and_closed(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    make_send(db, url=BAD)
    runner.claim()
    at.move_to("12:00:10")
    runner.complete(runner.work()[0])

    seen = rows(db, "list_transitions")

    assert [(each["kind"], each["host"]) for each in seen] == [
        ("host_up", "bad.example.com"),
        ("host_down", "bad.example.com"),
    ]


def test_people_see_each_of_its_changes_newest_first_and_their_own_alone(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    make_send(db, url=BAD)
    runner.claim()
    at.move_to("12:00:10")
    runner.complete(runner.work()[0])

    seen = rows(db, "list_breaker_events")

    changes = [(each["host"], each["state"], each["failures"], each["message"]) for each in seen]
    assert changes == [
        ("bad.example.com", "closed", 0, "the host answers again"),
        ("bad.example.com", "half_open", 10, "one delivery is let through"),
        ("bad.example.com", "open", 10, None),
    ]
    assert [each["open_until"] for each in seen] == [None, None, at("12:00:10")]
    use(db, make_organization(db, "Other"))
    assert rows(db, "list_breaker_events") == []


def test_its_changes_are_listed_by_host_and_page_by_page(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    for host in ("a", "b", "a"):
        note_change(db, host, at.now)

    first = rows(db, "list_breaker_events", page_size=2)
    rest = rows(db, "list_breaker_events", page_size=2, cursor=first[-1]["position"])
    of_a = rows(db, "list_breaker_events", host="a")

    assert [each["host"] for each in first + rest] == ["a", "b", "a"]
    assert [each["host"] for each in of_a] == ["a", "a"]
    with pytest.raises(psycopg.Error) as refused:
        rows(db, "list_breaker_events", page_size=0)
    assert refused.value.sqlstate == "PK422"


def test_its_changes_are_hidden_when_history_of_their_time_is(
    db: psycopg.Connection, runner: VirtualRunner, organization: UUID, at: Clock
) -> None:
    note_change(db, "a", at.now)
    db.execute("update prikke.organization set retention_days = 3 where id = %s", (organization,))
    at.move(days=2)
    before = rows(db, "list_breaker_events")

    at.move(days=1)

    assert len(before) == 1
    assert rows(db, "list_breaker_events") == []


def test_old_changes_are_found_among_many_that_stay(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    note_change(db, "a", at.now, count=5000)
    db.execute("analyze prikke.breaker_event")

    plan = db.execute(
        "explain select from prikke.breaker_event as b where b.at < prikke.clock() - interval"
        " '30 days' limit 10000"
    ).fetchall()

    assert any("breaker_event_by_at" in line for (line,) in plan)


def note_change(db: psycopg.Connection, host: str, at: datetime, count: int = 1) -> None:
    db.execute(
        "insert into prikke.breaker_event (organization_id, host, state, failures, at)"
        " select prikke.current_organization(), %s, 'open', 10, %s from generate_series(1, %s)",
        (host, at, count),
    )


def test_its_changes_are_kept_as_long_as_history(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    open_the_breaker(db, runner)
    runner.keep_history()
    kept = states(db)

    at.move(days=32)
    runner.keep_history()

    assert kept == ["open"]
    assert states(db) == []


def test_a_host_gets_at_most_two_hundred_open_requests(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    register(runner, 500)
    db.execute("select prikke.send(url => %s) from generate_series(1, 300)", (GOOD,))
    other: list[UUID] = [make_send(db, url="https://other.example.com/")]

    claims = runner.claim(room=500)

    hosts = [claim.url for claim in claims]
    assert hosts.count(GOOD) == 200
    assert other[0] in [claim.id for claim in claims]


def test_ended_requests_make_room_for_the_next_at_that_host(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    register(runner, 500)
    db.execute("select prikke.send(url => %s) from generate_series(1, 300)", (GOOD,))
    claims = runner.claim(room=500)

    runner.report([runner.result(claim) for claim in claims[:30]])

    assert len(runner.work(room=500)) == 30
