"""A runner without HTTP: claims, extends and completes through the functions of the engine."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row, namedtuple_row
from psycopg.types.json import Jsonb


@dataclass(frozen=True, slots=True)
class Claim:
    """What claim_executions hands out."""

    organization_id: UUID
    id: UUID
    claim_number: int
    job_id: UUID | None
    kind: str
    queue: str
    attempt: int
    scheduled_for: datetime
    url: str
    method: str
    headers: dict[str, str]
    body: str | None
    content_type: str | None
    timeout_ms: int
    completion: str
    expected_status: str | None
    expected_body: str | None
    hop: int
    secrets_changed_at: datetime
    clock: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """What enqueue_due answers."""

    jobs: int
    ripened: int
    next_due_at: datetime | None
    clock: datetime


class VirtualRunner:
    """One runner process, as far as the database can tell."""

    def __init__(self, conn: psycopg.Connection, identifier: UUID | None = None) -> None:
        self.conn = conn
        self.id = identifier or uuid4()

    def tick(self, limit: int = 1000) -> Tick:
        with self.conn.cursor(row_factory=class_row(Tick)) as cursor:
            found = cursor.execute("select * from prikke.enqueue_due(%s)", (limit,)).fetchone()
        assert found is not None
        return found

    def claim(
        self, room: int = 100, lease: str = "30 s", after: tuple[UUID, str] | None = None
    ) -> list[Claim]:
        """Take what may go; `after` is the lane served last."""
        with self.conn.cursor(row_factory=class_row(Claim)) as cursor:
            return cursor.execute(
                "select * from prikke.claim_executions(%s, %s, %s, %s, %s)",
                (self.id, room, lease, *(after or (None, None))),
            ).fetchall()

    def work(self, room: int = 100) -> list[Claim]:
        """Tick, then claim."""
        self.tick()
        return self.claim(room)

    def complete(self, claim: Claim, status: str = "success", **more: Any) -> str:
        """Report one attempt; how it was taken: done, retry, stale or busy."""
        return self.report([self.result(claim, status, **more)])[claim.id]

    def report(self, results: list[dict[str, Any]]) -> dict[UUID, str]:
        """Report a batch of results."""
        rows = self.conn.execute(
            "select id, state from prikke.complete_executions(%s, %s)", (self.id, Jsonb(results))
        ).fetchall()
        assert len(rows) == len(results)
        return dict(rows)

    @staticmethod
    def result(claim: Claim, status: str = "success", **more: Any) -> dict[str, Any]:
        usual: dict[str, Any] = {"status_code": 200 if status == "success" else 500}
        if status == "timeout":
            usual = {"error_message": "timed out"}
        return {
            "organization_id": str(claim.organization_id),
            "id": str(claim.id),
            "claim_number": claim.claim_number,
            "status": status,
            "started_at": claim.clock.isoformat(),
            "duration_ms": 12,
            **usual,
            **more,
        }

    def extend(self, claims: Iterable[Claim], lease: str = "30 s") -> dict[UUID, str]:
        """Heartbeat: extended, lost or busy for each."""
        rows = self.conn.execute(
            "select id, state from prikke.extend_leases(%s, %s, %s, %s, %s)",
            (self.id, *_columns(claims), lease),
        ).fetchall()
        return dict(rows)

    def release(self, claims: Iterable[Claim]) -> dict[UUID, str]:
        """Hand back: released, lost or busy for each."""
        rows = self.conn.execute(
            "select id, state from prikke.release_executions(%s, %s, %s, %s)",
            (self.id, *_columns(claims)),
        ).fetchall()
        return dict(rows)

    def rescue(self) -> int:
        return int(self._value("select prikke.rescue_expired()"))

    def keep_history(self) -> Any:
        """Partitions made and dropped, rows deleted."""
        with self.conn.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute("select * from prikke.keep_history()").fetchone()

    def sleep_until(self, until: datetime | timedelta | None) -> None:
        """Publish until when it means to sleep; null: awake."""
        if isinstance(until, timedelta):
            until = self._value("select prikke.clock()") + until
        self.conn.execute("select prikke.sleep_until(%s, %s)", (self.id, until))

    def _value(self, query: str) -> Any:
        row = self.conn.execute(query).fetchone()
        assert row is not None
        return row[0]


def _columns(claims: Iterable[Claim]) -> tuple[list[UUID], list[UUID], list[int]]:
    taken = list(claims)
    return (
        [claim.organization_id for claim in taken],
        [claim.id for claim in taken],
        [claim.claim_number for claim in taken],
    )
