"""`prikke billing reconcile`: what the payment provider knows, against what we know."""

import argparse
import asyncio
import json
from collections import Counter
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from prikke.commands.database import direct_url
from prikke.config import Settings
from prikke.errors import PrikkeError, translate
from prikke.lemonsqueezy import LemonSqueezy, Subscription

# Outcomes that leave nothing to do: a stale one was overtaken by an event meanwhile.
_SETTLED = frozenset({"applied", "unchanged", "stale"})

Connection = psycopg.Connection[dict[str, Any]]
Outcome = dict[str, str]


def reconcile(arguments: argparse.Namespace, settings: Settings) -> int:
    """Take over every subscription that was missed; 1 where one needs a person."""
    assigned = dict(_assignment(text) for text in arguments.assign or ())
    try:
        with psycopg.connect(direct_url(settings), row_factory=dict_row) as conn:
            conn.execute("select set_config('prikke.actor', 'billing', false)")
            outcomes = asyncio.run(_compare(conn, settings, assigned))
            if arguments.dry_run:
                conn.rollback()
    except psycopg.Error as error:
        ours = translate(error)
        raise ours from error
    open_ends = [each for each in outcomes if each["outcome"] not in _SETTLED]
    if arguments.json:
        print(json.dumps({"subscriptions": outcomes}))
    else:
        _print(outcomes, open_ends)
    return 1 if open_ends else 0


async def _compare(conn: Connection, settings: Settings, assigned: dict[str, str]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    async with LemonSqueezy(settings) as provider:
        async for page in provider.subscriptions():
            outcomes.extend(_take_over(conn, each, assigned) for each in page)
    known = {each["subscription"] for each in outcomes}
    for name in sorted(set(assigned) - known):
        raise PrikkeError(f"the provider knows no subscription {name}")
    rows = conn.execute("select id from prikke.list_subscription_ids() as id").fetchall()
    outcomes.extend(
        {"subscription": row["id"], "status": "", "outcome": "not_at_provider"}
        for row in rows
        if row["id"] not in known
    )
    return outcomes


def _take_over(conn: Connection, found: Subscription, assigned: dict[str, str]) -> Outcome:
    identifier = str(found.get("id"))
    row = conn.execute(
        "select prikke.reconcile_subscription(%s, %s) as outcome",
        (Jsonb(found), assigned.get(identifier)),
    ).fetchone()
    attributes = found.get("attributes")
    status = attributes.get("status") if isinstance(attributes, dict) else None
    return {
        "subscription": identifier,
        "status": str(status),
        "outcome": str(row and row["outcome"]),
    }


def _assignment(text: str) -> tuple[str, str]:
    identifier, sign, slug = text.partition("=")
    if not (identifier and sign and slug):
        raise PrikkeError("--assign takes SUBSCRIPTION=SLUG")
    return identifier, slug


def _print(outcomes: list[Outcome], open_ends: list[Outcome]) -> None:
    counts = Counter(each["outcome"] for each in outcomes)
    print(", ".join(f"{counts[name]} {name}" for name in sorted(counts)) or "no subscriptions")
    for each in open_ends:
        print(f"{each['subscription']}\t{each['status']}\t{each['outcome']}")
    if counts["no_organization"]:
        print("Whose are they? Look at their orders, then: --assign SUBSCRIPTION=SLUG")
