"""What tests of watches share: a login bound to an organization, with a table of its own."""

from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests.conftest import Connect
from tests.factories import call

_numbers = count(1)


def make_login(db: psycopg.Connection, organization: UUID | None = None) -> str:
    """A login of the test's own; bound to an organization, it may write there."""
    name = f"login_{next(_numbers)}"
    db.execute(sql.SQL("drop role if exists {0}; create role {0} login").format(_name(name)))
    if organization is not None:
        db.execute(
            "insert into prikke.binding (role_name, organization_id, access)"
            " values (%s, %s, 'write')",
            (name, organization),
        )
        with db.transaction():
            db.execute("set local role prikke_owner")
            db.execute("select prikke.apply_access(%s, 'write')", (name,))
    return name


def make_shop(db: psycopg.Connection, connect: Connect, organization: UUID) -> psycopg.Connection:
    """A connection as a bound login that owns schema shop and table shop.orders."""
    login = make_login(db, organization)
    db.execute(sql.SQL("create schema shop authorization {}").format(_name(login)))
    owner = connect(user=login)
    owner.execute(
        "create table shop.orders (id integer primary key, customer text, total numeric,"
        " status text default 'new')"
    )
    return owner


def watch(owner: psycopg.Connection, **fields: Any) -> dict[str, Any]:
    """Watch shop.orders, its inserts unless told."""
    usual = {"watched": "shop.orders", "url": "https://example.com/orders"}
    return call(owner, "watch", **{**usual, **fields})


def watches(conn: psycopg.Connection) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from prikke.list_watches()").fetchall()


def queued(db: psycopg.Connection, *columns: str) -> list[tuple[Any, ...]]:
    """What waits, in order; bodies as JSON."""
    chosen = [
        sql.SQL("body::jsonb") if column == "body" else sql.Identifier(column)
        for column in columns or ("body",)
    ]
    query = sql.SQL("select {} from prikke.live_execution order by scheduled_for, position")
    return db.execute(query.format(sql.SQL(", ").join(chosen))).fetchall()


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)
