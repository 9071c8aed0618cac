"""What the actors of a story share: the clock, the watcher, and jobs as the engine sees them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.factories import call
from tests.simulation.model import Job, Plan, Series, holds
from tests.simulation.stage import Client, Stage
from tests.simulation.watcher import EVENTS, Row, Watcher
from tests.virtual_runner import Claim, VirtualRunner

BASES = (
    datetime(2026, 3, 28, 21, 50, tzinfo=UTC),  # Europe's clocks go forward next morning
    datetime(2026, 10, 24, 21, 50, tzinfo=UTC),  # and back
    datetime(2026, 6, 15, 11, 50, tzinfo=UTC),
)
LONG_AGO = BASES[0] - timedelta(days=400)
RUNNERS = 3
# What an organization has from the start: its plan limits nothing that a story does. Without a
# limit of jobs, under which those who make some at the same moment wait for one another.
PLAN = {"executions": 1_000_000}
_JOBS = """
select d.id, d.plan_version, d.planned_at, d.enabled, d.deleted_at is not null as deleted,
  s.last_due_at, s.series_status, s.series_reason, s.series_first_at, s.series_last_at,
  s.series_count, s.set_aside_error
from prikke.job_definition as d
join prikke.job_state as s on s.organization_id = d.organization_id and s.job_id = d.id
"""


class Ground:
    """One story's state on one database, and the steps of the clock."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        self._seed = seed
        stage.clear()
        self.admin = stage.admin
        self.now = BASES[seed % len(BASES)]
        self._set_clock(self.now)
        self.admin.execute("select prikke.keep_partitions()")
        self.watcher = Watcher()
        self._ids = Random(seed)
        self.clients = [Client(conn, self._organization(), False) for conn in stage.clients]
        for client in self.clients:
            call(client.conn, "update_organization", limits=PLAN)
            call(client.conn, "create_channel", kind="webhook", target="https://two.example.com/")
        self.runners = [self._runner(stage.runner) for _ in range(RUNNERS)]
        self.claims: dict[UUID, list[Claim]] = {runner.id: [] for runner in self.runners}
        # A user's transaction that stays open: its client, and what its commit will mean.
        self.user: Client | None = None
        # A runner's transaction that stays open, and what its commit will mean.
        self.slow: VirtualRunner | None = None
        self.slow_commit: list[Callable[[], None]] = []
        self.next_due_at: datetime | None = None
        self.expected: set[UUID] = set()
        self.watched = False

    def look(self) -> None:
        """Judge what the last step did."""
        self.watcher.contended = self.slow is not None
        with (
            self.admin.cursor(row_factory=dict_row) as events,
            self.admin.cursor(row_factory=dict_row) as jobs,
        ):
            with self.admin.pipeline():
                events.execute(EVENTS)
                jobs.execute(_JOBS)
            self.watcher.judge(events.fetchall())
            self._learn_jobs(jobs.fetchall())

    def pass_seconds(self, a: int, b: int, c: int) -> None:
        self._move(timedelta(milliseconds=a * 3))

    def pass_minutes(self, a: int, b: int, c: int) -> None:
        self._move(timedelta(seconds=a % 1200))

    def pass_hours(self, a: int, b: int, c: int) -> None:
        self._move(timedelta(minutes=a % 360))

    def pass_days(self, a: int, b: int, c: int) -> None:
        self._move(timedelta(hours=a % 100))

    def pass_to_next(self, a: int, b: int, c: int) -> None:
        """Exactly to when something is due, or a moment beside it."""
        due = [row["due_at"] for row in self.watcher.live.values() if row["status"] == "pending"]
        due += [row["lease_ends_at"] for row in self.watcher.live.values() if row["lease_ends_at"]]
        due += [self.next_due_at] if self.next_due_at else []
        ahead = sorted(one for one in due if one > self.now)
        if ahead:
            beside = timedelta(milliseconds=(-1, 0, 0, 1)[b % 4])
            self._move(max(ahead[a % min(len(ahead), 3)] + beside - self.now, timedelta(0)))

    def clock_back(self, a: int, b: int, c: int) -> None:
        back = timedelta(seconds=a % 3600)
        self._set_clock(self.now - back)
        # What began before is as long ago as it was.
        for rate in self.watcher.rates.values():
            rate.begun = [at - back for at in rate.begun]

    def close_runner(self, a: int, b: int, c: int) -> None:
        raise NotImplementedError

    def _undecided(self) -> list[tuple[Job, list[datetime]]]:
        """Jobs with due times that have come and are still to be decided."""
        found = []
        for job in self.watcher.jobs.values():
            if job.plans and not job.deleted:
                due = job.accepted(job.decided or LONG_AGO, self.now)
                if due:
                    found.append((job, due))
        return found

    def _learn_jobs(self, rows: list[Row]) -> None:
        """Take over the engine's view of each job, and judge what it decided."""
        for row in rows:
            job = self.watcher.jobs.get(row["id"])
            if job is None:
                continue
            holds(row["set_aside_error"] is None, "a job was set aside", row["set_aside_error"])
            if row == job.seen:
                continue
            job.seen = row
            before = job.decided
            job.enabled, job.deleted = row["enabled"], row["deleted"]
            if not job.plans or job.plans[-1].version != row["plan_version"]:
                job.plans.append(self._plan(job, row))
            holds(before is None or row["last_due_at"] >= before, "the last due time fell", job.id)
            job.decided = row["last_due_at"]
            job.open_series = None
            if row["series_status"]:
                job.open_series = Series(
                    row["series_status"], row["series_reason"], row["series_first_at"],
                    row["series_last_at"], row["series_count"],
                )  # fmt: skip
            if not job.deleted:
                job.check_decided(before, None if self.watcher.contended else self.now)

    @staticmethod
    def _plan(job: Job, row: Row) -> Plan:
        schedule = job.schedule if row["enabled"] and not row["deleted"] else None
        begins = max(row["planned_at"], job.decided or row["planned_at"])
        back = timedelta(0)
        if schedule is not None and schedule.once is not None and job.decided is None:
            back = timedelta(seconds=60)
        return Plan(row["plan_version"], begins, schedule, back)

    def _move(self, by: timedelta) -> None:
        before = self.now
        self._set_clock(self.now + by)
        if self.now.date() != before.date():
            if self.slow is not None:
                self.close_runner(0, 0, 0)
            self.admin.execute("select prikke.keep_partitions()")

    def _set_clock(self, instant: datetime) -> None:
        self.now = instant
        self.admin.execute("update prikke_test.now set at = %s", (instant,))

    def _runner(self, conn: psycopg.Connection) -> VirtualRunner:
        return VirtualRunner(conn, UUID(int=self._ids.getrandbits(128)))

    def _organization(self) -> UUID:
        row = call(self.admin, "create_organization", name="World", tier="pro")
        identifier: UUID = row["id"]
        return identifier

    def _busy(self) -> set[str]:
        return {"busy"} if self.slow is not None else set()
