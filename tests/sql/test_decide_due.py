"""What becomes of one due time, as a table."""

import psycopg
import pytest

from tests.conftest import Clock

# schedule, interval in minutes, catch-up, window, overlap, due, oldest due of the batch, how many
# come later, more than a tick decides, live, waiting; the reason. It is 12:00.
CASES = [
    # On time, and within the grace of half an interval.
    ("cron", 60, "none", None, "skip", "12:00", "12:00", 0, False, 0, 0, None),
    ("cron", 60, "none", None, "skip", "11:30", "11:30", 0, False, 0, 0, None),
    ("cron", 60, "none", None, "skip", "11:29:59", "11:29:59", 0, False, 0, 0, "catch_up_none"),
    ("cron", 60, "latest", None, "skip", "11:30", "11:30", 3, False, 0, 0, None),
    # latest: only the newest.
    ("cron", 60, "latest", None, "skip", "11:00", "09:00", 0, False, 0, 0, None),
    ("cron", 60, "latest", None, "skip", "10:00", "09:00", 1, False, 0, 0, "catch_up_latest"),
    ("cron", 60, "latest", None, "skip", "11:00", "09:00", 0, True, 0, 0, "catch_up_latest"),
    # all: up to a hundred.
    ("cron", 60, "all", None, "skip", "09:00", "01:00", 99, False, 0, 0, None),
    ("cron", 60, "all", None, "skip", "09:00", "01:00", 100, False, 0, 0, "catch_up_all"),
    # The window.
    ("cron", 60, "latest", "2 hours", "skip", "10:00", "10:00", 0, False, 0, 0, None),
    ("cron", 60, "latest", "2 hours", "skip", "09:00", "09:00", 0, False, 0, 0, "catch_up_window"),
    ("cron", 60, "latest", "2 hours", "skip", "09:00", "09:00", 5, False, 0, 0, "catch_up_window"),
    ("cron", 60, "all", "2 hours", "skip", "09:00", "09:00", 0, False, 0, 0, "catch_up_window"),
    ("cron", 60, "none", "2 hours", "skip", "09:00", "09:00", 0, False, 0, 0, "catch_up_none"),
    # Once goes however late.
    ("once", None, "none", "1 hour", "skip", "01:00", "01:00", 0, False, 0, 0, None),
    # Overlap.
    ("cron", 60, "latest", None, "skip", "12:00", "12:00", 0, False, 1, 0, "overlap"),
    ("cron", 60, "latest", None, "queue_one", "12:00", "12:00", 0, False, 1, 0, None),
    ("cron", 60, "latest", None, "queue_one", "12:00", "12:00", 0, False, 2, 1, "overlap"),
    ("cron", 60, "latest", None, "allow", "12:00", "12:00", 0, False, 9, 9, None),
    ("cron", 60, "latest", None, "skip", "10:00", "10:00", 0, False, 1, 1, "overlap"),
    ("once", None, "latest", None, "skip", "12:00", "12:00", 0, False, 1, 0, "overlap"),
    # Runs caught up under all wait for one another.
    ("cron", 60, "all", None, "skip", "11:00", "09:00", 1, False, 2, 2, None),
    ("cron", 60, "all", None, "skip", "12:00", "09:00", 0, False, 3, 3, None),
    ("cron", 60, "all", None, "skip", "12:00", "12:00", 0, False, 1, 0, "overlap"),
]


def test_a_due_time_is_sent_skipped_or_missed_by_its_circumstances(
    db: psycopg.Connection, at: Clock
) -> None:
    for *circumstances, due, first, later, more, live, waiting, reason in CASES:
        found = db.execute(
            "select prikke.decide_due(%s, %s, %s, %s, %s, %s, %s, %s, %s, prikke.clock(), %s, %s)",
            (*circumstances, at(due), at(first), later, more, live, waiting),
        ).fetchone()

        assert found == (reason,), (circumstances, due, later)


@pytest.mark.parametrize(("minutes", "grace"), [(1, 30), (10, 300), (120, 3600), (9999, 3600)])
def test_the_grace_is_half_the_interval_within_bounds(
    db: psycopg.Connection, minutes: int, grace: int
) -> None:
    for late, reason in ((grace, None), (grace + 1, "catch_up_none")):
        found = db.execute(
            "select prikke.decide_due('cron', %s, 'none', null, 'skip', t, t, 0, false,"
            " t + make_interval(secs => %s), 0, 0) from prikke.clock() as t",
            (minutes, late),
        ).fetchone()

        assert found == (reason,)
