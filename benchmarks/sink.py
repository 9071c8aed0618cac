"""A fast HTTP sink on loopback: answers every request at once with a fixed body, and counts.

    python -m benchmarks.sink --port 8124 --bytes 200

Prints `listening on http://127.0.0.1:PORT` when ready. `GET /_count` answers how many requests
came so far, `GET /_last` the instant of the last one, `/hold…` answers after --hold seconds.
It knows only what the benchmarks send: requests with a Content-Length or without a body.
"""

import argparse
import asyncio
import contextlib
import signal
import time
from typing import cast

import uvloop

_END = b"\r\n\r\n"


class Counted:
    """What all connections of one sink share."""

    def __init__(self, body: bytes, hold: float) -> None:
        self.count = 0
        self.last = 0.0
        self.hold = hold
        self.answer = _answer(body)


class Sink(asyncio.Protocol):
    """One connection; requests may arrive in pieces or several at once."""

    def __init__(self, shared: Counted) -> None:
        self._shared = shared
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        start = 0
        while (end := data.find(_END, start)) >= 0:
            stop = end + 4
            at = data.find(b"Content-Length: ", start, end)
            if at >= 0:
                line_end = data.find(b"\r\n", at)
                stop += int(data[at + 16 : line_end])
            if stop > len(data):
                break
            self._one(data, start)
            start = stop
        self._rest = data[start:] if start < len(data) else b""

    def _one(self, data: bytes, start: int) -> None:
        shared, transport = self._shared, self._transport
        if transport is None:
            return
        if data.startswith(b"GET /_", start):
            word = shared.last if data.startswith(b"GET /_last", start) else shared.count
            transport.write(_answer(str(word).encode()))
            return
        shared.count += 1
        shared.last = time.time()
        if shared.hold:
            asyncio.get_running_loop().call_later(shared.hold, transport.write, shared.answer)
        else:
            transport.write(shared.answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None


def _answer(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    ) + body


async def serve(host: str, port: int, size: int, hold: float) -> None:
    """Serve until a signal comes."""
    loop = asyncio.get_running_loop()
    shared = Counted(b"x" * size, hold)
    server = await loop.create_server(lambda: Sink(shared), host, port, backlog=4096)
    print(f"listening on http://{host}:{server.sockets[0].getsockname()[1]}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="A fast HTTP sink.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8124)
    parser.add_argument("--bytes", type=int, default=200, dest="size")
    parser.add_argument("--hold", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(serve(options.host, options.port, options.size, options.hold))


if __name__ == "__main__":
    main()
