"""Live pages: from the commit of an event to its bytes at each page that is open.

    python -m benchmarks live

The pages are streams of this process, so that commit and arrival are read off one clock. Events
come one at a time, at no particular moment of the poll, so half of its interval is the least that
can be expected in the middle.
"""

import asyncio
import random
import time
from urllib.parse import urlsplit

import psycopg

from benchmarks import frame
from benchmarks.api import served
from benchmarks.frame import Figure, Options
from benchmarks.pages import session

PAGES = (1, 500)
# As many as one session may have open.
_OF_ONE = 50
_TARGET_MS = 1000.0
_NAMED = b'data-execution="'
_PATIENCE_SECONDS = 30.0


class OpenPages:
    """Pages that follow what happens; each notes when it first read of an execution."""

    def __init__(self) -> None:
        self.arrived: dict[str, list[float]] = {}
        self._told = asyncio.Condition()
        self._following: list[asyncio.Task[None]] = []

    async def open(self, url: str, cookie: str) -> None:
        """Open one more, until it follows."""
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(
            f"GET /live HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Cookie: prikke_session={cookie}\r\n\r\n".encode()
        )
        await reader.readuntil(b": follows\n\n")
        self._following.append(asyncio.create_task(self._follow(reader, writer)))

    async def close(self) -> None:
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)

    async def wait_for(self, execution: str) -> list[float]:
        """When each page read of it, once all have."""
        async with asyncio.timeout(_PATIENCE_SECONDS), self._told:
            await self._told.wait_for(
                lambda: len(self.arrived.get(execution, ())) == len(self._following)
            )
        return self.arrived[execution]

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen = set()
        while line := await reader.readline():
            at = time.time()
            _, named, rest = line.partition(_NAMED)
            execution = rest.partition(b'"')[0].decode()
            if named and execution not in seen:
                seen.add(execution)
                async with self._told:
                    self.arrived.setdefault(execution, []).append(at)
                    self._told.notify_all()
        writer.close()


async def _events(conn: psycopg.Connection, pages: OpenPages, count: int) -> list[float]:
    """Milliseconds from the commit of a send to each page, one send at a time."""
    took = []
    for _ in range(count):
        await asyncio.sleep(random.uniform(0.1, 0.6))
        execution = str(
            frame.value(conn, "select prikke.send(url => 'https://example.com/', delay => '1 day')")
        )
        committed = time.time()
        took += [(at - committed) * 1000 for at in await pages.wait_for(execution)]
    return took


async def _measure(dsn: str, conn: psycopg.Connection, open_pages: int, count: int) -> list[float]:
    needed = -(-open_pages // _OF_ONE)
    cookies = [session(conn, f"{open_pages}-{n}@example.com") for n in range(needed)]
    with served(dsn, "prikke", "serve") as web:
        pages = OpenPages()
        try:
            for number in range(open_pages):
                await pages.open(web.url, cookies[number // _OF_ONE])
            return await _events(conn, pages, count)
        finally:
            await pages.close()


def measure(options: Options) -> list[Figure]:
    count = 20 if options.small else 100
    figures = []
    with frame.installed() as dsn, frame.connected(dsn) as conn:
        for open_pages in PAGES:
            took = asyncio.run(_measure(dsn, conn, open_pages, count))
            p99 = frame.percentile(took, 0.99)
            figures.append(
                Figure(
                    "live",
                    f"event to open page, {open_pages} open on one process",
                    f"p50 {frame.median(took):.0f}, p99 {p99:.0f}, last {max(took):.0f} ms",
                    f"≤ {_TARGET_MS:.0f} ms",
                    max(took) <= _TARGET_MS,
                )
            )
    return figures
