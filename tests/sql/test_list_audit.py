"""Pages of the audit: filters, order, one organization."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, use


def list_audit(db: psycopg.Connection, **filters: Any) -> list[dict[str, Any]]:
    names = ", ".join(f"{name} => %({name})s" for name in filters)
    with db.cursor(row_factory=dict_row) as cursor:
        query = f"select * from prikke.list_audit({names})"
        return cursor.execute(query, filters).fetchall()


def test_a_page_of_the_audit_goes_on_where_the_last_one_ended(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")
    for priority in range(1, 6):
        call(db, "update_job", id=job, priority=priority)

    first = list_audit(db, subject_kind="job", page_size=4)
    rest = list_audit(db, subject_kind="job", page_size=4, cursor=first[-1]["id"])

    assert [entry["after"]["priority"] for entry in first] == [5, 4, 3, 2]
    assert [entry["action"] for entry in rest] == ["update", "create"]


def test_the_audit_is_listed_by_who_what_and_when(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    job, other = make_job(db, cron="0 3 * * *"), make_job(db)
    at.move(minutes=5)
    db.execute("select set_config('prikke.actor', 'user:ann', false)")
    call(db, "pause_job", id=job)

    assert len(list_audit(db, subject_id=str(job))) == 2
    assert len(list_audit(db, subject_kind="job", action="create")) == 2
    assert [entry["subject_id"] for entry in list_audit(db, actor="user:ann")] == [str(job)]
    assert len(list_audit(db, since=at("12:01"))) == 1
    assert str(other) in {entry["subject_id"] for entry in list_audit(db, until=at("12:01"))}
    assert list_audit(db, until=at("12:00")) == []


def test_the_audit_shows_one_organization_only(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    make_job(db)
    other = make_organization(db)

    use(db, other)
    listed = list_audit(db)
    seen = db.execute("select subject_kind from prikke.audit").fetchall()

    assert {entry["subject_kind"] for entry in listed} == {
        "channel",
        "organization",
        "signing_secret",
    }
    # A superuser passes every policy; the view has the condition of its own.
    assert len(seen) == len(listed)


def test_a_wrong_filter_is_named(db: psycopg.Connection, organization: UUID) -> None:
    with pytest.raises(psycopg.Error) as caught:
        list_audit(db, action="created", page_size=0, cursor=organization)

    assert caught.value.sqlstate == "PK422"
    detail = caught.value.diag.message_detail or ""
    assert all(f'"{field}"' in detail for field in ("action", "page_size", "cursor"))
