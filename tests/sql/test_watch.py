"""A watched table: one durable delivery per changed row, with the rights of the table's owner."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from tests.conftest import Clock, Connect
from tests.factories import execution, make_organization, make_send, use
from tests.sql.watching import make_login, make_shop, queued, watch, watches
from tests.virtual_runner import VirtualRunner


@pytest.fixture
def shop(
    db: psycopg.Connection, at: Clock, connect: Connect, organization: UUID
) -> psycopg.Connection:
    """The owner of shop.orders, a login bound to the organization."""
    return make_shop(db, connect, organization)


@contextmanager
def warnings_of(conn: psycopg.Connection) -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        heard.append(diagnostic.message_primary or "")

    conn.add_notice_handler(hear)
    yield heard
    conn.remove_notice_handler(hear)


def problems(error: psycopg.Error) -> dict[str, str]:
    assert error.sqlstate == "PK422", error
    return {item["field"]: item["code"] for item in json.loads(error.diag.message_detail or "")}


def insert(conn: psycopg.Connection, *rows: tuple[int, str, int]) -> None:
    values = ", ".join(str(row) for row in rows)
    conn.execute(f"insert into shop.orders (id, customer, total) values {values}".encode())


# What is queued


def test_each_inserted_row_queues_one_delivery_in_order(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, payload="jsonb_build_object('id', new.id)", ordering_key="new.customer")

    insert(shop, (2, "b", 1), (1, "a", 1), (3, "b", 1))

    assert queued(db, "body", "ordering_key", "ready", "kind") == [
        ({"id": 2}, "b", True, "send"),
        ({"id": 1}, "a", True, "send"),
        ({"id": 3}, "b", True, "send"),
    ]


def test_the_fields_of_the_watch_go_into_each_delivery(
    db: psycopg.Connection, shop: psycopg.Connection, runner: VirtualRunner
) -> None:
    watch(
        shop,
        payload="to_jsonb(new.id)",
        method="PUT",
        headers={"X-Shop": "1"},
        queue="orders",
        priority=7,
        timeout_ms=5000,
        max_attempts=2,
        backoff="1 minute",
        expected_status="200-299",
        expected_body="ok",
        ref="'order-' || new.id",
    )

    insert(shop, (1, "a", 1))

    [claim] = runner.claim()
    assert (claim.method, claim.headers, claim.queue, claim.body) == (
        "PUT",
        {"X-Shop": "1"},
        "orders",
        "1",
    )
    assert (claim.timeout_ms, claim.expected_status, claim.expected_body) == (5000, "200-299", "ok")
    assert claim.content_type == "application/json"
    row = db.execute(
        "select priority, max_attempts, backoff::text, ref, host from prikke.live_execution"
    ).fetchone()
    assert row == (7, 2, "00:01:00", "order-1", "example.com")


def test_the_usual_payload_tells_the_event_and_both_rows(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, on_events=["insert", "update", "delete"])

    insert(shop, (1, "a", 1))
    shop.execute("update shop.orders set total = 2")
    shop.execute("delete from shop.orders")

    first = {"id": 1, "customer": "a", "total": 1, "status": "new"}
    second = {**first, "total": 2}
    assert queued(db) == [
        ({"event": "insert", "new": first, "old": None},),
        ({"event": "update", "new": second, "old": first},),
        ({"event": "delete", "new": None, "old": second},),
    ]


def test_the_row_an_event_does_not_have_is_a_row_of_nulls(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(
        shop,
        on_events=["insert", "update", "delete"],
        payload="jsonb_build_array(tg_op, new.id, old.id)",
        condition="new.total is distinct from old.total",
    )

    insert(shop, (1, "a", 1))
    shop.execute("update shop.orders set customer = 'b'")
    shop.execute("update shop.orders set total = 2")
    shop.execute("delete from shop.orders")

    assert queued(db) == [(["INSERT", 1, None],), (["UPDATE", 1, 1],), (["DELETE", None, 1],)]


def test_updated_rows_are_paired_whatever_their_keys_become(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    insert(shop, *[(n, f"c{n}", n) for n in range(1, 2501)])
    watch(shop, on_events=["update"], payload="jsonb_build_array(old.id, new.id)")

    shop.execute("update shop.orders set id = id + 10000")

    assert sorted(queued(db)) == [([n, n + 10000],) for n in range(1, 2501)]


def test_an_upsert_queues_what_it_inserted_and_what_it_updated(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    insert(shop, (1, "a", 1))
    watch(shop, on_events=["insert", "update"], payload="jsonb_build_array(tg_op, new.id)")

    shop.execute(
        "insert into shop.orders (id) values (1), (2) on conflict (id) do update set total = 5"
    )

    assert sorted(queued(db)) == [(["INSERT", 2],), (["UPDATE", 1],)]


def test_a_statement_that_changes_no_row_queues_nothing(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, on_events=["insert", "update", "delete"])

    shop.execute("insert into shop.orders select where false")
    shop.execute("update shop.orders set total = 1")
    shop.execute("delete from shop.orders")

    assert queued(db) == []


def test_copy_is_watched_too(db: psycopg.Connection, shop: psycopg.Connection) -> None:
    watch(shop, payload="to_jsonb(new.id)")

    with shop.cursor().copy("copy shop.orders (id) from stdin") as copy:
        for number in range(1, 4):
            copy.write_row((number,))

    assert queued(db) == [(1,), (2,), (3,)]


def test_a_bulk_insert_queues_every_row_in_order(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, payload="to_jsonb(new.id)")

    shop.execute("insert into shop.orders (id) select generate_series(1, 5432)")

    assert queued(db) == [(n,) for n in range(1, 5433)]


def test_deliveries_vanish_with_the_change(
    db: psycopg.Connection, shop: psycopg.Connection, runner: VirtualRunner
) -> None:
    watch(shop)

    with shop.transaction(force_rollback=True):
        insert(shop, (1, "a", 1))
        assert runner.claim() == []

    assert queued(db) == []


def test_an_open_transaction_holds_up_nobody(
    db: psycopg.Connection,
    shop: psycopg.Connection,
    connect: Connect,
    organization: UUID,
    runner: VirtualRunner,
) -> None:
    other = connect(user=shop.info.user)
    watch(shop, payload="to_jsonb(new.id)", ordering_key="'k'", condition="1 / new.total > 0")
    other.execute("set statement_timeout = '2s'")

    with shop.transaction():
        insert(shop, (1, "a", 1), (2, "a", 0))
        insert(other, (3, "a", 1), (4, "a", 0))
        runner.tick()
        [first] = runner.claim()
        assert first.body == "3"

    assert [body for (body,) in queued(db)] == [1, 3]


def test_rows_of_a_partitioned_table_are_watched_through_it(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    shop.execute(
        "create table shop.event (day date, id integer) partition by range (day);"
        "create table shop.event_1 partition of shop.event"
        " for values from ('2026-01-01') to ('2026-02-01');"
        "create table shop.event_2 partition of shop.event"
        " for values from ('2026-02-01') to ('2026-03-01')"
    )
    watch(
        shop,
        watched="shop.event",
        on_events=["insert", "update"],
        payload="jsonb_build_array(old.day, new.day)",
    )

    shop.execute("insert into shop.event values ('2026-01-05', 1)")
    shop.execute("update shop.event set day = '2026-02-05'")

    assert queued(db) == [([None, "2026-01-05"],), (["2026-01-05", "2026-02-05"],)]


def test_a_change_that_waited_for_a_lock_is_due_after_the_one_it_waited_for(
    db: psycopg.Connection, at: Clock, shop: psycopg.Connection
) -> None:
    insert(shop, (1, "a", 1))
    watch(shop, on_events=["update"], payload="to_jsonb(new.total)", ordering_key="'k'")
    at.move_to("12:00:01")
    shop.execute("update shop.orders set total = 2")
    # The statement that came to the row second began first.
    at.move_to("12:00:00")

    shop.execute("update shop.orders set total = 3")

    assert queued(db) == [(2,), (3,)]


def test_what_is_sent_for_later_with_the_same_ordering_key_holds_no_change_back(
    db: psycopg.Connection, at: Clock, organization: UUID, shop: psycopg.Connection
) -> None:
    make_send(db, ordering_key="k", delay="1 day")
    watch(shop, ordering_key="'k'")

    insert(shop, (1, "a", 1))

    assert queued(db, "scheduled_for")[0] == (at.now,)


# What can go wrong


def test_a_broken_row_stops_only_itself_and_is_told(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, payload="jsonb_build_array(new.id, 6 / new.total)")

    with warnings_of(shop) as heard:
        insert(shop, *[(n, "a", 0 if n in (3, 70) else 1) for n in range(1, 101)])

    assert [body[0] for (body,) in queued(db)] == [n for n in range(1, 101) if n not in (3, 70)]
    [row] = watches(shop)
    assert (row["state"], row["failures"], row["rows_lost"]) == ("failing", 1, 2)
    assert row["last_error"] == "division by zero (22012)"
    assert [text.split(": ", 1)[1] for text in heard] == [
        "2 changed rows are not sent: division by zero (22012)"
    ]


def test_a_statement_of_broken_rows_gives_up_and_still_tells_how_many(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, payload="to_jsonb(1 / new.total)")

    shop.execute("insert into shop.orders (id, total) select n, 0 from generate_series(1, 9000) n")

    assert queued(db) == []
    assert watches(shop)[0]["rows_lost"] == 9000


def test_failures_are_folded_and_stay_visible(
    db: psycopg.Connection, at: Clock, shop: psycopg.Connection, runner: VirtualRunner
) -> None:
    watch(shop, payload="to_jsonb(1 / new.total)")
    insert(shop, (1, "a", 0))
    insert(shop, (2, "a", 0), (3, "a", 0))

    runner.conn.execute("select prikke.fold_outcomes()")
    insert(shop, (4, "a", 0))

    [row] = watches(shop)
    assert (row["failures"], row["rows_lost"], row["last_failed_at"]) == (3, 4, at.now)
    assert db.execute("select count(*) from prikke.watch_failure").fetchone() == (1,)
    at.move(minutes=61)
    assert watches(shop)[0]["state"] == "active"


def test_operators_see_watches_that_fail(db: psycopg.Connection, shop: psycopg.Connection) -> None:
    watch(shop, payload="to_jsonb(1 / new.total)")
    insert(shop, (1, "a", 0))

    row = db.execute(
        "select organization, table_name, problem, rows_lost from prikke.failing_watch"
    ).fetchone()

    assert row == ("acme", "shop.orders", "division by zero (22012)", 1)


def test_a_strict_watch_refuses_the_change(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, payload="to_jsonb(1 / new.total)", strict=True)

    with pytest.raises(psycopg.errors.DivisionByZero):
        insert(shop, (1, "a", 1), (2, "a", 0))

    assert shop.execute("select count(*) from shop.orders").fetchone() == (0,)
    assert queued(db) == []


@pytest.mark.parametrize("strict", [False, True])
def test_a_payload_that_is_too_large_is_not_sent(
    db: psycopg.Connection, shop: psycopg.Connection, strict: bool
) -> None:
    watch(shop, payload="to_jsonb(repeat('x', new.total::integer))", strict=strict)

    error: psycopg.Error | None = None
    try:
        insert(shop, (1, "a", 300000), (2, "a", 1))
    except psycopg.Error as caught:
        error = caught

    if strict:
        assert error is not None
        assert error.sqlstate == "PK422"
        assert queued(db) == []
    else:
        assert error is None
        assert queued(db) == [("x",)]
        assert watches(shop)[0]["rows_lost"] == 1


@pytest.mark.parametrize("expression", ["''", "repeat('k', 201)"])
def test_an_ordering_key_out_of_bounds_is_a_broken_row(
    db: psycopg.Connection, shop: psycopg.Connection, expression: str
) -> None:
    watch(
        shop, payload="to_jsonb(new.id)", ordering_key=f"case new.id when 1 then {expression} end"
    )

    insert(shop, (1, "a", 1), (2, "a", 1))

    assert queued(db) == [(2,)]
    assert watches(shop)[0]["rows_lost"] == 1


def test_a_url_that_is_no_longer_allowed_breaks_the_watch_and_not_the_change(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop)
    db.execute("update prikke.watch_definition set url = 'http://127.0.0.1/'")

    insert(shop, (1, "a", 1))

    assert shop.execute("select count(*) from shop.orders").fetchone() == (1,)
    assert watches(shop)[0]["rows_lost"] == 1
    assert queued(db) == []


def test_a_dropped_column_breaks_the_watch_and_not_the_change(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, payload="to_jsonb(new.customer)")
    insert(shop, (1, "a", 1))

    shop.execute("alter table shop.orders drop column customer")
    shop.execute("insert into shop.orders (id) values (2)")

    [row] = watches(shop)
    assert (row["state"], row["rows_lost"]) == ("failing", 1)
    assert '"customer"' in row["last_error"]
    assert queued(db) == [("a",)]


def test_a_column_that_changes_its_type_or_is_added_is_no_problem(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, payload="to_jsonb(new.total)")
    insert(shop, (1, "a", 1))

    shop.execute("alter table shop.orders alter column total type text, add column extra text")
    insert(shop, (2, "a", 2))

    assert queued(db) == [(1,), ("2",)]


def test_a_renamed_table_stays_watched(db: psycopg.Connection, shop: psycopg.Connection) -> None:
    watch(shop, payload="to_jsonb(new.id)")

    shop.execute("alter table shop.orders rename to purchase")
    shop.execute("insert into shop.purchase (id) values (1)")

    assert queued(db) == [(1,)]
    [row] = watches(shop)
    assert (row["state"], row["table_name"]) == ("active", "shop.purchase")


def test_an_error_that_asks_for_the_transaction_again_is_not_swallowed(
    shop: psycopg.Connection,
) -> None:
    shop.execute(
        "create function shop.fail() returns jsonb language plpgsql as"
        " $$ begin raise exception 'again' using errcode = '40001'; end $$"
    )
    watch(shop, payload="shop.fail()")

    with pytest.raises(psycopg.errors.SerializationFailure):
        insert(shop, (1, "a", 1))


# What is refused


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"on_events": ["insert", "truncate"]}, {"on_events": "unsupported"}),
        ({"on_events": []}, {"on_events": "required"}),
        ({"on_events": ["upsert"]}, {"on_events": "unknown"}),
        ({"url": "http://10.0.0.1/"}, {"url": "refused_address"}),
        ({"url": None}, {"url": "required"}),
        ({"payload": None}, {"payload": "required"}),
        ({"payload": "new.nothing"}, {"payload": "invalid"}),
        ({"payload": "new.id, 1"}, {"payload": "invalid"}),
        ({"payload": "to_jsonb(count(new.id))"}, {"payload": "invalid"}),
        ({"payload": "unknown_function(new.id)"}, {"payload": "invalid"}),
        ({"condition": "new.total"}, {"condition": "invalid"}),
        ({"ordering_key": "id"}, {"ordering_key": "invalid"}),
        ({"ref": "new.id +"}, {"ref": "invalid"}),
        ({"method": "SEND"}, {"method": "unknown"}),
        ({"headers": {"Host": "x"}}, {"headers": "forbidden"}),
        ({"queue": "no good"}, {"queue": "invalid"}),
        ({"key": "no good"}, {"key": "invalid"}),
        ({"strict": None}, {"strict": "required"}),
        (
            {"url": "ftp://example.com", "queue": "", "payload": "1 +"},
            {"url": "scheme", "queue": "invalid", "payload": "invalid"},
        ),
    ],
)
def test_wrong_fields_are_refused_all_at_once(
    db: psycopg.Connection, shop: psycopg.Connection, fields: dict[str, Any], wrong: dict[str, str]
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        watch(shop, **fields)

    assert set(problems(caught.value)) >= set(wrong)
    assert watches(shop) == []
    assert db.execute(
        "select count(*) from pg_trigger where not tgisinternal and tgname like 'prikke%'"
    ).fetchone() == (0,)


def test_an_expression_takes_a_comment_at_its_end(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, payload="to_jsonb(new.id) -- the id", condition="true -- always")

    insert(shop, (1, "a", 1))

    assert queued(db) == [(1,)]


def test_an_expression_may_ask_other_tables_of_its_owner(
    db: psycopg.Connection, shop: psycopg.Connection, connect: Connect
) -> None:
    shop.execute("create table shop.item (order_id integer, name text)")
    shop.execute("insert into shop.item values (1, 'pen'), (1, 'ink'), (2, 'cup')")
    watch(
        shop,
        payload="(select jsonb_agg(i.name order by i.name) from shop.item as i"
        " where i.order_id = new.id)",
    )

    insert(shop, (1, "a", 1), (3, "a", 1))

    assert queued(db, "body") == [(["ink", "pen"],), (None,)]


@pytest.mark.parametrize(
    "statement",
    [
        "create view shop.thing as select 1 as id",
        "create temporary table thing (id integer)",
    ],
)
def test_only_tables_that_stay_can_be_watched(shop: psycopg.Connection, statement: str) -> None:
    shop.execute(statement.encode())
    name = "shop.thing" if "shop" in statement else "thing"

    with pytest.raises(psycopg.Error) as caught:
        watch(shop, watched=name, payload="to_jsonb(1)")

    assert problems(caught.value) == {"watched": "unsupported"}


def test_a_key_makes_the_second_watch_take_the_place_of_the_first(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, key="orders", payload="to_jsonb('first'::text)")

    watch(shop, key="orders", payload="to_jsonb('second'::text)")
    insert(shop, (1, "a", 1))

    assert queued(db) == [("second",)]
    assert [row["key"] for row in watches(shop)] == ["orders"]


def test_a_watch_vanishes_with_the_transaction_that_made_it(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    with shop.transaction(force_rollback=True):
        watch(shop)
        insert(shop, (1, "a", 1))
    insert(shop, (1, "a", 1))

    assert queued(db) == []
    assert watches(shop) == []


# Rights


def test_a_login_without_any_right_of_ours_may_change_a_watched_table(
    db: psycopg.Connection, shop: psycopg.Connection, connect: Connect
) -> None:
    app = make_login(db)
    shop.execute(
        sql.SQL("grant usage on schema shop to {0}; grant insert on shop.orders to {0}").format(
            sql.Identifier(app)
        )
    )
    watch(shop, payload="to_jsonb(current_user)")

    insert(connect(user=app), (1, "a", 1))

    assert queued(db) == [(shop.info.user,)]


def test_the_organization_comes_from_the_watch_and_not_from_the_session(
    db: psycopg.Connection, shop: psycopg.Connection, organization: UUID
) -> None:
    watch(shop)
    use(db, make_organization(db))

    insert(db, (1, "a", 1))

    assert queued(db, "organization_id") == [(organization,)]


def test_only_the_owner_of_a_table_watches_it(
    db: psycopg.Connection, shop: psycopg.Connection, connect: Connect, organization: UUID
) -> None:
    other = connect(user=make_login(db, organization))
    shop.execute(
        sql.SQL("grant all on schema shop to {0}; grant all on shop.orders to {0}").format(
            sql.Identifier(other.info.user)
        )
    )

    with pytest.raises(psycopg.Error) as caught:
        watch(other)

    assert caught.value.sqlstate == "PK403"


def test_a_superuser_makes_the_owner_of_the_table_evaluate(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(db, payload="to_jsonb(current_user)")

    insert(db, (1, "a", 1))

    assert queued(db) == [(shop.info.user,)]


def test_our_own_tables_cannot_be_watched(db: psycopg.Connection, organization: UUID) -> None:
    with pytest.raises(psycopg.Error) as caught:
        watch(db, watched="prikke.job_definition", payload="to_jsonb(new.id)")

    assert problems(caught.value) == {"watched": "forbidden"}


def test_a_login_that_may_only_read_watches_nothing(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    db.execute("update prikke.binding set access = 'read'")

    with pytest.raises(psycopg.Error) as caught:
        watch(shop)

    assert caught.value.sqlstate == "PK403"


def test_a_watch_ends_with_the_rights_of_its_maker(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop)
    db.execute("delete from prikke.binding")

    with warnings_of(shop) as heard:
        insert(shop, (1, "a", 1))

    assert queued(db) == []
    assert "may no longer send" in heard[0]


def test_an_expression_has_the_rights_of_the_owner_and_no_more(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    shop.execute(
        "create function shop.peek() returns jsonb language plpgsql as $$ begin"
        " return jsonb_build_array(current_user, (select count(*) from prikke.live_execution));"
        " exception when insufficient_privilege then"
        " return jsonb_build_array(current_user, 'refused'); end $$"
    )
    watch(shop, payload="shop.peek()")

    insert(shop, (1, "a", 1))
    insert(db, (2, "a", 1))

    assert queued(db) == [([shop.info.user, "refused"],), ([shop.info.user, "refused"],)]


def test_an_expression_cannot_become_one_of_our_roles(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    shop.execute(
        "create function shop.rise() returns jsonb language plpgsql as $$ begin"
        " set role prikke_engine; return '1'; end $$"
    )
    watch(shop, payload="shop.rise()")

    insert(db, (1, "a", 1))

    assert queued(db) == []
    assert watches(shop)[0]["rows_lost"] == 1


def test_a_function_altered_to_run_as_its_caller_gains_nothing(
    db: psycopg.Connection, shop: psycopg.Connection, connect: Connect
) -> None:
    row = watch(shop, payload="to_jsonb(current_user)")
    name = f"prikke_watch_{str(row['id'])[-12:]}"
    shop.execute(f"alter function shop.{name}() security invoker".encode())
    app = make_login(db)
    shop.execute(
        sql.SQL("grant usage on schema shop to {0}; grant insert on shop.orders to {0}").format(
            sql.Identifier(app)
        )
    )

    insert(connect(user=app), (1, "a", 1))
    insert(shop, (2, "a", 1))

    assert queued(db) == [(shop.info.user,)]


def test_a_search_path_set_by_an_expression_reaches_nothing_of_ours(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    # Names that pg_catalog has as well, in front of it on the path.
    db.execute(
        sql.SQL("create schema evil authorization {}").format(sql.Identifier(shop.info.user))
    )
    shop.execute(
        "create table evil.caught (who text);"
        "grant all on schema evil to public;"
        "grant all on evil.caught to public;"
        "create function evil.take(anycompatible, anycompatible) returns boolean language plpgsql"
        " as $$ begin insert into evil.caught values (current_user); return true; end $$;"
        "create function evil.take(name, name) returns boolean language plpgsql"
        " as $$ begin insert into evil.caught values (current_user); return true; end $$;"
        "create operator evil.= (leftarg = anycompatible, rightarg = anycompatible,"
        " function = evil.take);"
        "create operator evil.= (leftarg = name, rightarg = name, function = evil.take);"
        "create operator evil.> (leftarg = anycompatible, rightarg = anycompatible,"
        " function = evil.take);"
        "create function evil.cardinality(anyarray) returns integer language plpgsql"
        " as $$ begin insert into evil.caught values (current_user);"
        " return pg_catalog.cardinality($1); end $$"
    )
    watch(
        shop,
        payload="to_jsonb(set_config('search_path', 'evil, pg_catalog', false))",
        condition="new.id < 9",
        ordering_key="repeat('k', 300 - 200 * new.id)",
    )

    insert(db, (1, "a", 1), (2, "a", 1))
    insert(db, (3, "a", 1))

    takers = {row[0] for row in db.execute("select who from evil.caught").fetchall()}
    assert takers == {shop.info.user}


def test_nobody_else_can_use_the_functions_of_a_watch(
    db: psycopg.Connection, shop: psycopg.Connection, connect: Connect, organization: UUID
) -> None:
    thief = make_login(db, make_organization(db))
    shop.execute(
        sql.SQL(
            "alter default privileges in schema shop grant all on tables to {0};"
            "alter default privileges in schema shop grant execute on functions to {0};"
            "grant usage on schema shop to {0}"
        ).format(sql.Identifier(thief))
    )
    row = watch(shop)
    name = f"prikke_watch_{str(row['id'])[-12:]}"
    db.execute(sql.SQL("create schema den authorization {}").format(sql.Identifier(thief)))
    other = connect(user=thief)
    other.execute("create table den.thing (id integer)")
    other.execute(
        "create view den.door as select null::text[] as bodies, null::text[] as"
        " ordering_keys, null::text[] as refs, 1::bigint as rows_lost, '' as error"
    )

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        other.execute(f"insert into shop.{name} (bodies) values ('{{1}}')".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        other.execute(
            "create trigger t after insert on den.thing referencing new table as prikke_new"
            f" for each statement execute function shop.{name}()".encode()
        )
    other.execute(
        "create trigger t instead of insert on den.door for each row"
        f" execute function prikke.queue_watched('{organization}', '{row['id']}')".encode()
    )
    with pytest.raises(psycopg.Error) as caught:
        other.execute("insert into den.door (bodies) values ('{1}')")

    assert caught.value.sqlstate == "PK404"
    assert queued(db) == []


def test_a_watch_of_another_organization_is_neither_seen_nor_ended(
    db: psycopg.Connection, shop: psycopg.Connection, connect: Connect
) -> None:
    row = watch(shop, key="orders")
    other = connect(user=make_login(db, make_organization(db)))

    with pytest.raises(psycopg.Error) as caught:
        other.execute("select prikke.unwatch(%s::uuid)", (row["id"],))

    assert caught.value.sqlstate == "PK404"
    assert watches(other) == []


def test_a_table_that_changes_hands_is_no_longer_watched_for_its_former_owner(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop)
    heir = make_login(db)
    db.execute(sql.SQL("alter table shop.orders owner to {}").format(sql.Identifier(heir)))

    assert watches(shop)[0]["state"] == "incomplete"


def test_a_missing_right_on_the_schema_is_named(
    db: psycopg.Connection, connect: Connect, organization: UUID, at: Clock
) -> None:
    login = make_login(db, organization)
    db.execute("create schema shop; create table shop.orders (id integer)")
    db.execute(
        sql.SQL("alter table shop.orders owner to {0}; grant usage on schema shop to {0}").format(
            sql.Identifier(login)
        )
    )

    with pytest.raises(psycopg.Error) as caught:
        watch(connect(user=login))

    assert caught.value.sqlstate == "PK403"
    assert f"grant create on schema shop to {login}" in (caught.value.diag.message_hint or "")


def test_a_delivery_of_a_watch_is_an_execution_like_others(
    db: psycopg.Connection, shop: psycopg.Connection, runner: VirtualRunner
) -> None:
    watch(shop)
    insert(shop, (1, "a", 1))

    [claim] = runner.claim()
    runner.complete(claim)

    assert execution(db, claim.id).status == "success"


def test_making_replacing_and_ending_a_watch_are_on_record_without_secrets(
    db: psycopg.Connection, shop: psycopg.Connection
) -> None:
    watch(shop, key="orders", headers={"Authorization": "Bearer hidden"})
    watch(shop, key="orders", ordering_key="new.id::text")
    shop.execute("select prikke.unwatch(key => 'orders')")

    found = db.execute(
        "select action, actor_kind, after from prikke.audit_entry where subject_kind = 'watch'"
        " order by position"
    ).fetchall()

    assert [row[0] for row in found] == ["create", "delete", "create", "delete"]
    assert {row[1] for row in found} == {"role"}
    assert found[0][2]["url"] == "https://example.com/orders"
    assert "hidden" not in str(found)
