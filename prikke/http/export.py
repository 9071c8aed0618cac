"""Rows as one JSON document, written to disk first: the database waits for no slow reader."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from typing import IO, Any

from starlette.responses import StreamingResponse

from prikke.errors import Refused
from prikke.http.replies import dump

_IN_MEMORY = 1024 * 1024
_MOST = 8 * 1024**3
_CHUNK = 64 * 1024
_AT_ONCE = 2
_RETRY = json.dumps({"retry_after_ms": 10_000, "limit": _AT_ONCE})


class Exports:
    """What one process exports at once is bounded: each takes a connection and disk."""

    def __init__(self) -> None:
        self._running = 0

    async def document(self, name: str, rows: AsyncIterator[Mapping[str, Any]]) -> IO[bytes]:
        """All rows as a list under a name; the file is the caller's to close."""
        if self._running >= _AT_ONCE:
            raise Refused(429, "busy", "Other exports are being made just now.", detail=_RETRY)
        self._running += 1
        file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        try:
            await _write(file, name, rows)
        except BaseException:
            file.close()
            raise
        finally:
            self._running -= 1
        return file


async def _write(file: IO[bytes], name: str, rows: AsyncIterator[Mapping[str, Any]]) -> None:
    before = f'{{"{name}":[\n'
    async for row in rows:
        file.write((before + dump(row)).encode())
        before = ",\n"
        if file.tell() > _MOST:
            raise Refused(413, "too_large", f"It is larger than {_MOST} bytes: export it in SQL.")
    file.write(b"\n]}" if before == ",\n" else f'{{"{name}":[]}}'.encode())
    file.seek(0)


def send_document(file: IO[bytes], headers: Mapping[str, str]) -> StreamingResponse:
    """The document as a response, which closes the file."""

    async def chunks() -> AsyncIterator[bytes]:
        with file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk

    return StreamingResponse(chunks(), headers=dict(headers), media_type="application/json")
