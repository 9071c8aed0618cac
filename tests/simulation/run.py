"""Runs seeds one after the other; shortens the first that fails."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import partial

from tests.simulation.stage import Stage
from tests.simulation.steps import Step, draw, shorten
from tests.simulation.world import World

Edge = tuple[str, str, str]


class Failure(AssertionError):
    """A seed under which the promise was broken, and the steps that matter."""

    def __init__(self, seed: int, steps: Sequence[Step], error: Exception) -> None:
        super().__init__(f"seed {seed}: {error}")
        self.seed = seed
        self.steps = list(steps)
        self.error = error


def simulate(dsn: str, seeds: Iterable[int], length: int = 60, shortened: bool = True) -> set[Edge]:
    """Live through the story of each seed; the edges of the machine that were reached."""
    reached: set[Edge] = set()
    with closing(Stage(dsn)) as stage:
        for seed in seeds:
            story = draw(seed, length)
            error = live(stage, seed, story, reached)
            if error is not None and not shortened:
                raise Failure(seed, story, error)
            if error is not None:
                short = shorten(story, partial(_fails_alike, stage, seed, error))
                raise Failure(seed, short, live(stage, seed, short) or error)
    return reached


def live(
    stage: Stage, seed: int, story: Sequence[Step], reached: set[Edge] | None = None
) -> Exception | None:
    """Live through one story; what broke, or nothing."""
    world = World(stage, seed)
    try:
        world.run(story)
    except Exception as error:
        return error
    finally:
        if reached is not None:
            reached |= world.watcher.reached
    return None


def _fails_alike(stage: Stage, seed: int, error: Exception, story: Sequence[Step]) -> bool:
    found = live(stage, seed, story)
    return found is not None and _gist(found) == _gist(error)


def _gist(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split(": ")[1]


def told(failure: Failure) -> str:
    """A failing seed as it is shown."""
    lines = [
        f"seed {failure.seed} broke the promise: {failure.error}",
        f"replay it with: python -m tests.simulation --only {failure.seed}",
        f"the {len(failure.steps)} steps that matter:",
        *(f"  {step}" for step in failure.steps),
    ]
    return "\n".join(lines)
