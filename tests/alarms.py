"""What tests of notifications share: runs with outcomes, and what the channels were told."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from tests.conftest import Clock
from tests.factories import call
from tests.virtual_runner import Claim, VirtualRunner


@dataclass(frozen=True, slots=True)
class Told:
    """One notification as its delivery carries it."""

    content: dict[str, Any]

    @property
    def kinds(self) -> list[str]:
        return [item["kind"] for item in self.content["items"]]

    @property
    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = self.content["counts"]
        return counts


class Alarms:
    """Runs jobs of the organization chosen on `db`, and reads what was told since last asked."""

    def __init__(self, db: psycopg.Connection, runner: VirtualRunner, at: Clock) -> None:
        self.db = db
        self.runner = runner
        self.at = at

    def run(self, job: UUID, *outcomes: str, **result: Any) -> None:
        """Run a job with these outcomes, one after another, and let the engine learn of them."""
        for outcome in outcomes:
            call(self.db, "run_now", id=job)
            [claim] = [claim for claim in self.runner.claim() if claim.job_id == job]
            usual = {} if outcome == "success" else {"status_code": 404, "error_message": "no"}
            self.runner.complete(claim, outcome, **{**usual, **result})
        self.fold()

    def fold(self) -> None:
        self.runner.conn.execute("select prikke.fold_outcomes()")

    def notify(self) -> int:
        """One pass of notify; how many deliveries it queued."""
        row = self.runner.conn.execute("select queued from prikke.notify()").fetchone()
        assert row is not None
        return int(row[0])

    def settle(self, **by: float) -> list[Told]:
        """Hand out what is new, let its time pass, and read what was told."""
        self.notify()
        self.at.move(**(by or {"seconds": 11}))
        self.notify()
        return self.told()

    def pass_hours(self, hours: float, minutes: float = 30) -> list[Told]:
        """What is told while time passes."""
        found = []
        end = self.at.now.timestamp() + hours * 3600
        while self.at.now.timestamp() < end:
            self.at.move(minutes=minutes)
            found += self.settle()
        return found

    def told(self) -> list[Told]:
        """Notifications queued since last asked; they are delivered on the way."""
        return [Told(json.loads(claim.body or "")) for claim in self.deliver()]

    def deliver(self, status: str = "success", **result: Any) -> list[Claim]:
        """Deliver what is queued for channels."""
        claims = [claim for claim in self.runner.claim() if claim.queue == "notifications"]
        for claim in claims:
            self.runner.complete(claim, status, **result)
        return claims
