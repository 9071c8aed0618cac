"""The versions of a job: what each was, what changed, who did it."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, use


def versions(db: psycopg.Connection, job: UUID) -> list[dict[str, Any]]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from prikke.list_versions(id => %s)", (job,)).fetchall()


def test_each_version_says_what_changed_and_who_did_it(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, name="Nightly", every="1 hour")
    at.move(minutes=5)
    db.execute("select set_config('prikke.actor', 'user:ann', false)")
    call(db, "update_job", id=job, every="2 hours", priority=3)

    second, first = versions(db, job)

    assert (first["version"], first["changes"], first["superseded_at"]) == (1, None, at.now)
    assert first["job"]["every"] == "01:00:00"
    assert second["changes"] == {
        "from": {"every": "01:00:00", "priority": 0},
        "to": {"every": "02:00:00", "priority": 3},
    }
    assert (second["actor"], second["superseded_at"]) == ("user:ann", None)


def test_how_a_session_writes_intervals_is_no_change(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, every="1 hour", scheduled_at="2026-03-03T00:00:00Z")
    db.execute("set intervalstyle = 'iso_8601'")
    db.execute("set timezone = 'Asia/Tokyo'")

    db.execute("select version from prikke.update_job(id => %s, priority => 3)", (job,))

    assert versions(db, job)[0]["changes"] == {"from": {"priority": 0}, "to": {"priority": 3}}


def test_credentials_are_masked_in_versions(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, headers={"Authorization": "Bearer old"})
    call(db, "update_job", id=job, headers={"Authorization": "Bearer new"})

    found = versions(db, job)

    assert "Bearer" not in str(found)
    assert found[0]["changes"]["to"] == {"headers": {"Authorization": "••••••"}}


def test_versions_of_another_organizations_job_do_not_exist(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db)
    use(db, make_organization(db))

    with pytest.raises(psycopg.Error) as caught:
        versions(db, job)

    assert caught.value.sqlstate == "PK404"
