"""The connections that stories are played on, and an empty database before each."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

import psycopg

from tests.simulation.watcher import WATCH

Item = TypeVar("Item")
_TABLES = (
    "live_execution", "past_execution", "past_attempt", "execution_request", "freed_key",
    "send_key", "job_change", "job_outcome", "job_version", "job_state", "job_definition",
    "tally_change", "tally", "queue", "queue_state", "breaker", "stopped_key", "signing_secret",
    "audit_entry", "channel", "transition", "notice", "told", "job_health", "notification",
    "mute", "notification_rule", "host_outcome", "breaker_event", "watch_definition",
    "watch_failure", "watch_state", "plan_hold", "organization_usage", "organization_tally",
    "organization",
)  # fmt: skip
# Without triggers, so that no entry of the audit is made of it.
_EMPTY = "; ".join(
    [
        "set session_replication_role = replica",
        *(f"delete from prikke.{table}" for table in _TABLES),
        "set session_replication_role = default",
        "truncate prikke_test.event",
        # What a story watched goes with its watch.
        "set client_min_messages = warning",
        "drop schema if exists shop cascade",
        "create schema shop",
        "create table shop.orders (id bigint generated always as identity)",
    ]
)
# Nothing else would clear away what hundreds of stories leave dead where all of them look.
_TIDY = "vacuum prikke.live_execution, prikke.job_definition, prikke.job_state, prikke.tally_change"


def prepare(conn: psycopg.Connection) -> None:
    """Make a database ready for simulations; it is good for nothing else after."""
    conn.execute(WATCH)
    conn.execute("""select prikke.publish_settings('{"plans": true}')""")


def choose(items: Sequence[Item], number: int) -> Item:
    """One of them, whatever the number."""
    return items[number % len(items)]


class Stage:
    """The connections that stories are played on, one after the other."""

    def __init__(self, dsn: str) -> None:
        self.admin = self._connect(dsn)
        self.clients = [self._connect(dsn) for _ in range(2)]
        self.user = self._connect(dsn, autocommit=False)
        self.runner = self._connect(dsn, "prikke_runner")
        self.slow = self._connect(dsn, "prikke_runner", autocommit=False)

    def clear(self) -> None:
        """As before the first story; ids drawn by chance are the same in each."""
        for number, conn in enumerate(self._all()):
            conn.rollback()
            conn.execute("select setseed(%s)", (number / 10,))
            if not conn.autocommit:
                conn.commit()
        self.admin.execute(_EMPTY)
        self.admin.execute(_TIDY)

    def close(self) -> None:
        for conn in self._all():
            conn.close()

    def _all(self) -> list[psycopg.Connection]:
        return [self.admin, *self.clients, self.user, self.runner, self.slow]

    @staticmethod
    def _connect(dsn: str, role: str | None = None, autocommit: bool = True) -> psycopg.Connection:
        conn = psycopg.connect(dsn, autocommit=autocommit)
        conn.execute("set lock_timeout = '200ms'")
        if role:
            conn.execute(f"set role {role}")
        if not autocommit:
            conn.commit()
        return conn


class Client:
    """A user's connection; in an open transaction what it does counts from the commit."""

    def __init__(self, conn: psycopg.Connection, organization: UUID, is_open: bool) -> None:
        self.conn = conn
        self.organization = organization
        self.open = is_open
        self.effects: list[Callable[[], None]] = []
        self.touched: set[UUID] = set()
        conn.execute("select set_config('prikke.organization', %s, false)", (str(organization),))
        if is_open:
            conn.commit()

    def when_committed(self, effect: Callable[[], None]) -> None:
        if self.open:
            self.effects.append(effect)
        else:
            effect()

    def give_up(self) -> None:
        """Begin the transaction anew after an error."""
        if self.open:
            self.conn.rollback()
            self.effects.clear()
            self.touched.clear()
