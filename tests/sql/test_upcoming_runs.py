"""upcoming_runs: the next runs, one after the other."""

from datetime import datetime

import psycopg
import pytest

from tests.conftest import Clock


def test_runs_follow_each_other_over_a_clock_change(db: psycopg.Connection) -> None:
    rows = db.execute(
        "select prikke.upcoming_runs('30 2 * * *', 'Europe/Oslo', '2026-03-27T12:00Z', 3)"
    ).fetchall()

    assert [row[0] for row in rows] == [
        datetime.fromisoformat("2026-03-28T02:30+01:00"),
        datetime.fromisoformat("2026-03-29T03:00+02:00"),
        datetime.fromisoformat("2026-03-30T02:30+02:00"),
    ]


def test_without_an_instant_they_begin_now(db: psycopg.Connection, at: Clock) -> None:
    at.move_to("12:17")

    rows = db.execute("select prikke.upcoming_runs('*/5 * * * *', 'UTC')").fetchall()

    assert len(rows) == 10
    assert rows[0][0] == at("12:20")


def test_a_seed_places_h(db: psycopg.Connection) -> None:
    row = db.execute(
        "select array(select prikke.upcoming_runs('H H * * *', 'UTC', a, 2, 'one')),"
        " array[prikke.next_run('H H * * *', 'UTC', a, 'one'),"
        " prikke.next_run('H H * * *', 'UTC', a + interval '24 hours', 'one')]"
        " from (values (timestamptz '2026-05-20T00:00Z')) as t (a)"
    ).fetchone()

    assert row is not None
    assert row[0] == row[1]


def test_there_may_be_none(db: psycopg.Connection) -> None:
    assert db.execute("select prikke.upcoming_runs('0 0 30 2 *', 'UTC')").fetchall() == []


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("prikke.upcoming_runs('61 * * * *', 'UTC')", "cron"),
        ("prikke.upcoming_runs('* * * * *', 'Foo+5')", "timezone"),
        ("prikke.upcoming_runs('* * * * *', 'UTC', count => -1)", "count"),
        ("prikke.upcoming_runs('* * * * *', 'UTC', count => 10001)", "count"),
    ],
)
def test_what_is_wrong_is_refused(db: psycopg.Connection, call: str, field: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        db.execute(f"select {call}".encode())

    assert refused.value.sqlstate == "PK422"
    assert f'"field": "{field}"' in (refused.value.diag.message_detail or "")
