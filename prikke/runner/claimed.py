"""A claim: one execution in this runner's hands, until its result is written or its lease ends."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from prikke.runner.request import SigningSecrets


class Claimed:
    """What claim_executions hands out, and what the runner knows of it.

    Ids are text, which is what goes into headers and results. Times of the database are told by
    `clock`, its clock at the claim, and the seconds that passed here since; so an instant is never
    before the claim, and never ahead of the database.
    """

    __slots__ = (
        "abandoned",
        "attempt",
        "body",
        "claim_number",
        "clock",
        "completion",
        "content_type",
        "expected_body",
        "expected_status",
        "extended_at",
        "headers",
        "hop",
        "id",
        "job_id",
        "kind",
        "lease_ends",
        "method",
        "organization_id",
        "queue",
        "received",
        "scheduled_for",
        "secrets",
        "secrets_changed_at",
        "task",
        "timeout_ms",
        "url",
    )

    def __init__(
        self,
        organization_id: str,
        id: str,  # noqa: A002
        claim_number: int,
        job_id: str | None,
        kind: str,
        queue: str,
        attempt: int,
        scheduled_for: datetime,
        url: str,
        method: str,
        headers: Mapping[str, str] | None,
        body: str | None,
        content_type: str | None,
        timeout_ms: int,
        completion: str | None,
        expected_status: str | None,
        expected_body: str | None,
        hop: int,
        secrets_changed_at: datetime,
        clock: datetime,
    ) -> None:
        self.organization_id = organization_id
        self.id = id
        self.claim_number = claim_number
        self.job_id = job_id
        self.kind = kind
        self.queue = queue
        self.attempt = attempt
        self.scheduled_for = scheduled_for
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.content_type = content_type
        self.timeout_ms = timeout_ms
        self.completion = completion
        self.expected_status = expected_status
        self.expected_body = expected_body
        self.hop = hop
        self.secrets_changed_at = secrets_changed_at
        self.clock = clock
        self.received = 0.0
        self.extended_at = 0.0
        self.lease_ends = 0.0
        self.secrets: SigningSecrets | None = None
        self.task: asyncio.Task[Any] | None = None
        self.abandoned = False

    def lease(self, since: float, seconds: float) -> None:
        """The lease holds from `since`, an instant before the database was asked for it."""
        self.extended_at = since
        self.lease_ends = since + seconds

    def instant(self, at: float) -> datetime:
        """The database's time at an instant of our own monotonic clock."""
        return self.clock + timedelta(seconds=at - self.received)

    def abandon(self) -> None:
        """End its request: it is not ours any more, and nothing of it will be written."""
        self.abandoned = True
        if self.task is not None:
            self.task.cancel()


_COLUMNS = 20


def furthest_lane(claims: list[Claimed], after: tuple[str, str] | None) -> tuple[str, str] | None:
    """Of the lanes served, the one furthest along the circle of lanes that begins behind `after`.

    The next claim begins behind it, so that lanes take turns.
    """
    lanes = {(claim.organization_id, claim.queue) for claim in claims}
    if not lanes:
        return after
    if after is None:
        return max(lanes)
    wrapped = [lane for lane in lanes if lane <= after]
    return max(wrapped or lanes)


def received(rows: list[tuple[Any, ...]], asked: float, lease: float) -> list[Claimed]:
    """Rows of claim_executions, asked for at `asked`, as claims that arrived just now."""
    now = monotonic()
    claims = []
    for row in rows:
        # A newer release may have added columns at the end.
        claim = Claimed(*row[:_COLUMNS])
        claim.received = now
        claim.lease(asked, lease)
        claims.append(claim)
    return claims
