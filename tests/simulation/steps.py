"""A story of the simulation: steps drawn from a seed, and a failing story made short."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

# What may happen, and how often. Numbers in a step are drawn freely and read modulo what there is,
# so that a story stays a story when steps are left out of it.
WEIGHTS = {
    "tick": 14,
    "claim": 14,
    "complete": 16,
    "heartbeat": 4,
    "rescue": 4,
    "release": 2,
    "die": 1,
    "lose_runners": 0.5,
    "pass_seconds": 8,
    "pass_minutes": 5,
    "pass_to_next": 6,
    "pass_hours": 1.5,
    "pass_days": 0.15,
    "clock_back": 0.7,
    "create_job": 5,
    "change_schedule": 1.5,
    "change_policy": 1.5,
    "pause_job": 0.7,
    "resume_job": 1,
    "delete_job": 0.7,
    "restore_job": 0.7,
    "run_now": 2,
    "send": 8,
    "send_many": 1,
    "cancel": 2,
    "replay": 1.5,
    "report": 4,
    "fold": 1,
    "pause_queue": 0.7,
    "resume_queue": 1,
    "limit_queue": 0.7,
    "rate_queue": 0.7,
    "limit_organization": 0.7,
    "limit_plan": 1.2,
    "fail_host": 0.5,
    "watch": 0.3,
    "change_rows": 1,
    "notify": 1.5,
    "keep_history": 0.05,
    "open_transaction": 1,
    "close_transaction": 1.5,
    "open_runner": 1.2,
    "close_runner": 2.5,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens, and three numbers that say how."""

    kind: str
    a: int
    b: int
    c: int

    def __str__(self) -> str:
        return f"{self.kind}({self.a}, {self.b}, {self.c})"


def draw(seed: int, length: int = 60) -> list[Step]:
    """The story of a seed; it begins with a few jobs and sends."""
    random = Random(seed)
    kinds = ["create_job"] * 3 + ["send"] * 2
    kinds += random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=length - len(kinds))
    return [Step(kind, *(random.randrange(10_000) for _ in range(3))) for kind in kinds]


def shorten(story: Sequence[Step], fails: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """The steps that matter: leaves out ever smaller pieces for as long as it still fails."""
    kept = list(story)
    size = max(len(kept) // 2, 1)
    while True:
        position = 0
        shrunk = False
        while position < len(kept):
            without = kept[:position] + kept[position + size :]
            if fails(without):
                kept = without
                shrunk = True
            else:
                position += size
        if size == 1 and not shrunk:
            return kept
        size = max(size // 2, 1)
