"""Action hooks: an execution told to an address of its job, and circles that end."""

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.alarms import Alarms
from tests.conftest import Clock
from tests.factories import call, make_job
from tests.virtual_runner import VirtualRunner

HOOKS = {
    f"on_{event}_url": f"https://hooks.example.org/{event}"
    for event in ("success", "failure", "recovery")
}


@pytest.fixture
def alarms(db: psycopg.Connection, runner: VirtualRunner, at: Clock) -> Alarms:
    return Alarms(db, runner, at)


def hooks(alarms: Alarms) -> list[tuple[str, dict[str, Any], int]]:
    """Hooks queued since last asked: address, content, hop."""
    return [(c.url, json.loads(c.body or ""), c.hop) for c in alarms.deliver()]


@pytest.mark.parametrize(
    ("outcomes", "events"),
    [
        ("S", ["success"]),
        ("F", ["failure"]),
        ("FS", ["failure", "recovery", "success"]),
        ("FFS", ["failure", "failure", "recovery", "success"]),
        ("SFSS", ["failure", "recovery", "success", "success", "success"]),
    ],
)
def test_each_ended_run_calls_the_hooks_of_its_outcome(
    alarms: Alarms, db: psycopg.Connection, outcomes: str, events: list[str]
) -> None:
    job = make_job(db, **HOOKS)

    alarms.run(job, *["failed" if outcome == "F" else "success" for outcome in outcomes])

    assert sorted(content["event"] for _, content, _ in hooks(alarms)) == events


def test_a_hook_carries_the_execution_and_its_hop(alarms: Alarms, db: psycopg.Connection) -> None:
    job = make_job(db, name="Nightly", key="nightly", **HOOKS)
    alarms.run(job, "failed", error_message="answered 404")

    [(url, content, hop)] = hooks(alarms)

    execution = content["execution"]
    assert (url, hop) == ("https://hooks.example.org/failure", 1)
    assert content["job"] == {"id": str(job), "key": "nightly", "name": "Nightly"}
    assert (execution["job_id"], execution["status"]) == (str(job), "failed")
    assert (execution["status_code"], execution["error_message"]) == (404, "answered 404")


def test_a_job_without_hooks_queues_none(alarms: Alarms, db: psycopg.Connection) -> None:
    alarms.run(make_job(db), "failed", "success")

    assert alarms.deliver() == []


def test_a_failing_hook_touches_neither_job_nor_health(
    alarms: Alarms, db: psycopg.Connection
) -> None:
    job = make_job(db, **HOOKS)
    alarms.run(job, "success")

    alarms.deliver("failed", status_code=410, reason="gone")
    alarms.fold()
    alarms.runner.tick()

    shown = call(db, "get_job", id=job)
    assert (shown["enabled"], shown["last_status"]) == (True, "success")


def test_a_circle_of_hooks_ends_after_five_and_says_so(
    alarms: Alarms, db: psycopg.Connection
) -> None:
    job = make_job(db, **HOOKS)
    hop, hops = 0, []

    for _ in range(10):
        db.execute("select set_config('prikke.hop', %s, false)", (str(hop),))
        alarms.run(job, "success")
        for _, _, hop in hooks(alarms):
            hops.append(hop)

    looped = db.execute(
        "select kind, job_id, detail ->> 'hops' from prikke.list_transitions()"
    ).fetchall()
    assert hops == [1, 2, 3, 4, 5]
    assert looped == [("hook_loop", job, "5")]


@pytest.mark.parametrize("hop", ["x", "-1", "9999", ""])
def test_a_hop_that_is_none_counts_as_the_first(
    alarms: Alarms, db: psycopg.Connection, hop: str
) -> None:
    db.execute("select set_config('prikke.hop', %s, false)", (hop,))
    alarms.run(make_job(db, **HOOKS), "success")

    assert [hop for _, _, hop in hooks(alarms)] == [1]


def test_a_send_within_a_chain_of_hooks_counts_on(
    alarms: Alarms, db: psycopg.Connection, organization: UUID
) -> None:
    db.execute("select set_config('prikke.hop', '3', false)")
    db.execute("select prikke.send(url => 'https://example.com/')")
    db.execute('select prikke.send_many(\'[{"url": "https://example.com/"}]\')')

    assert [claim.hop for claim in alarms.runner.claim()] == [3, 3]
