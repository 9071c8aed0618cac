"""Bodies of requests: counted while they stream, and JSON that means one thing only."""

import asyncio
import json
import math
from collections.abc import AsyncIterator
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from prikke.errors import Refused

_DEPTH = 64
_DIGITS = 100
_SECONDS = 30


async def read_body(request: Request, most: int) -> bytes:
    """The whole body; refused as soon as it is longer than allowed."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > most:
        _too_large(most)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "unsupported_type", "The body must not be compressed.")
    try:
        async with asyncio.timeout(_SECONDS):
            return await _collect(request.stream(), most)
    except TimeoutError:
        raise Refused(408, "timeout", "The body did not arrive in time.") from None
    except ClientDisconnect:
        raise Refused(400, "bad_request", "The body ended before its end.") from None


async def _collect(stream: AsyncIterator[bytes], most: int) -> bytes:
    chunks, size = [], 0
    async for chunk in stream:
        size += len(chunk)
        if size > most:
            _too_large(most)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(most: int) -> NoReturn:
    raise Refused(413, "too_large", f"The body is too large: at most {most} bytes.")


def require_json(content_type: str | None) -> None:
    """Refuse a body that says to be something else."""
    media_type, _, parameters = (content_type or "application/json").partition(";")
    kind = media_type.strip().lower()
    charset = parameters.replace(" ", "").lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refused(415, "unsupported_type", "The body must be application/json.")
    if "charset=" in charset and 'charset="utf-8"' not in charset.replace("=utf-8", '="utf-8"'):
        raise Refused(415, "unsupported_type", "JSON is UTF-8.")


def parse_json(data: bytes) -> Any:
    """JSON without what readers disagree on: names twice, NaN, half characters, absurd sizes."""
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        raise _invalid("is not UTF-8") from None
    except RecursionError:
        raise _invalid(f"is nested deeper than {_DEPTH}") from None
    except json.JSONDecodeError as error:
        if text.startswith("\ufeff"):
            raise _invalid("begins with a byte order mark, which JSON does not have") from None
        raise _invalid(
            f"is no JSON: {error.msg.lower()} at line {error.lineno}, column {error.colno}"
        ) from None
    if "\\u" in text or text.count("{") + text.count("[") > _DEPTH:
        _check(value, 0)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _invalid(f"has the name {json.dumps(twice)[:100]} twice in one object")
    return made


def _integer(text: str) -> int:
    if len(text) > _DIGITS:
        raise _invalid(f"has a number of more than {_DIGITS} digits")
    return int(text)


def _number(text: str) -> float:
    value = float(text) if len(text) <= _DIGITS else math.inf
    if math.isinf(value):
        raise _invalid("has a number beyond all bounds")
    return value


def _constant(text: str) -> NoReturn:
    raise _invalid(f"has {text}, which is not JSON")


def _check(value: Any, depth: int) -> None:
    """What only shows in the parsed value: its depth, NUL and halves of characters."""
    if isinstance(value, str):
        if "\0" in value:
            raise _invalid("has the character NUL, which no text of ours can hold")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise _invalid("has half of a surrogate pair")
    elif isinstance(value, dict | list):
        if depth == _DEPTH:
            raise _invalid(f"is nested deeper than {_DEPTH}")
        for item in value if isinstance(value, list) else (*value, *value.values()):
            _check(item, depth + 1)


def _invalid(what: str) -> Refused:
    return Refused(400, "invalid_json", f"The body {what}.")
