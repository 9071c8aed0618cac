"""What runners do: tick, claim, report, die, freeze, come back late."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from tests.simulation.ground import RUNNERS, Ground
from tests.simulation.model import holds
from tests.simulation.stage import choose
from tests.virtual_runner import Claim, VirtualRunner

DECIDED_A_CALL = 10_000


class RunnerSteps(Ground):
    """The steps of runners, and of receivers that report later."""

    def tick(self, a: int, b: int, c: int) -> None:
        runner = choose(self.runners, a)
        many = [job for job, due in self._undecided() if len(due) > DECIDED_A_CALL]
        found = runner.tick(limit=(1000, 1000, 3)[b % 3])
        self.next_due_at = found.next_due_at
        if b % 3 != 2 and self.slow is None:
            self.look()
            for job, due in self._undecided():
                holds(job in many, "a due time was left undecided", job.id, due[:3])

    def claim(self, a: int, b: int, c: int) -> None:
        runner = choose(self.runners, a)
        after = choose(self.clients, c).organization
        cursor = (after, "default") if c % 3 else None
        self.claims[runner.id] += runner.claim(room=1 + b % 8, after=cursor)

    def complete(self, a: int, b: int, c: int) -> None:
        runner = choose(self.runners, a)
        self._report(runner, self._some(self.claims[runner.id], b), c)

    def heartbeat(self, a: int, b: int, c: int) -> None:
        runner = choose(self.runners, a)
        claims = list(self.claims[runner.id])
        for execution, state in runner.extend(claims).items():
            [claim] = [one for one in claims if one.id == execution][-1:]
            current = self.watcher.holds_claim(claim.id, claim.claim_number, runner.id)
            wanted = {"extended"} if current else {"lost"}
            holds(state in wanted | self._busy(), "heartbeat", state, wanted, claim)
            if state == "lost" and c % 2:
                self.claims[runner.id].remove(claim)

    def release(self, a: int, b: int, c: int) -> None:
        runner = choose(self.runners, a)
        claims = self._some(self.claims[runner.id], b)
        for execution, state in runner.release(claims).items():
            [claim] = [one for one in claims if one.id == execution][-1:]
            current = self.watcher.holds_claim(claim.id, claim.claim_number, runner.id)
            wanted = {"released"} if current else {"lost"}
            holds(state in wanted | self._busy(), "release", state, wanted, claim)
            if state != "busy":
                self.claims[runner.id].remove(claim)

    def rescue(self, a: int, b: int, c: int) -> None:
        choose(self.runners, a).rescue()

    def die(self, a: int, b: int, c: int) -> None:
        number = a % RUNNERS
        self.runners[number] = self._runner(self.runners[number].conn)
        self.claims[self.runners[number].id] = []

    def lose_runners(self, a: int, b: int, c: int) -> None:
        """Three in a row are lost with what they took."""
        for _ in range(3):
            choose(self.runners, a).claim(room=1 + b % 3)
            self._move(timedelta(seconds=31))
            self.runners[0].rescue()
            self.look()

    def fold(self, a: int, b: int, c: int) -> None:
        for function in ("fold_outcomes", "fold_tallies"):
            self.runners[0].conn.execute(f"select prikke.{function}()")

    def keep_history(self, a: int, b: int, c: int) -> None:
        if self.slow is None and self.user is None:
            self.runners[0].keep_history()

    def report(self, a: int, b: int, c: int) -> None:
        """A receiver that answered 202 tells how it went."""
        waiting = [
            row
            for row in self.watcher.live.values()
            if row["status"] == "running" and row["runner_id"] is None
        ]
        if not waiting:
            return
        row = choose(waiting, a)
        number, status = row["claim_number"], ("success", "failed")[b % 2]
        holds(not self._tell(row["id"], number - 1, status), "a former claim's token was taken")
        told = self._tell(row["id"], number, status)
        holds(told or self.slow, "a completion was refused", row["id"])
        holds(not self._tell(row["id"], number, status), "a completion was taken twice", row["id"])

    def _tell(self, execution: UUID, number: int, status: str) -> bool:
        """Whether a report under this token was taken."""
        try:
            self.admin.execute(
                "select prikke.report_completion(%s, %s, %s)", (execution, number, status)
            )
        except psycopg.Error as error:
            holds(error.sqlstate == "PK409", "a report ended otherwise", error)
            return False
        return True

    def open_runner(self, a: int, b: int, c: int) -> None:
        """A runner's call whose transaction stays open, as when its commit is slow."""
        if self.slow is not None:
            return
        runner = choose(self.runners, a)
        slow = VirtualRunner(self._stage.slow, runner.id)
        self.slow = slow
        self.watcher.contended = True
        kind = ("tick", "claim", "complete", "rescue", "heartbeat", "release")[b % 6]
        mine = self.claims[runner.id]
        if kind == "tick":
            slow.tick()
        elif kind == "claim":
            taken = slow.claim(room=1 + c % 8)
            self.slow_commit.append(lambda: mine.extend(taken))
        elif kind == "complete":
            some = self._some(mine, c)
            self._report(slow, some, c // 7, later=self.slow_commit)
        elif kind == "rescue":
            slow.rescue()
        elif kind == "heartbeat":
            slow.extend(mine)
        else:
            slow.release(self._some(mine, c))

    def close_runner(self, a: int, b: int, c: int) -> None:
        if self.slow is None:
            return
        if a % 4:
            self.slow.conn.commit()
            for effect in self.slow_commit:
                effect()
        else:
            self.slow.conn.rollback()
        self.slow_commit = []
        self.watcher.late = True
        self.look()
        self.watcher.late = False
        for rate in self.watcher.rates.values():
            rate.beside = False
        self.slow = None

    def _report(
        self,
        runner: VirtualRunner,
        claims: list[Claim],
        how: int,
        later: list[Callable[[], None]] | None = None,
    ) -> None:
        if not claims:
            return
        results = [_outcome(claim, how + number) for number, claim in enumerate(claims)]
        latest = {claim.id: claim for claim in claims}
        results = [
            one for one, claim in zip(results, claims, strict=True) if latest[claim.id] is claim
        ]
        states = runner.report(results)
        for claim in latest.values():
            state = states[claim.id]
            current = self.watcher.holds_claim(claim.id, claim.claim_number, runner.id)
            taken = current and claim.id not in self.watcher.cancelled
            wanted = {"done", "retry"} if taken else {"stale"}
            holds(state in wanted | self._busy(), "a result was taken wrongly", state, claim)
        mine = self.claims[runner.id]
        gone = [claim for claim in claims if states[claim.id] != "busy"]

        def forget() -> None:
            for claim in gone:
                if claim in mine:
                    mine.remove(claim)

        if later is None:
            forget()
        else:
            later.append(forget)

    @staticmethod
    def _some(claims: list[Claim], number: int) -> list[Claim]:
        """One of them, or all."""
        if not claims or number % 3 == 0:
            return list(claims)
        return [claims[number % len(claims)]]


def _outcome(claim: Claim, how: int) -> dict[str, Any]:
    kind = how % 12
    make = VirtualRunner.result
    if kind < 5:
        return make(claim)
    if kind < 8:
        return make(claim, "failed", retry=True, status_code=503)
    if kind == 8:
        return make(claim, "timeout", retry=True)
    if kind == 9:
        return make(claim, "failed", status_code=404)
    if kind == 10:
        return make(claim, "accepted", status_code=202, completes_within_ms=60_000)
    gone = how % 24 == 11
    return make(claim, "failed", status_code=410 if gone else 400, reason="gone" if gone else None)
