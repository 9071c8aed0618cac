"""The one id of a due time, and the layout of both kinds of id."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.model import scheduled_id

pytestmark = pytest.mark.reads_only

JOB = UUID("019b0000-0000-7000-8000-000000000001")
INSTANTS = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def identifier(db: psycopg.Connection, job: UUID, due: datetime) -> UUID:
    row = db.execute("select prikke.scheduled_id(%s, %s)", (job, due)).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(job=st.uuids(), due=INSTANTS)
def test_it_is_computed_from_job_and_due_time_alone(
    db: psycopg.Connection, job: UUID, due: datetime
) -> None:
    assert identifier(db, job, due) == scheduled_id(job, due)


def test_it_has_the_layout_of_version_7_with_the_due_time_in_front(db: psycopg.Connection) -> None:
    due = datetime(2026, 3, 2, 12, tzinfo=UTC)

    found = identifier(db, JOB, due)

    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    assert found.int >> 80 == int(due.timestamp() * 1000)


def test_neighbours_differ(db: psycopg.Connection) -> None:
    due = datetime(2026, 3, 2, 12, tzinfo=UTC)

    found = {
        identifier(db, JOB, due),
        identifier(db, JOB, due + timedelta(microseconds=1)),
        identifier(db, JOB, due + timedelta(seconds=1)),
        identifier(db, uuid4(), due),
    }

    assert len(found) == 4


def test_it_does_not_depend_on_the_session(db: psycopg.Connection) -> None:
    due = datetime(2026, 3, 2, 12, tzinfo=UTC)
    usual = identifier(db, JOB, due)
    db.execute("set timezone = 'Asia/Kathmandu'")
    db.execute("set extra_float_digits = 0")

    assert identifier(db, JOB, due) == usual


def test_drawn_ids_are_of_version_7_and_follow_the_time(db: psycopg.Connection) -> None:
    rows = db.execute(
        "select prikke.new_id(timestamptz '2026-03-02 12:00+00' + n * interval '1 ms')"
        " from generate_series(1, 500) as n"
    ).fetchall()

    drawn = [row[0] for row in rows]
    assert {(one.version, one.variant) for one in drawn} == {(7, "specified in RFC 4122")}
    assert drawn == sorted(set(drawn))
