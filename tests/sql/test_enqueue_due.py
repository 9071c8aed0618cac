"""The tick: due times become executions, or rows that say why not; none twice, none lost."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import (
    call,
    execution,
    executions,
    make_job,
    make_organization,
    make_send,
    state_of,
    use,
)
from tests.sql.conftest import MakeRunner
from tests.virtual_runner import Claim, VirtualRunner


def fates(db: psycopg.Connection, job: UUID) -> list[tuple[str, str | None, int]]:
    """What became of a job's due times: status, reason, how many."""
    return [(row.status, row.reason, row.due_count) for row in executions(db, job)]


def due_times(db: psycopg.Connection, job: UUID) -> list[datetime]:
    return [row.scheduled_for for row in executions(db, job)]


def only(claims: list[Claim]) -> Claim:
    [claim] = claims
    return claim


def break_job(db: psycopg.Connection, job: UUID) -> None:
    """As when its zone vanished from the server's zone data."""
    db.execute("set session_replication_role = replica")
    db.execute("update prikke.job_definition set timezone = 'Mars/Base' where id = %s", (job,))
    db.execute("set session_replication_role = default")


def test_a_due_time_becomes_an_execution(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, cron="30 12 * * *", queue="reports", priority=5, ordering_key="k")
    at.move_to("12:30")

    tick = runner.tick()

    [row] = executions(db, job)
    assert (row.status, row.kind, row.scheduled_for) == ("pending", "schedule", at("12:30"))
    assert (row.queue, row.priority, row.ordering_key) == ("reports", 5, "k")
    assert (tick.jobs, tick.next_due_at) == (1, at("2026-03-03T12:30"))


def test_nothing_becomes_of_a_time_that_has_not_come(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, cron="30 12 * * *")
    at.move_to("12:29:59.999")

    tick = runner.tick()

    assert executions(db, job) == []
    assert (tick.jobs, tick.next_due_at) == (0, at("12:30"))


