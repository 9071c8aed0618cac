"""Limits that the operator sets hold in SQL, for every door."""

import json
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from prikke.config import Settings
from tests.factories import make_job, make_send
from tests.virtual_runner import VirtualRunner


def publish(db: psycopg.Connection, **limits: int) -> None:
    """As install and up do."""
    values = {"limits": {**Settings().published()["limits"], **limits}}  # type: ignore[dict-item]
    db.execute("select prikke.publish_settings(%s)", (Jsonb(values),))


@pytest.mark.parametrize(
    ("limit", "value", "fields", "field"),
    [
        ("body_bytes", 9000, {"method": "POST", "body": "x" * 9001}, "body"),
        ("timeout_max_ms", 20_000, {"timeout_ms": 25_000}, "timeout_ms"),
        ("max_attempts", 3, {"max_attempts": 4}, "max_attempts"),
        ("name_length", 5, {"name": "longer"}, "name"),
        ("key_length", 5, {"key": "longer"}, "key"),
        ("url_bytes", 1500, {"url": "https://example.com/" + "x" * 1500}, "url"),
    ],
)
def test_a_lowered_limit_refuses_what_is_over_it(
    db: psycopg.Connection,
    organization: UUID,
    limit: str,
    value: int,
    fields: dict[str, object],
    field: str,
) -> None:
    publish(db, **{limit: value, "timeout_min_ms": 1000})
    given = {"name": "short", "timeout_ms": 10_000, **fields}
    given.setdefault("max_attempts", 1)

    with pytest.raises(psycopg.Error) as refused:
        make_job(db, **given)

    assert refused.value.sqlstate == "PK422"
    found = json.loads(refused.value.diag.message_detail or "[]")
    assert [entry["field"] for entry in found] == [field]


def test_a_raised_limit_lets_more_through(db: psycopg.Connection, organization: UUID) -> None:
    publish(db, body_bytes=600_000)

    assert make_send(db, body="x" * 500_000)


def test_the_cap_of_a_host_follows_its_limit(db: psycopg.Connection, runner: VirtualRunner) -> None:
    publish(db, host_requests=7)
    runner.conn.execute("select prikke.register_runner(%s, 'host', 1, '0', 100)", (runner.id,))
    for _ in range(20):
        make_send(db)

    assert len(runner.claim()) == 7
