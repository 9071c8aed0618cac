"""Lists of jobs: whole over all their pages, in every order, whatever is deleted or fails."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, rows
from tests.virtual_runner import VirtualRunner


def paged(db: psycopg.Connection, **asked: Any) -> list[str]:
    """Names over pages of two."""
    found: list[dict[str, Any]] = []
    while True:
        cursor = {"cursor": found[-1]["id"]} if found else {}
        page = rows(db, "list_jobs", page_size=2, **cursor, **asked)
        found += page
        if len(page) < 2:
            return [row["name"] for row in found]


@pytest.fixture
def seven(db: psycopg.Connection, runner: VirtualRunner, at: Clock) -> list[UUID]:
    """Job 0 to Job 6: the last two never ran, 2 fails, 3 is disabled, 4 is deleted."""
    jobs = [make_job(db, name=f"Job {number}", max_attempts=1) for number in range(7)]
    for number, job in enumerate(jobs[:5]):
        at.move(seconds=1)
        call(db, "run_now", id=job)
        for claim in runner.claim():
            runner.complete(claim, "failed" if number == 2 else "success")
    runner.conn.execute("select prikke.fold_outcomes()")
    call(db, "pause_job", id=jobs[3])
    db.execute("select prikke.delete_job(id => %s)", (jobs[4],))
    return jobs


@pytest.mark.parametrize("sort", ["name", "created", "last_run"])
@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, {0, 1, 2, 3, 5, 6}),
        ({"health": "failing"}, {2}),
        ({"health": "healthy"}, {0, 1, 3, 5, 6}),
        ({"status": "enabled"}, {0, 1, 2, 5, 6}),
        ({"search": "JOB", "status": "disabled", "health": "healthy"}, {3}),
    ],
)
def test_pages_together_are_the_whole_list_once(
    db: psycopg.Connection, seven: list[UUID], sort: str, asked: dict[str, Any], numbers: set[int]
) -> None:
    found = paged(db, sort=sort, **asked)

    assert sorted(found) == sorted(f"Job {number}" for number in numbers)
    if sort == "last_run":
        ran = [name for name in found if name not in ("Job 5", "Job 6")]
        assert found[: len(ran)] == sorted(ran, reverse=True)


def copy_job(db: psycopg.Connection, name: str, count: int) -> None:
    """Copies of a job that ran just now, made without what triggers do."""
    db.execute("set session_replication_role = replica")
    columns = [
        name
        for (name,) in db.execute(
            "select column_name from information_schema.columns"
            " where table_schema = 'prikke' and table_name = 'job_definition'"
            " and column_name not in ('id', 'key')"
        ).fetchall()
    ]
    db.execute(
        f"insert into prikke.job_definition (id, {', '.join(columns)})"
        f" select prikke.new_id(prikke.clock()), {', '.join(columns)}"
        " from prikke.job_definition, generate_series(1, %s) where name = %s".encode(),
        (count, name),
    )
    db.execute(
        "insert into prikke.job_state (organization_id, job_id, plan_version, last_run_at)"
        " select organization_id, id, 1, prikke.clock() from prikke.job_definition"
        " where name = %s on conflict do nothing",
        (name,),
    )
    db.execute("set session_replication_role = origin")


def test_many_deleted_jobs_that_ran_last_hide_none_of_the_others(
    db: psycopg.Connection, seven: list[UUID]
) -> None:
    copy_job(db, "Job 4", 1100)

    assert paged(db, sort="last_run")[:4] == ["Job 3", "Job 2", "Job 1", "Job 0"]


def test_a_word_of_more_than_a_thousand_jobs_finds_each_of_them_once(
    db: psycopg.Connection, seven: list[UUID]
) -> None:
    copy_job(db, "Job 6", 1100)

    first = rows(db, "list_jobs", search="job", sort="last_run", page_size=1000)
    last = rows(
        db, "list_jobs", search="job", sort="last_run", page_size=1000, cursor=first[-1]["id"]
    )

    assert len({row["id"] for row in first + last}) == len(first + last) == 1106
    assert [row["name"] for row in last[-6:-2]] == ["Job 3", "Job 2", "Job 1", "Job 0"]
    assert {row["name"] for row in last[-2:]} == {"Job 5", "Job 6"}
