"""Declaring jobs as a list: by key, all or none, and nothing that people decided is overrun."""

import json
import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import URL, call, make_job, make_organization, use
from tests.virtual_runner import VirtualRunner

Declared = dict[str, Any]


def declare(key: str, **fields: Any) -> Declared:
    return {"key": key, "url": URL, **fields}


def sync(
    db: psycopg.Connection, *jobs: Declared, delete_removed: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    row = db.execute(
        "select prikke.sync_jobs(%s, delete_removed => %s, dry_run => %s)",
        (json.dumps(jobs), delete_removed, dry_run),
    ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def summary(answer: dict[str, Any]) -> dict[str, list[str]]:
    """The keys of each list."""
    return {
        name: [entry if isinstance(entry, str) else entry["key"] for entry in answer[name]]
        for name in ("created", "updated", "deleted", "unchanged")
    }


def stored(db: psycopg.Connection) -> dict[str, dict[str, Any]]:
    """All living jobs by key."""
    rows = db.execute(
        "select to_jsonb(d) from prikke.job_definition as d where deleted_at is null order by name"
    ).fetchall()
    return {row["key"]: row for (row,) in rows}


def problems(error: psycopg.Error) -> dict[str, str]:
    assert error.sqlstate == "PK422"
    return {item["field"]: item["code"] for item in json.loads(error.diag.message_detail or "")}


def test_new_keys_become_jobs_with_the_usual_defaults(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    made = call(db, "create_job", name="a", key="a", url=URL, cron="0 3 * * *")

    answer = sync(
        db,
        declare("b", name="b", cron="0 3 * * *"),
        declare("c", name="c", scheduled_at="2026-03-03T00:00:00Z"),
        declare("d", name="d"),
    )

    jobs = stored(db)
    apart = {"id", "key", "name", "seed"}
    assert summary(answer)["created"] == ["b", "c", "d"]
    assert {name: value for name, value in jobs["a"].items() if name not in apart} == {
        name: value for name, value in jobs["b"].items() if name not in apart
    }
    assert (jobs["c"]["max_attempts"], jobs["d"]["overlap"]) == (5, "allow")
    assert answer["jobs"][0]["next_run_at"] == "2026-03-03T03:00:00+00:00"
    assert made["next_run_at"].isoformat() == "2026-03-03T03:00:00+00:00"


def test_a_created_job_runs(db: psycopg.Connection, at: Clock, runner: VirtualRunner) -> None:
    sync(db, declare("tick", every="1 minute", body="hello", method="POST"))

    at.move(minutes=1)

    [claim] = runner.work()
    assert (claim.method, claim.body, claim.url) == ("POST", "hello", URL)


def test_a_changed_declaration_answers_from_and_to(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    sync(db, declare("a", cron="0 3 * * *", priority=4), declare("b", every="1 hour"))

    answer = sync(db, declare("a", every="30 minutes"), declare("b", every="1 hour"))

    [updated] = answer["updated"]
    assert updated["from"] == {"cron": "0 3 * * *", "every": None, "priority": 4}
    assert updated["to"] == {"cron": None, "every": "00:30:00", "priority": 0}
    assert summary(answer)["unchanged"] == ["b"]
    assert stored(db)["a"]["version"] == 2
    assert stored(db)["b"]["version"] == 1


def test_the_same_declaration_again_changes_nothing(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    whole = declare(
        "a",
        name="Nightly",
        method="PUT",
        headers={"Authorization": "Bearer x", "Accept": "text/plain"},
        body='{"a": 1}',
        scheduled_at="2026-03-02T15:00:00+02:00",
        queue="slow",
        priority=-5,
        ordering_key="k",
        timeout_ms=5000,
        max_attempts=7,
        backoff="1 minute",
        catch_up="none",
        catch_up_window="2 hours",
        overlap="queue_one",
        completion="callback",
        expected_status="200-204",
        expected_body="ok",
        on_success_url=URL,
        on_failure_url=URL,
        on_recovery_url=URL,
        notify={"after": 3},
        enabled=True,
    )
    sync(db, whole)
    before = stored(db)
    at.move(days=1)

    answer = sync(db, whole)

    assert summary(answer)["unchanged"] == ["a"]
    assert stored(db) == before


def test_masked_values_sent_back_stay(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    sync(db, declare("a", headers={"Authorization": "Bearer x"}))

    answer = sync(db, declare("a", headers={"Authorization": "••••••", "Accept": "text/plain"}))

    assert stored(db)["a"]["headers"] == {"Authorization": "Bearer x", "Accept": "text/plain"}
    assert "Bearer" not in json.dumps(answer)


def test_jobs_out_of_the_list_stay_unless_removal_is_asked_for(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    sync(db, declare("a"), declare("b"))
    unkeyed = make_job(db)

    kept = sync(db, declare("a"))
    removed = sync(db, declare("a"), delete_removed=True)

    assert summary(kept)["deleted"] == []
    assert summary(removed)["deleted"] == ["b"]
    assert set(stored(db)) == {"a", None}
    assert stored(db)[None]["id"] == str(unkeyed)  # type: ignore[index]


def test_a_removed_key_makes_a_new_job_when_it_comes_back(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    [first] = sync(db, declare("a"))["created"]
    sync(db, delete_removed=True)

    [second] = sync(db, declare("a"))["created"]

    assert first["id"] != second["id"]


def test_a_job_that_a_person_paused_stays_paused(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    [made] = sync(db, declare("a", cron="0 3 * * *"))["created"]
    call(db, "pause_job", id=made["id"], reason="maintenance")

    answer = sync(db, declare("a", cron="0 4 * * *", enabled=True))

    job = stored(db)["a"]
    assert (job["enabled"], job["pause_reason"], job["cron"]) == (False, "maintenance", "0 4 * * *")
    assert answer["jobs"][0]["enabled"] is False
    assert "enabled" not in answer["updated"][0]["to"]


def test_what_a_declaration_switched_off_it_switches_on_again(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    sync(db, declare("a", cron="0 3 * * *", enabled=False))
    off = stored(db)["a"]

    answer = sync(db, declare("a", cron="0 3 * * *"))

    assert (off["enabled"], off["pause_reason"]) == (False, "sync")
    assert answer["updated"][0]["to"]["enabled"] is True
    assert stored(db)["a"]["planned_next_at"] == "2026-03-03T03:00:00+00:00"


def test_a_declaration_switches_a_running_job_off(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    sync(db, declare("a", cron="0 3 * * *"))

    sync(db, declare("a", cron="0 3 * * *", enabled=False))

    job = stored(db)["a"]
    assert (job["enabled"], job["planned_next_at"]) == (False, None)
    assert job["paused_by"] is not None


def test_a_dry_run_answers_the_same_and_changes_nothing(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    sync(db, declare("a", cron="0 3 * * *"), declare("b"))
    jobs = [declare("a", cron="0 4 * * *"), declare("c", every="1 hour")]
    before = db.execute(_EVERYTHING).fetchall()

    dry = sync(db, *jobs, delete_removed=True, dry_run=True)

    after = db.execute(_EVERYTHING).fetchall()
    real = sync(db, *jobs, delete_removed=True)
    assert before == after
    assert summary(dry) == summary(real)
    assert dry["updated"] == real["updated"]
    assert [job["next_run_at"] for job in dry["jobs"]] == [
        job["next_run_at"] for job in real["jobs"]
    ]


_EVERYTHING = """
select to_jsonb(d), null from prikke.job_definition as d union all
select to_jsonb(s), null from prikke.job_state as s union all
select to_jsonb(v), null from prikke.job_version as v union all
select to_jsonb(c), null from prikke.job_change as c union all
select to_jsonb(a), null from prikke.audit_entry as a
"""


def test_every_wrong_field_of_every_job_is_named(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        sync(
            db,
            declare("fine"),
            declare("a", crn="0 3 * * *", priority="high", backoff="soon", url="ftp://x.test"),
            {"url": URL, "cron": "61 * * * *"},
            "no object",  # type: ignore[arg-type]
            declare("fine", timezone="Europe/Olso", scheduled_at="tomorrow"),
            declare("b", headers=["a"], notify=1, enabled="yes", timeout_ms=1.5, name=None),
        )

    assert problems(caught.value) == {
        "jobs[1].crn": "unknown_field",
        "jobs[1].priority": "wrong_type",
        "jobs[1].backoff": "wrong_type",
        "jobs[1].url": problems(caught.value)["jobs[1].url"],
        "jobs[2].key": "required",
        "jobs[2].cron": problems(caught.value)["jobs[2].cron"],
        "jobs[3]": "wrong_type",
        "jobs[4].key": "repeated",
        "jobs[4].timezone": problems(caught.value)["jobs[4].timezone"],
        "jobs[4].scheduled_at": "wrong_type",
        "jobs[5].headers": "wrong_type",
        "jobs[5].notify": "wrong_type",
        "jobs[5].enabled": "wrong_type",
        "jobs[5].timeout_ms": "wrong_type",
    }
    assert stored(db) == {}


def test_an_unknown_field_is_told_the_nearest_name(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        sync(db, declare("a", timeot_ms=5000))

    assert "timeout_ms" in (caught.value.diag.message_hint or "")


@pytest.mark.parametrize("jobs", ["{}", '"jobs"', "null"])
def test_what_is_no_list_is_refused(db: psycopg.Connection, organization: UUID, jobs: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        db.execute("select prikke.sync_jobs(%s)", (jobs,))

    assert problems(caught.value) == {"jobs": "wrong_type"}


def test_an_empty_list_removes_all_jobs_with_keys_if_asked(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    sync(db, declare("a"), declare("b"))

    answer = sync(db, delete_removed=True)

    assert summary(answer)["deleted"] == ["a", "b"]
    assert answer["jobs"] == []


def test_more_jobs_than_the_limit_are_refused(db: psycopg.Connection, organization: UUID) -> None:
    db.execute('select prikke.publish_settings(\'{"limits": {"sync_jobs": 2}}\')')

    with pytest.raises(psycopg.Error) as caught:
        sync(db, declare("a"), declare("b"), declare("c"))

    assert caught.value.sqlstate == "PK413"


def test_h_is_seeded_by_the_key_so_that_it_is_the_same_everywhere(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    [row] = db.execute(
        "select prikke.next_run('H H * * *', 'UTC', prikke.clock(), seed => 'nightly')"
    ).fetchall()

    answer = sync(db, declare("nightly", cron="H H * * *"))

    assert answer["jobs"][0]["next_run_at"] == row[0].strftime("%Y-%m-%dT%H:%M:%S+00:00")


def test_jobs_of_another_organization_are_out_of_reach(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    sync(db, declare("a", priority=1))
    use(db, make_organization(db))

    answer = sync(db, declare("b"), delete_removed=True)
    own = sync(db, declare("a", priority=2))

    assert summary(answer)["deleted"] == []
    assert summary(own)["created"] == ["a"]


def test_a_sync_vanishes_with_the_callers_transaction(
    db: psycopg.Connection, organization: UUID, open_transaction: psycopg.Connection
) -> None:
    sync(open_transaction, declare("a"))

    open_transaction.rollback()

    assert stored(db) == {}


@pytest.fixture
def two(connect: Connect, organization: UUID) -> list[psycopg.Connection]:
    conns = [connect(), connect()]
    for conn in conns:
        use(conn, organization)
    return conns


def test_two_syncs_at_once_make_each_key_once(
    db: psycopg.Connection, two: list[psycopg.Connection]
) -> None:
    jobs = [declare(f"job.{number}") for number in range(50)]
    answers: list[dict[str, Any]] = []
    threads = [
        threading.Thread(target=lambda conn=conn: answers.append(sync(conn, *jobs))) for conn in two
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(len(answer["created"]) for answer in answers) == [0, 50]
    assert len(stored(db)) == 50


def test_a_sync_does_not_wait_long_for_another_that_stays_open(
    two: list[psycopg.Connection], open_transaction: psycopg.Connection
) -> None:
    sync(open_transaction, declare("a"))
    two[0].execute("set lock_timeout = '50ms'")

    with pytest.raises(psycopg.Error) as caught:
        sync(two[0], declare("a"))

    assert caught.value.sqlstate == "PK409"


def test_the_actor_of_a_sync_is_on_record(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute("select set_config('prikke.actor', 'key:pk_live_1', false)")

    sync(db, declare("a"))

    [row] = db.execute(
        "select actor, action from prikke.list_audit(subject_kind => 'job')"
    ).fetchall()
    assert row == ("key:pk_live_1", "create")
