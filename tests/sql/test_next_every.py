"""next_every and every_problem: steps of a fixed length from an anchor."""

from datetime import UTC, datetime

import psycopg
import pytest

pytestmark = pytest.mark.reads_only

# every | anchor | after | expected
STEPS = """
1 hour | 2026-05-20T00:30Z | 2026-05-20T10:00Z | 2026-05-20T10:30Z
1 hour | 2026-05-20T00:30Z | 2026-05-20T10:30Z | 2026-05-20T11:30Z
1 second | 2026-05-20T00:00Z | 2026-05-20T00:00:00.999999Z | 2026-05-20T00:00:01Z
1.5 seconds | 2026-05-20T00:00Z | 2026-05-20T00:00:02Z | 2026-05-20T00:00:03Z
1 hour | 2026-05-20T00:30Z | 2020-01-01T00:00Z | 2026-05-20T00:30Z
1 hour | 2026-05-20T00:30Z | 2026-05-20T00:30Z | 2026-05-20T01:30Z
7 minutes | 2000-01-01T00:00Z | 2026-05-20T10:00Z | 2026-05-20T10:03Z
1 day | 2026-03-28T02:30Z | 2026-03-29T12:00Z | 2026-03-30T02:30Z
1 week | 2026-03-23T00:00Z | 2026-03-29T12:00Z | 2026-03-30T00:00Z
36:00:00 | 2026-03-28T00:00Z | 2026-03-29T11:59:59Z | 2026-03-29T12:00Z
"""


@pytest.mark.parametrize("session", ["UTC", "Europe/Oslo", "Pacific/Apia"])
def test_the_first_step_later_than_an_instant(db: psycopg.Connection, session: str) -> None:
    db.execute("select set_config('timezone', %s, false)", (session,))
    cases = [line.split(" | ") for line in STEPS.strip().splitlines()]

    found = []
    for every, anchor, after, _ in cases:
        row = db.execute(
            "select prikke.next_every(%s::interval, %s::timestamptz, %s::timestamptz)",
            (every, anchor, after),
        ).fetchone()
        assert row is not None
        found.append(row[0].astimezone(UTC))

    assert found == [datetime.fromisoformat(expected) for *_, expected in cases]


@pytest.mark.parametrize(
    ("every", "code"),
    [
        ("1 month", "unsupported"),
        ("1 year", "unsupported"),
        ("1 month -30 days", "unsupported"),
        ("0.5 seconds", "range"),
        ("0", "range"),
        ("-1 hour", "range"),
        ("40000 days", "range"),
    ],
)
def test_lengths_that_are_refused(db: psycopg.Connection, every: str, code: str) -> None:
    problem = db.execute("select prikke.every_problem(%s::interval)", (every,)).fetchone()
    assert problem is not None
    assert (problem[0]["field"], problem[0]["code"]) == ("every", code)

    with pytest.raises(psycopg.Error) as refused:
        db.execute("select prikke.next_every(%s::interval, now(), now())", (every,))
    assert refused.value.sqlstate == "PK422"


@pytest.mark.parametrize("every", ["1 second", "90 minutes", "1 day", "36500 days"])
def test_lengths_that_are_taken(db: psycopg.Connection, every: str) -> None:
    row = db.execute("select prikke.every_problem(%s::interval)", (every,)).fetchone()

    assert row == (None,)


def test_no_step_from_or_after_infinity(db: psycopg.Connection) -> None:
    row = db.execute(
        "select prikke.next_every('1 hour', 'infinity', now()),"
        " prikke.next_every('1 hour', now(), 'infinity'), prikke.every_problem(null)"
    ).fetchone()

    assert row == (None, None, None)
