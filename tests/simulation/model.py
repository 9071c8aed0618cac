"""What Prikke promises, told a second time: due times, and which state follows which."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cronsim import CronSim

FINAL = {"success", "failed", "timeout", "cancelled"}
# The state machine as drawn: from, to, by what. Every edge is reached over all seeds, and no other.
DRAWN = {
    ("", "pending", "enqueued"),
    ("", "pending", "sent"),
    ("", "pending", "asked for"),
    ("", "pending", "replayed"),
    ("", "pending", "told"),
    ("", "missed", "series"),
    ("", "skipped", "series"),
    ("pending", "pending", "ripened"),
    ("pending", "pending", "held"),
    ("pending", "pending", "freed"),
    ("pending", "running", "claimed"),
    ("pending", "cancelled", "cancelled"),
    ("pending", "cancelled", "job_deleted"),
    ("pending", "missed", "catch_up"),
    ("running", "running", "extended"),
    ("running", "running", "accepted"),
    ("running", "pending", "retried"),
    ("running", "pending", "handed back"),
    ("running", "pending", "lost"),
    ("running", "running", "given up"),
    ("running", "success", "answered"),
    ("running", "failed", "answered"),
    ("running", "timeout", "answered"),
    ("running", "success", "reported"),
    ("running", "failed", "reported"),
    ("running", "timeout", "no_completion"),
    ("running", "failed", "runner_lost"),
    ("running", "cancelled", "cancelled"),
}


class Broken(AssertionError):
    """The promise was broken."""


def holds(condition: object, what: str, *facts: object) -> None:
    if not condition:
        raise Broken(": ".join([what, *(str(fact) for fact in facts)]))


@dataclass(frozen=True)
class Schedule:
    """When a job is due, by other means than ours: cronsim and plain arithmetic."""

    cron: str | None = None
    timezone: str = "UTC"
    every: timedelta | None = None
    anchor: datetime | None = None
    once: datetime | None = None

    def after(self, instant: datetime, until: datetime) -> Iterator[datetime]:
        """Due times later than one instant, up to and with another."""
        if self.once is not None:
            if instant < self.once <= until:
                yield self.once
        elif self.every is not None:
            assert self.anchor is not None
            due = self.anchor
            if due <= instant:
                due += ((instant - due) // self.every + 1) * self.every
            while due <= until:
                yield due
                due += self.every
        elif self.cron is not None:
            yield from self._from_cron(instant, until)

    def _from_cron(self, instant: datetime, until: datetime) -> Iterator[datetime]:
        # From well before, since cronsim may answer the past within a repeated hour.
        begin = instant - timedelta(hours=6)
        for local in CronSim(self.cron or "", begin.astimezone(ZoneInfo(self.timezone))):
            due = local.astimezone(UTC)
            if due > until:
                return
            if due > instant:
                yield due


@dataclass
class Plan:
    """A schedule from the moment it counts; None while disabled or deleted."""

    version: int
    begins: datetime
    schedule: Schedule | None
    # A run at one instant may lie up to a minute back when it is planned.
    reaches_back: timedelta = timedelta(0)


@dataclass
class Series:
    """Due times that were not sent, as one row tells them."""

    status: str
    reason: str
    first: datetime
    last: datetime
    count: int


@dataclass
class Job:
    """A job as the clients know it, and what became of its due times."""

    organization: UUID
    id: UUID
    schedule: Schedule | None
    overlap: str
    catch_up: str
    window: timedelta | None
    interval_minutes: int | None
    enabled: bool = True
    deleted: bool = False
    plans: list[Plan] = field(default_factory=list)
    decided: datetime | None = None
    sent: set[datetime] = field(default_factory=set)
    ended_series: list[Series] = field(default_factory=list)
    open_series: Series | None = None
    seen: dict[str, Any] | None = None

    def accepted(self, after: datetime, until: datetime) -> list[datetime]:
        """Due times that were promised, in order."""
        found: list[datetime] = []
        for number, plan in enumerate(self.plans):
            if plan.schedule is None:
                continue
            ends = min([until, *(later.begins for later in self.plans[number + 1 :])])
            found += plan.schedule.after(max(plan.begins - plan.reaches_back, after), ends)
        return sorted(set(found))

    def grace(self) -> timedelta:
        half = timedelta(seconds=30) * (self.interval_minutes or 0)
        return min(max(half, timedelta(seconds=30)), timedelta(hours=1))

    def series(self) -> list[Series]:
        return self.ended_series + ([self.open_series] if self.open_series else [])

    def check_decided(self, before: datetime | None, now: datetime | None) -> None:
        """Each due time decided since then was sent or stands in a series, and only once.

        Without `now` it is not known when this was decided, so no policy is judged.
        """
        if self.decided is None:
            return
        begin = before or datetime.min.replace(tzinfo=UTC) + timedelta(days=2)
        fresh = self.accepted(begin, self.decided)
        holds(
            not fresh or fresh[-1] == self.decided,
            "decided what was never due",
            self.decided,
            fresh[-3:],
            self.plans,
        )
        spans = sorted(self.series(), key=lambda one: one.first)
        firsts = [one.first for one in spans]
        left = len(self.accepted(self.decided, now)) if now is not None and fresh else 0
        for number, due in enumerate(fresh):
            at = bisect_right(firsts, due) - 1
            told = spans[at] if at >= 0 and due <= spans[at].last else None
            holds(due in self.sent or told, "a due time was lost", self.id, due)
            holds(not (due in self.sent and told), "a due time was sent and dropped", self.id, due)
            if now is not None:
                self._check_policy(due, told, len(fresh) - number - 1 + left, now)
        for span in spans:
            if before is None or span.last > before:
                promised = self.accepted(span.first - timedelta(microseconds=1), span.last)
                holds(
                    span.count == len(promised)
                    and promised[0] == span.first
                    and promised[-1] == span.last,
                    "a series tells another count than there were due times",
                    self.id, span, len(promised), promised[:1], promised[-1:],
                )  # fmt: skip

    def _check_policy(self, due: datetime, told: Series | None, newer: int, now: datetime) -> None:
        late = now - due > self.grace()
        reason = told.reason if told else None
        if reason == "plan_changed":
            return
        if self.schedule is not None and self.schedule.once is not None:
            holds(reason in (None, "overlap"), "a run at one instant was dropped", reason)
            return
        if reason is None:
            holds(
                not (late and self.catch_up == "none"), "caught up in spite of none", self.id, due
            )
            holds(
                not (late and self.window and now - due > self.window),
                "caught up what is older than the window", self.id, due,
            )  # fmt: skip
            return
        if reason == "overlap":
            holds(self.overlap != "allow", "skipped though overlap is allowed", self.id, due)
            return
        holds(late, "missed within its grace", self.id, due, reason)
        if self.window and now - due > self.window:
            return
        holds(
            self.catch_up == "none" or newer >= (100 if self.catch_up == "all" else 1),
            "missed though the policy sends it", self.id, due, reason,
        )  # fmt: skip


def scheduled_id(job: UUID, due: datetime) -> UUID:
    """The id of a due time, by its definition: UUIDv7 layout over SHA-256."""
    micros = round((due - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    digest = hashlib.sha256(job.bytes + micros.to_bytes(8, "big", signed=True)).digest()
    raw = bytearray((micros // 1000).to_bytes(6, "big") + digest[:10])
    raw[6] = raw[6] & 15 | 112
    raw[8] = raw[8] & 63 | 128
    return UUID(bytes=bytes(raw))


def edge(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, str, str]:
    """Which edge of the drawn machine a change of a live row is."""
    states = (before["status"], after["status"])
    if states == ("pending", "running"):
        return (*states, "claimed")
    if states == ("running", "pending"):
        if after["attempt"] > before["attempt"]:
            return (*states, "retried")
        return (*states, "lost" if after["lost"] > before["lost"] else "handed back")
    if states == ("running", "running"):
        if after["attempt"] > before["attempt"]:
            return (*states, "accepted")
        return (*states, "given up" if after["lost"] > before["lost"] else "extended")
    if after["held_by"] and after["held_by"] != before["held_by"]:
        return (*states, "held")
    if before["held_by"] and not after["held_by"]:
        return (*states, "freed")
    return (*states, "ripened" if after["ready"] and not before["ready"] else "unknown")
