"""A world in moved time: runners, clients and the clock do what a story says."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tests.factories import call
from tests.simulation.client_steps import QUEUES, ClientSteps
from tests.simulation.model import holds
from tests.simulation.runner_steps import RunnerSteps
from tests.simulation.steps import Step

SOON = timedelta(milliseconds=1)
_TOUCH_NOTHING = {
    "pass_seconds", "pass_minutes", "pass_to_next", "clock_back", "die", "open_transaction",
}  # fmt: skip


class World(RunnerSteps, ClientSteps):
    """One story, lived through to its end."""

    def run(self, story: Iterable[Step]) -> None:
        """Live through the story, then let everything come to its end."""
        for step in story:
            getattr(self, step.kind)(step.a, step.b, step.c)
            if step.kind not in _TOUCH_NOTHING:
                self.look()
        self.settle()

    def settle(self) -> None:
        """Everything goes well from here: all that was promised must come to its end."""
        self.close_transaction(1, 0, 0)
        self.close_runner(1, 0, 0)
        self.look()
        while self.watcher.paused:
            self.resume_queue(0, 0, 0)
        for job in self.watcher.jobs.values():
            if job.enabled and not job.deleted:
                client = next(one for one in self.clients if one.organization == job.organization)
                self._change(client, job, "pause_job")
        if self._seed % 4:
            self._lift_limits()
        runner = self.runners[0]
        for _ in range(1500):
            if any(row["lease_ends_at"] for row in self.watcher.live.values()):
                runner.rescue()
            found = runner.tick()
            self.look()
            if not self.watcher.live and found.jobs == 0:
                break
            ready = any(row["ready"] for row in self.watcher.live.values())
            if claims := runner.claim(room=50) if ready else []:
                states = runner.report([runner.result(claim) for claim in claims])
                holds(set(states.values()) == {"done"}, "a result at the end was refused", states)
                self.look()
            else:
                self._move(self._until_something(found.next_due_at))
        holds(not self.watcher.live, "something never came to its end", self._stuck())
        for _ in range(40):
            if not self._undecided():
                break
            runner.tick()
            self.look()
        holds(not self._undecided(), "a due time was never decided", self._undecided()[:1])
        for identifier in self.expected:
            holds(identifier in self.watcher.ended, "a delivery was lost", identifier)
        self._check_nothing_left_to_do()

    def _lift_limits(self) -> None:
        """Otherwise time alone must free what rates and plans hold."""
        for client in self.clients:
            for name in set(QUEUES):
                call(client.conn, "set_queue", name=name, clear=["rate", "max_running"])
            self._limits(client.organization, executions=None, max_running=None)
        self.watcher.rates.clear()
        self.watcher.caps.clear()

    def _until_something(self, next_due_at: datetime | None) -> timedelta:
        """How long nothing can happen: until a tick has to do, or a lease lapses."""
        leases = [row["lease_ends_at"] for row in self.watcher.live.values()]
        ahead = [one for one in (next_due_at, *leases) if one is not None and one >= self.now]
        return min(ahead, default=self.now + timedelta(seconds=31)) - self.now + SOON

    def _check_nothing_left_to_do(self) -> None:
        self.runners[0].tick()
        self.fold(0, 0, 0)
        for table in ("execution_request", "freed_key", "job_outcome", "tally_change"):
            row = self.admin.execute(f"select count(*) from prikke.{table}").fetchone()
            holds(row == (0,), f"{table} is never worked off", row)

    def _stuck(self) -> list[tuple[object, ...]]:
        shown = ("id", "status", "ready", "held_by", "due_at", "ordering_key", "job_id", "queue")
        return [tuple(str(row[name]) for name in shown) for row in self.watcher.live.values()]
