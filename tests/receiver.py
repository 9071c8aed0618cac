"""A real loopback HTTP server that records what arrives and misbehaves on demand.

    with Receiver() as receiver:
        ... deliver to receiver.address("/status/503") ...
        receiver.wait_for(1)
        assert receiver.requests[0].headers["webhook-id"] == ...

It runs in a thread with a loop of its own, so that plain and asynchronous tests, and other
processes, can use it. `python -m tests.receiver --port 8123` runs it alone; `GET /_/requests`,
`/_/counts`, `/_/release` and `/_/forget` then stand for the attributes below.

How it behaves is said by the path:

    /                      200 "ok"
    /status/503            that status
    /answer?status=200&body=text&header=Name:value&type=text/plain&delay=1.5&close=1
    /echo                  what arrived, as JSON
    /accepted /gone /stop  202; 410; 500 with X-Prikke-Stop: 1
    /retry-after?value=7   503 with Retry-After
    /flaky?fail=2&status=503   the first requests of each webhook-id fail, then 200
    /redirect?to=URL       302
    /large?bytes=1000000   a body of that many bytes, with Content-Length
    /flood                 a chunked body without end, as fast as it is read
    /drip?every=0.05       a chunked body without end, a byte at a time
    /slow-head?every=0.05  the head itself a byte at a time, without end
    /headers?count=300&length=20   that many extra headers
    /gzip-bomb             1 MB of gzip that would unpack to 1 GB, marked as gzip
    /garbage               bytes that are not HTTP
    /wrong-length          Content-Length larger than the body, then closed
    /truncated             closed in the middle of a chunk
    /close                 closed without an answer
    /close-after-head      closed after the head
    /reset                 closed by RST without an answer
    /never                 no answer, connection kept open
    /hold                  no answer until `release()`
    /interim?count=1000    that many 100 Continue, then 200
    /upgrade               101
    /stale                 200 and then closed as soon as the next request arrives
    /latin                 header values that are not UTF-8
"""

import argparse
import asyncio
import gzip
import json
import socket
import ssl
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter

_BACKLOG = 4096


