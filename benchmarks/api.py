"""A job made over REST (P10), beside a Starlette application that does one select.

    python -m benchmarks api

Both behind the same server, event loop and size of pool, in turn; the client writes prepared bytes
to open connections. Authentication, rate, tenancy, versions and audit are Prikke's share.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import uvloop

from benchmarks import frame
from benchmarks.frame import Figure, Options
from prikke.http.auth import make_key

COUNT = 6_000
WIDTH = 32
JOB = {"name": "Nightly", "url": "https://example.com/hook", "cron": "0 3 * * *"}


@dataclass(slots=True)
class Side:
    """One of the two applications, and what was measured of it."""

    url: str
    pid: int
    rates: list[float] = field(default_factory=list)
    costs: list[dict[str, float]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return frame.median(self.rates)

    def cost(self, part: str) -> float:
        """Microseconds of CPU a request."""
        return frame.median([cost[part] for cost in self.costs]) * 1e6


@contextlib.contextmanager
def served(dsn: str, *command: str) -> Iterator[Side]:
    """A web process on a socket of ours, once it answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        listener.set_inheritable(True)
        number = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--fd", str(number)],
            env={**os.environ, "DATABASE_URL": dsn, "SECRET_KEY_BASE": frame.SECRET_KEY_BASE},
            pass_fds=(number,),
        )
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            frame.until(lambda: _answers(url), f"{command[0]} does not answer")
            yield Side(url, process.pid)
        finally:
            process.terminate()
            process.wait(40)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def request_bytes(url: str, key: str) -> bytes:
    """The whole request."""
    body = json.dumps(JOB).encode()
    head = (
        f"POST /api/jobs HTTP/1.1\r\nHost: {url.removeprefix('http://')}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def post(url: str, request: bytes, count: int, status: bytes) -> None:
    """So many requests over WIDTH connections, each answered before the next."""
    host, port = url.removeprefix("http://").split(":")
    left = iter(range(count))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for _ in left:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 " + status):
                raise SystemExit(f"not answered as it should be: {head[:200]!r}")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()

    await asyncio.gather(*[connection() for _ in range(WIDTH)])


def turn(conn: psycopg.Connection, side: Side, key: str, count: int) -> None:
    """One round of one side."""
    meter = frame.Meter(web=side.pid, server=frame.postmaster(conn))
    begun = time.perf_counter()
    uvloop.run(post(side.url, request_bytes(side.url, key), count, b"201"))
    seconds = time.perf_counter() - begun
    side.rates.append(count / seconds)
    side.costs.append({name: used / count for name, used in meter.seconds().items()})


def measure(options: Options) -> list[Figure]:
    count = COUNT // 6 if options.small else COUNT
    with frame.installed() as dsn, frame.connected(dsn) as conn:
        key = make_key()
        conn.execute(
            "select prikke.create_key(name => 'bench', public_id => %s, secret_hash => %s)",
            (key.credentials.public_id, key.credentials.secret_hash),
        )
        conn.execute(
            "update prikke.setting set value = value ||"
            " '{\"api_per_second\": 1000000, \"api_burst\": 1000000}' where name = 'limits'"
        )
        with served(dsn, "prikke", "serve") as prikke, served(dsn, "benchmarks.bare_web") as bare:
            for side in (prikke, bare):
                uvloop.run(post(side.url, request_bytes(side.url, key.text), 500, b"201"))
            for number in range(options.rounds):
                for side in (prikke, bare) if number % 2 else (bare, prikke):
                    turn(conn, side, key.text, count)
    share = prikke.rate / bare.rate
    return [
        Figure(
            "P10",
            f"REST create, {WIDTH} connections",
            f"{frame.rate(prikke.rate)} = {share:.2f} of Starlette with one select"
            f" ({frame.rate(bare.rate)})",
            "≥ 0.6, ≥ 3,000/s",
            share >= 0.6 and prikke.rate >= 3000,
            "µs CPU a request: "
            + "; ".join(
                f"{name} web {side.cost('web'):.0f}, server {side.cost('server'):.0f}"
                for name, side in (("prikke", prikke), ("bare", bare))
            ),
        )
    ]