def test_a_due_time_runs_under_an_id_that_can_be_computed(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour")
    at.move(hours=1)
    runner.tick()

    [row] = executions(db, job)

    assert db.execute("select prikke.scheduled_id(%s, %s)", (job, at("13:00"))).fetchone() == (
        row.id,
    )


def test_every_steps_from_the_due_time_not_from_now(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes")
    for seconds in (600 + 7, 600, 600 + 20):
        at.move(seconds=seconds)
        runner.complete(only(runner.work()))

    assert due_times(db, job) == [at("12:10"), at("12:20"), at("12:30")]


def test_once_runs_once_and_always_goes(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, scheduled_at=at("12:10"))
    at.move(days=3)

    runner.work()
    at.move(days=1)
    runner.tick()

    assert due_times(db, job) == [at("12:10")]
    assert state_of(db, job)["next_run_at"] is None


@pytest.mark.parametrize("changes", [{"enabled": False}, {}])
def test_a_job_that_is_disabled_or_run_on_demand_has_no_due_times(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, changes: dict[str, Any]
) -> None:
    job = make_job(db, **({"every": "1 hour", **changes} if changes else {}))
    at.move(days=1)

    tick = runner.tick()

    assert (executions(db, job), tick.next_due_at) == ([], None)


def test_two_ticks_at_once_make_one_execution(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, connect: Connect
) -> None:
    job = make_job(db, every="1 hour")
    at.move(hours=1)
    first = connect(role="prikke_runner", autocommit=False)
    VirtualRunner(first).tick()

    second = runner.tick()
    first.commit()
    runner.tick()

    assert second.jobs == 0
    assert due_times(db, job) == [at("13:00")]


def test_a_tick_takes_as_many_jobs_as_it_may_and_says_that_more_are_due(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    for _ in range(3):
        make_job(db, every="1 hour")
    at.move(hours=1)

    ticks = [runner.tick(limit=2) for _ in range(2)]

    assert [tick.jobs for tick in ticks] == [2, 1]
    assert ticks[0].next_due_at == at("13:00")
    assert ticks[1].next_due_at == at("14:00")


# Catch-up


@pytest.mark.parametrize(
    ("schedule", "late"),
    [
        ({"every": "10 s"}, timedelta(seconds=5)),
        ({"cron": "* * * * *"}, timedelta(seconds=30)),
        ({"cron": "*/10 * * * *"}, timedelta(minutes=5)),
        ({"every": "1 day"}, timedelta(hours=1)),
    ],
)
@pytest.mark.parametrize("catch_up", ["latest", "all", "none"])
def test_within_its_grace_a_due_time_is_simply_late(
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,
    schedule: dict[str, str],
    late: timedelta,
    catch_up: str,
) -> None:
    job = make_job(db, **schedule, catch_up=catch_up)
    due_at = call(db, "get_job", id=job)["next_run_at"]
    at.move_to(due_at + late)

    runner.tick()

    assert fates(db, job) == [("pending", None, 1)]


def test_none_catches_nothing_up(db: psycopg.Connection, at: Clock, runner: VirtualRunner) -> None:
    job = make_job(db, every="10 minutes", catch_up="none")
    at.move_to("13:06")

    runner.tick()

    [row] = executions(db, job)
    assert (row.status, row.reason, row.due_count) == ("missed", "catch_up_none", 6)
    assert (row.scheduled_for, row.last_due_at) == (at("12:10"), at("13:00"))


def test_latest_sends_the_newest_once(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes")
    at.move_to("13:06")

    runner.tick()

    assert fates(db, job) == [("missed", "catch_up_latest", 5), ("pending", None, 1)]
    assert due_times(db, job) == [at("12:10"), at("13:00")]


def test_all_sends_each_one_after_the_other(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", catch_up="all")
    at.move_to("13:06")

    order = []
    while claims := runner.work():
        [claim] = claims
        order.append(claim.scheduled_for)
        runner.complete(claim)

    assert order == [at("12:00") + timedelta(minutes=10 * n) for n in range(1, 7)]
    assert {status for status, _, _ in fates(db, job)} == {"success"}


@pytest.mark.parametrize("late", [timedelta(minutes=4), timedelta(minutes=6)])
def test_all_sends_the_newest_too_whether_within_its_grace_or_not(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, late: timedelta
) -> None:
    job = make_job(db, every="10 minutes", catch_up="all", overlap="skip")
    at.move_to(at("13:00") + late)

    runner.tick()

    assert fates(db, job) == [("pending", None, 1)] * 6


def test_all_sends_at_most_the_newest_hundred(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 minute", catch_up="all", overlap="allow")
    at.move_to("15:00:45")

    runner.tick()

    first, *rest = fates(db, job)
    assert first == ("missed", "catch_up_all", 80)
    assert rest == [("pending", None, 1)] * 100


def test_what_is_older_than_the_window_is_missed(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", catch_up="all", catch_up_window="25 minutes")
    at.move_to("13:06")

    runner.tick()

    assert fates(db, job) == [("missed", "catch_up_window", 4)] + [("pending", None, 1)] * 2


def test_the_window_may_leave_nothing(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, cron="0 13 * * *", catch_up_window="2 hours")
    at.move_to("15:30")

    runner.tick()

    assert fates(db, job) == [("missed", "catch_up_window", 1)]


def test_a_gap_of_more_due_times_than_one_call_decides_is_decided_by_several(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 s")
    at.move(seconds=25_000)

    ticks = 0
    while (state_of(db, job)["next_run_at"] or at.now) <= at.now:
        runner.tick()
        ticks += 1

    rows = fates(db, job)
    assert ticks == 3
    assert sum(count for _, _, count in rows) == 25_000
    assert [row for row in rows if row[0] == "missed"] == [("missed", "catch_up_latest", 24_969)]


def test_missed_ones_in_a_row_are_one_row_that_grows_until_one_is_sent(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", catch_up="none")
    at.move_to("12:37")
    runner.tick()
    while_open = fates(db, job)
    at.move_to("12:57")
    runner.tick()
    grown = executions(db, job)
    at.move_to("13:00")
    runner.tick()

    assert while_open == [("missed", "catch_up_none", 3)]
    assert [(row.due_count, row.last_due_at) for row in grown] == [(5, at("12:50"))]
    assert fates(db, job) == [("missed", "catch_up_none", 5), ("pending", None, 1)]
    assert state_of(db, job)["series_status"] is None


def test_a_series_keeps_its_id_when_it_ends(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", catch_up="none")
    at.move_to("12:37")
    runner.tick()
    [while_open] = executions(db, job)
    at.move_to("12:40")
    runner.tick()

    assert executions(db, job)[0].id == while_open.id


def test_another_reason_begins_another_series(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", catch_up="none")
    at.move_to("12:10")
    runner.work()
    at.move_to("12:20")
    runner.tick()
    at.move_to("12:37")
    runner.tick()

    assert fates(db, job) == [
        ("running", None, 1),
        ("skipped", "overlap", 1),
        ("missed", "catch_up_none", 1),
    ]


def test_a_missed_series_is_counted_in_the_tallies(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_job(db, every="10 minutes")
    at.move_to("13:06")

    runner.tick()
    db.execute("select prikke.fold_tallies()")

    assert db.execute("select status, count from prikke.tally").fetchall() == [("missed", 5)]


# Overlap


def test_skip_drops_a_due_time_while_a_run_is_going_and_says_so(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", overlap="skip")
    at.move_to("12:10")
    [claim] = runner.work()
    for time in ("12:20", "12:30"):
        at.move_to(time)
        runner.tick()
    runner.complete(claim)
    at.move_to("12:40")
    runner.tick()

    assert fates(db, job) == [
        ("success", None, 1),
        ("skipped", "overlap", 2),
        ("pending", None, 1),
    ]


@pytest.mark.parametrize("state", ["pending", "waiting to retry", "asked for"])
def test_any_live_run_makes_skip_drop_the_next(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, state: str
) -> None:
    job = make_job(db, every="10 minutes", overlap="skip", backoff="5 minutes")
    if state == "asked for":
        call(db, "run_now", id=job)
    at.move_to("12:10")
    runner.tick()
    if state == "waiting to retry":
        [claim] = runner.claim()
        at.move_to("12:14")
        assert runner.complete(claim, "failed", retry=True) == "retry"
        at.move_to("12:19:59")
        runner.work()
    at.move_to("12:20")

    runner.tick()

    assert fates(db, job)[-1] == ("skipped", "overlap", 2 if state == "asked for" else 1)


def test_queue_one_keeps_one_waiter(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", overlap="queue_one")
    at.move_to("12:10")
    runner.work()
    for time in ("12:20", "12:30"):
        at.move_to(time)
        runner.tick()

    assert fates(db, job) == [
        ("running", None, 1),
        ("pending", None, 1),
        ("skipped", "overlap", 1),
    ]


def test_allow_runs_them_beside_one_another(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", overlap="allow")
    for time in ("12:10", "12:20", "12:30"):
        at.move_to(time)
        runner.work()

    assert fates(db, job) == [("running", None, 1)] * 3


# The clock


def test_a_clock_an_hour_back_runs_no_due_time_again(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes")
    at.move_to("13:00")
    runner.complete(only(runner.work()))
    before = due_times(db, job)

    at.move_to("12:00")
    for _ in range(7):
        at.move(minutes=10)
        assert runner.work() == [] or at.now > at("13:00")

    assert due_times(db, job) == [*before, at("13:10")]


def test_a_plan_made_while_the_clock_is_back_repeats_no_due_time(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes")
    at.move_to("13:00")
    runner.complete(only(runner.work()))
    at.move_to("12:05")

    planned = call(db, "update_job", id=job, cron="*/10 * * * *")["next_run_at"]
    runner.tick()
    at.move_to("13:00")
    runner.tick()

    assert planned == at("13:10")
    assert state_of(db, job)["next_run_at"] == at("13:10")
    assert due_times(db, job).count(at("13:00")) == 1


def test_clock_changes_are_the_schedules_business(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    at.move_to("2026-10-24T12:00:00Z")
    runner.keep_history()
    job = make_job(db, cron="30 2 * * *", timezone="Europe/Oslo")
    for hour in range(48):
        at.move_to(at("2026-10-24T12:30:00Z") + timedelta(hours=hour))
        for claim in runner.work():
            runner.complete(claim)

    assert due_times(db, job) == [at("2026-10-25T00:30:00Z"), at("2026-10-26T01:30:00Z")]


# Changes of the plan


def test_a_changed_schedule_is_planned_from_the_change(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, cron="0 * * * *")
    at.move_to("12:20")

    shown = call(db, "update_job", id=job, cron="30 * * * *")["next_run_at"]
    at.move_to("13:30")
    runner.tick()

    assert shown == at("12:30")
    assert [(row.scheduled_for, row.status) for row in executions(db, job)] == [
        (at("12:30"), "missed"),
        (at("13:30"), "pending"),
    ]


def test_a_change_of_something_else_leaves_the_plan(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour")
    at.move_to("12:40")

    call(db, "update_job", id=job, name="Other", body="x", overlap="allow")
    at.move_to("13:00")
    runner.tick()

    assert due_times(db, job) == [at("13:00")]


def test_pausing_is_not_downtime(db: psycopg.Connection, at: Clock, runner: VirtualRunner) -> None:
    job = make_job(db, every="1 hour", catch_up="all")
    call(db, "pause_job", id=job)
    runner.tick()
    at.move(hours=5.5)

    planned = call(db, "resume_job", id=job)["next_run_at"]
    runner.tick()

    assert (planned, executions(db, job)) == (at("18:00"), [])


def test_a_due_time_that_passed_before_its_plan_was_changed_is_missed_not_forgotten(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", overlap="allow")
    at.move_to("12:31")
    call(db, "update_job", id=job, cron="0 0 * * *")

    runner.tick()

    [row] = executions(db, job)
    assert (row.status, row.reason, row.due_count) == ("missed", "plan_changed", 3)
    assert (row.scheduled_for, row.last_due_at) == (at("12:10"), at("12:30"))


@pytest.mark.parametrize("tick_between", [True, False])
def test_due_times_of_several_plans_are_each_accounted_for(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, tick_between: bool
) -> None:
    job = make_job(db, every="10 minutes", overlap="allow")
    at.move_to("12:15")
    call(db, "update_job", id=job, name="Renamed")
    at.move_to("12:25")
    call(db, "update_job", id=job, cron="29 * * * *")
    at.move_to("12:35")
    call(db, "pause_job", id=job)
    at.move_to("14:00")
    call(db, "resume_job", id=job)
    if tick_between:
        runner.tick()
    at.move_to("14:29")

    runner.tick()

    assert fates(db, job) == [("missed", "plan_changed", 3), ("pending", None, 1)]
    assert executions(db, job)[0].last_due_at == at("12:29")


def test_a_pause_before_the_tick_sends_nothing_but_says_so(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 hour")
    at.move_to("13:00:01")
    call(db, "pause_job", id=job)

    claims = runner.work()

    assert claims == []
    assert fates(db, job) == [("missed", "plan_changed", 1)]


def test_a_change_that_is_not_committed_holds_up_nobody(
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,
    open_transaction: psycopg.Connection,
) -> None:
    changed, other = make_job(db, every="1 hour"), make_job(db, every="1 hour")
    call(open_transaction, "update_job", id=changed, every="1 minute")
    make_job(open_transaction, every="1 minute")
    make_send(open_transaction)
    at.move(hours=1)

    claims = runner.work()

    assert {claim.job_id for claim in claims} == {changed, other}


def test_a_deleted_job_has_no_due_times_and_what_waits_is_cancelled(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", overlap="allow")
    at.move_to("12:10")
    [running] = runner.work()
    at.move_to("12:20")
    runner.tick()
    call(db, "delete_job", id=job)
    at.move_to("12:30")

    claims = runner.work()
    runner.complete(running)

    rows = db.execute(
        "select status, reason from prikke.past_execution order by scheduled_for"
    ).fetchall()
    assert claims == []
    assert rows == [("success", None), ("cancelled", "job_deleted")]


def test_what_runs_of_a_deleted_job_is_not_tried_again(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes")
    at.move_to("12:10")
    [running] = runner.work()
    call(db, "delete_job", id=job)
    runner.tick()
    runner.complete(running, "failed", retry=True)
    runner.tick()

    assert execution(db, running.id).status == "cancelled"
    assert db.execute("select count(*) from prikke.job_change").fetchone() == (0,)


def test_many_deleted_jobs_with_long_runs_keep_no_change_waiting(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    for _ in range(3):
        job = make_job(db)
        call(db, "run_now", id=job)
        runner.claim()
        call(db, "delete_job", id=job)
    changed = make_job(db, every="1 hour")
    call(db, "update_job", id=changed, every="2 hours")

    for _ in range(5):
        runner.tick(limit=3)

    assert state_of(db, changed)["next_run_at"] == at("14:00")


# Broken rows


def test_a_broken_job_is_set_aside_and_the_others_go_on(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    jobs = [make_job(db, cron="0 13 * * *", timezone="Europe/London") for _ in range(3)]
    break_job(db, jobs[1])
    at.move_to("13:00")

    tick = runner.tick()

    assert tick.jobs == 3
    assert [len(executions(db, job)) for job in jobs] == [1, 0, 1]
    state = state_of(db, jobs[1])
    assert (state["next_run_at"], state["set_aside_at"]) == (None, at("13:00"))
    assert "Mars/Base" in state["set_aside_error"]


def test_a_job_set_aside_is_planned_again_when_it_is_mended(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, cron="0 13 * * *")
    break_job(db, job)
    at.move_to("13:00")
    runner.tick()

    call(db, "update_job", id=job, timezone="Europe/Oslo")
    runner.tick()

    state = state_of(db, job)
    assert (state["set_aside_at"], state["set_aside_error"]) == (None, None)
    assert state["next_run_at"] == at("2026-03-03T12:00")


def test_a_sleep_of_weeks_sets_no_job_aside(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 day", catch_up="none")
    at.move(days=40, hours=2)
    runner.tick()
    at.move(hours=22)

    runner.tick()

    assert fates(db, job) == [("missed", "catch_up_none", 40), ("pending", None, 1)]


# Later sends and retries


def test_what_falls_due_is_readied(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_send(db, delay="1 minute")
    before = runner.tick()
    at.move(minutes=1)

    then = runner.tick()

    assert (before.ripened, before.next_due_at) == (0, at("12:01"))
    assert (then.ripened, then.next_due_at) == (1, None)


def test_a_row_that_is_locked_is_readied_by_the_next_tick(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, connect: Connect
) -> None:
    make_send(db, delay="1 minute")
    at.move(minutes=1)
    holder = connect(autocommit=False)
    holder.execute("select from prikke.live_execution for update")

    while_locked = runner.tick()
    holder.rollback()
    then = runner.tick()

    assert (while_locked.ripened, then.ripened) == (0, 1)


def test_jobs_of_all_organizations_are_ticked(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, make_runner: MakeRunner
) -> None:
    for _ in range(3):
        use(db, make_organization(db))
        make_job(db, every="1 hour")
    at.move(hours=1)

    assert make_runner().tick().jobs == 3


def test_a_plan_asked_for_again_decides_nothing_twice_and_loses_nothing(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="10 minutes", overlap="allow")
    at.move_to("12:10")
    runner.tick()
    at.move_to("12:30")

    db.execute(
        "insert into prikke.job_change (organization_id, job_id, kind, reason)"
        " select organization_id, id, 'plan', 'zone_data' from prikke.job_definition"
    )
    runner.tick()

    assert due_times(db, job) == [at("12:10"), at("12:20"), at("12:30")]


def test_more_due_times_of_former_plans_than_one_call_decides_are_decided_by_several(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, every="1 s")
    at.move(seconds=25_000)
    call(db, "update_job", id=job, every="1 day")

    for _ in range(3):
        runner.tick()

    assert fates(db, job) == [("missed", "plan_changed", 25_000)]
    assert state_of(db, job)["next_run_at"] == at("2026-03-03T12:00")


def test_a_run_that_a_slow_tick_queued_while_its_job_was_deleted_is_cancelled(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, connect: Connect
) -> None:
    job = make_job(db, every="1 hour")
    at.move(hours=1)
    slow = VirtualRunner(connect(role="prikke_runner", autocommit=False))
    slow.tick()
    call(db, "delete_job", id=job)
    runner.tick()
    slow.conn.commit()

    claims = [runner.work(), runner.work()]

    row = db.execute("select status, reason from prikke.past_execution").fetchone()
    assert claims == [[], []]
    assert row == ("cancelled", "job_deleted")


def test_a_run_asked_for_in_a_transaction_that_outlives_its_job_is_cancelled(
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,
    open_transaction: psycopg.Connection,
) -> None:
    job = make_job(db)
    call(open_transaction, "run_now", id=job)
    call(db, "delete_job", id=job)
    runner.tick()
    open_transaction.commit()

    claims = [runner.work(), runner.work()]

    row = db.execute("select status, reason from prikke.past_execution").fetchone()
    assert claims == [[], []]
    assert row == ("cancelled", "job_deleted")
