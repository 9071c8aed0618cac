"""Who gets what, in which order, and that nobody gets it twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import (
    URL,
    call,
    cancel,
    execution,
    make_job,
    make_organization,
    make_send,
    status_of,
    use,
)
from tests.sql.conftest import MakeRunner
from tests.virtual_runner import VirtualRunner


def test_a_due_send_is_handed_out_with_what_to_send(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    identifier = make_send(
        db,
        url=URL,
        method="PUT",
        headers={"X-Colour": "red"},
        body='{"order": 42}',
        timeout_ms=5000,
        expected_status="201",
        expected_body="ok",
    )

    [claim] = runner.claim()

    assert (claim.organization_id, claim.id, claim.kind) == (organization, identifier, "send")
    assert (claim.url, claim.method, claim.headers) == (URL, "PUT", {"X-Colour": "red"})
    assert (claim.body, claim.content_type) == ('{"order": 42}', "application/json")
    assert (claim.timeout_ms, claim.expected_status, claim.expected_body) == (5000, "201", "ok")
    assert (claim.claim_number, claim.attempt, claim.clock) == (1, 0, at.now)


def test_a_run_is_sent_as_its_job_is_at_the_claim(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour", body="old")
    at.move(hours=1)
    runner.tick()
    call(db, "update_job", id=job, body="new", max_attempts=7)

    [claim] = runner.claim()

    assert claim.body == "new"
    assert execution(db, claim.id).job_version == 2
    assert execution(db, claim.id).max_attempts == 7


def test_nothing_is_handed_out_before_its_time(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_send(db, delay="10 s")

    at.move(seconds=9.999)
    early = runner.work()
    at.move(seconds=0.001)
    on_time = runner.work()

    assert (len(early), len(on_time)) == (0, 1)


def test_a_claim_is_running_under_a_lease(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_send(db)

    [claim] = runner.claim(lease="45 s")

    row = db.execute(
        "select status, runner_id, lease_ends_at, ready from prikke.live_execution where id = %s",
        (claim.id,),
    ).fetchone()
    assert row == ("running", runner.id, at.now + timedelta(seconds=45), False)


def test_what_is_claimed_is_not_handed_out_again(
    db: psycopg.Connection, runner: VirtualRunner, make_runner: MakeRunner
) -> None:
    make_send(db)
    runner.claim()

    assert make_runner().claim() == []


def test_claims_at_the_same_moment_do_not_collide(
    db: psycopg.Connection, runner: VirtualRunner, make_runner: MakeRunner
) -> None:
    db.execute("select prikke.send(url => %s) from generate_series(1, 1000)", (URL,))
    runners = [runner, *(make_runner() for _ in range(3))]

    def all_of_it(one: VirtualRunner) -> list[UUID]:
        taken: list[UUID] = []
        while claims := one.claim(room=7):
            taken += [claim.id for claim in claims]
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [one for some in pool.map(all_of_it, runners) for one in some]

    assert len(taken) == len(set(taken)) == 1000


def test_rows_that_another_claim_holds_are_passed_over(
    db: psycopg.Connection, runner: VirtualRunner, connect: Connect, organization: UUID
) -> None:
    first, second = make_send(db), make_send(db)
    other = connect(role="prikke_runner", autocommit=False)
    [held] = VirtualRunner(other).claim(room=1)

    claims = runner.claim()

    assert held.id == first
    assert [claim.id for claim in claims] == [second]


def test_higher_priority_goes_first_then_the_earlier_due_time_then_position(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    later = make_send(db, delay="1 s")
    second = make_send(db)
    third = make_send(db)
    urgent = make_send(db, priority=1, delay="1 s")
    at.move(seconds=1)
    runner.tick()

    order = [runner.claim(room=1)[0].id for _ in range(4)]

    assert order == [urgent, second, third, later]


def test_jobs_of_shorter_intervals_go_before_those_of_longer(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    daily = make_job(db, cron="0 13 * * *")
    minutely = make_job(db, cron="* * * * *")
    at.move_to("13:00")
    runner.tick()

    order = [runner.claim(room=1)[0].job_id for _ in range(2)]

    assert order == [minutely, daily]


def test_organizations_take_turns(db: psycopg.Connection, runner: VirtualRunner) -> None:
    for organization in (make_organization(db), make_organization(db)):
        use(db, organization)
        for _ in range(20):
            make_send(db)

    claims = runner.claim(room=10)

    owners = [claim.organization_id for claim in claims]
    assert sorted(owners.count(owner) for owner in set(owners)) == [5, 5]


def test_a_turn_gives_pro_four_rows_and_free_one(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    pro, free = make_organization(db, tier="pro"), make_organization(db)
    for organization in (pro, free):
        use(db, organization)
        for _ in range(20):
            make_send(db)

    owners = [claim.organization_id for claim in runner.claim(room=10)]

    assert (owners.count(pro), owners.count(free)) == (8, 2)


def test_turns_begin_behind_the_lane_served_last(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    organizations = sorted(make_organization(db) for _ in range(3))
    for organization in organizations:
        use(db, organization)
        make_send(db)
        make_send(db)

    served = []
    after = None
    for _ in range(6):
        [claim] = runner.claim(room=1, after=after)
        after = (claim.organization_id, claim.queue)
        served.append(claim.organization_id)

    assert served == organizations * 2


def test_room_left_by_small_lanes_is_filled(db: psycopg.Connection, runner: VirtualRunner) -> None:
    for number in range(3):
        make_send(db, queue=f"small{number}")
    for _ in range(20):
        make_send(db, queue="large")

    claims = runner.claim(room=12)

    assert len(claims) == 12
    assert len({claim.id for claim in claims}) == 12


def test_a_large_lane_does_not_keep_small_ones_waiting(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    db.execute(
        "select prikke.send(url => %s, queue => 'large') from generate_series(1, 1000)", (URL,)
    )
    small = make_send(db, queue="small")

    claims = runner.claim(room=10)

    assert small in {claim.id for claim in claims}


def test_what_is_to_be_cancelled_is_not_handed_out(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    identifier = make_send(db)
    cancel(db, identifier)

    assert runner.claim() == []
    assert status_of(db, identifier) == "cancelled"


def test_what_waits_of_a_deleted_job_is_not_handed_out(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour")
    at.move(hours=1)
    runner.tick()
    call(db, "delete_job", id=job)

    assert runner.claim() == []


def test_nothing_is_handed_out_while_tomorrows_partition_is_missing(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_send(db)
    at.move(days=7)

    with_warning = runner.claim()
    runner.keep_history()
    after = runner.claim()

    assert (len(with_warning), len(after)) == (0, 1)


def test_the_tick_makes_missing_partitions(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_send(db)
    at.move(days=30)

    assert len(runner.work()) == 1


def test_the_row_of_a_job_that_is_gone_does_not_stop_the_others(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour")
    at.move(hours=1)
    runner.tick()
    db.execute("set session_replication_role = replica")
    db.execute("delete from prikke.job_version where job_id = %s", (job,))
    send = make_send(db)

    claims = runner.claim()

    assert send in {claim.id for claim in claims}


def test_a_users_open_transaction_holds_no_claim_up(
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,
    open_transaction: psycopg.Connection,
) -> None:
    job = make_job(db, every="1 hour")
    sent, cancelled = make_send(db), make_send(db)
    at.move(hours=1)
    runner.tick()
    make_send(open_transaction)
    cancel(open_transaction, cancelled)
    call(open_transaction, "update_job", id=job, body="x")

    claims = runner.claim()

    assert {claim.job_id or claim.id for claim in claims} == {job, sent, cancelled}


@pytest.mark.parametrize("room", [0, 1, 3])
def test_no_more_is_handed_out_than_there_is_room(
    db: psycopg.Connection, runner: VirtualRunner, room: int
) -> None:
    for number in range(5):
        make_send(db, queue=f"lane{number}")
        make_send(db, queue=f"lane{number}")

    assert len(runner.claim(room=room)) == room


def test_only_runners_may_claim(connect: Connect, organization: UUID) -> None:
    web = connect(role="prikke_web")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute("select * from prikke.claim_executions(%s, 1)", (uuid4(),))
