"""schedule_interval_minutes: how close together the runs of a schedule come."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
from hypothesis import HealthCheck, given, settings

from tests.conftest import Clock
from tests.sql.schedules import questions


def test_the_shortest_gap_of_the_next_100_runs(db: psycopg.Connection, at: Clock) -> None:
    """In Oslo, so that the day of 23 hours counts: 29 March 2026."""
    minutes = {
        "* * * * *": 1,
        "*/10 * * * * *": 1,
        "*/5 * * * *": 5,
        "*/7 * * * *": 4,
        "0 3 * * *": 23 * 60,
        "0 0 * * 1-5": 24 * 60,
        "0 9,10 * * *": 60,
        "0 0 1 * *": 28 * 24 * 60,
        "0 0 30 2 *": 1,
    }

    found = {}
    for expression in minutes:
        row = db.execute(
            "select prikke.schedule_interval_minutes(prikke.parse_cron(%s), 'Europe/Oslo')",
            (expression,),
        ).fetchone()
        assert row is not None
        found[expression] = row[0]

    assert found == minutes


def test_a_fixed_interval(db: psycopg.Connection) -> None:
    rows = db.execute(
        "select prikke.schedule_interval_minutes(every)"
        " from unnest('{1 second,119 seconds,2 minutes,1 day}'::interval[]) as every"
    ).fetchall()

    assert [row[0] for row in rows] == [1, 1, 2, 1440]


@settings(
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(questions())
def test_no_shortcut_changes_the_answer(
    db: psycopg.Connection, at: Clock, question: tuple[str, str, datetime]
) -> None:
    expression, zone, now = question
    at.move_to(now)

    row = db.execute(
        "select prikke.schedule_interval_minutes(prikke.parse_cron(%s), %s)", (expression, zone)
    ).fetchone()

    runs = [
        run[0].astimezone(UTC)
        for run in db.execute(
            "select prikke.upcoming_runs(%s, %s, count => 100)", (expression, zone)
        )
    ]
    shortest = min((later - earlier for earlier, later in pairwise(runs)), default=timedelta(0))
    assert row == (max(shortest // timedelta(minutes=1), 1),)
