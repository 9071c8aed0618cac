"""Signed, recorded deliveries a second, by one runner process (P1) and by two (P2).

    python -m benchmarks deliveries

20,000 sends of 200 bytes wait for a runner that idles; the clock runs from their commit until the
last one is answered and written. Beside it, the same requests from a bare aiohttp loop.
"""

import subprocess
import sys
import time
from dataclasses import dataclass, field

import psycopg

from benchmarks import frame
from benchmarks.frame import Figure, Options, Sink

COUNT = 20_000
WARM_UP = 2_000


@dataclass(slots=True)
class Series:
    """What the rounds of one side measured: rates, and CPU microseconds a delivery."""

    rates: list[float] = field(default_factory=list)
    costs: dict[str, list[float]] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return frame.median(self.rates)

    def add(self, count: int, seconds: float, used: dict[str, float]) -> None:
        self.rates.append(count / seconds)
        for name, cpu in used.items():
            self.costs.setdefault(name, []).append(cpu / count * 1e6)

    def words(self) -> str:
        costs = {name: frame.median(cpu) for name, cpu in self.costs.items()}
        return ", ".join(f"{name} {cost:.0f}" for name, cost in costs.items())


def deliver(
    conn: psycopg.Connection, sink: Sink, count: int, runner: int | None = None
) -> tuple[float, dict[str, float]]:
    """Seconds from the commit of the sends to the last written result; and CPU seconds of each."""
    before = sink.count
    frame.queue_sends(conn, f"{sink.url}/hook", count)
    meter = frame.Meter(
        **({"runner": runner} if runner else {}), database=frame.postmaster(conn), sink=sink.pid
    )
    begun = time.perf_counter()
    frame.until(lambda: sink.count - before >= count, "deliveries are missing", 0.02)
    frame.until(lambda: frame.none_left(conn), "results are missing", 0.002)
    seconds = time.perf_counter() - begun
    surplus = sink.count - before - count
    if surplus:
        raise SystemExit(f"{surplus} deliveries too many")
    return seconds, meter.seconds()


def raw(sink: Sink, count: int, series: Series) -> None:
    """The bare loop."""
    meter = frame.Meter(sink=sink.pid)
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.raw", f"{sink.url}/hook", f"--requests={count}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    seconds, used = map(float, said.split())
    series.add(count, seconds, {"loop": used, **meter.seconds()})


def run(
    dsn: str, conn: psycopg.Connection, sink: Sink, processes: int, count: int, series: Series
) -> None:
    """One round with so many runner processes."""
    with frame.runners(dsn, processes) as started:
        frame.wait_for_runners(conn, processes)
        deliver(conn, sink, WARM_UP)
        series.add(count, *deliver(conn, sink, count, started.pid))
    frame.wait_until_gone(conn)


def measure(options: Options) -> list[Figure]:
    count = COUNT // 4 if options.small else COUNT
    bare, one, two = Series(), Series(), Series()
    with frame.installed() as dsn, frame.connected(dsn) as conn, frame.sink() as sink:
        for _ in range(options.rounds):
            raw(sink, count, bare)
            for processes, series in ((1, one), (2, two)):
                frame.clear(conn)
                run(dsn, conn, sink, processes, count, series)
    share = one.rate / bare.rate
    gain = two.rate / one.rate
    return [
        Figure(
            "P1",
            f"{count:,} deliveries, one runner process",
            f"{frame.rate(one.rate)} = {share:.2f} of bare aiohttp ({frame.rate(bare.rate)})",
            "≥ 0.55, ≥ 8,000/s",
            share >= 0.55 and one.rate >= 8000,
            f"µs CPU a delivery: {one.words()}; bare: {bare.words()}",
        ),
        Figure(
            "P2",
            "the same, two processes",
            f"{frame.rate(two.rate)} = {gain:.2f} × P1",
            "≥ 1.5 × P1, ≥ 12,000/s",
            gain >= 1.5 and two.rate >= 12_000,
            f"µs CPU a delivery: {two.words()}",
        ),
    ]
