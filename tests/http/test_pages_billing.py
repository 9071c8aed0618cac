"""/settings/billing: the plan, its use, and who is let on to the payment provider."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests import provider
from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, make_send
from tests.http.conftest import Serve, Web
from tests.people import session_of
from tests.provider import PROOFS, Provider, subscription
from tests.sql.conftest import make_runner, runner  # noqa: F401
from tests.virtual_runner import VirtualRunner

PATH = "/settings/billing"


@pytest.fixture
def shop() -> Iterator[Provider]:
    running = Provider()
    with running:
        yield running


@pytest.fixture
async def site(serve: Serve, db: psycopg.Connection, shop: Provider) -> AsyncIterator[Web]:
    """The application where billing is configured, with this provider."""
    db.execute("select prikke.publish_settings(%s)", (Jsonb(provider.settings().published()),))
    more = {"lemonsqueezy_url": shop.url, "allow_targets": (shop.target,), "pro_price": "€ 9"}
    async with serve(**{**provider.SETTINGS, **more}) as web:
        yield web


def held(session: str) -> dict[str, str]:
    return {"Accept": "text/html", "Cookie": f"prikke_session={session}"}


async def read(web: Web, session: str, status: int = 200) -> str:
    async with web.get(PATH, headers=held(session)) as answer:
        assert answer.status == status
        return await answer.text()


def subscribe(db: psycopg.Connection, at: Clock, organization: UUID, **fields: Any) -> None:
    call(
        db,
        "apply_subscription",
        p_subscription=subscription(at.now, **fields),
        p_organization_id=organization,
    )


async def test_without_plans_the_page_says_so(
    web: Web, db: psycopg.Connection, organization: UUID
) -> None:
    text = await read(web, session_of(db, organization))

    assert "Self-hosted, no limits" in text
    assert "checkout" not in text


async def test_an_owner_sees_use_forecast_and_the_way_to_more(
    site: Web,
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,  # noqa: F811
    organization: UUID,
) -> None:
    make_job(db, cron="0 * * * *")
    call(db, "update_organization", limits={"executions": 100})
    make_send(db)
    runner.complete(runner.claim()[0])
    at.move(minutes=30)

    text = await read(site, session_of(db, organization))

    assert "Plan Free" in text
    assert "1 of 100 executions used" in text
    assert "the limit is reached on <strong>6 Mar</strong>" in text
    assert "2 Mar: 1 used" in text
    assert "31 Mar: 24 expected" in text
    assert "Apr 2025: 0 used" in text
    assert f'href="{PATH}/checkout"' in text


async def test_what_is_held_is_said(
    site: Web,
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,  # noqa: F811
    organization: UUID,
) -> None:
    call(db, "update_organization", limits={"executions": 0})
    make_send(db)
    runner.claim()

    text = await read(site, session_of(db, organization))

    assert "1 execution is held" in text
    assert "A new month begins on 1 Apr 2026" in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Renews on 2 Apr 2026"),
        ({"status": "on_trial"}, "On trial until 2 Apr 2026"),
        (
            {"status": "cancelled", "ends_at": "2026-03-20T12:00:00.000000Z"},
            "Pro stays until Fri 20 Mar 2026, 12:00:00 UTC",
        ),
        ({"status": "past_due"}, "Pro ends on Mon 16 Mar 2026"),
        ({"status": "expired"}, "The last subscription has ended"),
        ({"status": "unpaid"}, "comes back when the payment succeeds"),
        (
            {"status": "paused", "pause": {"mode": "void", "resumes_at": "2026-06-01T00:00:00Z"}},
            "paused until 1 Jun 2026",
        ),
    ],
)
async def test_the_state_of_a_subscription_is_told_in_words(
    site: Web,
    db: psycopg.Connection,
    at: Clock,
    organization: UUID,
    fields: dict[str, Any],
    said: str,
) -> None:
    subscribe(db, at, organization, **fields)

    text = await read(site, session_of(db, organization))

    assert said in text
    assert f'href="{PATH}/portal"' in text
    assert (f'href="{PATH}/checkout"' in text) == (fields.get("status") == "expired")


async def test_a_plan_that_an_operator_gave_is_named_so(
    site: Web, db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    call(db, "update_organization", tier="pro")

    assert "Given by the operator" in await read(site, session_of(db, organization))


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
async def test_only_owners_are_let_on_to_the_provider(
    site: Web, db: psycopg.Connection, shop: Provider, at: Clock, organization: UUID, role: str
) -> None:
    subscribe(db, at, organization)
    session = session_of(db, organization, role)

    text = await read(site, session)

    assert "checkout" not in text
    assert "portal" not in text
    for way in ("checkout", "portal"):
        async with site.get(
            f"{PATH}/{way}", headers=held(session), allow_redirects=False
        ) as answer:
            assert answer.status == 403
    assert shop.requests == []


async def test_a_checkout_is_made_for_the_organization_looked_at(
    site: Web, db: psycopg.Connection, shop: Provider, organization: UUID
) -> None:
    make_organization(db, "Another")

    async with site.get(
        f"{PATH}/checkout", headers=held(session_of(db, organization)), allow_redirects=False
    ) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "https://shop.example/checkout/custom/abc"

    attributes = json.loads(shop.requests[0].body)["data"]["attributes"]
    assert PROOFS.organization(attributes["checkout_data"]["custom"]) == organization
    back = attributes["product_options"]["redirect_url"]
    assert back == f"http://localhost:8000{PATH}?notice=subscribed"


async def test_nobody_buys_twice(
    site: Web, db: psycopg.Connection, shop: Provider, at: Clock, organization: UUID
) -> None:
    subscribe(db, at, organization)
    headers = held(session_of(db, organization))

    async with site.get(f"{PATH}/checkout", headers=headers, allow_redirects=False) as answer:
        assert answer.status == 409

    assert shop.requests == []


async def test_the_portal_is_that_of_the_own_subscription(
    site: Web, db: psycopg.Connection, shop: Provider, at: Clock, organization: UUID
) -> None:
    subscribe(db, at, organization)
    shop.pages = [[subscription(at.now)]]
    headers = held(session_of(db, organization))

    async with site.get(f"{PATH}/portal", headers=headers, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "https://shop.example/billing?signature=abc"


async def test_without_a_subscription_there_is_no_portal(
    site: Web, db: psycopg.Connection, shop: Provider, organization: UUID
) -> None:
    headers = held(session_of(db, organization))

    async with site.get(f"{PATH}/portal", headers=headers, allow_redirects=False) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("way", ["checkout", "portal"])
async def test_without_billing_there_is_no_way_on(
    web: Web, db: psycopg.Connection, organization: UUID, way: str
) -> None:
    headers = held(session_of(db, organization))

    async with web.get(f"{PATH}/{way}", headers=headers, allow_redirects=False) as answer:
        assert answer.status == 404


async def test_a_provider_that_is_away_is_said_to_be(
    site: Web, db: psycopg.Connection, shop: Provider, organization: UUID
) -> None:
    shop.status = 500

    async with site.get(f"{PATH}/checkout", headers=held(session_of(db, organization))) as answer:
        text = await answer.text()

    assert answer.status == 502
    assert "The payment provider does not answer just now." in text
    assert "key-of-the-shop" not in text


async def test_a_stranger_is_led_to_sign_in(site: Web) -> None:
    async with site.get(PATH, headers={"Accept": "text/html"}, allow_redirects=False) as answer:
        assert answer.headers["Location"].startswith("/users/log-in?next=")
