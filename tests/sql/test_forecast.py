"""What is to come: counted by arithmetic, and the same as when each run is looked up."""

import json
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, make_send, use
from tests.virtual_runner import VirtualRunner


def forecast(
    db: psycopg.Connection, function: str = "forecast", **fields: Any
) -> list[dict[str, Any]]:
    arguments = ", ".join(f"{name} => %({name})s" for name in fields)
    with db.cursor(row_factory=dict_row) as cursor:
        query = f"select * from prikke.{function}({arguments})"
        return cursor.execute(query.encode(), fields).fetchall()


def runs(rows: list[dict[str, Any]]) -> dict[datetime, int]:
    return {row["bucket_at"]: row["runs"] for row in rows if row["runs"]}


def test_runs_of_all_kinds_of_schedule_are_counted_by_hour(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    make_job(db, cron="*/20 * * * *")
    make_job(db, cron="*/20 * * * *")
    make_job(db, every="45 minutes")
    make_job(db, scheduled_at=at("13:10"))
    make_job(db)
    at.move_to("12:01")

    rows = forecast(db, until=at("15:00"))

    assert runs(rows) == {at("12:00"): 4 + 1, at("13:00"): 6 + 1 + 1, at("14:00"): 6 + 1}
    assert {row["queue"] for row in rows} == {"default"}


def test_known_sends_are_told_apart(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    make_send(db)
    make_send(db, delay="90 minutes", queue="mail")
    make_send(db, delay="2 days")

    rows = forecast(db, until=at("14:00"))

    assert [(row["bucket_at"], row["queue"], row["waiting"]) for row in rows] == [
        (at("12:00"), "default", 1),
        (at("12:00"), "mail", 0),
        (at("13:00"), "default", 0),
        (at("13:00"), "mail", 1),
    ]


def test_the_busiest_minute_is_named(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    for cron in ("5 * * * *", "*/5 * * * *", "5,20 * * * *", "20 * * * *"):
        make_job(db, cron=cron)
    make_send(db, scheduled_at=at("13:05:30"))

    rows = forecast(db, since=at("13:00"), until=at("14:00"))

    assert [(row["busiest_at"], row["busiest_runs"]) for row in rows] == [(at("13:05"), 4)]


def test_seconds_of_work_come_from_what_runs_took(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    make_job(db, cron="0 * * * *")
    at.move_to("13:00")
    [claim] = runner.work()
    runner.complete(claim, duration_ms=90_000)
    runner.conn.execute("select prikke.fold_tallies()")
    make_job(db, cron="30 * * * *")
    at.move_to("13:01")

    rows = forecast(db, until=at("15:00"))

    assert [(row["runs"], row["seconds"]) for row in rows] == [(1, 90), (2, 180)]


def test_jobs_that_do_not_run_are_left_out(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "pause_job", id=make_job(db, cron="* * * * *"))
    call(db, "delete_job", id=make_job(db, cron="* * * * *"))
    aside = make_job(db, cron="* * * * *")
    db.execute(
        "update prikke.job_state set next_run_at = null, set_aside_at = prikke.clock()"
        " where job_id = %s",
        (aside,),
    )

    assert forecast(db) == []


def test_a_rate_that_is_reached_says_when_and_what_waits(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "set_queue", name="mail", rate=10, rate_period="1 hour")
    for _ in range(25):
        make_job(db, scheduled_at=at("13:30"), queue="mail")

    rows = forecast(db, since=at("12:00"), until=at("16:00"))

    assert [(row["limited_by"], row["left_waiting"]) for row in rows] == [
        (None, 0),
        ("rate", 15),
        ("rate", 5),
        (None, 0),
    ]


def test_a_cap_of_running_ones_is_reached_by_the_time_they_take(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    call(db, "set_queue", name="slow", max_running=1)
    make_job(db, cron="0 * * * *", queue="slow")
    at.move_to("13:00")
    [claim] = runner.work()
    runner.complete(claim, duration_ms=1_200_000)
    runner.conn.execute("select prikke.fold_tallies()")
    for _ in range(4):
        make_job(db, cron="30 14 * * *", queue="slow")

    rows = forecast(db, since=at("14:00"), until=at("17:00"))

    assert [(row["limited_by"], row["left_waiting"]) for row in rows] == [
        ("max_running", 2),
        (None, 0),
        (None, 0),
    ]


def test_a_paused_queue_lets_nothing_through(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    make_job(db, cron="30 * * * *", queue="mail")
    call(db, "pause_queue", name="mail")

    rows = forecast(db, until=at("14:00"))

    assert [(row["limited_by"], row["left_waiting"]) for row in rows] == [
        ("paused", 1),
        ("paused", 2),
    ]


def test_the_plans_executions_run_out_in_a_bucket_and_are_new_in_the_next_month(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute("""select prikke.publish_settings('{"plans": true}')""")
    call(db, "update_organization", limits={"executions": 50})
    at.move_to("2026-03-30T00:00")
    make_job(db, cron="0 * * * *")
    make_job(db, cron="30 12 * * *", queue="mail")

    rows = forecast(db, until=at("2026-04-02T00:00"), bucket="1 day")

    # 25, 50, and then 25 of the new month.
    assert [row["limited_by"] for row in rows] == [None] * 6
    call(db, "update_organization", limits={"executions": 49})
    rows = forecast(db, until=at("2026-04-02T00:00"), bucket="1 day")
    assert {row["bucket_at"] for row in rows if row["limited_by"] == "plan"} == {
        at("2026-03-31T00:00")
    }


def test_the_cap_of_the_organization_is_reached_by_all_its_queues_together(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    jobs = [make_job(db, cron="30 * * * *", queue=queue) for queue in ("one", "two")]
    at.move_to("12:30")
    for claim in runner.work():
        runner.complete(claim, duration_ms=2_400_000)
    runner.conn.execute("select prikke.fold_tallies()")
    call(db, "update_organization", limits={"max_running": 1})

    both = forecast(db, since=at("13:00"), until=at("14:00"))
    call(db, "pause_job", id=jobs[0])
    one = forecast(db, since=at("13:00"), until=at("14:00"))

    assert [row["limited_by"] for row in both] == ["organization", "organization"]
    assert [row["limited_by"] for row in one] == [None]


def test_other_organizations_are_not_counted_but_for_operators(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    make_job(db, cron="30 * * * *")
    use(db, make_organization(db))
    make_job(db, cron="30 * * * *", queue="mail")

    own = forecast(db, until=at("13:00"))
    everything = forecast(db, "forecast_all", until=at("13:00"))

    assert [(row["queue"], row["runs"]) for row in own] == [("mail", 1)]
    assert [(row["runs"], row["busiest_at"], row["busiest_runs"]) for row in everything] == [
        (2, at("12:30"), 2)
    ]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"until": "2026-03-02T11:00:00Z"}, ["until"]),
        ({"until": "infinity"}, ["until"]),
        ({"until": "2028-03-02T11:00:00Z", "bucket": "1 day"}, ["until"]),
        ({"bucket": "1 second"}, ["bucket"]),
        ({"bucket": "1 month"}, ["bucket"]),
        ({"bucket": "90 seconds"}, ["bucket"]),
        ({"bucket": None}, ["bucket"]),
        ({"until": "2026-03-20T11:00:00Z", "bucket": "1 minute"}, ["bucket"]),
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
        forecast(db, **fields)

    assert caught.value.sqlstate == "PK422"
    found = json.loads(caught.value.diag.message_detail or "")
    assert [problem["field"] for problem in found] == wrong


ZONES = {
    "UTC": "2026-03-02",
    "Europe/Oslo": "2026-03-28",
    "America/New_York": "2026-10-31",
    "Australia/Lord_Howe": "2026-04-04",
    "America/Havana": "2026-03-07",
    "Asia/Kolkata": "2026-03-02",
    "Africa/Casablanca": "2026-02-14",
    "Pacific/Chatham": "2026-09-26",
    "Antarctica/Troll": "2026-10-24",
}
CRONS = [
    "* * * * *",
    "*/7 * * * *",
    "0 * * * *",
    "30 2 * * *",
    "0,15,30,45 0-3 * * *",
    "H H * * *",
    "H/10 * * * *",
    "15 */2 * * 1-5",
    "0 0 L * *",
    "45 1,2,3 * * 0",
    "10 30 2 * * *",
    "*/20 5 * * * *",
    "0 3 1W * 5#1",
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("bucket", [timedelta(minutes=25), timedelta(hours=1), timedelta(days=1)])
def test_the_arithmetic_agrees_with_looking_each_run_up(
    db: psycopg.Connection, at: Clock, organization: UUID, zone: str, bucket: timedelta
) -> None:
    chance = random.Random(f"{zone}{bucket}")
    begin = at.move_to(at(f"{ZONES[zone]}T{chance.randint(0, 23):02}:07:13"))
    jobs = [make_job(db, cron=cron, timezone=zone, overlap="allow") for cron in CRONS]
    jobs += [make_job(db, every=f"{chance.randint(60, 9000)} s") for _ in range(3)]
    jobs.append(make_job(db, every="2 hours", scheduled_at=begin + timedelta(hours=5)))
    since = at.move(seconds=chance.randint(1, 5000))
    until = since + timedelta(seconds=chance.randint(100_000, 250_000))

    rows = forecast(db, until=until, bucket=bucket)

    due = [
        row[0]
        for job in jobs
        for row in db.execute(
            "with recursive run (at, job) as ("
            " select prikke.next_due(d.schedule_type, d.masks, d.timezone, d.every,"
            " d.anchored_at, d.scheduled_at, %s - interval '1 microsecond'), d"
            " from prikke.job_definition as d where d.id = %s"
            " union all select prikke.next_due((r.job).schedule_type, (r.job).masks,"
            " (r.job).timezone, (r.job).every, (r.job).anchored_at, (r.job).scheduled_at, r.at),"
            " r.job from run as r where r.at < %s)"
            " select r.at from run as r where r.at < %s",
            (since, job, until, until),
        ).fetchall()
    ]
    length = int(bucket.total_seconds())
    expected = Counter(
        datetime.fromtimestamp(int(moment.timestamp()) // length * length, tz=since.tzinfo)
        for moment in due
    )
    assert runs(rows) == expected
    minutes = Counter(moment.replace(second=0, microsecond=0) for moment in due)
    for row in rows:
        if row["runs"]:
            assert row["busiest_runs"] == max(
                count
                for minute, count in minutes.items()
                if int(minute.timestamp()) // length * length == row["bucket_at"].timestamp()
            )
