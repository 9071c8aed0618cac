"""How jobs have done: by day out of tallies, and their last runs for a strip."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, rows, use
from tests.virtual_runner import VirtualRunner


def run(db: psycopg.Connection, runner: VirtualRunner, job: UUID, status: str, ms: int) -> None:
    """One run of a job from begin to end."""
    made = call(db, "run_now", id=job)["id"]
    [claim] = [each for each in runner.claim() if each.id == made]
    runner.complete(claim, status, duration_ms=ms)


def fold(runner: VirtualRunner) -> None:
    runner.conn.execute("select prikke.fold_tallies()")


def test_days_and_their_sum_are_counted_from_tallies(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job, other = make_job(db, max_attempts=1), make_job(db)
    run(db, runner, job, "failed", 900)
    run(db, runner, other, "success", 1)
    at.move(days=1)
    runner.keep_history()
    for _ in range(3):
        run(db, runner, job, "success", 90)
    fold(runner)

    *days, total = rows(db, "job_statistics", id=job, days=3)

    assert [f"{row['day']:%d}" for row in days] == ["01", "02", "03"]
    assert [(row["success"], row["failed"]) for row in days] == [(0, 0), (0, 1), (3, 0)]
    assert (total["day"], total["success"], total["failed"]) == (None, 3, 1)
    assert (days[0]["p50"], days[0]["average"]) == (None, None)
    assert days[2]["average"] == timedelta(milliseconds=90)
    assert total["average"] == timedelta(milliseconds=293)
    assert timedelta(milliseconds=50) < days[2]["p50"] <= timedelta(milliseconds=100)
    assert total["p99"] > timedelta(milliseconds=500)


def test_days_are_those_of_the_zone(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db)
    at.move_to("22:00")
    run(db, runner, job, "success", 5)
    fold(runner)

    in_tokyo = rows(db, "job_statistics", id=job, days=2, timezone="Asia/Tokyo")

    assert [(f"{row['day']:%d}", row["success"]) for row in in_tokyo[:-1]] == [("02", 0), ("03", 1)]


def test_tests_count_for_nothing(db: psycopg.Connection, runner: VirtualRunner) -> None:
    identifier = call(db, "send_test", url="https://example.com")["send_test"]
    [claim] = [each for each in runner.claim() if each.id == identifier]
    runner.complete(claim, "failed")
    fold(runner)

    used = db.execute("select count(*) from prikke.organization_usage").fetchone()

    assert used == (0,)


@pytest.mark.parametrize("wrong", [{"days": 0}, {"timezone": "Mars/Olympus"}])
def test_what_cannot_be_asked_is_refused(
    db: psycopg.Connection, organization: UUID, wrong: dict[str, Any]
) -> None:
    job = make_job(db)

    with pytest.raises(psycopg.Error) as caught:
        rows(db, "job_statistics", id=job, **wrong)

    assert caught.value.sqlstate == "PK422"


def test_a_foreign_job_has_no_statistics_and_no_runs(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    job = make_job(db)
    run(db, runner, job, "success", 5)
    use(db, make_organization(db))

    with pytest.raises(psycopg.Error) as caught:
        rows(db, "job_statistics", id=job)

    assert caught.value.sqlstate == "PK404"
    assert rows(db, "last_runs", job_ids=[job]) == []
    assert rows(db, "describe_jobs", ids=[job]) == []


def test_the_last_runs_of_many_jobs_come_in_one_call_newest_first(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    first, second = make_job(db, max_attempts=1), make_job(db)
    for status in ("success", "failed", "timeout"):
        run(db, runner, first, status, 5)
        at.move(seconds=1)
    run(db, runner, second, "success", 5)

    found = rows(db, "last_runs", job_ids=[second, first, uuid4()], count=2)

    assert [(row["job_id"], row["status"]) for row in found] == [
        (second, "success"),
        (first, "timeout"),
        (first, "failed"),
    ]


def test_words_of_h_are_those_of_the_job_even_if_its_key_changed_since(
    db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, cron="H H * * *", key="before")
    [before] = rows(db, "describe_jobs", ids=[job])

    call(db, "update_job", id=job, key="after")

    assert rows(db, "describe_jobs", ids=[job]) == [before]
    assert before["words"].startswith("Daily at ")


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 4),
        ({"most": 3}, 3),
        ({"search": "REPORT"}, 1),
        ({"status": "disabled"}, 1),
        ({"health": "failing"}, 1),
        ({"health": "healthy", "status": "enabled"}, 2),
    ],
)
def test_jobs_are_counted_as_they_are_listed(
    db: psycopg.Connection, runner: VirtualRunner, asked: dict[str, Any], count: int
) -> None:
    failing = make_job(db, name="Report", max_attempts=1)
    make_job(db, enabled=False)
    make_job(db)
    make_job(db)
    run(db, runner, failing, "failed", 5)
    runner.conn.execute("select prikke.fold_outcomes()")

    assert call(db, "count_jobs", **asked)["count_jobs"] == count
    listed = {name: value for name, value in asked.items() if name != "most"}
    assert len(rows(db, "list_jobs", **listed)) >= count
