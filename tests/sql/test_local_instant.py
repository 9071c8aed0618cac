"""local_instant: a local time as an instant, also where the clock skips or repeats it."""

from datetime import UTC, datetime

import psycopg
import pytest

pytestmark = pytest.mark.reads_only

CASES = {
    "an ordinary time": ("2026-05-20 09:00", "Europe/Oslo", "2026-05-20T09:00+02:00"),
    "with parts of a second": ("2026-05-20 09:00:00.25", "UTC", "2026-05-20T09:00:00.25+00:00"),
    "the earlier of two": ("2026-10-25 02:30", "Europe/Oslo", "2026-10-25T02:30+02:00"),
    "its first second": ("2026-10-25 02:00", "Europe/Oslo", "2026-10-25T02:00+02:00"),
    "the first after it": ("2026-10-25 03:00", "Europe/Oslo", "2026-10-25T03:00+01:00"),
    "the gap's end": ("2026-03-29 02:30", "Europe/Oslo", "2026-03-29T03:00+02:00"),
    "the gap's first second": ("2026-03-29 02:00", "Europe/Oslo", "2026-03-29T03:00+02:00"),
    "just before the gap": ("2026-03-29 01:59:59.5", "Europe/Oslo", "2026-03-29T01:59:59.5+01:00"),
    "half an hour's gap": ("2026-10-04 02:10", "Australia/Lord_Howe", "2026-10-04T02:30+11:00"),
    "half an hour twice": ("2026-04-05 01:45", "Australia/Lord_Howe", "2026-04-05T01:45+11:00"),
    "no midnight": ("2026-03-08 00:00", "America/Havana", "2026-03-08T01:00-04:00"),
    "no such day": ("2011-12-30 15:00", "Pacific/Apia", "2011-12-31T00:00+14:00"),
    "a day lived twice": ("1969-09-30 13:00", "Pacific/Kwajalein", "1969-09-30T13:00+11:00"),
    "in the second pass, first time": (
        "2018-02-17 23:30",
        "America/Sao_Paulo",
        "2018-02-17T23:30-02:00",
    ),
}


@pytest.mark.parametrize("session", ["UTC", "America/Havana", "Pacific/Apia"])
def test_local_times(db: psycopg.Connection, session: str) -> None:
    db.execute("select set_config('timezone', %s, false)", (session,))

    found = {}
    for name, (local, zone, _) in CASES.items():
        row = db.execute("select prikke.local_instant(%s::timestamp, %s)", (local, zone)).fetchone()
        assert row is not None
        found[name] = row[0].astimezone(UTC)

    assert found == {
        name: datetime.fromisoformat(at).astimezone(UTC) for name, (_, _, at) in CASES.items()
    }


def test_no_instant_for_no_time(db: psycopg.Connection) -> None:
    row = db.execute(
        "select prikke.local_instant(null, 'UTC'), prikke.local_instant('infinity', 'UTC')"
    ).fetchone()

    assert row == (None, None)
