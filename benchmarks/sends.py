"""Queueing deliveries (P5): one by one, by `select`, and by send_many, beside bare inserts.

    python -m benchmarks sends

One client. One by one means a statement and a round trip each, in one transaction, so that the
disk's share does not hide the difference. The bare table has the columns that a queue needs, a
key and an index.
"""

import time
from collections.abc import Callable

import psycopg

from benchmarks import frame
from benchmarks.frame import Figure, Options

SINGLE = 5_000
MANY = 100_000
LIST = 1_000
URL = "https://example.com/hook"

_BARE = """
create schema bare;
create table bare.queue (
  id          uuid primary key default gen_random_uuid(),
  due_at      timestamptz not null default statement_timestamp(),
  status      text not null default 'pending',
  url         text not null,
  body        text
);
create index queue_due on bare.queue (due_at, id) where status = 'pending';
create table bare.orders (id integer primary key, body text not null);
insert into bare.orders select n, repeat('x', 200) from generate_series(1, 100000) as n;
analyze bare.orders;
"""

Way = Callable[[psycopg.Connection, int], None]


def insert_singly(conn: psycopg.Connection, count: int) -> None:
    for _ in range(count):
        conn.execute("insert into bare.queue (url, body) values (%s, %s)", (URL, frame.BODY))


def send_singly(conn: psycopg.Connection, count: int) -> None:
    for _ in range(count):
        conn.execute("select prikke.send(%s, %s::text)", (URL, frame.BODY))


def insert_selected(conn: psycopg.Connection, count: int) -> None:
    conn.execute(
        "insert into bare.queue (url, body)"
        " select %s, o.body from bare.orders as o where o.id <= %s",
        (URL, count),
    )


def send_selected(conn: psycopg.Connection, count: int) -> None:
    conn.execute(
        "select count(prikke.send(%s, o.body)) from bare.orders as o where o.id <= %s",
        (URL, count),
    )


def send_lists(conn: psycopg.Connection, count: int) -> None:
    for start in range(0, count, LIST):
        conn.execute(
            "select count(*) from prikke.send_many(("
            " select jsonb_agg(jsonb_build_object('url', %s::text, 'body', o.body) order by o.id)"
            " from bare.orders as o where o.id > %s and o.id <= %s))",
            (URL, start, start + LIST),
        )


WAYS: dict[str, tuple[Way, int]] = {
    "bare insert, one by one": (insert_singly, SINGLE),
    "send, one by one": (send_singly, SINGLE),
    "bare insert … select": (insert_selected, MANY),
    "select send(…) from t": (send_selected, MANY),
    "send_many": (send_lists, MANY),
}


def measure(options: Options) -> list[Figure]:
    rates: dict[str, list[float]] = {name: [] for name in WAYS}
    costs: dict[str, list[float]] = {name: [] for name in WAYS}
    with frame.installed() as dsn, frame.connected(dsn) as conn:
        conn.execute(_BARE, prepare=False)
        for turn in range(options.rounds + 1):
            frame.clear(conn)
            conn.execute("truncate bare.queue")
            for name, (way, most) in WAYS.items():
                count = most // 10 if options.small or not turn else most
                used = frame.cpu_seconds(conn.info.backend_pid)
                begun = time.perf_counter()
                with conn.transaction():
                    way(conn, count)
                seconds = time.perf_counter() - begun
                used = frame.cpu_seconds(conn.info.backend_pid) - used
                if turn:
                    rates[name].append(count / seconds)
                    costs[name].append(used / count * 1e6)
    rate = {name: frame.median(values) for name, values in rates.items()}
    cost = {name: frame.median(values) for name, values in costs.items()}

    def figure(name: str, bare: str, target: str, least: float, ratio: bool) -> Figure:
        share = rate[name] / rate[bare]
        return Figure(
            "P5",
            name,
            f"{frame.rate(rate[name])} = {share:.2f} of {bare} ({frame.rate(rate[bare])})",
            target,
            (share if ratio else rate[name]) >= least,
            f"µs CPU of the server a row: {cost[name]:.1f}, bare {cost[bare]:.1f}",
        )

    singly, selected = "bare insert, one by one", "bare insert … select"
    return [
        figure("send, one by one", singly, "≥ 0.5 of a bare insert", 0.5, True),
        figure("select send(…) from t", selected, "≥ 40,000/s", 40_000, False),
        figure("send_many", selected, "≥ 100,000/s", 100_000, False),
    ]
