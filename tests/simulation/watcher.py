"""Watches every row of executions come, change and go, and judges each change by the model."""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.simulation.model import DRAWN, FINAL, Job, Series, edge, holds, scheduled_id

# In the scratch database alone: each change of a live row and each row of history is written down.
WATCH = """
create table prikke_test.event (
  number  bigint generated always as identity,
  at      timestamptz not null,
  op      text not null,
  before  jsonb,
  after   jsonb
);

create function prikke_test.watch()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into prikke_test.event (at, op, before, after)
  values (
    prikke.clock(),
    case
      when tg_table_name like 'past%' then 'past'
      when tg_table_name = 'breaker' then 'breaker'
      else lower(tg_op)
    end,
    case when tg_op <> 'INSERT' then to_jsonb(old) end,
    case when tg_op <> 'DELETE' then to_jsonb(new) end);
  return null;
end
$$;

create trigger watch after insert or update or delete on prikke.live_execution
for each row execute function prikke_test.watch();
create trigger watch after insert or update or delete on prikke.breaker
for each row execute function prikke_test.watch();
create trigger watch after insert on prikke.past_execution
for each row execute function prikke_test.watch();
"""

EVENTS = """
with gone as (delete from prikke_test.event returning *)
select * from gone order by number
"""
_INSTANTS = (
    "scheduled_for", "due_at", "lease_ends_at", "last_due_at", "finished_at", "open_until",
)  # fmt: skip
_IDS = ("id", "organization_id", "job_id", "runner_id", "replay_of", "probe_id")
_KINDS = {
    "schedule": "enqueued", "send": "sent", "manual": "asked for", "replay": "replayed",
    "notification": "told",
}  # fmt: skip
COUNTED = {"schedule", "send", "manual", "replay"}

Row = dict[str, Any]


@dataclass
class Rate:
    """So many may begin in each period, beside a burst; and when they began."""

    step: timedelta
    burst: int
    begun: list[datetime] = field(default_factory=list)
    # Set while a runner's transaction was open: what that one claims need not know of it.
    beside: bool = False

    def check(self, at: datetime) -> None:
        insort(self.begun, at)
        for number, first in enumerate(self.begun):
            for later, last in enumerate(self.begun[number:], 1):
                most = self.burst + (last - first) // self.step
                holds(later <= most, "more begin than the rate allows", first, last, later)


def same_month(one: datetime, other: datetime) -> bool:
    return (one.year, one.month) == (other.year, other.month)


