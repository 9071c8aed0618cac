"""Billing outside the web: proofs in checkouts, the provider's API, and `prikke billing`."""

import argparse
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from prikke.billing import Proofs
from prikke.commands.usage import parser
from prikke.config import Settings
from prikke.errors import ConfigurationError, PrikkeError
from prikke.lemonsqueezy import LemonSqueezy, ProviderFailed
from tests.conftest import Clock
from tests.factories import call
from tests.provider import PROOFS, Provider, settings, subscription

SOMEBODY = UUID(int=7)
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    with running:
        yield running


@pytest.fixture(autouse=True)
def shop(request: pytest.FixtureRequest) -> None:
    """Where a test has a database, this is our shop."""
    if "db" in request.fixturenames:
        db = request.getfixturevalue("db")
        db.execute("select prikke.publish_settings(%s)", (Jsonb(settings().published()),))


# Proofs


def test_a_checkout_carries_whose_it_is_and_the_proof() -> None:
    assert PROOFS.organization(PROOFS.custom_data(SOMEBODY)) == SOMEBODY


def test_a_proof_outlives_the_key_it_was_made_with_while_that_is_in_the_ring() -> None:
    old, new = "old:" + "AAAA" * 10 + "AAA=", "new:" + "BBBB" * 10 + "BBA="
    made = Proofs.from_settings(Settings(keyring=old)).custom_data(SOMEBODY)

    both = Proofs.from_settings(Settings(keyring=f"{new},{old}"))
    one = Proofs.from_settings(Settings(keyring=new))

    assert both.organization(made) == SOMEBODY
    assert one.organization(made) is None


# The API


async def test_a_checkout_is_made_for_the_organization(provider: Provider) -> None:
    async with LemonSqueezy(settings(provider)) as shop:
        address = await shop.checkout(PROOFS.custom_data(SOMEBODY), "https://prikke.example/back")

    [asked] = provider.requests
    attributes = json.loads(asked.body)["data"]["attributes"]
    assert address == "https://shop.example/checkout/custom/abc"
    assert asked.headers["authorization"] == "Bearer key-of-the-shop"
    assert PROOFS.organization(attributes["checkout_data"]["custom"]) == SOMEBODY
    assert attributes["product_options"] == {"redirect_url": "https://prikke.example/back"}


async def test_the_portal_is_asked_for_afresh(provider: Provider, at: Clock) -> None:
    provider.pages = [[subscription(at.now)]]

    async with LemonSqueezy(settings(provider)) as shop:
        address = await shop.portal("1")

    assert address == "https://shop.example/billing?signature=abc"


async def test_a_browser_is_sent_to_https_only(provider: Provider, at: Clock) -> None:
    provider.pages = [[subscription(at.now, urls={"customer_portal": "javascript:alert(1)"})]]

    async with LemonSqueezy(settings(provider)) as shop:
        with pytest.raises(ProviderFailed):
            await shop.portal("1")


@pytest.mark.parametrize("status", [401, 404, 429, 500])
async def test_a_refusal_of_the_provider_does_not_show_the_key(
    provider: Provider, status: int
) -> None:
    provider.status = status

    async with LemonSqueezy(settings(provider)) as shop:
        with pytest.raises(ProviderFailed) as refused:
            await shop.checkout({}, "https://prikke.example")

    assert str(status) in str(refused.value)
    assert "key-of-the-shop" not in str(refused.value)


async def test_the_guard_holds_for_the_provider_too(provider: Provider) -> None:
    async with LemonSqueezy(settings(provider, allow_targets=())) as shop:
        with pytest.raises(ProviderFailed):
            await shop.portal("1")

    assert provider.requests == []


# prikke billing reconcile


def reconcile(dsn: str, provider: Provider, *words: str) -> int:
    arguments: argparse.Namespace = parser().parse_args(["billing", "reconcile", *words])
    code: int = arguments.command(arguments, settings(provider, database_url=dsn))
    return code


def known(db: psycopg.Connection) -> list[tuple[str, str]]:
    return db.execute("select id, status from prikke.subscription order by id").fetchall()


@pytest.fixture
def paying(db: psycopg.Connection, at: Clock, organization: UUID) -> UUID:
    """An organization whose subscription `1` we know."""
    call(
        db,
        "apply_subscription",
        p_subscription=subscription(at.now),
        p_organization_id=organization,
    )
    return organization


