"""A forward proxy on loopback that takes what it is asked for to one receiver, and records it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class EgressProxy:
    """Where it listens, and the heads of the requests it was sent."""

    url: str = ""
    heads: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return [head.split("\r\n", 1)[0] for head in self.heads]


@asynccontextmanager
async def egress_proxy(port: int, refuse: bool = False) -> AsyncIterator[EgressProxy]:
    """A proxy for which every address is 127.0.0.1 and this port; `refuse` answers 403."""
    proxy = EgressProxy()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            proxy.heads.append(head)
            if refuse:
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
                writer.close()
                return
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                if head.startswith("CONNECT "):
                    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                else:
                    method, target, rest = head.split(" ", 2)
                    path = "/" + target.split("/", 3)[3]
                    there_writer.write(f"{method} {path} {rest}".encode())
                await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
            finally:
                there_writer.transport.abort()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
