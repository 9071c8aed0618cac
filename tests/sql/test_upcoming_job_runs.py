"""The next due times of a job of any kind."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job
from tests.virtual_runner import VirtualRunner


def upcoming(db: psycopg.Connection, job: UUID, count: int = 3) -> list[datetime]:
    return [
        row[0]
        for row in db.execute(
            "select * from prikke.upcoming_job_runs(id => %s, count => %s)", (job, count)
        ).fetchall()
    ]


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({"cron": "30 * * * *"}, ["12:30", "13:30", "14:30"]),
        ({"cron": "0 9 * * *", "timezone": "Asia/Tokyo"}, ["2026-03-03T00:00:00"]),
        ({"every": "45 minutes"}, ["12:45", "13:30", "14:15"]),
        ({"every": "1 hour", "scheduled_at": "2026-03-02T12:20:00Z"}, ["12:20", "13:20", "14:20"]),
        ({"scheduled_at": "2026-03-02T15:00:00Z"}, ["15:00"]),
        ({}, []),
    ],
)
def test_each_kind_of_schedule_tells_its_next_runs(
    db: psycopg.Connection,
    at: Clock,
    organization: UUID,
    fields: dict[str, Any],
    times: list[str],
) -> None:
    job = make_job(db, **fields)

    assert upcoming(db, job)[: len(times) or 3] == [at(time) for time in times]


def test_they_go_on_behind_what_the_tick_has_taken(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner
) -> None:
    job = make_job(db, cron="30 * * * *")
    at.move_to("12:30")
    runner.tick()

    assert upcoming(db, job, 1) == [at("13:30")]


def test_a_disabled_job_has_none(db: psycopg.Connection, at: Clock, organization: UUID) -> None:
    job = make_job(db, cron="30 * * * *")
    call(db, "pause_job", id=job)

    assert upcoming(db, job) == []


def test_what_is_no_job_is_not_found(db: psycopg.Connection, organization: UUID) -> None:
    with pytest.raises(psycopg.Error) as caught:
        upcoming(db, uuid4())

    assert caught.value.sqlstate == "PK404"


@pytest.mark.parametrize("count", [-1, 10001])
def test_a_count_out_of_bounds_is_refused(
    db: psycopg.Connection, organization: UUID, count: int
) -> None:
    job = make_job(db, cron="30 * * * *")

    with pytest.raises(psycopg.Error) as caught:
        upcoming(db, job, count)

    assert caught.value.sqlstate == "PK422"
