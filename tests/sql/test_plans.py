"""Plans: what an organization may have and use, for every door, where plans are on."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Clock, Connect
from tests.factories import call, execution, executions, make_job, make_send, status_of, use
from tests.virtual_runner import VirtualRunner


def plans(db: psycopg.Connection, organization: UUID, **limits: int) -> None:
    """Switch plans on, with limits of this organization's own."""
    db.execute("""select prikke.publish_settings('{"plans": true}')""")
    call(db, "update_organization", limits=limits)


def usage(db: psycopg.Connection) -> dict[str, Any]:
    row = db.execute("select prikke.usage()").fetchone()
    assert row is not None
    found: dict[str, Any] = row[0]
    return found


def held(db: psycopg.Connection) -> int:
    row = db.execute(
        "select count(*) from prikke.live_execution where held_by = 'limit'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_without_plans_nothing_is_limited(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    call(db, "update_organization", limits={"jobs": 0, "executions": 0})

    make_job(db)
    make_send(db)

    assert len(runner.claim()) == 1
    assert (usage(db)["jobs_limit"], usage(db)["executions_limit"]) == (None, None)


@pytest.mark.parametrize("tier", ["free", "pro"])
def test_a_tier_has_its_limits(
    db: psycopg.Connection, at: Clock, organization: UUID, tier: str
) -> None:
    plans(db, organization)
    call(db, "update_organization", tier=tier)
    wanted = {"free": (5, 5000, 7), "pro": (None, 250_000, 30)}

    row = db.execute(
        "select prikke.plan_limit(%(o)s, 'jobs'), prikke.plan_limit(%(o)s, 'executions'),"
        " extract(day from prikke.clock() - prikke.history_begins(%(o)s))::int",
        {"o": organization},
    ).fetchone()

    assert row == wanted[tier]


@pytest.mark.parametrize(
    "statement",
    [
        "select prikke.create_job(name => 'x', url => 'https://example.com')",
        "select prikke.duplicate_job((select id from prikke.job limit 1))",
        "select prikke.restore_job((select id from prikke.job_definition"
        " where deleted_at is not null))",
        """select prikke.sync_jobs('[{"key": "k", "name": "k", "url": "https://example.com"}]')""",
    ],
)
def test_a_job_beyond_the_plan_is_refused_at_every_door(
    db: psycopg.Connection, at: Clock, organization: UUID, statement: str
) -> None:
    gone = make_job(db)
    call(db, "delete_job", id=gone)
    make_job(db)
    make_job(db)
    plans(db, organization, jobs=2)

    with pytest.raises(psycopg.Error) as refusal:
        db.execute(statement)

    assert (refusal.value.sqlstate, refusal.value.diag.constraint_name) == ("PK402", "job_limit")


def test_a_sync_that_removes_as_many_as_it_makes_fits(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    make_job(db, key="old")
    plans(db, organization, jobs=1)

    db.execute(
        "select prikke.sync_jobs(%s, delete_removed => true)",
        (Jsonb([{"key": "new", "name": "new", "url": "https://example.com"}]),),
    )

    assert db.execute("select key from prikke.job").fetchall() == [("new",)]


def test_of_two_who_make_the_last_job_at_once_one_is_refused(
    db: psycopg.Connection, connect: Connect, at: Clock, organization: UUID
) -> None:
    plans(db, organization, jobs=1)
    first, second = connect(autocommit=False), connect()
    use(first, organization)
    use(second, organization)
    second.execute("set lock_timeout = '200ms'")
    make_job(first)

    with pytest.raises(psycopg.errors.LockNotAvailable):
        make_job(second)
    first.commit()
    with pytest.raises(psycopg.Error) as refusal:
        make_job(second)

    assert refusal.value.sqlstate == "PK402"


def test_what_is_beyond_the_months_executions_is_held_and_says_so(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    plans(db, organization, executions=2)
    sends = [make_send(db) for _ in range(3)]

    claims = runner.claim()
    for claim in claims:
        runner.complete(claim)

    assert [claim.id for claim in claims] == sends[:2]
    assert execution(db, sends[2]).held_by == "limit"
    assert runner.claim() == []
    found = usage(db)
    assert (found["executions"], found["executions_limit"], found["held"]) == (2, 2, 1)


def test_two_runners_at_once_do_not_exceed_the_plan(
    db: psycopg.Connection,
    connect: Connect,
    at: Clock,
    runner: VirtualRunner,
    organization: UUID,
) -> None:
    plans(db, organization, executions=3)
    for _ in range(6):
        make_send(db)
    other = connect(role="prikke_runner", autocommit=False)

    mine = other.execute("select id from prikke.claim_executions(gen_random_uuid(), 2)").fetchall()
    nothing = runner.claim()
    other.commit()
    rest = runner.claim()

    assert (len(mine), len(nothing), len(rest)) == (2, 0, 1)


def test_a_retry_was_counted_and_goes_on(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    plans(db, organization, executions=1)
    sent = make_send(db)
    [claim] = runner.claim()
    runner.complete(claim, "failed", retry=True)
    at.move(minutes=2)
    runner.tick()

    [again] = runner.claim()
    runner.complete(again)

    assert status_of(db, sent) == "success"
    assert usage(db)["executions"] == 1


def test_a_new_month_frees_what_was_held(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    plans(db, organization, executions=1)
    first, second = make_send(db), make_send(db)
    [claim] = runner.claim()
    runner.complete(claim)
    assert (claim.id, held(db)) == (first, 1)

    at.move_to("2026-04-01T00:00:00")
    runner.keep_history()
    runner.tick()

    assert [again.id for again in runner.claim()] == [second]


def test_an_upgrade_frees_what_was_held(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    plans(db, organization, executions=0)
    sent = make_send(db)
    assert (runner.claim(), held(db)) == ([], 1)

    call(db, "update_organization", tier="pro", limits={})
    runner.tick()

    assert [claim.id for claim in runner.claim()] == [sent]


def test_a_new_month_starts_no_herd(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    plans(db, organization, executions=0)
    job = make_job(db, every="1 hour", overlap="allow")
    for _ in range(4):
        at.move(hours=1)
        runner.tick()
        runner.claim()
    assert held(db) == 4
    db.execute("select prikke.pause_job(%s)", (job,))

    at.move(days=1)
    call(db, "update_organization", limits={"executions": 100})
    runner.tick()

    assert sorted(run.status for run in executions(db, job)) == ["missed"] * 3 + ["pending"]
    assert len(runner.claim()) == 1


def test_what_a_new_month_has_no_room_for_is_freed_by_the_next(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    plans(db, organization, executions=2)
    for _ in range(5):
        make_send(db)

    for month, expected in (("03-02", 2), ("04-01", 2), ("05-01", 1)):
        at.move_to(f"2026-{month}T12:00")
        runner.keep_history()
        claims = runner.work()
        for claim in claims:
            runner.complete(claim)
        assert len(claims) == expected
        assert runner.work() == []


@pytest.mark.parametrize("limits", [None, {"executions": 100}])
def test_where_plans_end_or_reach_further_nothing_stays_held(
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,
    organization: UUID,
    limits: dict[str, int] | None,
) -> None:
    plans(db, organization, executions=1)
    for _ in range(3):
        make_send(db)
    runner.complete(runner.work()[0])
    assert held(db) == 2

    if limits is None:
        db.execute("""select prikke.publish_settings('{"plans": false}')""")
    else:
        call(db, "update_organization", limits=limits)

    assert len(runner.work()) == 2


def test_usage_is_told_by_day_and_month_and_is_the_same_after_folding(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    for _ in range(2):
        make_send(db)
    for claim in runner.claim():
        runner.complete(claim)
    before = usage(db)

    db.execute("select prikke.fold_tallies()")

    assert usage(db) == before
    assert before["days"] == [
        {"day": "2026-03-01", "executions": 0},
        {"day": "2026-03-02", "executions": 2},
    ]
    assert len(before["months"]) == 12
    assert before["months"][-1] == {"month": "2026-03", "executions": 2}
    assert before["resets_at"].startswith("2026-04-01T00:00:00")
