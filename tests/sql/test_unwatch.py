"""The end of a watch: what it made is gone, what it queued stays."""

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from tests.conftest import Clock, Connect
from tests.sql.watching import make_login, make_shop, queued, watch, watches


@pytest.fixture
def shop(
    db: psycopg.Connection, at: Clock, connect: Connect, organization: UUID
) -> psycopg.Connection:
    return make_shop(db, connect, organization)


def left_behind(db: psycopg.Connection) -> list[str]:
    """Functions, views and triggers of watches outside our schema."""
    return [
        row[0]
        for row in db.execute(
            "select p.oid::regprocedure::text from pg_proc as p where p.proname ~ '^prikke_watch_'"
            " union all select c.oid::regclass::text from pg_class as c"
            " where c.relname ~ '^prikke_watch_'"
            " union all select t.tgname from pg_trigger as t where t.tgname ~ '^prikke_watch_'"
        ).fetchall()
    ]


def test_an_ended_watch_queues_nothing_and_leaves_nothing(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    row = watch(shop, on_events=["insert", "update", "delete"], payload="to_jsonb(new.id)")
    shop.execute("insert into shop.orders (id) values (1)")
    assert len(left_behind(db)) == 6

    shop.execute("select prikke.unwatch(id => %s)", (row["id"],))
    shop.execute("insert into shop.orders (id) values (2)")

    assert left_behind(db) == []
    assert watches(shop) == []
    assert queued(db) == [(1,)]


def test_a_watch_ends_by_its_key(db: psycopg.Connection, shop: psycopg.Connection) -> None:
    watch(shop, key="orders")

    shop.execute("select prikke.unwatch(key => 'orders')")

    assert left_behind(db) == []


def test_what_does_not_exist_is_not_found(shop: psycopg.Connection) -> None:
    for statement, value in (("id => %s::uuid", uuid4()), ("key => %s::text", "orders")):
        with pytest.raises(psycopg.Error) as caught:
            shop.execute(f"select prikke.unwatch({statement})".encode(), (value,))

        assert caught.value.sqlstate == "PK404"


def test_a_watch_of_a_dropped_table_can_be_ended(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    row = watch(shop)
    shop.execute("drop table shop.orders")

    shop.execute("select prikke.unwatch(id => %s)", (row["id"],))

    assert left_behind(db) == []


def test_a_watch_of_a_dropped_schema_can_be_ended(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    row = watch(shop)
    shop.execute("set client_min_messages = error; drop schema shop cascade")

    shop.execute("select prikke.unwatch(id => %s)", (row["id"],))

    assert watches(shop) == []


def test_only_the_owner_of_the_table_ends_its_watch(
    db: psycopg.Connection, shop: psycopg.Connection, connect: Connect, organization: UUID
) -> None:
    row = watch(shop)
    other = connect(user=make_login(db, organization))
    db.execute(sql.SQL("grant usage on schema shop to {}").format(sql.Identifier(other.info.user)))

    with pytest.raises(psycopg.Error) as caught:
        other.execute("select prikke.unwatch(id => %s)", (row["id"],))

    assert caught.value.sqlstate == "PK403"
    assert [watch["state"] for watch in watches(shop)] == ["active"]


def test_objects_of_others_that_bear_the_same_name_are_left_alone(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    row = watch(shop)
    name = f"prikke_watch_{str(row['id'])[-12:]}"
    db.execute(f"create schema den; create view den.{name} as select 1 as id".encode())

    shop.execute("select prikke.unwatch(id => %s)", (row["id"],))

    assert left_behind(db) == [f"den.{name}"]
