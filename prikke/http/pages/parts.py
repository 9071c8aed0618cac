"""Lists that come whole from the database and are shown a part at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from prikke.http.visit import Row

_SIZE = 25


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a list, how many were shown up to here, and where it goes on."""

    rows: Sequence[Row]
    shown: int
    total: int
    further: str | None


def part(request: Request, path: str, rows: Sequence[Row], size: int = _SIZE) -> Part:
    """The part of the list at `path` that is asked for: `?from=50` begins with the fifty-first."""
    asked = request.query_params.get("from", "")
    begin = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    end = begin + size
    further = f"{path}?from={end}" if end < len(rows) else None
    return Part(rows[begin:end], min(end, len(rows)), len(rows), further)
