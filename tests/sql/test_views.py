"""The operators' views: what they answer, whom they answer, and what that costs."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from prikke import embedded
from prikke.sqlfiles import sql_files, sql_root
from tests.conftest import Clock, Connect
from tests.factories import call, cancel, make_job, make_organization, make_running, make_send, use
from tests.sql.conftest import MakeRunner
from tests.virtual_runner import VirtualRunner

VIEWS = sorted(path.stem for path in sql_files("views") if path.parent.name == "views")


def rows(db: psycopg.Connection, view: str, where: str = "") -> list[dict[str, Any]]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"select * from prikke.{view} {where}".encode()).fetchall()


def register(runner: VirtualRunner, host: str = "host", **more: Any) -> None:
    fields = {"p_host": host, "p_process": 7, "p_release": "0.1.0", "p_concurrency": 100, **more}
    names = ", ".join(f"{name} => %({name})s" for name in fields)
    runner.conn.execute(
        f"select prikke.register_runner(p_runner_id => %(id)s, {names})".encode(),
        {"id": runner.id, **fields},
    )


# due_execution


def test_what_is_due_is_shown_longest_first_with_what_holds_it(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    first = make_send(db, ordering_key="a")
    at.move(seconds=5)
    second = make_send(db, ordering_key="a")
    make_send(db, delay="1 hour")
    at.move(seconds=5)
    runner.claim()

    [waiting] = rows(db, "due_execution")

    assert waiting["id"] == second != first
    assert waiting["late"] == timedelta(seconds=5)
    assert waiting["held_by"] == "ordering_key"
    assert waiting["organization"] == "acme"


def test_a_retry_that_is_due_says_why_it_failed_before(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db, name="Nightly", cron="0 3 * * *")
    call(db, "run_now", id=job)
    [claim] = runner.work()
    runner.complete(claim, "failed", retry=True, error_message="answered 503")
    at.move(minutes=1)

    [waiting] = rows(db, "due_execution")

    assert (waiting["job"], waiting["next_attempt"]) == ("Nightly", 2)
    assert waiting["last_error"] == "answered 503"


def test_due_work_of_all_organizations_is_shown(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    make_send(db)
    use(db, make_organization(db, "Other"))
    make_send(db)

    assert {row["organization"] for row in rows(db, "due_execution")} == {"acme", "other"}


# running_execution


def test_what_runs_is_shown_with_where_since_when_and_until_when(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    register(runner, "web1")
    job = make_job(db, name="Nightly", key="nightly", queue="mail", max_attempts=4)
    call(db, "run_now", id=job)
    [claim] = runner.work()
    runner.complete(claim, "failed", retry=True)
    at.move(minutes=1)
    [claim] = runner.work()
    started = at.now
    at.move(seconds=20)

    [running] = rows(db, "running_execution")

    expected = {
        "organization": "acme",
        "job": "Nightly",
        "job_key": "nightly",
        "state": "being delivered",
        "runner": "web1 process 7",
        "running_for": timedelta(seconds=20),
        "attempt": 2,
        "max_attempts": 4,
        "queue": "mail",
        "kind": "manual",
        "started_at": started,
        "lease_ends_at": started + timedelta(seconds=30),
        "url": claim.url,
        "lost": 0,
        "id": claim.id,
        "job_id": job,
        "runner_id": runner.id,
    }
    assert {name: running[name] for name in expected} == expected


def test_what_runs_is_shown_as_it_was_claimed_though_its_job_changed(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    job = make_job(db, url="https://old.example.com/")
    call(db, "run_now", id=job)
    runner.work()

    call(db, "update_job", id=job, url="https://new.example.com/")

    assert [row["url"] for row in rows(db, "running_execution")] == ["https://old.example.com/"]


def test_what_runs_for_all_organizations_is_shown_longest_first(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    first = make_running(db, runner)
    at.move(seconds=1)
    use(db, make_organization(db, "Other"))
    second = make_running(db, runner)
    make_send(db)

    found = [(row["organization"], row["id"], row["job"]) for row in rows(db, "running_execution")]

    assert found == [("acme", first.id, None), ("other", second.id, None)]


def test_what_ended_or_waits_to_be_tried_again_runs_no_more(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    done, again = make_running(db, runner), make_running(db, runner)
    before = len(rows(db, "running_execution"))

    runner.complete(done)
    runner.complete(again, "failed", retry=True)

    assert before == 2
    assert rows(db, "running_execution") == []


def test_what_waits_for_its_report_runs_without_a_runner(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    claim = make_running(db, runner, completion="callback")
    runner.complete(claim, "accepted", status_code=202)
    at.move(minutes=30)

    [running] = rows(db, "running_execution")

    assert running["state"] == "accepted (202): its receiver has yet to report"
    assert (running["runner"], running["runner_id"]) == (None, None)
    assert running["running_for"] == timedelta(minutes=30)
    assert running["lease_ends_at"] - at.now == timedelta(minutes=30)


def test_what_runs_says_that_it_is_to_be_cancelled_or_overdue(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    stopped, lapsed = make_running(db, runner), make_running(db, runner)
    cancel(db, stopped.id)
    at.move(seconds=31)

    states = {row["id"]: row["state"] for row in rows(db, "running_execution")}

    assert states == {stopped.id: "is to be cancelled", lapsed.id: "overdue: see stuck_execution"}


def test_what_runs_is_found_without_looking_at_what_waits(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    make_running(db, runner)
    db.execute("select prikke.send(url => 'https://example.com/') from generate_series(1, 2000)")
    db.execute("analyze prikke.live_execution")

    plan = db.execute("explain (costs off) select * from prikke.running_execution").fetchall()

    scans = [line for (line,) in plan if "on live_execution" in line]
    assert scans
    assert all("live_execution_running" in line for line in scans)


# stuck_execution


def test_a_lapsed_lease_is_stuck_and_says_whose_it_was(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    register(runner, "web1")
    claim = make_running(db, runner)
    at.move(seconds=29)
    assert rows(db, "stuck_execution") == []
    at.move(seconds=11)

    [stuck] = rows(db, "stuck_execution")

    assert stuck["id"] == claim.id
    assert stuck["runner"] == "web1 process 7"
    assert stuck["overdue"] == timedelta(seconds=10)
    assert "about to take it over" in stuck["problem"]


def test_a_runner_that_holds_on_beyond_the_timeout_is_stuck(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    claim = make_running(db, runner, timeout_ms=2000)
    for _ in range(4):
        at.move(seconds=20)
        runner.extend([claim])

    [stuck] = rows(db, "stuck_execution")

    assert "longer than its timeout" in stuck["problem"]


# failing_job


def test_a_failing_job_says_how_often_and_why(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db, name="Nightly", max_attempts=1)
    for message in ("answered 500", "no such host"):
        call(db, "run_now", id=job)
        [claim] = runner.work()
        runner.complete(claim, "failed", error_message=message)
        runner.conn.execute("select prikke.fold_outcomes()")
        at.move(seconds=1)

    [failing] = rows(db, "failing_job")

    assert (failing["job"], failing["problem"]) == ("Nightly", "failed 2 times in a row")
    assert failing["last_error"] == "no such host"
    assert failing["state"] == "enabled"


def test_a_job_that_recovered_fails_no_more(db: psycopg.Connection, runner: VirtualRunner) -> None:
    job = make_job(db, max_attempts=1)
    for status in ("failed", "success"):
        call(db, "run_now", id=job)
        [claim] = runner.work()
        runner.complete(claim, status)
    runner.conn.execute("select prikke.fold_outcomes()")

    assert rows(db, "failing_job") == []


def test_a_job_set_aside_shows_the_error(db: psycopg.Connection, runner: VirtualRunner) -> None:
    job = make_job(db, cron="0 3 * * *")
    runner.tick()
    db.execute(
        "update prikke.job_state set next_run_at = null, set_aside_at = prikke.clock(),"
        " set_aside_error = 'its zone is gone' where job_id = %s",
        (job,),
    )

    [failing] = rows(db, "failing_job")

    assert "set aside" in failing["problem"]
    assert failing["last_error"] == "its zone is gone"


def test_the_last_error_is_looked_up_in_one_partition(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    job = make_job(db, max_attempts=1)
    call(db, "run_now", id=job)
    [claim] = runner.work()
    runner.complete(claim, "failed", error_message="no")
    runner.conn.execute("select prikke.fold_outcomes()")

    plan = db.execute(
        "explain (analyze, costs off, timing off, summary off)"
        " select last_error from prikke.failing_job"
    ).fetchall()

    scans = [line for (line,) in plan if "on past_execution_" in line]
    assert sum("never executed" not in line for line in scans) == 1


# queue_depth


def test_queue_depth_tells_due_held_running_and_later_apart(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_running(db, runner, queue="mail")
    for _ in range(2):
        make_send(db, queue="mail", ordering_key="a")
    runner.claim()
    make_send(db, queue="mail")
    make_send(db, queue="mail", delay="1 hour")
    at.move(seconds=3)

    [mail] = rows(db, "queue_depth")

    counts = {name: mail[name] for name in ("due", "held", "running", "later")}
    assert counts == {"due": 1, "held": 1, "running": 2, "later": 1}
    assert mail["oldest_due_age"] == timedelta(seconds=3)


# lateness


@pytest.mark.parametrize("folded", [False, True])
def test_lateness_is_measured_by_queue_before_and_after_folding(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock, folded: bool
) -> None:
    for _ in range(100):
        make_send(db)
    at.move(seconds=3)
    for claim in runner.claim(200):
        runner.complete(claim)
    if folded:
        runner.conn.execute("select prikke.fold_tallies()")

    hour, day = rows(db, "lateness")

    assert (hour["period"], day["period"]) == ("1 hour", "24 hours")
    assert (hour["queue"], hour["started"]) == ("default", 100)
    assert timedelta(seconds=2) < hour["p50"] < hour["p99"] <= timedelta(seconds=5)
    assert hour["most"] == timedelta(seconds=5)


def test_lateness_of_yesterday_is_not_that_of_the_last_hour(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    runner.complete(make_running(db, runner))
    at.move(hours=3)

    [only] = rows(db, "lateness")

    assert only["period"] == "24 hours"


@pytest.mark.parametrize(
    ("buckets", "share", "expected"),
    [
        ([0] * 16, 0.5, None),
        ([10] + [0] * 15, 0.5, timedelta(milliseconds=0.5)),
        ([0, 10] + [0] * 14, 0.5, timedelta(milliseconds=1.5)),
        ([50] + [0] * 8 + [50] + [0] * 6, 0.5, timedelta(milliseconds=1)),
        ([0] * 15 + [5], 0.99, timedelta(minutes=1)),
    ],
)
def test_a_percentile_lies_within_its_bucket(
    db: psycopg.Connection, buckets: list[int], share: float, expected: timedelta | None
) -> None:
    row = db.execute("select prikke.percentile(%s::bigint[], %s)", (buckets, share)).fetchone()

    assert row == (expected,)


def test_the_bounds_of_buckets_are_those_that_counts_are_sorted_by(
    db: psycopg.Connection,
) -> None:
    wrong = db.execute(
        "select b.* from unnest(prikke.duration_bounds()) with ordinality as b (ms, number)"
        " where prikke.duration_bucket(b.ms - 0.001) <> b.number"
        " or prikke.duration_bucket(b.ms) <> b.number + 1"
    ).fetchall()

    assert wrong == []


# runner_status


def test_a_runner_unheard_of_for_half_a_minute_is_silent(
    db: psycopg.Connection, runner: VirtualRunner, make_runner: MakeRunner, at: Clock
) -> None:
    register(runner, "old")
    make_running(db, runner)
    at.move(seconds=31)
    register(make_runner(), "new")
    register(make_runner(), "leaving", p_stopping=True)

    found = {row["host"]: (row["state"], row["leases"]) for row in rows(db, "runner_status")}

    assert found == {"new": ("alive", 0), "leaving": ("stopping", 0), "old": ("silent", 1)}
    assert rows(db, "runner_status")[-1]["host"] == "old"


# table_health


def test_history_is_one_row_with_its_days(db: psycopg.Connection, runner: VirtualRunner) -> None:
    [history] = rows(db, "table_health", "where subject = 'past_execution'")

    assert history["state"] == "ok"
    assert history["says"] == "days 2026-03-01 to 2026-03-09"
    assert history["partitions"] == 9


def test_a_missing_tomorrow_asks_for_action(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    at.move(days=7)

    history = rows(db, "table_health", "where state = 'act'")

    assert {row["subject"] for row in history} == {"past_execution", "past_attempt"}
    assert "keep_history" in history[0]["says"]


def test_a_lazy_autovacuum_is_worth_a_look(db: psycopg.Connection) -> None:
    [autovacuum] = rows(db, "table_health", "where subject = 'autovacuum'")

    assert autovacuum["state"] == "look"
    assert "autovacuum_naptime = 5s" in autovacuum["says"]


def test_what_holds_an_old_snapshot_is_named_with_its_end(
    db: psycopg.Connection, connect: Connect
) -> None:
    holder = connect(autocommit=False)
    holder.execute("set transaction isolation level repeatable read")
    holder.execute("select txid_current()")
    row = db.execute("select pg_get_viewdef('prikke.table_health'::regclass)").fetchone()
    assert row is not None
    # The view tells what is older than a minute; this one tells it at once.
    at_once = row[0].replace("'00:01:00'", "'00:00:00'").rstrip("; ")

    found = db.execute(f"select * from ({at_once}) as v where subject = 'held snapshot'").fetchall()

    told = [line for line in found if str(holder.info.backend_pid) in line[2]]
    assert [line[0] for line in told] == ["look"]
    assert f"select pg_terminate_backend({holder.info.backend_pid});" in told[0][2]


# All of them


def test_the_reader_may_read_every_view_and_no_table(
    connect: Connect, db: psycopg.Connection, runner: VirtualRunner
) -> None:
    make_send(db)
    reader = connect(role="prikke_reader")

    for view in VIEWS:
        rows(reader, view)

    assert len(rows(reader, "due_execution")) == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select from prikke.live_execution")


@pytest.mark.parametrize("role", ["prikke_web", "prikke_runner"])
def test_nobody_else_may_read_across_organizations(connect: Connect, role: str) -> None:
    conn = connect(role=role)

    for view in VIEWS:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(conn, view)


def test_every_view_has_an_example_that_runs(db: psycopg.Connection) -> None:
    comments = db.execute(
        "select c.relname, obj_description(c.oid, 'pg_class') from pg_class as c"
        " where c.relnamespace = 'prikke'::regnamespace and c.relname = any (%s)",
        (VIEWS,),
    ).fetchall()

    assert sorted(name for name, _ in comments) == VIEWS
    for _, comment in comments:
        db.execute(comment.split("Example: ", 1)[1].encode())


def test_no_view_reads_history_to_say_how_things_are_now(
    db: psycopg.Connection, runner: VirtualRunner, organization: UUID
) -> None:
    for view in set(VIEWS) - {"failing_job"}:
        plan = db.execute(f"explain select * from prikke.{view}".encode()).fetchall()

        assert not [line for (line,) in plan if "past_" in line], view


# psql


def test_every_shortcut_of_psql_runs(
    db: psycopg.Connection, dsn: str, runner: VirtualRunner, organization: UUID
) -> None:
    names = re.findall(r"^\\set ([a-z]+) '", (sql_root() / "psqlrc").read_text(), re.M)
    send = make_send(db, delay="1 hour")
    choose = f"set prikke.organization = '{organization}';"

    said = psql(dsn, choose, f"\\set id {send}", *(f":{name}" for name in names))

    assert {
        "due",
        "running",
        "stuck",
        "failing",
        "depth",
        "late",
        "runners",
        "health",
        "why",
    } <= set(names)
    assert said.stderr == ""
    assert "not_due" in said.stdout
    assert all(f":{name} " in said.stdout for name in names)


def test_psql_says_where_prikke_is_not_installed(server: embedded.Server) -> None:
    said = psql(server.dsn(), "select 1;")

    assert "run `prikke install`" in said.stdout
    assert said.stderr == ""


def psql(dsn: str, *lines: str) -> subprocess.CompletedProcess[str]:
    """What `prikke psql` answers to these lines."""
    return subprocess.run(
        [sys.executable, "-m", "prikke", "psql"],
        env={**os.environ, "DATABASE_URL": dsn},
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
