"""The next runs of a schedule that is being written, and what a clock change does to them."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import make_job, rows

OSLO = {"timezone": "Europe/Oslo"}


def test_each_run_stands_beside_the_wall_clock_of_its_zone(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    found = rows(db, "preview_schedule", cron="0 9 * * *", **OSLO, count=2)

    assert [row["run_at"] for row in found] == [
        at("2026-03-03T08:00:00"),
        at("2026-03-04T08:00:00"),
    ]
    assert [f"{row['local_at']:%d %H:%M}" for row in found] == ["03 09:00", "04 09:00"]
    assert [row["warning"] for row in found] == [None, None]
    assert found[0]["words"] == "Daily at 09:00, Europe/Oslo"


@pytest.mark.parametrize(
    ("now", "fields", "warnings"),
    [
        (
            "2026-03-28T12:00:00",
            {"cron": "30 2 * * *"},
            [
                "The clock in Europe/Oslo skips 02:00 to 03:00 that day:"
                " what is due in between runs at 03:00.",
                None,
            ],
        ),
        (
            "2026-10-24T12:00:00",
            {"cron": "30 2 * * *"},
            [
                "The clock in Europe/Oslo shows 02:30 twice that day: this is the first.",
                "The clock in Europe/Oslo changes before this run, from UTC+02:00 to UTC+01:00.",
            ],
        ),
        (
            "2026-10-25T00:20:00",
            {"cron": "30 * * * *"},
            [
                "The clock in Europe/Oslo shows 02:30 twice that day: this is the first.",
                "The clock in Europe/Oslo shows 02:30 twice that day: this is the second.",
            ],
        ),
        (
            "2026-03-28T12:00:00",
            {"cron": "0 3 * * *"},
            [
                "The clock in Europe/Oslo changes before this run, from UTC+01:00 to UTC+02:00.",
                None,
            ],
        ),
        (
            "2026-03-28T23:30:00",
            {"every": "1 hour"},
            [
                None,
                "The clock in Europe/Oslo changes before this run, from UTC+01:00 to UTC+02:00.",
            ],
        ),
        ("2026-03-28T12:00:00", {"cron": "30 2 * * *", "timezone": "UTC"}, [None, None]),
    ],
)
def test_a_clock_change_that_touches_a_run_is_told(
    db: psycopg.Connection,
    at: Clock,
    organization: UUID,
    now: str,
    fields: dict[str, Any],
    warnings: list[str | None],
) -> None:
    at.move_to(now)

    found = rows(db, "preview_schedule", **{**OSLO, **fields}, count=2)

    assert [row["warning"] for row in found] == warnings


def test_of_a_job_the_preview_is_what_the_job_does(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    spread = make_job(db, cron="H H * * *")
    stepped = make_job(db, every="7 hours")
    at.move(minutes=5)

    for job, fields in ((spread, {"cron": "H H * * *"}), (stepped, {"every": "7 hours"})):
        [shown] = rows(db, "preview_schedule", job_id=job, count=1, **fields)
        [planned] = rows(db, "upcoming_job_runs", id=job, count=1)

        assert shown["run_at"] == planned["upcoming_job_runs"]


def test_everything_that_is_wrong_is_refused_at_once(
    db: psycopg.Connection, organization: UUID
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        rows(db, "preview_schedule", cron="61 * * * *", timezone="Mars/Olympus", count=1000)

    assert caught.value.sqlstate == "PK422"
    for field in ("cron", "timezone", "count"):
        assert f'"field": "{field}"' in str(caught.value.diag.message_detail)


def test_every_zone_that_is_listed_is_accepted(db: psycopg.Connection) -> None:
    listed = db.execute(
        "select count(*), count(*) filter (where prikke.timezone_problem(z) is null),"
        " bool_or(z = 'Europe/Oslo') from prikke.list_time_zones() as z"
    ).fetchone()

    assert listed is not None
    assert listed[0] == listed[1] > 300
    assert listed[2]
