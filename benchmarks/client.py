"""The guarded client alone, beside a bare aiohttp session that sends the same headers.

    python -m benchmarks.client [--requests 20000] [--open 50]

Both run in turn against the same sink in another process. The guarded side also builds and signs
each request and judges each answer; the bare side sends prepared headers and reads the answer.
"""

import argparse
import asyncio
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import aiohttp
import uvloop

from prikke.outbound import Outbound, OutgoingRequest, default_policy
from prikke.runner.outcome import Kind, judge
from prikke.runner.request import build
from prikke.signing import new_signing_secret


@dataclass(frozen=True, slots=True)
class Row:
    """What a claim hands out, as far as a request needs it."""

    id: UUID
    url: str
    body: str
    scheduled_for: datetime
    job_id: UUID | None = None
    attempt: int = 0
    method: str = "POST"
    headers: None = None
    content_type: str | None = "application/json"
    hop: int = 0


Send = Callable[[Row], Awaitable[None]]


async def run(send: Send, rows: list[Row], width: int) -> tuple[float, float]:
    """CPU seconds of this process for all rows, `width` at a time: in all, and in the kernel."""
    queue = iter(rows)

    async def worker() -> None:
        for row in queue:
            await send(row)

    before = os.times()
    await asyncio.gather(*[worker() for _ in range(width)])
    after = os.times()
    kernel = after.system - before.system
    return after.user - before.user + kernel, kernel


async def compare(url: str, count: int, width: int, rounds: int) -> None:
    secret = (new_signing_secret(),)
    now = datetime.now(UTC)
    body = "x" * 200
    rows = [Row(uuid4(), url + "/hook", body, now) for _ in range(count)]
    sample = build(rows[0], secret, now)
    prepared = dict(line.split(": ", 1) for line in sample.head.split("\r\n") if line)
    content = body.encode()
    policy = default_policy(allow=[url.removeprefix("http://")])

    async with (
        Outbound(policy) as outbound,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):

        async def bare(row: Row) -> None:
            async with session.post(row.url, data=content, headers=prepared) as answer:
                await answer.read()

        async def plain(row: Row) -> None:
            request = OutgoingRequest(row.method, row.url, sample.head, content)
            await outbound.deliver(request, time.monotonic() + 30)

        async def guarded(row: Row) -> None:
            answer = await outbound.deliver(build(row, secret, now), time.monotonic() + 30)
            if judge(answer, now=now).kind is not Kind.SUCCESS:
                raise SystemExit("the sink did not answer 200")

        sides: dict[str, Send] = {
            "bare aiohttp session": bare,
            "guarded, prepared": plain,
            "guarded, built and judged": guarded,
        }
        costs: dict[str, list[float]] = {name: [] for name in sides}
        kernels: dict[str, list[float]] = {name: [] for name in sides}
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, send in sides.items():
                began = time.perf_counter()
                cpu, kernel = await run(send, rows, width)
                rates[name].append(count / (time.perf_counter() - began))
                costs[name].append(cpu / count * 1e6)
                kernels[name].append(kernel / count * 1e6)
    for name in sides:
        print(
            f"{name:28} {statistics.median(costs[name]):6.1f} µs CPU a request,"
            f" of which kernel {statistics.median(kernels[name]):5.1f},"
            f" {statistics.median(rates[name]):8.0f}/s"
        )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=20000)
    parser.add_argument("--open", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bytes", default="200")
    options = parser.parse_args()
    sink = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", "--port", "0", "--bytes", options.bytes],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert sink.stdout is not None
        found = re.search(r"http://\S+", sink.stdout.readline())
        assert found is not None
        uvloop.run(compare(found[0], options.requests, options.open, options.rounds))
    finally:
        sink.terminate()
        sink.wait()


if __name__ == "__main__":
    main()
