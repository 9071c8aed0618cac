"""What a runner counts, for its /metrics."""

from bisect import bisect_left
from dataclasses import dataclass, field

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Histogram:
    """Counts by upper bound, as Prometheus wants them."""

    __slots__ = ("buckets", "sum")

    def __init__(self) -> None:
        self.buckets = [0] * (len(SECONDS) + 1)
        self.sum = 0.0

    def add(self, seconds: float) -> None:
        self.buckets[bisect_left(SECONDS, seconds)] += 1
        self.sum += seconds

    @property
    def count(self) -> int:
        return sum(self.buckets)


@dataclass(slots=True)
class Meter:
    """Counters of one process since its start; each is a metric of the same name."""

    claims: int = 0
    claimed: int = 0
    delivered: int = 0
    failed: int = 0
    timed_out: int = 0
    refused: int = 0
    retries: int = 0
    stale_results: int = 0
    lost_leases: int = 0
    released: int = 0
    notices: int = 0
    listener_reconnects: int = 0
    database_failures: int = 0
    rescued: int = 0
    lateness: Histogram = field(default_factory=Histogram)
    duration: Histogram = field(default_factory=Histogram)
