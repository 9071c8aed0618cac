"""The raw limit of deliveries: an aiohttp loop without a database that sends the same headers.

    python -m benchmarks.raw http://127.0.0.1:8124/hook --requests 20000 --open 50

Prints the seconds it took, and the seconds of CPU time.
"""

import argparse
import asyncio
import gc
import os
import time
from datetime import UTC, datetime
from uuid import uuid4

import aiohttp
import uvloop

from benchmarks.client import Row
from prikke.runner.request import build
from prikke.signing import new_signing_secret


async def run(url: str, count: int, width: int) -> tuple[float, float]:
    now = datetime.now(UTC)
    sample = build(Row(uuid4(), url, "x" * 200, now), (new_signing_secret(),), now)
    headers = dict(line.split(": ", 1) for line in sample.head.split("\r\n") if line)
    left = iter(range(count))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def worker() -> None:
            for _ in left:
                async with session.post(url, data=sample.body, headers=headers) as answer:
                    await answer.read()

        gc.freeze()
        used, begun = os.times(), time.perf_counter()
        await asyncio.gather(*[worker() for _ in range(width)])
        seconds, after = time.perf_counter() - begun, os.times()
    return seconds, after.user - used.user + after.system - used.system


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--open", type=int, default=50)
    options = parser.parse_args()
    print(*uvloop.run(run(options.url, options.requests, options.open)))


if __name__ == "__main__":
    main()
