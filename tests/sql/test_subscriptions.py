"""Subscriptions: what the payment provider says moves the plan, forward only, with its grace."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests import provider
from tests.conftest import Clock, Connect
from tests.factories import call, make_organization, make_send, use
from tests.provider import VARIANT, event, invoice, subscription
from tests.virtual_runner import VirtualRunner

ENDS = "2026-03-20T12:00:00.000000Z"


@pytest.fixture(autouse=True)
def shop(db: psycopg.Connection) -> None:
    """Plans are on, and this is our shop."""
    db.execute(
        "select prikke.publish_settings(%s)",
        (Jsonb(provider.settings().published()),),
    )


def receive(db: psycopg.Connection, content: dict[str, Any], organization: UUID | None) -> str:
    """Take an event over as the web does once the signature is checked."""
    body = json.dumps(content).encode()
    row = call(
        db,
        "receive_billing_event",
        p_body_hash=hashlib.sha256(body).digest(),
        p_content=content,
        p_organization_id=organization,
    )
    outcome: str = row["receive_billing_event"]
    return outcome


class Story:
    """Events about one subscription of an organization, each a minute after the last."""

    def __init__(self, db: psycopg.Connection, at: Clock, organization: UUID) -> None:
        self.db, self.at, self.organization = db, at, organization

    def tell(self, name: str, when: datetime | None = None, **fields: Any) -> str:
        when = when or self.at.move(minutes=1)
        return receive(self.db, event(name, subscription(when, **fields)), self.organization)

    def pay(self, name: str, when: datetime | None = None, **fields: Any) -> str:
        when = when or self.at.move(minutes=1)
        return receive(self.db, event(name, invoice(when, **fields)), self.organization)

    def after(self, **length: float) -> str:
        """The plan so long from now, when upkeep has been by."""
        self.at.move(**length)
        self.db.execute("select prikke.settle_subscriptions(100)")
        return self.tier

    @property
    def tier(self) -> str:
        row = self.db.execute(
            "select tier from prikke.organization where id = %s", (self.organization,)
        ).fetchone()
        assert row is not None
        return str(row[0])


@pytest.fixture
def story(db: psycopg.Connection, at: Clock, organization: UUID) -> Story:
    return Story(db, at, organization)


@pytest.fixture
def paying(story: Story) -> Story:
    """An organization that has paid."""
    assert story.tell("subscription_created") == "applied"
    assert story.tier == "pro"
    return story


# Each kind of event


@pytest.mark.parametrize("status", ["active", "on_trial"])
def test_a_new_subscription_gives_the_plan_at_once(story: Story, status: str) -> None:
    story.tell("subscription_created", status=status)

    assert story.tier == "pro"
    assert story.after(days=400) == "pro"


def test_a_cancelled_one_was_paid_for_until_it_ends(paying: Story) -> None:
    paying.tell("subscription_cancelled", status="cancelled", ends_at=ENDS)

    assert paying.tier == "pro"
    assert paying.after(days=17) == "pro"
    assert paying.after(days=2) == "free"


def test_a_cancelled_one_that_is_resumed_goes_on(paying: Story) -> None:
    paying.tell("subscription_cancelled", status="cancelled", ends_at=ENDS)
    paying.tell("subscription_resumed", status="active")

    assert paying.after(days=60) == "pro"


@pytest.mark.parametrize("status", ["expired", "unpaid"])
def test_one_that_is_over_or_unpaid_gives_nothing(paying: Story, status: str) -> None:
    paying.tell("subscription_updated", status=status)

    assert paying.tier == "free"


def test_a_plan_that_ended_comes_back_when_it_is_paid_again(paying: Story) -> None:
    paying.tell("subscription_expired", status="expired")
    paying.tell("subscription_updated", status="active")

    assert paying.tier == "pro"


@pytest.mark.parametrize("mode", ["free", "void"])
def test_a_pause_gives_the_service_away_or_ends_it_with_what_was_paid(
    paying: Story, mode: str
) -> None:
    paying.tell(
        "subscription_paused",
        status="paused",
        pause={"mode": mode, "resumes_at": None},
        renews_at="2027-04-02T12:00:00.000000Z",
    )

    assert paying.after(days=30) == "pro"
    assert paying.after(days=3) == ("pro" if mode == "free" else "free")


def test_a_pause_that_ends_gives_the_plan_again(paying: Story) -> None:
    paying.tell("subscription_paused", status="paused", pause={"mode": "void"})
    assert paying.after(days=40) == "free"

    paying.tell("subscription_unpaused", status="active")

    assert paying.tier == "pro"


def test_a_failed_payment_leaves_two_weeks(paying: Story) -> None:
    paying.pay("subscription_payment_failed")

    assert paying.after(days=13) == "pro"
    assert paying.after(days=2) == "free"


def test_the_two_weeks_begin_with_the_first_failure(paying: Story) -> None:
    paying.pay("subscription_payment_failed")
    paying.at.move(days=10)
    paying.tell("subscription_updated", status="past_due")
    paying.pay("subscription_payment_failed")

    assert paying.after(days=3) == "pro"
    assert paying.after(days=2) == "free"


@pytest.mark.parametrize("name", ["subscription_payment_recovered", "subscription_payment_success"])
def test_a_payment_that_succeeds_after_all_ends_the_two_weeks(paying: Story, name: str) -> None:
    paying.tell("subscription_updated", status="past_due")
    paying.pay("subscription_payment_failed")
    paying.pay(name)

    assert paying.after(days=30) == "pro"


def test_a_subscription_that_is_active_again_ends_the_two_weeks(paying: Story) -> None:
    paying.pay("subscription_payment_failed")
    paying.tell("subscription_updated", status="active")

    assert paying.after(days=30) == "pro"


@pytest.mark.parametrize("name", ["order_created", "license_key_created", "affiliate_activated"])
def test_an_event_that_we_do_not_know_is_kept_and_changes_nothing(
    db: psycopg.Connection, story: Story, name: str
) -> None:
    content = {"meta": {"event_name": name}, "data": {"type": "orders", "id": "5"}}

    assert receive(db, content, story.organization) == "ignored"
    assert story.tier == "free"
    assert events(db) == [(name, "ignored", 1)]


# Order, repetition, other people's


def events(db: psycopg.Connection) -> list[tuple[str, str, int]]:
    return db.execute(
        "select name, outcome, times from prikke.billing_event order by received_at, name"
    ).fetchall()


def test_older_news_changes_nothing(paying: Story) -> None:
    later = paying.at.move(hours=1)
    paying.tell("subscription_expired", later, status="expired")

    told = paying.tell("subscription_updated", later - timedelta(minutes=1), status="active")

    assert (told, paying.tier) == ("stale", "free")


@pytest.mark.parametrize("count", [3, 5])
def test_news_in_any_order_end_alike(db: psycopg.Connection, story: Story, count: int) -> None:
    start = story.at.now
    later: list[tuple[Callable[..., str], str, int, dict[str, Any]]] = [
        (story.pay, "subscription_payment_failed", 1, {}),
        (story.tell, "subscription_updated", 1, {"status": "past_due"}),
        (story.pay, "subscription_payment_recovered", 3, {}),
        (story.tell, "subscription_updated", 3, {"status": "active"}),
        (story.tell, "subscription_cancelled", 5, {"status": "cancelled", "ends_at": ENDS}),
    ]
    ends = set()

    for order in permutations(later[:count]):
        db.execute("delete from prikke.subscription; delete from prikke.billing_event")
        story.tell("subscription_created", start)
        for report, name, minute, fields in order:
            report(name, start + timedelta(minutes=minute), **fields)
        ends.add(call_status(db))

    assert (
        ends
        == {
            3: {("past_due", None)},
            5: {("cancelled", story.at("2026-03-20T12:00:00+00:00"))},
        }[count]
    )


def call_status(db: psycopg.Connection) -> tuple[str, datetime | None]:
    found = call(db, "get_subscription")
    return found["status"], found["plan_ends_at"]


def test_an_older_failure_changes_nothing_once_the_payment_succeeded(paying: Story) -> None:
    failed = paying.at.move(minutes=1)
    paying.pay("subscription_payment_recovered")

    assert paying.pay("subscription_payment_failed", failed) == "stale"
    assert paying.after(days=30) == "pro"


def test_a_failure_that_arrives_after_the_recovered_subscription_is_stale(paying: Story) -> None:
    failed = paying.at.move(minutes=1)
    paying.tell("subscription_updated", status="active")

    assert paying.pay("subscription_payment_failed", failed) == "stale"


def test_the_same_body_is_taken_over_once(
    db: psycopg.Connection, story: Story, organization: UUID
) -> None:
    content = event("subscription_created", subscription(story.at.now))

    outcomes = [receive(db, content, organization) for _ in range(3)]

    assert outcomes == ["applied", "duplicate", "duplicate"]
    assert events(db) == [("subscription_created", "applied", 3)]


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"store_id": 18}, "other_store"),
        ({"store_id": None}, "other_store"),
        ({"test_mode": True}, "other_mode"),
        ({"status": "brand_new"}, "invalid"),
        ({"updated_at": "tomorrow"}, "invalid"),
        ({"updated_at": "infinity"}, "invalid"),
        ({"updated_at": None}, "invalid"),
        ({"test_mode": "perhaps"}, "other_mode"),
    ],
)
def test_what_is_not_ours_or_makes_no_sense_is_kept_and_changes_nothing(
    db: psycopg.Connection, story: Story, fields: dict[str, Any], outcome: str
) -> None:
    assert story.tell("subscription_created", **fields) == outcome
    assert story.tier == "free"
    assert events(db) == [("subscription_created", outcome, 1)]


@pytest.mark.parametrize("fields", [{"store_id": 18}, {"test_mode": True}])
def test_payments_elsewhere_change_nothing(paying: Story, fields: dict[str, Any]) -> None:
    assert paying.pay("subscription_payment_failed", **fields) in {"other_store", "other_mode"}
    assert paying.after(days=30) == "pro"


@pytest.mark.parametrize("when", [None, "infinity", "soon", 7])
def test_a_payment_at_no_time_changes_nothing(paying: Story, when: object) -> None:
    assert paying.pay("subscription_payment_failed", updated_at=when) == "invalid"
    assert paying.after(days=30) == "pro"


@pytest.mark.parametrize("data", [None, [], "text", 7, {}, {"type": "subscriptions"}])
def test_an_event_about_nothing_is_kept(db: psycopg.Connection, story: Story, data: object) -> None:
    content = {"meta": {"event_name": "subscription_created"}, "data": data}

    assert receive(db, content, story.organization) in {"ignored", "other_store"}
    assert len(events(db)) == 1


def test_in_test_mode_only_play_money_counts(db: psycopg.Connection, story: Story) -> None:
    published = provider.settings(lemonsqueezy_test_mode=True).published()
    db.execute("select prikke.publish_settings(%s)", (Jsonb(published),))

    assert story.tell("subscription_created") == "other_mode"
    assert story.tell("subscription_created", test_mode=True) == "applied"


def test_another_product_gives_nothing(story: Story) -> None:
    assert story.tell("subscription_created", variant_id=int(VARIANT) + 1) == "applied"
    assert story.tier == "free"


def test_without_proof_of_whose_it_is_nothing_moves(db: psycopg.Connection, story: Story) -> None:
    content = event("subscription_created", subscription(story.at.now))

    assert receive(db, content, None) == "no_organization"
    assert story.tier == "free"


def test_a_known_subscription_never_changes_hands(db: psycopg.Connection, paying: Story) -> None:
    other = make_organization(db)
    content = event("subscription_updated", subscription(paying.at.move(minutes=1)))

    assert receive(db, content, other) == "other_organization"
    assert receive(db, {**content, "again": 1}, None) == "applied"


def test_a_payment_of_a_subscription_that_we_do_not_know_is_kept(
    db: psycopg.Connection, story: Story
) -> None:
    assert story.pay("subscription_payment_failed") == "no_subscription"


# Plans


def test_a_plan_that_an_operator_gave_stays(db: psycopg.Connection, story: Story) -> None:
    use(db, story.organization)
    call(db, "update_organization", tier="pro")

    story.tell("subscription_expired", status="expired")

    assert story.after(days=1) == "pro"


def test_of_two_subscriptions_one_is_enough(paying: Story) -> None:
    paying.tell("subscription_created", identifier="2")

    paying.tell("subscription_expired", status="expired")
    still = paying.tier
    paying.tell("subscription_expired", identifier="2", status="expired")

    assert (still, paying.tier) == ("pro", "free")


def test_of_two_that_change_at_once_the_second_sees_the_first(
    db: psycopg.Connection, connect: Connect, paying: Story
) -> None:
    busy = connect(autocommit=False)
    later = paying.at.move(minutes=1)
    new = event("subscription_created", subscription(later, "2"))
    over = event("subscription_expired", subscription(later, status="expired"))
    assert receive(busy, new, paying.organization) == "applied"
    db.execute("set lock_timeout = '200ms'")

    with pytest.raises(psycopg.errors.LockNotAvailable):
        receive(db, over, paying.organization)
    busy.commit()
    receive(db, over, paying.organization)

    assert paying.tier == "pro"


def test_what_the_plan_held_goes_out_when_it_is_paid(
    db: psycopg.Connection, runner: VirtualRunner, story: Story
) -> None:
    call(db, "update_organization", limits={"executions": 0})
    sent = make_send(db)
    assert runner.claim() == []
    call(db, "update_organization", limits={})

    story.tell("subscription_created")
    runner.tick()

    assert [claim.id for claim in runner.claim()] == [sent]


def test_each_move_is_on_record(db: psycopg.Connection, paying: Story) -> None:
    paying.tell("subscription_expired", status="expired")

    found = db.execute(
        "select subject_kind, action, after ->> 'tier', after ->> 'status'"
        " from prikke.audit_entry where subject_kind = 'subscription' or after ? 'tier'"
        " order by position offset 1"
    ).fetchall()

    assert found == [
        ("subscription", "create", None, "active"),
        ("organization", "update", "pro", None),
        ("subscription", "update", None, "expired"),
        ("organization", "update", "free", None),
    ]


def test_an_organization_is_not_deleted_while_it_pays(
    db: psycopg.Connection, paying: Story
) -> None:
    with pytest.raises(psycopg.Error) as refused:
        call(db, "delete_organization", confirm="acme")
    paying.tell("subscription_cancelled", status="cancelled", ends_at=ENDS)
    call(db, "delete_organization", confirm="acme")

    assert refused.value.diag.constraint_name == "subscription_runs"
    assert paying.tell("subscription_updated", status="active") == "no_organization"


def test_upkeep_passes_over_an_organization_that_somebody_is_changing(
    db: psycopg.Connection, connect: Connect, paying: Story
) -> None:
    paying.tell("subscription_cancelled", status="cancelled", ends_at=ENDS)
    busy = connect(autocommit=False)
    busy.execute("select from prikke.organization for update")
    db.execute("set lock_timeout = '1ms'")

    during = paying.after(days=30)
    busy.rollback()

    assert (during, paying.after(hours=1)) == ("pro", "free")


# What is kept


def test_nothing_of_the_buyer_is_kept(db: psycopg.Connection, paying: Story) -> None:
    content = event("subscription_updated", subscription(paying.at.now), paying.organization)
    receive(db, content, paying.organization)

    kept = str(db.execute("select content from prikke.billing_event").fetchall())

    assert "updated_at" in kept
    assert not any(word in kept for word in ("buyer", "signature", "'proof'", '"proof"'))


def test_events_are_kept_for_400_days(db: psycopg.Connection, paying: Story) -> None:
    paying.after(days=399)
    before = len(events(db))
    paying.after(days=2)

    assert (before, len(events(db))) == (1, 0)


def test_only_members_see_the_subscription_of_their_organization(
    db: psycopg.Connection, paying: Story
) -> None:
    use(db, make_organization(db))

    assert call(db, "get_subscription")["id"] is None


def test_a_store_of_nobody_takes_no_events(db: psycopg.Connection, story: Story) -> None:
    db.execute("""select prikke.publish_settings('{"billing": null}')""")

    assert story.tell("subscription_created") == "other_store"
