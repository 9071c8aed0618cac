"""A request that is sent to see what answers."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import call, execution, make_job, make_organization, use
from tests.people import act, make_member
from tests.virtual_runner import Claim, VirtualRunner


def claim_test(db: psycopg.Connection, runner: VirtualRunner, **fields: Any) -> Claim:
    identifier = call(db, "send_test", **{"url": "https://example.com/a", **fields})["send_test"]
    [claim] = [each for each in runner.claim() if each.id == identifier]
    return claim


def test_it_is_tried_once_and_says_how_it_went(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    claim = claim_test(db, runner, method="PUT", body='{"a": 1}', headers={"X-A": "1"})

    runner.complete(claim, "failed", retry=True, status_code=503)

    assert (claim.kind, claim.method, claim.content_type) == ("test", "PUT", "application/json")
    assert claim.headers == {"X-A": "1"}
    ended = execution(db, claim.id)
    assert (ended.status, ended.attempt, ended.job_id) == ("failed", 1, None)


def test_masked_headers_of_a_job_are_sent_with_their_values(
    db: psycopg.Connection, runner: VirtualRunner
) -> None:
    job = make_job(db, headers={"Authorization": "Bearer x"})
    shown = call(db, "get_job", id=job)["headers"]

    claim = claim_test(db, runner, headers=shown, job_id=job)

    assert shown == {"Authorization": "••••••"}
    assert claim.headers == {"Authorization": "Bearer x"}


def test_every_wrong_field_is_named(db: psycopg.Connection, organization: UUID) -> None:
    with pytest.raises(psycopg.Error) as caught:
        call(db, "send_test", url="ftp://example.com", method="FETCH", timeout_ms=1, queue="")

    assert caught.value.sqlstate == "PK422"
    for field in ("url", "method", "timeout_ms", "queue"):
        assert f'"field": "{field}"' in str(caught.value.diag.message_detail)


def test_it_does_not_lend_the_headers_of_a_foreign_job(
    db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, headers={"Authorization": "Bearer x"})
    use(db, make_organization(db))

    with pytest.raises(psycopg.Error) as caught:
        call(db, "send_test", url="https://example.com", job_id=job)

    assert caught.value.sqlstate == "PK404"


def test_an_organization_tries_out_so_many_an_hour(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute("update prikke.setting set value = '{\"tests_per_hour\": 2}' where name = 'limits'")
    for _ in range(2):
        call(db, "send_test", url="https://example.com")

    with pytest.raises(psycopg.Error) as caught:
        call(db, "send_test", url="https://example.com")
    use(db, make_organization(db))
    call(db, "send_test", url="https://example.com")
    use(db, organization)
    at.move(minutes=31)
    call(db, "send_test", url="https://example.com")

    assert caught.value.sqlstate == "PK429"
    assert '"retry_after_ms": 1800000' in str(caught.value.diag.message_detail)


def test_a_viewer_may_not(db: psycopg.Connection, organization: UUID, connect: Connect) -> None:
    act(db, make_member(db, organization, "viewer"))

    with pytest.raises(psycopg.Error) as caught:
        call(db, "send_test", url="https://example.com")

    assert caught.value.sqlstate == "PK403"
