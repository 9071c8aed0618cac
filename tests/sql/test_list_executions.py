"""Pages of executions and of jobs."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, make_send, rows, use
from tests.virtual_runner import VirtualRunner


def ids(db: psycopg.Connection, **filters: Any) -> list[UUID]:
    return [row["id"] for row in rows(db, "list_executions", **filters)]


def names(db: psycopg.Connection, **filters: Any) -> list[str]:
    return [row["name"] for row in rows(db, "list_jobs", **filters)]


def spread(db: psycopg.Connection, runner: VirtualRunner, at: Clock) -> list[UUID]:
    """Six sends a second apart; four of them have ended."""
    sends = []
    for second in range(6):
        at.move_to(at("12:00").replace(second=second))
        sends.append(make_send(db))
    claims = runner.claim(room=4)
    runner.report([runner.result(claim) for claim in claims[:2]])
    runner.report([runner.result(claim, "failed", status_code=404) for claim in claims[2:]])
    return sends


def test_live_and_past_stand_in_one_order_newest_first(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    sends = spread(db, runner, at)

    assert ids(db) == sends[::-1]


def test_pages_follow_one_another_by_the_last_id(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    sends = spread(db, runner, at)
    pages: list[list[UUID]] = []

    while page := ids(db, page_size=2, **({"cursor": pages[-1][-1]} if pages else {})):
        pages.append(page)

    assert [len(page) for page in pages] == [2, 2, 2]
    assert [send for page in pages for send in page] == sends[::-1]


def test_who_follows_sees_what_was_made_begun_or_ended_since(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    waits, begins, ends, ran = (make_send(db, priority=each) for each in range(4))
    claims = {claim.id: claim for claim in runner.claim(room=2)}
    runner.complete(claims[ran])
    since = at.move(minutes=1)
    begun = [claim.id for claim in runner.claim(room=1)]
    runner.complete(claims[ends])
    made = make_send(db)

    changed = ids(db, changed_since=since)
    pages = [ids(db, changed_since=since, page_size=1, cursor=each) for each in changed]

    assert begun == [begins]
    assert set(ids(db)) - set(changed) == {waits, ran}
    assert changed == sorted([begins, ends, made], reverse=True)
    assert pages == [[changed[1]], [changed[2]], []]


def test_a_page_holds_when_a_row_ends_between_two_pages(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    sends = spread(db, runner, at)
    first = ids(db, page_size=1)
    runner.report([runner.result(claim) for claim in runner.claim()])

    rest = ids(db, cursor=first[-1])

    assert first + rest == sends[::-1]


def test_filters_narrow(db: psycopg.Connection, runner: VirtualRunner, at: Clock) -> None:
    sends = spread(db, runner, at)
    job = make_job(db)
    at.move(seconds=1)
    run = call(db, "run_now", id=job)["id"]

    assert ids(db, status=["failed", "timeout"]) == sends[3:1:-1]
    assert ids(db, status=["pending"]) == [run, *sends[5:3:-1]]
    assert ids(db, job_id=job) == [run]
    assert ids(db, kind="manual") == [run]
    assert ids(db, status_code=404) == sends[3:1:-1]
    assert ids(db, queue="other") == []
    assert ids(db, since=at("12:00:04"), until=at("12:00:05")) == [sends[4]]


def test_text_is_searched_in_what_was_sent_and_answered(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    asked = make_send(db, body='{"order": "Oslo-42"}')
    answered = make_send(db)
    claims = {claim.id: claim for claim in runner.claim()}
    runner.complete(claims[asked])
    runner.complete(claims[answered], response_body="no such order: OSLO-42")

    assert set(ids(db, search="oslo-42")) == {asked, answered}
    assert ids(db, search="100%") == []


def test_a_series_of_missed_ones_is_one_row(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    job = make_job(db, cron="* * * * *", catch_up="none")
    at.move_to("14:00")
    runner.tick()

    row = db.execute(
        "select status, due_count, scheduled_for from prikke.list_executions(status => '{missed}')"
    ).fetchone()

    assert row == ("missed", 119, at("12:01"))
    assert ids(db, job_id=job, status=["missed"])


def test_history_past_its_retention_is_hidden_at_once(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock, organization: UUID
) -> None:
    send = make_send(db)
    runner.complete(runner.claim()[0])
    db.execute("update prikke.organization set retention_days = 2")
    at.move(days=2, minutes=1)

    with pytest.raises(psycopg.Error) as refused:
        call(db, "get_execution", id=send)

    assert refused.value.sqlstate == "PK404"
    assert ids(db) == []


def test_another_organization_sees_none_of_it(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    sends = spread(db, runner, at)
    use(db, make_organization(db))

    assert ids(db) == []
    with pytest.raises(psycopg.Error) as refused:
        call(db, "get_execution", id=sends[0])
    assert refused.value.sqlstate == "PK404"


@pytest.mark.parametrize(
    "filters", [{"status": ["gone"]}, {"kind": "x"}, {"page_size": 0}, {"page_size": 5000}]
)
def test_a_filter_that_cannot_be_is_refused(
    db: psycopg.Connection, organization: UUID, filters: dict[str, object]
) -> None:
    with pytest.raises(psycopg.Error) as refused:
        ids(db, **filters)

    assert refused.value.sqlstate == "PK422"


def test_jobs_are_listed_by_name_in_pages(db: psycopg.Connection, organization: UUID) -> None:
    made = {name: make_job(db, name=name) for name in ("b", "a", "d", "c")}

    first = names(db, page_size=2)
    second = names(db, page_size=2, cursor=made["b"])

    assert (first, second) == (["a", "b"], ["c", "d"])


def test_jobs_are_found_by_name_url_or_key(db: psycopg.Connection, organization: UUID) -> None:
    make_job(db, name="Send reports")
    make_job(db, name="x", url="https://example.com/REPORTS")
    make_job(db, name="y", key="reports.daily")
    make_job(db, name="z")

    assert names(db, search="report") == ["Send reports", "x", "y"]
    assert names(db, search="%") == []


def test_jobs_are_told_apart_by_status_and_health(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock
) -> None:
    bad = make_job(db, name="bad")
    at.move(seconds=1)
    make_job(db, name="good")
    at.move(seconds=1)
    make_job(db, name="off", enabled=False)
    call(db, "run_now", id=bad)
    runner.complete(runner.claim()[0], "failed", status_code=404)
    runner.conn.execute("select prikke.fold_outcomes()")

    assert names(db, status="disabled") == ["off"]
    assert names(db, health="failing") == ["bad"]
    assert names(db, health="healthy", status="enabled") == ["good"]
    assert names(db, sort="last_run", page_size=1) == ["bad"]
    assert names(db, sort="created") == ["off", "good", "bad"]