@dataclass(frozen=True, slots=True)
class Received:
    """One request, with the instants at which its last byte arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    at: float
    monotonic: float
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def message_id(self) -> str | None:
        return self.headers.get("webhook-id")

    def option(self, name: str, default: str) -> str:
        """A value of the query."""
        values = parse_qs(urlsplit(self.target).query, keep_blank_values=True).get(name)
        return values[0] if values else default

    def options(self, name: str) -> list[str]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True).get(name, [])

    def described(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "target": self.target,
            "headers": self.headers,
            "body": self.body.decode("utf-8", "replace"),
            "at": self.at,
            "connection": self.connection,
        }


class _Closed(Exception):
    """The behaviour has ended the connection."""


class Receiver:
    """The server; a context manager."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.host = host
        self._tls = tls
        self.port = port
        self.requests: list[Received] = []
        self.counts: Counter[str] = Counter()
        self.open = 0
        self.most_open = 0
        self.connections = 0
        self._arrival = threading.Condition()
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._released: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    def __enter__(self) -> "Receiver":
        self._thread.start()
        self._started.wait(10)
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close every connection and the server."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    def address(self, path: str = "/") -> str:
        return self.url + path

    @property
    def target(self) -> str:
        """How an allow-list names this receiver."""
        return self.url.partition("://")[2]

    def release(self) -> None:
        """Let every request to /hold be answered, now and from now on."""
        if self._loop is not None and self._released is not None:
            self._loop.call_soon_threadsafe(self._released.set)

    def forget(self) -> None:
        """Start recording afresh."""
        with self._arrival:
            self.requests.clear()
            self.counts.clear()

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """The requests, once this many have arrived."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} of {count} requests in {timeout} s")
            return list(self.requests)

    async def arrived(self, count: int, within: float = 10.0) -> list[Received]:
        """`wait_for` without blocking the loop."""
        return await asyncio.to_thread(self.wait_for, count, within)

    def of(self, path: str) -> list[Received]:
        """The requests to one path."""
        return [request for request in list(self.requests) if request.path == path]

    @property
    def repeated(self) -> dict[str, int]:
        """Message ids that arrived more than once."""
        return {name: count for name, count in self.counts.items() if count > 1}

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._released = asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: Reader, writer: Writer) -> None:
            task = asyncio.ensure_future(self._connection(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(
            connected, self.host, self.port, backlog=_BACKLOG, ssl=self._tls
        )
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()

    async def _connection(self, reader: Reader, writer: Writer) -> None:
        self.connections += 1
        number = self.connections
        try:
            while True:
                request = await _read(reader, number)
                if request is None:
                    break
                if request.path.startswith("/_/"):
                    await self._control(request, writer)
                    continue
                self._record(request)
                with self._counted():
                    keep = await self._answer(request, reader, writer)
                if not keep:
                    break
        except (_Closed, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.transport.abort()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            yield
        finally:
            self.open -= 1

    def _record(self, request: Received) -> None:
        with self._arrival:
            self.requests.append(request)
            if request.message_id is not None:
                self.counts[request.message_id] += 1
            self._arrival.notify_all()

    async def _answer(self, request: Received, reader: Reader, writer: Writer) -> bool:
        first = request.path.split("/")[1].replace("-", "_")
        behave: Callable[[Received, Reader, Writer], Awaitable[bool | None]] | None = getattr(
            self, f"on_{first}", None
        )
        if behave is not None:
            return await behave(request, reader, writer) is not False
        await _reply(writer, request, 200, b"ok")
        return True

    async def _control(self, request: Received, writer: Writer) -> None:
        word = request.path.removeprefix("/_/")
        if word == "release":
            self.release()
        elif word == "forget":
            self.forget()
        value: Any = {
            "requests": [each.described() for each in self.requests]
            if word == "requests"
            else None,
            "counts": dict(self.counts) if word == "counts" else None,
        }.get(word)
        await _reply(
            writer, request, 200, json.dumps(value).encode(), {"Content-Type": "application/json"}
        )

    async def on_status(self, request: Received, _: Reader, writer: Writer) -> None:
        status = int(request.path.split("/")[2])
        await _reply(writer, request, status, str(status).encode())

    async def on_answer(self, request: Received, _: Reader, writer: Writer) -> bool:
        await asyncio.sleep(float(request.option("delay", "0")))
        headers = dict(_pair(text) for text in request.options("header"))
        headers["Content-Type"] = request.option("type", "text/plain")
        status = int(request.option("status", "200"))
        await _reply(writer, request, status, request.option("body", "ok").encode(), headers)
        return request.option("close", "0") == "0"

    async def on_echo(self, request: Received, _: Reader, writer: Writer) -> None:
        body = json.dumps(request.described()).encode()
        await _reply(writer, request, 200, body, {"Content-Type": "application/json"})

    async def on_accepted(self, request: Received, _: Reader, writer: Writer) -> None:
        await _reply(writer, request, 202, b"later")

    async def on_gone(self, request: Received, _: Reader, writer: Writer) -> None:
        await _reply(writer, request, 410, b"gone")

    async def on_stop(self, request: Received, _: Reader, writer: Writer) -> None:
        await _reply(writer, request, 500, b"stop", {"X-Prikke-Stop": "1"})

    async def on_retry_after(self, request: Received, _: Reader, writer: Writer) -> None:
        await _reply(writer, request, 503, b"later", {"Retry-After": request.option("value", "1")})

    async def on_flaky(self, request: Received, _: Reader, writer: Writer) -> None:
        failing = self.counts[request.message_id or ""] <= int(request.option("fail", "1"))
        status = int(request.option("status", "503")) if failing else 200
        await _reply(writer, request, status, str(status).encode())

    async def on_redirect(self, request: Received, _: Reader, writer: Writer) -> None:
        await _reply(writer, request, 302, b"", {"Location": request.option("to", "/")})

    async def on_large(self, request: Received, _: Reader, writer: Writer) -> None:
        await _reply(writer, request, 200, b"x" * int(request.option("bytes", "1000000")))

    async def on_flood(self, request: Received, _: Reader, writer: Writer) -> None:
        await _write(writer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await _write(writer, b"10000\r\n" + b"y" * 65536 + b"\r\n")

    async def on_drip(self, request: Received, _: Reader, writer: Writer) -> None:
        await _write(writer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await asyncio.sleep(float(request.option("every", "0.05")))
            await _write(writer, b"1\r\nz\r\n")

    async def on_slow_head(self, request: Received, _: Reader, writer: Writer) -> None:
        await _write(writer, b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            await asyncio.sleep(float(request.option("every", "0.05")))
            await _write(writer, b"s")

    async def on_headers(self, request: Received, _: Reader, writer: Writer) -> None:
        value = "h" * int(request.option("length", "20"))
        extra = {f"X-Extra-{n}": value for n in range(int(request.option("count", "300")))}
        await _reply(writer, request, 200, b"many headers", extra)

    async def on_gzip_bomb(self, request: Received, _: Reader, writer: Writer) -> None:
        await _reply(writer, request, 200, _bomb(), {"Content-Encoding": "gzip"})

    async def on_garbage(self, request: Received, _: Reader, writer: Writer) -> bool:
        await _write(writer, b"\x16\x03\x01\x00 this is not HTTP\r\n\r\n" * 8)
        return False

    async def on_wrong_length(self, request: Received, _: Reader, writer: Writer) -> bool:
        await _write(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        await _close(writer)
        return False

    async def on_truncated(self, request: Received, _: Reader, writer: Writer) -> bool:
        await _write(writer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf")
        await _close(writer)
        return False

    async def on_close(self, request: Received, _: Reader, writer: Writer) -> bool:
        await _close(writer)
        return False

    async def on_close_after_head(self, request: Received, _: Reader, writer: Writer) -> bool:
        await _write(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        await _close(writer)
        return False

    async def on_reset(self, request: Received, _: Reader, writer: Writer) -> bool:
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        raise _Closed

    async def on_never(self, request: Received, reader: Reader, _: Writer) -> bool:
        # Ends when the other side gives up.
        await reader.read()
        return False

    async def on_hold(self, request: Received, _: Reader, writer: Writer) -> None:
        assert self._released is not None
        await self._released.wait()
        await _reply(writer, request, 200, b"released")

    async def on_interim(self, request: Received, _: Reader, writer: Writer) -> None:
        for _n in range(int(request.option("count", "1000"))):
            await _write(writer, b"HTTP/1.1 100 Continue\r\n\r\n")
        await _reply(writer, request, 200, b"ok")

    async def on_upgrade(self, request: Received, reader: Reader, writer: Writer) -> bool:
        await _write(
            writer, b"HTTP/1.1 101 Switching\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\nraw"
        )
        await reader.read()
        return False

    async def on_stale(self, request: Received, reader: Reader, writer: Writer) -> bool:
        await _reply(writer, request, 200, b"once")
        await reader.read(1)
        return False

    async def on_latin(self, request: Received, _: Reader, writer: Writer) -> None:
        await _write(
            writer, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Latin: bl\xe5b\xe6r\r\n\r\nok"
        )


async def _read(reader: Reader, connection: int) -> Received | None:
    """The next request; None when the connection ends before one begins."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    line, *rest = raw[:-4].decode("utf-8", "replace").split("\r\n")
    method, target, _ = line.split(" ", 2)
    headers: dict[str, str] = {}
    for each in rest:
        name, value = _pair(each)
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body, time.time(), time.monotonic(), connection)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name.strip(), value.strip()


async def _reply(
    writer: Writer,
    request: Received,
    status: int,
    body: bytes,
    headers: dict[str, str] | None = None,
) -> None:
    lines = [f"HTTP/1.1 {status} Word"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if status in {204, 304}:
        body = b""
    else:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([*lines, "", ""]).encode()
    await _write(writer, head if request.method == "HEAD" else head + body)


async def _write(writer: Writer, data: bytes) -> None:
    if writer.transport.is_closing():
        raise _Closed
    writer.write(data)
    await writer.drain()


async def _close(writer: Writer) -> None:
    """End the connection after what was written has left."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@dataclass(slots=True)
class _Made:
    bomb: bytes = field(default=b"")


_made = _Made()


def _bomb() -> bytes:
    if not _made.bomb:
        # Members after one another are one stream to whoever unpacks them.
        _made.bomb = gzip.compress(b"\0" * (16 << 20), 9) * 64
    return _made.bomb


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(description="A receiver that misbehaves on demand.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8123)
    options = parser.parse_args()
    with Receiver(options.host, options.port) as receiver:
        print(f"listening on {receiver.url}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    sys.exit(0)


if __name__ == "__main__":
    main()
