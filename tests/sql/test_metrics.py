"""What monitoring is told: counters that only rise, gauges that are cheap, a format that parses."""

import re
import time
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import call, make_job, make_running, make_send
from tests.virtual_runner import VirtualRunner

LINE = re.compile(
    r'[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? (-?[0-9.]+(e[+-]?[0-9]+)?|NaN)'
)


def metric(db: psycopg.Connection, name: str, **labels: str) -> float:
    """The sum of the samples with these labels."""
    rows = db.execute(
        "select m.labels, m.value from prikke.metrics() as m where m.name = %s", (name,)
    ).fetchall()
    assert rows, name
    return float(sum(value for found, value in rows if labels.items() <= found.items()))


def fold(runner: VirtualRunner) -> None:
    runner.conn.execute("select prikke.fold_outcomes()")
    runner.conn.execute("select prikke.fold_tallies()")


def test_ended_executions_are_counted_by_how_they_ended(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    for status in ("success", "success", "failed", "timeout"):
        runner.complete(make_running(db, runner, max_attempts=1), status)
    fold(runner)

    found = {
        status: metric(db, "prikke_executions_total", status=status, kind="send")
        for status in ("success", "failed", "timeout", "cancelled")
    }

    assert found == {"success": 2, "failed": 1, "timeout": 1, "cancelled": 0}


def test_retries_refusals_and_lost_leases_are_counted_beside(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    runner.complete(make_running(db, runner), "failed", retry=True)
    runner.complete(make_running(db, runner), "failed", reason="refused")
    make_running(db, runner)
    at.move(seconds=31)
    runner.rescue()
    fold(runner)

    assert metric(db, "prikke_retries_total") == 1
    assert metric(db, "prikke_targets_refused_total") == 1
    assert metric(db, "prikke_leases_lost_total") == 1
    assert metric(db, "prikke_executions_total", status="failed") == 1


def test_a_counter_never_falls_while_a_series_of_missed_runs_goes_on_and_ends(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_job(db, every="1 minute", catch_up="none")
    runner.tick()
    seen = []
    for minutes in (10, 10, 1):
        at.move(minutes=minutes)
        runner.work()
        fold(runner)
        seen.append(metric(db, "prikke_executions_total", status="missed"))

    assert seen == sorted(seen)
    assert seen[0] > 0


def test_histograms_are_cumulative_and_agree_with_their_count(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    for ms in (0, 3, 3, 700, 90_000):
        runner.complete(make_running(db, runner), duration_ms=ms)
    fold(runner)

    buckets = [
        (float(le.replace("+Inf", "inf")), value)
        for le, value in db.execute(
            "select m.labels ->> 'le', m.value from prikke.metrics() as m"
            " where m.name = 'prikke_attempt_duration_seconds_bucket'"
        ).fetchall()
    ]

    assert [bound for bound, _ in buckets] == sorted(bound for bound, _ in buckets)
    assert [value for _, value in buckets] == sorted(value for _, value in buckets)
    assert dict(buckets)[0.005] == 3
    assert dict(buckets)[60.0] == 4
    assert buckets[-1][1] == metric(db, "prikke_attempt_duration_seconds_count") == 5
    assert metric(db, "prikke_attempt_duration_seconds_sum") == pytest.approx(90.706)


def test_lateness_is_summed_from_the_first_attempts(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_send(db)
    at.move(seconds=2)
    [claim] = runner.claim()
    runner.complete(claim)
    fold(runner)

    assert metric(db, "prikke_lateness_seconds_sum") == pytest.approx(2)
    assert metric(db, "prikke_lateness_seconds_count") == 1


def test_folding_in_pieces_counts_the_same(db: psycopg.Connection, runner: VirtualRunner) -> None:
    for _ in range(5):
        runner.complete(make_running(db, runner))
    while runner.conn.execute("select prikke.fold_tallies(2)").fetchone() != (0,):
        pass

    assert metric(db, "prikke_executions_total", status="success") == 5
    assert metric(db, "prikke_attempt_duration_seconds_count") == 5


def test_depths_and_ages_are_those_of_the_moment(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_running(db, runner)
    make_send(db)
    make_send(db, delay="1 hour")
    at.move(seconds=40)

    states = ("due", "later", "held", "running")
    assert [metric(db, "prikke_executions", state=s) for s in states] == [1, 1, 0, 1]
    assert metric(db, "prikke_oldest_due_age_seconds") == 40
    assert metric(db, "prikke_partitions_ahead") == 7
    assert metric(db, "prikke_runners", state="alive") == 0


def test_the_tick_lags_when_nobody_ticks(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_job(db, cron="0 * * * *")
    runner.tick()
    assert metric(db, "prikke_tick_lag_seconds") == 0

    at.move_to("13:00:20")

    assert metric(db, "prikke_tick_lag_seconds") == 20


def test_failing_and_broken_jobs_are_counted(db: psycopg.Connection, runner: VirtualRunner) -> None:
    job = make_job(db, max_attempts=1)
    make_job(db, cron="0 3 * * *")
    call(db, "run_now", id=job)
    [claim] = runner.work()
    runner.complete(claim, "failed")
    fold(runner)

    states = ("all", "planned", "failing", "set_aside")
    assert [metric(db, "prikke_jobs", state=s) for s in states] == [2, 1, 1, 0]


def test_the_oldest_due_is_found_among_lanes_priorities_and_classes(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock, organization: UUID
) -> None:
    for queue in ("a", "b", "c"):
        for priority in (-5, 0, 7):
            make_send(db, queue=queue, priority=priority)
            at.move(seconds=1)

    assert metric(db, "prikke_oldest_due_age_seconds") == 9
    for claim in runner.claim(200):
        runner.complete(claim)
    assert metric(db, "prikke_oldest_due_age_seconds") == 0


def test_what_is_due_but_not_yet_readied_counts_as_waiting(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    make_send(db, delay="10 s")
    at.move(seconds=25)

    assert metric(db, "prikke_oldest_due_age_seconds") == 15


def test_the_text_is_what_prometheus_reads(db: psycopg.Connection, runner: VirtualRunner) -> None:
    runner.complete(make_running(db, runner))
    fold(runner)
    [(text,)] = db.execute("select prikke.metrics_text()").fetchall()

    typed: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            family = line.split()[2]
            assert family not in typed
            typed.add(family)
        elif not line.startswith("# HELP "):
            assert LINE.fullmatch(line), line
            name = re.match(r"[a-z_]+", line)
            assert name is not None
            assert re.sub("_(bucket|sum|count)$", "", name[0]) in typed
    assert text.endswith("\n")
    assert len(typed) > 15


@pytest.mark.parametrize("role", ["prikke_web", "prikke_runner", "prikke_reader"])
def test_our_roles_may_ask(connect: Connect, role: str) -> None:
    conn = connect(role=role)

    assert conn.execute("select count(*) > 50 from prikke.metrics()").fetchone() == (True,)
    assert conn.execute("select count(*) from prikke.readiness()").fetchone() == (1,)
    assert conn.execute("select prikke.diagnosis() ? 'runners'").fetchone() == (True,)


def test_a_deep_backlog_is_estimated_and_does_not_slow_the_answer(
    db: psycopg.Connection, runner: VirtualRunner, organization: UUID
) -> None:
    db.execute(
        "insert into prikke.live_execution (organization_id, id, kind, ready, scheduled_for,"
        " due_at, max_attempts, url, method, headers, timeout_ms, created_at)"
        " select %s, gen_random_uuid(), 'send', true, prikke.clock(), prikke.clock(), 5,"
        " 'https://example.com/', 'POST', '{}', 30000, prikke.clock()"
        " from generate_series(1, 60000)",
        (organization,),
    )
    db.execute("vacuum analyze prikke.live_execution")
    metric(db, "prikke_executions", state="due")

    began = time.perf_counter()
    due = metric(db, "prikke_executions", state="due")
    took = time.perf_counter() - began

    assert due == pytest.approx(60_000, rel=0.05)
    assert took < 5
