"""How long to wait before trying again."""

import random

_FIRST = 0.05
_LONGEST = 2.0


class Backoff:
    """Doubles from failure to failure up to two seconds, with jitter."""

    def __init__(self) -> None:
        self.failures = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        seconds: float = min(_LONGEST, _FIRST * 2 ** min(self.failures, 10))
        self.failures += 1
        return seconds * random.uniform(0.75, 1.25)  # noqa: S311

    def reset(self) -> None:
        self.failures = 0
