"""When the schedules will have used up a month's executions."""

from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_send
from tests.virtual_runner import VirtualRunner


@pytest.fixture(autouse=True)
def plans(db: psycopg.Connection) -> None:
    db.execute("""select prikke.publish_settings('{"plans": true}')""")


def test_the_day_is_told_on_which_the_schedules_reach_the_limit(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "create_job", name="Hourly", url="https://example.com", cron="0 * * * *")
    call(db, "update_organization", limits={"executions": 100})
    at.move(minutes=30)

    found = call(db, "usage_forecast")["usage_forecast"]

    # Eleven more today, then 24 a day.
    assert found["limit_reached_on"] == "2026-03-06"
    assert found["executions"] == 11 + 29 * 24
    assert found["days"][0] == {"day": "2026-03-02", "executions": 11}
    assert len(found["days"]) == 30


def test_the_forecast_of_use_ends_with_the_month(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "create_job", name="Hourly", url="https://example.com", cron="0 * * * *")
    at.move_to("2026-03-30T12:30:00")

    found = call(db, "usage_forecast")["usage_forecast"]

    assert found["days"] == [
        {"day": "2026-03-30", "executions": 11},
        {"day": "2026-03-31", "executions": 24},
    ]
    assert (found["executions"], found["limit_reached_on"]) == (35, None)


def test_a_limit_that_is_reached_already_was_reached_today(
    db: psycopg.Connection, at: Clock, runner: VirtualRunner, organization: UUID
) -> None:
    call(db, "update_organization", limits={"executions": 1})
    make_send(db)
    runner.complete(runner.claim()[0])

    found = call(db, "usage_forecast")["usage_forecast"]

    assert (found["executions"], found["limit_reached_on"]) == (1, "2026-03-02")


def test_without_plans_there_is_no_day_to_fear(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute("""select prikke.publish_settings('{"plans": false}')""")

    found = call(db, "usage_forecast")["usage_forecast"]

    assert (found["executions_limit"], found["limit_reached_on"]) == (None, None)
