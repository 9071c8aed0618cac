"""Sends that wait for a row go when the row goes."""

import json
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.factories import call, execution, make_organization, make_send, use
from tests.sql.watching import make_shop, watches
from tests.virtual_runner import VirtualRunner


@pytest.fixture
def shop(
    db: psycopg.Connection, at: Clock, connect: Connect, organization: UUID
) -> psycopg.Connection:
    owner = make_shop(db, connect, organization)
    owner.execute("insert into shop.orders (id) values (1), (2), (3)")
    return owner


def test_a_deleted_row_cancels_what_waits_with_its_ref(
    db: psycopg.Connection, shop: psycopg.Connection, runner: VirtualRunner
) -> None:
    gone = [make_send(db, ref=f"order-{n}", delay="1 hour") for n in (1, 1, 2)]
    kept = make_send(db, ref="order-3", delay="1 hour")
    call(shop, "cancel_sends_on_delete", watched="shop.orders", ref="'order-' || old.id")

    shop.execute("delete from shop.orders where id < 3")
    runner.tick()

    assert [execution(db, send).status for send in gone] == ["cancelled"] * 3
    assert execution(db, kept).status == "pending"


def test_a_delete_that_is_rolled_back_cancels_nothing(
    db: psycopg.Connection, shop: psycopg.Connection, runner: VirtualRunner
) -> None:
    send = make_send(db, ref="1", delay="1 hour")
    call(shop, "cancel_sends_on_delete", watched="shop.orders", ref="old.id::text")

    with shop.transaction(force_rollback=True):
        shop.execute("delete from shop.orders")
    runner.tick()

    assert execution(db, send).status == "pending"


def test_only_rows_that_meet_the_condition_cancel(
    db: psycopg.Connection, shop: psycopg.Connection, runner: VirtualRunner
) -> None:
    sends = [make_send(db, ref=str(n), delay="1 hour") for n in (1, 2)]
    call(
        shop,
        "cancel_sends_on_delete",
        watched="shop.orders",
        ref="old.id::text",
        condition="old.id = 1",
    )

    shop.execute("delete from shop.orders")
    runner.tick()

    assert [execution(db, send).status for send in sends] == ["cancelled", "pending"]


def test_sends_of_another_organization_are_left_alone(
    db: psycopg.Connection, shop: psycopg.Connection, runner: VirtualRunner, organization: UUID
) -> None:
    other = make_organization(db)
    use(db, other)
    send = make_send(db, ref="1", delay="1 hour")
    call(shop, "cancel_sends_on_delete", watched="shop.orders", ref="old.id::text")

    db.execute("delete from shop.orders")
    runner.tick()

    assert execution(db, send).status == "pending"


def test_it_is_a_watch_like_others(shop: psycopg.Connection) -> None:
    made = call(
        shop, "cancel_sends_on_delete", watched="shop.orders", ref="old.id::text", key="orders"
    )

    [row] = watches(shop)
    assert row == made
    assert (row["action"], row["events"], row["state"]) == ("cancel", ["delete"], "active")
    shop.execute("select prikke.unwatch(key => 'orders')")
    assert watches(shop) == []


@pytest.mark.parametrize(("ref", "code"), [(None, "required"), ("old.nothing", "invalid")])
def test_a_ref_that_cannot_be_read_is_refused(
    shop: psycopg.Connection, ref: str | None, code: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        call(shop, "cancel_sends_on_delete", watched="shop.orders", ref=ref)

    [problem] = json.loads(caught.value.diag.message_detail or "")
    assert (problem["field"], problem["code"]) == ("ref", code)
