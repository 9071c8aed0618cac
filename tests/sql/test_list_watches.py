"""The list of watches says how each of them is."""

from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock, Connect
from tests.sql.watching import make_shop, watch, watches


@pytest.fixture
def shop(
    db: psycopg.Connection, at: Clock, connect: Connect, organization: UUID
) -> psycopg.Connection:
    return make_shop(db, connect, organization)


def test_a_watch_is_listed_as_it_was_made(shop: psycopg.Connection, at: Clock) -> None:
    made = watch(
        shop,
        on_events=["update", "insert", "insert"],
        condition="new.total > 0",
        headers={"Authorization": "Bearer x", "X-Shop": "1"},
        key="orders",
        strict=True,
    )

    [row] = watches(shop)

    assert row == made
    assert row["events"] == ["insert", "update"]
    assert row["headers"] == {"Authorization": "••••••", "X-Shop": "1"}
    assert (row["table_name"], row["condition"]) == ("shop.orders", "new.total > 0")
    assert (row["key"], row["strict"], row["action"]) == ("orders", True, "send")
    assert (row["state"], row["failures"], row["rows_lost"]) == ("active", 0, 0)
    assert (row["made_by"], row["created_at"]) == (shop.info.user, at.now)


def name_of(row: dict[str, object]) -> str:
    return f"prikke_watch_{str(row['id'])[-12:]}"


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("alter table shop.orders disable trigger {}_insert", "disabled"),
        ("drop trigger {}_insert on shop.orders", "incomplete"),
        ("drop view shop.{}", "incomplete"),
        ("drop function shop.{} cascade", "incomplete"),
        ("drop table shop.orders", "gone"),
        ("drop schema shop cascade", "gone"),
        ("alter table shop.orders rename to purchase", "active"),
    ],
)
def test_what_was_done_to_the_table_shows(
    shop: psycopg.Connection, statement: str, state: str
) -> None:
    row = watch(shop)
    shop.execute("set client_min_messages = error")

    shop.execute(statement.format(name_of(row)).encode())

    assert [row["state"] for row in watches(shop)] == [state]


def test_a_watch_whose_view_was_dropped_still_breaks_no_change(
    shop: psycopg.Connection,
) -> None:
    row = watch(shop)
    shop.execute(f"drop view shop.{name_of(row)}".encode())

    shop.execute("insert into shop.orders (id) values (1)")

    assert shop.execute("select count(*) from shop.orders").fetchone() == (1,)