class Watcher:
    """What is live and what has ended, as the events told it."""

    def __init__(self) -> None:
        self.jobs: dict[UUID, Job] = {}
        self.live: dict[UUID, Row] = {}
        self.ended: dict[UUID, Row] = {}
        self.cancelled: set[UUID] = set()
        self.paused: set[tuple[UUID, str]] = set()
        self.caps: dict[tuple[UUID, str], int] = {}
        self.rates: dict[tuple[UUID, str], Rate] = {}
        self.organization_caps: dict[UUID, int] = {}
        # Executions a month that an organization's plan has, and those that have used it.
        self.plans: dict[UUID, int] = {}
        self.used: list[tuple[UUID, datetime]] = []
        self.breakers: dict[tuple[UUID, str], Row] = {}
        self.reached: set[tuple[str, str, str]] = set()
        # What was due once may go although the clock went back since.
        self.latest = datetime.min.replace(tzinfo=UTC)
        # While a runner's transaction is open, its changes are told late.
        self.contended = False
        # While what it had claimed before is told.
        self.late = False

    def judge(self, events: list[Row]) -> None:
        """Take over what the events tell, in their order."""
        left: dict[UUID, Row] = {}
        past: list[tuple[datetime, Row]] = []
        for event in events:
            before, after, at = _row(event["before"]), _row(event["after"]), event["at"]
            self.latest = max(self.latest, at)
            if event["op"] == "breaker":
                self._broke(before, after)
            elif event["op"] == "insert":
                self._came(after, at)
            elif event["op"] == "update":
                self._changed(self.live[after["id"]], after, at)
            elif event["op"] == "delete":
                left[before["id"]] = self.live.pop(before["id"])
            else:
                past.append((at, after))
        for at, row in past:
            if row["status"] in FINAL or row["id"] in left:
                holds(row["id"] in left, "history has what did not leave", row["id"])
                self._ended(left.pop(row["id"]), row, at)
            else:
                self._series(row)
        holds(not left, "an execution vanished without a trace", list(left))

    def running(self, organization: UUID, queue: str | None = None) -> int:
        rows = self.of(self.live.values(), organization)
        return len(
            [row for row in rows if row["status"] == "running" and queue in (None, row["queue"])]
        )

    @staticmethod
    def of(rows: Iterable[Row], organization: UUID) -> list[Row]:
        return [row for row in rows if row["organization_id"] == organization]

    def holds_claim(self, execution: UUID, number: int, runner: UUID) -> bool:
        """Whether a result under this claim must be taken."""
        row = self.live.get(execution)
        return (
            row is not None
            and row["status"] == "running"
            and row["claim_number"] == number
            and row["runner_id"] == runner
        )

    def _came(self, row: Row, at: datetime) -> None:
        identifier = row["id"]
        holds(
            identifier not in self.live and identifier not in self.ended,
            "an id came a second time", identifier,
        )  # fmt: skip
        holds(row["status"] == "pending" and row["attempt"] == row["claim_number"] == 0, "born old")
        holds(not row["ready"] or row["due_at"] <= self.latest, "ready before its time", row)
        self._reach("", "pending", _KINDS[row["kind"]])
        if row["kind"] == "schedule":
            job, due = self.jobs[row["job_id"]], row["scheduled_for"]
            holds(identifier == scheduled_id(job.id, due), "not the id of its due time", row)
            holds(due <= self.latest, "enqueued before its time", due, at)
            holds(due not in job.sent, "a due time as two executions", job.id, due)
            job.sent.add(due)
            if not self.contended:
                self._check_overlap(job, row)
        self.live[identifier] = row

    def _check_overlap(self, job: Job, row: Row) -> None:
        others = [
            one
            for one in self.live.values()
            if one["job_id"] == job.id and (one["kind"] != "replay" or one["claim_number"] > 0)
        ]
        if job.overlap == "skip" and job.catch_up != "all":
            holds(not others, "skip queued a run beside another", row["id"], others)
        if job.overlap == "queue_one" and job.catch_up != "all":
            waiting = [one for one in others if one["claim_number"] == 0]
            holds(not waiting, "queue_one queued a second waiter", row, waiting)

    def _changed(self, before: Row, after: Row, at: datetime) -> None:
        step = edge(before, after)
        self._reach(*step)
        for name in ("scheduled_for", "job_id", "kind", "ordering_key", "exclusive", "position"):
            holds(before[name] == after[name], f"{name} changed", after["id"])
        holds(
            not after["ready"] or after["due_at"] <= self.latest, "ready before its time", after, at
        )
        if before["attempt"] == 0 < after["attempt"]:
            self._use(after, at)
        if step[2] == "claimed":
            self._claimed(before, after, at)
        else:
            holds(before["claim_number"] == after["claim_number"], "claim number without claim")
        if step[2] == "retried":
            holds(after["due_at"] > at and after["lost"] == 0, "retried without a wait", after)
        if step[2] in ("lost", "given up"):
            holds(before["lease_ends_at"] < at, "taken back before the lease ended", before, at)
        self.live[after["id"]] = after

    def _claimed(self, before: Row, after: Row, at: datetime) -> None:
        holds(
            before["ready"] and before["due_at"] <= self.latest,
            "claimed before its time",
            before,
            at,
        )
        holds(after["claim_number"] == before["claim_number"] + 1, "claim number", after)
        holds(after["lease_ends_at"] > at, "claimed without a lease", after)
        others = self.of(self.live.values(), after["organization_id"])
        others = [row for row in others if row["id"] != after["id"]]
        for name, value in (
            ("ordering_key", after["ordering_key"]),
            ("job_id", after["job_id"] if after["exclusive"] else None),
        ):
            behind = [row for row in others if value is not None and row[name] == value]
            if name == "job_id":
                # Runs made while the job's overlap was allow stand beside all others.
                behind = [row for row in behind if row["exclusive"]]
            started = [row["id"] for row in behind if row["claim_number"] > 0]
            holds(not started, f"two of one {name} at once", after["id"], started)
            if before["claim_number"] == 0 and not self.contended:
                first = min([_order(row) for row in behind], default=None)
                holds(
                    first is None or _order(after) < first, f"out of order by {name}", after["id"]
                )
        rate = self.rates.get((after["organization_id"], after["queue"]))
        if rate is not None and not (self.late and rate.beside):
            rate.check(at)
        if self.contended:
            return
        holds(after["id"] not in self.cancelled, "claimed though cancelled", after["id"])
        job = self.jobs.get(after["job_id"])
        holds(job is None or not job.deleted, "claimed though its job is deleted", after["id"])
        self._check_limits(after, at)

    def _broke(self, before: Row, after: Row) -> None:
        """A breaker came, changed, or went because its host answered."""
        row = after or before
        if after:
            self.breakers[row["organization_id"], row["host"]] = after
        else:
            self.breakers.pop((row["organization_id"], row["host"]), None)

    def _check_limits(self, after: Row, at: datetime) -> None:
        """Whether pause, breaker, caps and plan let it through; it is not running yet."""
        organization: UUID = after["organization_id"]
        lane = (organization, after["queue"])
        holds(lane not in self.paused, "claimed from a paused queue", lane)
        breaker = self.breakers.get((organization, after["host"]), {"state": "closed"})
        if breaker["state"] == "open":
            waits = breaker["open_until"] == "infinity" or breaker["open_until"] > at
            holds(not waits, "claimed though the breaker is open", after["id"], breaker)
        if breaker["state"] == "half_open":
            probe = breaker["probe_id"] == after["id"]
            holds(probe, "claimed beside the probe of a breaker", after["id"], breaker)
        if lane in self.caps:
            running = self.running(*lane) + 1
            holds(running <= self.caps[lane], "more run than the queue allows", lane, running)
        if organization in self.organization_caps:
            running = self.running(organization) + 1
            most = self.organization_caps[organization]
            holds(running <= most, "more run than the organization may", organization, running)
        if organization in self.plans and after["attempt"] == 0 and after["kind"] in COUNTED:
            month = [one for one, when in self.used if one == organization and same_month(when, at)]
            rows = self.of(self.live.values(), organization)
            new = [
                row
                for row in rows
                if row["status"] == "running" and row["attempt"] == 0 and row["kind"] in COUNTED
            ]
            used = len(month) + len(new) + 1
            holds(used <= self.plans[organization], "more than the plan has", organization, used)

    def _use(self, row: Row, at: datetime) -> None:
        if row["kind"] in COUNTED:
            self.used.append((row["organization_id"], at))

    def _ended(self, live: Row, past: Row, at: datetime) -> None:
        by = past["reason"]
        if live["status"] == "running" and live["attempt"] == 0:
            self._use(live, at)
        if by not in ("no_completion", "runner_lost", "job_deleted", "catch_up"):
            by = "cancelled" if past["status"] == "cancelled" else "answered"
            if by == "answered" and live["runner_id"] is None:
                by = "reported"
        self._reach(live["status"], past["status"], by)
        holds(past["finished_at"] == at, "ended at another time", past)
        for name in ("scheduled_for", "job_id", "kind", "claim_number"):
            holds(live[name] == past[name], f"history tells another {name}", past["id"])
        if by == "answered":
            holds(past["attempt"] == live["attempt"] + 1, "an answer is an attempt", past)
        if by == "runner_lost":
            holds(past["lost"] == 3, "given up after another number of lost leases", past)
        self.ended[past["id"]] = past

    def _series(self, row: Row) -> None:
        self._reach("", row["status"], "series")
        last = row["last_due_at"]
        holds(last is not None, "a series without an end", row)
        self.jobs[row["job_id"]].ended_series.append(
            Series(row["status"], row["reason"], row["scheduled_for"], last, row["due_count"])
        )

    def _reach(self, *step: str) -> None:
        one, other, by = step
        holds((one, other, by) in DRAWN, "the machine has no such edge", one, other, by)
        self.reached.add((one, other, by))


def _order(row: Row) -> tuple[datetime, int]:
    return row["scheduled_for"], row["position"]


def _row(values: Row | None) -> Row:
    if values is None:
        return {}
    for name in _INSTANTS:
        if values.get(name) not in (None, "infinity"):
            values[name] = datetime.fromisoformat(values[name])
    for name in _IDS:
        if values.get(name) is not None:
            values[name] = UUID(values[name])
    return values
