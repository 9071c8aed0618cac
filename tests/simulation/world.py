"""A world in moved time: runners, clients and the clock do what a story says."""

from collections.abc import Iterable
from datetime import timedelta

from tests.simulation.client_steps import ClientSteps
from tests.simulation.model import holds
from tests.simulation.runner_steps import RunnerSteps
from tests.simulation.steps import Step


class World(RunnerSteps, ClientSteps):
    """One story, lived through to its end."""

    def run(self, story: Iterable[Step]) -> None:
        """Live through the story, then let everything come to its end."""
        for step in story:
            getattr(self, step.kind)(step.a, step.b, step.c)
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
        runner = self.runners[0]
        for _ in range(400):
            found = runner.tick()
            runner.rescue()
            self.look()
            if not self.watcher.live and found.jobs == 0:
                break
            claims = runner.claim(room=50)
            self.look()
            for claim in claims:
                holds(runner.complete(claim) == "done", "a result at the end was refused", claim)
            self.look()
            ahead = [one for one in (found.next_due_at,) if one and one > self.now]
            if not claims:
                self._move(min([*(one - self.now for one in ahead), timedelta(seconds=31)]))
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

    def _check_nothing_left_to_do(self) -> None:
        self.runners[0].tick()
        self.fold(0, 0, 0)
        for table in ("execution_request", "freed_key", "job_outcome", "tally_change"):
            row = self.admin.execute(f"select count(*) from prikke.{table}").fetchone()
            holds(row == (0,), f"{table} is never worked off", row)

    def _stuck(self) -> list[tuple[object, ...]]:
        shown = ("id", "status", "ready", "held_by", "due_at", "ordering_key", "job_id", "queue")
        return [tuple(str(row[name]) for name in shown) for row in self.watcher.live.values()]
