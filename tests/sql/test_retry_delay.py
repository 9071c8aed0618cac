"""retry_delay: how long a failed attempt waits before the next."""

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

pytestmark = pytest.mark.reads_only


def delay(
    db: psycopg.Connection, attempt: int, backoff: str | None, execution: UUID | None
) -> timedelta:
    row = db.execute(
        "select prikke.retry_delay(%s, %s::interval, %s)", (attempt, backoff, execution)
    ).fetchone()
    assert row is not None
    waited: timedelta = row[0]
    return waited


def test_it_doubles_from_30_seconds_to_an_hour(db: psycopg.Connection) -> None:
    delays = [delay(db, attempt, None, None).total_seconds() for attempt in range(1, 12)]

    assert delays == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]


def test_the_first_delay_is_the_jobs(db: psycopg.Connection) -> None:
    assert delay(db, 1, "5 s", None) == timedelta(seconds=5)
    assert delay(db, 3, "5 s", None) == timedelta(seconds=20)
    assert delay(db, 5, "2 hours", None) == timedelta(hours=2)


def test_the_jitter_is_a_tenth_and_spreads(db: psycopg.Connection) -> None:
    delays = [delay(db, 1, "100 s", uuid4()).total_seconds() for _ in range(300)]

    assert all(90 <= seconds <= 110 for seconds in delays)
    assert min(delays) < 92
    assert max(delays) > 108


def test_the_same_try_waits_the_same_time(db: psycopg.Connection) -> None:
    execution = uuid4()

    assert delay(db, 2, None, execution) == delay(db, 2, None, execution)
    assert delay(db, 2, None, execution) != 2 * delay(db, 1, None, execution)


def test_any_attempt_has_a_delay(db: psycopg.Connection) -> None:
    assert delay(db, 0, None, None) == timedelta(seconds=30)
    assert delay(db, 2**31 - 1, None, None) == timedelta(hours=1)
