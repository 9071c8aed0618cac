"""Memory of a runner with a thousand open requests (P11).

python -m benchmarks memory
"""

import time

import psutil
import psycopg

from benchmarks import frame
from benchmarks.frame import Figure, Options

OPEN = 1000


def _peak(dsn: str, conn: psycopg.Connection, size: int) -> float:
    """Megabytes of the runner at its largest while a thousand requests are open, then answered."""
    with frame.sink(size, hold=3.0) as sink, frame.runners(dsn, 1, OPEN) as started:
        frame.wait_for_runners(conn, 1)
        process = psutil.Process(started.pid)
        frame.queue_sends(conn, f"{sink.url}/hold", 3 * OPEN)
        peak, ends = 0.0, time.monotonic() + 60
        while time.monotonic() < ends:
            peak = max(peak, process.memory_info().rss / 1e6)
            if not frame.number(conn, "select count(*) from prikke.live_execution"):
                break
            time.sleep(0.05)
        else:
            raise SystemExit("deliveries are missing")
    frame.until(
        lambda: not frame.number(conn, "select count(*) from prikke.runner"), "runners do not leave"
    )
    return peak


def measure(options: Options) -> list[Figure]:
    with frame.installed() as dsn, frame.connected(dsn) as conn:
        # One host may get as many requests as the runner opens.
        conn.execute(
            "update prikke.setting set value = value || '{\"host_requests\": 5000}'"
            " where name = 'limits'"
        )
        small, large = (_peak(dsn, conn, size) for size in (200, 64 * 1024))
    return [
        Figure(
            "P11",
            f"runner with {OPEN:,} open requests, answers of {answer}",
            f"{peak:.0f} MB",
            f"≤ {most} MB",
            peak <= most,
        )
        for answer, peak, most in (("200 bytes", small, 120), ("64 KiB", large, 220))
    ]