def test_what_events_did_not_tell_is_taken_over(
    db: psycopg.Connection,
    dsn: str,
    at: Clock,
    paying: UUID,
    provider: Provider,
    capsys: Capture,
) -> None:
    provider.pages = [[subscription(at.move(minutes=1), status="expired")]]

    first = reconcile(dsn, provider)
    second = reconcile(dsn, provider)

    assert (first, second) == (0, 0)
    assert capsys.readouterr().out == "1 applied\n1 unchanged\n"
    assert known(db) == [("1", "expired")]
    tier = db.execute("select tier from prikke.organization").fetchone()
    assert tier == ("free",)


def test_all_pages_of_our_store_are_read(
    db: psycopg.Connection, dsn: str, at: Clock, paying: UUID, provider: Provider, capsys: Capture
) -> None:
    later = at.move(minutes=1)
    elsewhere = subscription(later, "2", store_id=99)
    provider.pages = [[elsewhere], [], [subscription(later, status="past_due")]]

    code = reconcile(dsn, provider, "--json")

    found = json.loads(capsys.readouterr().out)["subscriptions"]
    assert [each["outcome"] for each in found] == ["other_store", "applied"]
    assert code == 1
    assert [each.option("page[number]", "") for each in provider.requests] == ["1", "2", "3"]
    assert {each.option("filter[store_id]", "") for each in provider.requests} == {"17"}


def test_an_older_list_changes_nothing(
    db: psycopg.Connection, dsn: str, at: Clock, paying: UUID, provider: Provider, capsys: Capture
) -> None:
    provider.pages = [[subscription(at.move(hours=-1), status="expired")]]

    assert reconcile(dsn, provider) == 0
    assert known(db) == [("1", "active")]


def test_whose_an_unknown_one_is_an_operator_says(
    db: psycopg.Connection,
    dsn: str,
    at: Clock,
    organization: UUID,
    provider: Provider,
    capsys: Capture,
) -> None:
    provider.pages = [[subscription(at.now, "5")]]

    asked = reconcile(dsn, provider)
    said = capsys.readouterr().out
    done = reconcile(dsn, provider, "--assign", "5=acme")

    assert (asked, done) == (1, 0)
    assert "5\tactive\tno_organization" in said
    assert known(db) == [("5", "active")]


@pytest.mark.parametrize("words", ["5=nobody", "6=acme", "5", "=acme"])
def test_an_assignment_that_cannot_be_meant_is_refused(
    db: psycopg.Connection,
    dsn: str,
    at: Clock,
    organization: UUID,
    provider: Provider,
    words: str,
) -> None:
    provider.pages = [[subscription(at.now, "5")]]

    with pytest.raises(PrikkeError):
        reconcile(dsn, provider, "--assign", words)

    assert known(db) == []


def test_one_that_the_provider_does_not_know_is_named(
    db: psycopg.Connection, dsn: str, at: Clock, paying: UUID, provider: Provider, capsys: Capture
) -> None:
    assert reconcile(dsn, provider) == 1
    assert "1\t\tnot_at_provider" in capsys.readouterr().out


def test_a_dry_run_only_compares(
    db: psycopg.Connection, dsn: str, at: Clock, paying: UUID, provider: Provider, capsys: Capture
) -> None:
    provider.pages = [[subscription(at.move(minutes=1), status="expired")]]

    assert reconcile(dsn, provider, "--dry-run") == 0
    assert capsys.readouterr().out == "1 applied\n"
    assert known(db) == [("1", "active")]


def test_a_provider_that_fails_half_way_changes_nothing(
    db: psycopg.Connection, dsn: str, at: Clock, paying: UUID, provider: Provider
) -> None:
    broken: Any = {"no": "list"}
    provider.pages = [[subscription(at.move(minutes=1), status="expired")], broken]

    with pytest.raises(ProviderFailed):
        reconcile(dsn, provider)

    assert known(db) == [("1", "active")]


def test_without_configuration_the_command_says_so(dsn: str, provider: Provider) -> None:
    arguments = parser().parse_args(["billing", "reconcile"])

    with pytest.raises(ConfigurationError, match="LEMONSQUEEZY_API_KEY"):
        arguments.command(arguments, Settings(database_url=dsn))
