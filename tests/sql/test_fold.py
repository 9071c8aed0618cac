"""What completion appends, folded into jobs' state and tallies."""

import psycopg

from tests.conftest import Clock, Connect
from tests.factories import call, make_job, make_send
from tests.virtual_runner import VirtualRunner


def run(db: psycopg.Connection, runner: VirtualRunner, job: object, *statuses: str) -> None:
    for status in statuses:
        call(db, "run_now", id=job)
        runner.complete(runner.claim()[0], status, status_code=200 if status == "success" else 404)


def fold(runner: VirtualRunner, what: str = "outcomes") -> int:
    row = runner.conn.execute(f"select prikke.fold_{what}()".encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_a_job_learns_how_its_runs_went(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db)
    run(db, runner, job, "success")
    at.move(minutes=1)
    run(db, runner, job, "failed", "timeout")

    folded = fold(runner)

    shown = call(db, "get_job", id=job)
    assert folded == 3
    assert (shown["last_status"], shown["consecutive_failures"]) == ("timeout", 2)
    assert shown["last_success_at"] == at("12:00")
    assert shown["last_run_at"] == at("12:01")


def test_failures_count_on_over_batches_and_a_success_ends_the_row(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    job = make_job(db)
    counts = []

    for statuses in (["failed"], ["failed", "failed"], ["success", "failed"], ["success"]):
        run(db, runner, job, *statuses)
        fold(runner)
        counts.append(call(db, "get_job", id=job)["consecutive_failures"])

    assert counts == [1, 3, 1, 0]


def test_a_job_that_is_locked_is_folded_later_and_the_others_now(
    db: psycopg.Connection, runner: VirtualRunner, connect: Connect
) -> None:
    locked, free = make_job(db), make_job(db)
    run(db, runner, locked, "failed")
    run(db, runner, free, "failed")
    holder = connect(autocommit=False)
    holder.execute("select from prikke.job_state where job_id = %s for update", (locked,))

    first = fold(runner)
    holder.rollback()

    assert (first, fold(runner)) == (1, 1)
    assert call(db, "get_job", id=locked)["consecutive_failures"] == 1


def test_a_cancelled_run_is_no_failure(db: psycopg.Connection, runner: VirtualRunner) -> None:
    job = make_job(db)
    run(db, runner, job, "failed")
    call(db, "cancel_execution", id=call(db, "run_now", id=job)["id"])
    runner.tick()

    fold(runner)

    assert call(db, "get_job", id=job)["last_status"] == "failed"


def test_tallies_count_by_quarter_hour_with_durations(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_send(db)
    runner.complete(runner.claim()[0], duration_ms=3)
    make_send(db)
    at.move_to("12:14:59")
    runner.complete(runner.claim()[0], duration_ms=700)
    make_send(db)
    at.move_to("12:15")
    runner.complete(runner.claim()[0], duration_ms=3)

    fold(runner, "tallies")
    fold(runner, "tallies")

    rows = db.execute(
        "select quarter_hour, count, first_attempts, duration_ms, durations[3], durations[10]"
        " from prikke.tally order by 1"
    ).fetchall()
    assert rows == [(at("12:00"), 2, 2, 703, 1, 1), (at("12:15"), 1, 1, 3, 1, 0)]


def test_retries_are_counted_apart(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_send(db)
    runner.complete(runner.claim()[0], "failed", retry=True)
    at.move(minutes=1)
    runner.complete(runner.work()[0])

    fold(runner, "tallies")

    rows = db.execute(
        "select status, count, first_attempts from prikke.tally order by 1"
    ).fetchall()
    assert rows == [("retry", 1, 1), ("success", 1, 0)]


def test_a_flood_of_outcomes_is_folded_though_the_table_was_known_to_be_empty(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    db.execute(
        "select prikke.create_job(name => 'Job ' || n, url => 'https://example.com/')"
        " from generate_series(1, 1000) as n"
    )
    db.execute("analyze")
    db.execute(
        "insert into prikke.job_outcome"
        " (organization_id, job_id, execution_id, status, finished_at)"
        " select organization_id, id, gen_random_uuid(), 'success', prikke.clock()"
        " from prikke.job_definition, generate_series(1, 5)"
    )

    # The connection gives up after ten seconds; joining each with each took a minute.
    assert fold(runner) == 5000
