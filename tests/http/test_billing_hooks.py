"""POST /webhooks/lemonsqueezy: only what the provider signed, each once, never too much."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests import provider
from tests.conftest import Clock
from tests.http.conftest import Serve, Web
from tests.provider import event, signed, subscription

PATH = "/webhooks/lemonsqueezy"


@pytest.fixture
async def shop(serve: Serve, db: psycopg.Connection) -> AsyncIterator[Web]:
    """The application where billing is configured."""
    db.execute("select prikke.publish_settings(%s)", (Jsonb(provider.settings().published()),))
    async with serve(**provider.SETTINGS) as web:
        yield web


async def post(web: Web, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    async with web.client.post(web.url + PATH, data=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


def tier(db: psycopg.Connection) -> str:
    row = db.execute("select tier from prikke.organization").fetchone()
    assert row is not None
    return str(row[0])


def kept(db: psycopg.Connection) -> list[tuple[str, int]]:
    return db.execute("select outcome, times from prikke.billing_event").fetchall()


async def test_a_signed_event_moves_the_plan(
    shop: Web, db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    body, headers = signed(event("subscription_created", subscription(at.now), organization))

    status, content = await post(shop, body, headers)

    assert (status, content, tier(db)) == (200, {"outcome": "applied"}, "pro")
    source = db.execute(
        "select actor from prikke.audit_entry where subject_kind = 'subscription'"
    ).fetchone()
    assert source == ("billing",)


async def test_five_copies_at_once_are_taken_over_once(
    shop: Web, db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    body, headers = signed(event("subscription_created", subscription(at.now), organization))

    answers = await asyncio.gather(*(post(shop, body, headers) for _ in range(5)))

    assert [status for status, _ in answers] == [200] * 5
    assert sorted(content["outcome"] for _, content in answers) == ["applied", *["duplicate"] * 4]
    assert kept(db) == [("applied", 5)]
    moves = db.execute("select count(*) from prikke.audit_entry where after ->> 'tier' = 'pro'")
    assert moves.fetchone() == (1,)


async def test_an_event_that_nobody_knows_is_kept_and_answered_well(
    shop: Web, db: psycopg.Connection
) -> None:
    body, headers = signed({"meta": {"event_name": "moon_landed"}, "data": None})

    assert await post(shop, body, headers) == (200, {"outcome": "ignored"})
    assert kept(db) == [("ignored", 1)]


@pytest.mark.parametrize(
    "change",
    ["body", "signature", "other secret", "none", "empty", "beyond ascii", "upper case"],
)
async def test_what_the_provider_did_not_sign_is_refused_unread(
    shop: Web, db: psycopg.Connection, at: Clock, organization: UUID, change: str
) -> None:
    content = event("subscription_created", subscription(at.now), organization)
    body, headers = signed(
        content, "another" if change == "other secret" else provider.WEBHOOK_SECRET
    )
    signature = headers["X-Signature"]
    if change == "body":
        body = body.replace(b"active", b"Active")
    elif change == "none":
        del headers["X-Signature"]
    else:
        headers["X-Signature"] = {
            "signature": ("0" if signature[0] != "0" else "1") + signature[1:],
            "empty": "",
            "beyond ascii": "ø" * 64,
            "upper case": signature.upper(),
        }.get(change, signature)

    status, answer = await post(shop, body, headers)

    assert (status, answer["code"]) == (401, "bad_signature")
    assert (kept(db), tier(db)) == ([], "free")


@pytest.mark.parametrize("tamper", ["organization", "proof", "no proof", "a list"])
async def test_a_buyer_cannot_name_somebody_elses_organization(
    shop: Web, db: psycopg.Connection, at: Clock, organization: UUID, tamper: str
) -> None:
    content = event("subscription_created", subscription(at.now), UUID(int=1))
    given = content["meta"]["custom_data"]
    if tamper == "organization":
        given["organization"] = str(organization)
    elif tamper == "proof":
        content["meta"]["custom_data"] = {"organization": str(organization), "proof": "0" * 64}
    elif tamper == "no proof":
        content["meta"]["custom_data"] = {"organization": str(organization)}
    else:
        content["meta"]["custom_data"] = [str(organization)]
    body, headers = signed(content)

    assert await post(shop, body, headers) == (200, {"outcome": "no_organization"})
    assert tier(db) == "free"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"{}", b'{"meta": 1}', b"\xff"])
async def test_signed_nonsense_is_a_clear_refusal(
    shop: Web, db: psycopg.Connection, body: bytes
) -> None:
    mac = hmac.new(provider.WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()

    status, _ = await post(shop, body, {"X-Signature": mac})

    assert status == 400
    assert kept(db) == []


async def test_a_body_beyond_the_cap_is_not_read(shop: Web, db: psycopg.Connection) -> None:
    body, headers = signed({"meta": {"event_name": "x"}, "data": "x" * 300_000})

    status, answer = await post(shop, body, headers)

    assert (status, answer["code"]) == (413, "too_large")
    assert kept(db) == []


async def test_without_billing_there_is_no_such_address(web: Web) -> None:
    body, headers = signed({"meta": {"event_name": "x"}})

    status, _ = await post(web, body, headers)

    assert status == 404


async def test_without_a_keyring_the_provider_is_asked_to_come_again(
    serve: Serve, db: psycopg.Connection
) -> None:
    body, headers = signed({"meta": {"event_name": "x"}})
    async with serve(**{**provider.SETTINGS, "secret_key_base": None}) as web:
        status, _ = await post(web, body, headers)

    assert status == 503
    assert kept(db) == []


async def test_only_post_is_taken(shop: Web) -> None:
    async with shop.get(PATH) as answer:
        assert answer.status == 405
