"""A schedule played through: what would become of each due time, and the engine agrees."""

import json
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Clock
from tests.factories import call, executions, make_job, make_organization, state_of, use
from tests.virtual_runner import Claim, VirtualRunner


def simulate(db: psycopg.Connection, **fields: Any) -> list[dict[str, Any]]:
    arguments = ", ".join(f"{name} => %({name})s" for name in fields)
    with db.cursor(row_factory=dict_row) as cursor:
        query = f"select * from prikke.simulate({arguments})"
        return cursor.execute(query.encode(), fields).fetchall()


def told(rows: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    return [(f"{row['scheduled_for']:%H:%M}", row["status"], row["reason"]) for row in rows]


def test_runs_that_take_longer_than_the_interval_skip_what_falls_due_meanwhile(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    rows = simulate(
        db,
        cron="*/10 * * * *",
        since=at("12:00"),
        until=at("12:50"),
        duration=timedelta(minutes=15),
    )

    assert told(rows) == [
        ("12:00", "run", None),
        ("12:10", "skipped", "overlap"),
        ("12:20", "run", None),
        ("12:30", "skipped", "overlap"),
        ("12:40", "run", None),
    ]
    assert (rows[0]["starts_at"], rows[0]["ends_at"]) == (at("12:00"), at("12:15"))
    assert (rows[1]["starts_at"], rows[1]["ends_at"]) == (None, None)


def test_one_run_waits_where_one_may(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    rows = simulate(
        db,
        every=timedelta(minutes=10),
        overlap="queue_one",
        since=at("12:00"),
        until=at("12:40"),
        duration=timedelta(minutes=25),
        scheduled_at=at("12:00"),
    )

    assert told(rows) == [
        ("12:00", "run", None),
        ("12:10", "run", "waits_for_run"),
        ("12:20", "skipped", "overlap"),
        ("12:30", "run", "waits_for_run"),
    ]
    assert [row["starts_at"] for row in rows] == [at("12:00"), at("12:25"), None, at("12:50")]


@pytest.mark.parametrize(
    ("catch_up", "fates"),
    [
        ("latest", ["missed", "missed", "run"]),
        ("all", ["run", "run", "run"]),
        ("none", ["missed", "missed", "missed"]),
    ],
)
def test_an_outage_is_played_as_the_policy_has_it(
    db: psycopg.Connection, at: Clock, organization: UUID, catch_up: str, fates: list[str]
) -> None:
    rows = simulate(
        db,
        cron="0 * * * *",
        catch_up=catch_up,
        since=at("12:00"),
        until=at("17:00"),
        down_from=at("12:30"),
        down_until=at("15:45"),
    )

    assert [row["status"] for row in rows] == ["run", *fates, "run"]
    assert {row["starts_at"] for row in rows[1:4]} <= {None, at("15:45")}


def test_clock_changes_are_seen(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    rows = simulate(
        db,
        cron="30 2 * * *",
        timezone="Europe/Oslo",
        since=at("2026-03-28T00:00:00"),
        until=at("2026-03-30T12:00:00"),
    )

    assert [row["scheduled_for"] for row in rows] == [
        at("2026-03-28T01:30:00"),
        at("2026-03-29T01:00:00"),
        at("2026-03-30T00:30:00"),
    ]


def test_a_job_is_simulated_with_its_own_schedule_and_the_durations_seen(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    job = make_job(db, cron="*/5 * * * *", overlap="queue_one")
    at.move_to("12:05")
    [claim] = runner.work()
    runner.complete(claim, duration_ms=420_000)
    runner.conn.execute("select prikke.fold_tallies()")

    rows = simulate(db, id=job, until=at("12:16"))

    assert told(rows) == [("12:10", "run", None), ("12:15", "run", "waits_for_run")]
    assert rows[1]["starts_at"] == at("12:17")


def test_a_run_that_is_under_way_counts(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    job = make_job(db, cron="*/5 * * * *")
    at.move_to("12:05")
    runner.work()
    at.move_to("12:06")

    rows = simulate(db, id=job, until=at("12:16"), duration=timedelta(minutes=6))

    assert told(rows) == [("12:10", "skipped", "overlap"), ("12:15", "run", None)]


def test_a_disabled_job_says_so(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    job = make_job(db, cron="0 * * * *")
    call(db, "pause_job", id=job)
    at.move_to("12:01")

    rows = simulate(db, id=job, until=at("13:30"))

    assert [(row["status"], row["starts_at"]) for row in rows] == [("disabled", None)]
    assert rows[0]["reason"].startswith("paused by ")


def test_nothing_is_done(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    job = make_job(db, cron="* * * * *")
    before = state_of(db, job)

    simulate(db, id=job, until=at("18:00"))

    assert state_of(db, job) == before
    assert executions(db, job) == []


def test_a_job_of_another_organization_does_not_exist(
    db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, cron="* * * * *")
    use(db, make_organization(db))

    for stranger in (job, uuid4()):
        with pytest.raises(psycopg.Error) as caught:
            simulate(db, id=stranger)
        assert caught.value.sqlstate == "PK404"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"cron": "61 * * * *"}, ["cron"]),
        ({"cron": "* * * * *", "timezone": "Foo"}, ["timezone"]),
        ({"every": timedelta(0)}, ["every"]),
        ({"catch_up": "some", "overlap": None}, ["catch_up", "overlap"]),
        ({"until": "2026-03-02T11:00:00Z"}, ["until"]),
        ({"since": "-infinity"}, ["since"]),
        ({"duration": timedelta(days=500)}, ["duration"]),
        ({"down_from": "2026-03-02T12:00:00Z"}, ["down_until"]),
        (
            {"down_from": "2026-03-02T12:00:00Z", "down_until": "2026-03-02T11:00:00Z"},
            ["down_until"],
        ),
        ({"cron": "* * * * *", "until": "2026-04-02T11:00:00Z"}, ["until"]),
    ],
)
def test_wrong_fields_are_named(
    db: psycopg.Connection,
    at: Clock,
    organization: UUID,
    fields: dict[str, Any],
    wrong: list[str],
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        simulate(db, **fields)

    assert caught.value.sqlstate == "PK422"
    found = json.loads(caught.value.diag.message_detail or "")
    assert [problem["field"] for problem in found] == wrong


def test_a_manual_schedule_has_nothing_due(db: psycopg.Connection, organization: UUID) -> None:
    assert simulate(db, timezone="Europe/Oslo") == []


@pytest.mark.parametrize("seed", range(12))
def test_the_engine_does_what_was_simulated(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID, seed: int
) -> None:
    chance = random.Random(seed)
    fields: dict[str, Any] = {
        "overlap": chance.choice(["skip", "queue_one", "allow"]),
        "catch_up": chance.choice(["latest", "all", "none"]),
    }
    if chance.random() < 0.4:
        fields["catch_up_window"] = f"{chance.randint(1, 60)} minutes"
    if chance.random() < 0.5:
        fields["cron"] = chance.choice(["*/10 * * * *", "7 * * * *", "*/4 12-13 * * *"])
    else:
        fields["every"] = f"{chance.choice([90, 600, 1500])} s"
    job = make_job(db, **fields)
    since, until = at.now, at.now + timedelta(hours=3)
    duration = timedelta(seconds=chance.choice([0, 45, 400, 2000]))
    down_from = since + timedelta(seconds=chance.randint(0, 7000))
    down_until = down_from + timedelta(seconds=chance.choice([20, 900, 5000]))

    foreseen = simulate(
        db,
        id=job,
        since=since + timedelta(microseconds=1),
        until=until,
        duration=duration,
        down_from=down_from,
        down_until=down_until,
    )
    play(
        at, runner, lambda: state_of(db, job)["next_run_at"], until, duration, down_from, down_until
    )

    done = [row for row in executions(db, job) if row.scheduled_for < until]
    assert {
        row["scheduled_for"]: row["starts_at"] for row in foreseen if row["status"] == "run"
    } == {row.scheduled_for: row.started_at for row in done if row.status == "success"}
    expected = Counter((row["status"], row["reason"]) for row in foreseen if row["status"] != "run")
    found: Counter[tuple[str, str | None]] = Counter()
    for row in done:
        if row.status in ("missed", "skipped"):
            found[row.status, row.reason] += row.due_count
    assert found == expected


def play(
    at: Clock,
    runner: VirtualRunner,
    next_due: Any,
    until: datetime,
    duration: timedelta,
    down_from: datetime,
    down_until: datetime,
) -> None:
    """Let the engine live through it: one runner that is away during the outage."""
    running: list[tuple[datetime, Claim]] = []
    wakes = [down_until]
    while True:
        due: datetime = next_due()
        tick = [down_until if down_from <= due < down_until else due] if due < until else []
        moments = [*tick, *wakes, *(end for end, _ in running)]
        if not moments:
            return
        now = at.move_to(min(moments))
        wakes = [moment for moment in wakes if moment > now]
        for end, claim in [pair for pair in running if pair[0] <= now]:
            runner.complete(claim)
            running.remove((end, claim))
        if down_from <= now < down_until:
            continue
        if now in tick:
            runner.tick()
        while claims := runner.claim(lease="9 hours"):
            running += [(now + duration, claim) for claim in claims]
            if not duration:
                break
