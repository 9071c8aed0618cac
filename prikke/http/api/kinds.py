"""Kinds of values: how JSON and queries are read, how rows are shown, how both are described."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from prikke.patterns import check_expected_body

Schema = Mapping[str, Any]


class Wrong(ValueError):
    """A value that cannot be read: a code, what it must be, and perhaps an example."""

    def __init__(self, message: str, hint: str | None = None, code: str = "wrong_type") -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


def _same(value: Any) -> Any:
    return value


def _unreadable(_: str) -> Any:
    raise Wrong("cannot be given here")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its type in SQL, its schema, and its ways in and out."""

    cast: LiteralString
    schema: Schema
    read: Callable[[Any], Any]
    parse: Callable[[str], Any] = _unreadable
    show: Callable[[Any], Any] = field(default=_same)


@dataclass(frozen=True, slots=True)
class Local:
    """A time without an offset, which only means something in a time zone."""

    text: str


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("must be text")
    return value


def expectation(value: Any) -> str:
    """What an answer must hold; SQL cannot tell whether a pattern is one of RE2."""
    text = _text(value)
    problem = check_expected_body(text)
    if problem is not None:
        raise Wrong(problem.removeprefix("expected_body").lstrip(": "), _EXPECTED_HINT, "invalid")
    return text


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong("must be a whole number")
    if not -(2**31) <= value < 2**31:
        raise Wrong("lies outside of all that is allowed")
    return value


def _parse_integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,10}", text):
        raise Wrong("must be a whole number")
    return _integer(int(text))


def _parse_position(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Wrong("must be a whole number")
    return int(text)


def _count(value: Decimal | int | None) -> int | None:
    """A sum is numeric in SQL."""
    return None if value is None else int(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("must be true or false")
    return value


def _parse_boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise Wrong("must be true or false")
    return text == "true"


_EXPECTED_HINT = 'Text, /pattern/ in RE2\'s syntax, or $.path == value, for example "$.ok == true".'
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?"
_INSTANT = re.compile(_TIME + r" ?([Zz]|[+-]\d\d(:?\d\d)?)", re.ASCII)
_LOCAL = re.compile(_TIME, re.ASCII)
_INSTANT_HINT = 'For example "2030-01-31T08:00:00Z".'


def _instant(value: Any) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise Wrong("must be an instant in ISO 8601 with its offset from UTC", _INSTANT_HINT)
    try:
        return datetime.fromisoformat(value.replace(" ", "T", 1).replace(" ", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong("is no instant", _INSTANT_HINT) from None


def _instant_or_local(value: Any) -> datetime | Local:
    if isinstance(value, str) and _LOCAL.fullmatch(value):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise Wrong("is no time", _INSTANT_HINT) from None
        return Local(value)
    return _instant(value)


# What Postgres reads too; a unit twice, which it does not, is refused here.
_UNIT = (
    r"(?:microseconds?|us|milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|hours?|hrs?|h"
    r"|days?|d|weeks?|w|months?|mons?|years?|y)"
)
_LENGTH = re.compile(rf"(?:\s*\d{{1,9}}(?:\.\d{{1,6}})?\s*{_UNIT}\b)+\s*", re.IGNORECASE | re.ASCII)
_UNITS = re.compile(_UNIT + r"\b", re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,6}:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
_ISO_LENGTH = re.compile(
    r"P(?=.)(\d{1,9}Y)?(\d{1,9}M)?(\d{1,9}W)?(\d{1,9}D)?"
    r"(T(?=.)(\d{1,9}H)?(\d{1,9}M)?(\d{1,9}(\.\d{1,6})?S)?)?",
    re.ASCII,
)


def _length(value: Any) -> str:
    if isinstance(value, str):
        if _LENGTH.fullmatch(value):
            units = [_unit(found) for found in _UNITS.findall(value)]
            if len(set(units)) == len(units):
                return value
        elif _CLOCK.fullmatch(value) or _ISO_LENGTH.fullmatch(value):
            return value
    raise Wrong('must be a length of time such as "30 s" or "1 hour"')


def _unit(name: str) -> str:
    lower = name.lower()
    return lower if lower in {"us", "ms"} else lower[:3] if lower[:1] == "m" else lower[:1]


_LONG = ((86400, "day"), (3600, "hour"), (60, "minute"))


def show_length(length: timedelta | str | None) -> str | None:
    """A length of time as text that can be sent back: 30 s, 15 minutes, 1 day 2 hours."""
    if isinstance(length, str):
        length = _postgres_length(length)
    if length is None or isinstance(length, str):
        return length
    microseconds = length // timedelta(microseconds=1)
    seconds, fraction = divmod(microseconds, 1_000_000)
    words = []
    for size, unit in _LONG:
        amount, seconds = divmod(seconds, size)
        if amount:
            words.append(f"{amount} {unit}{'' if amount == 1 else 's'}")
    if seconds or fraction or not words:
        words.append(f"{seconds + fraction / 1_000_000:g} s" if fraction else f"{seconds} s")
    return " ".join(words)


_POSTGRES_LENGTH = re.compile(r"(?:(\d+) days?)? ?(?:(\d+):(\d\d):(\d\d)(\.\d+)?)?", re.ASCII)


def _postgres_length(text: str) -> timedelta | str:
    """A length as Postgres writes it into JSON; one with months stays as it is."""
    found = _POSTGRES_LENGTH.fullmatch(text)
    if found is None or not text:
        return text
    days, hours, minutes, seconds, fraction = found.groups(default="0")
    return timedelta(
        days=int(days),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds) + float(fraction),
    )


def _headers(value: Any) -> Jsonb:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise Wrong("must be an object of names and texts", '{"Accept": "text/plain"}')
    return Jsonb(value)


def _object(value: Any) -> Jsonb:
    if not isinstance(value, dict):
        raise Wrong("must be an object")
    return Jsonb(value)


def read_uuid(value: Any) -> UUID:
    """An id; of the spellings of a UUID only the usual one."""
    if not isinstance(value, str) or not re.fullmatch(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value
    ):
        raise Wrong("must be an id", 'For example "01980000-0000-7000-8000-000000000000".')
    return UUID(value)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Wrong("must be a list of texts")
    return value


def _parse_texts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise Wrong("must name at least one, with commas between several")
    return parts


def _ids(value: Any) -> list[UUID]:
    return [read_uuid(item) for item in _texts(value)]


def show_bytes(value: bytes | memoryview | None) -> tuple[str | None, str | None]:
    """Bytes as JSON can hold them, and how: text where they are text, else base64."""
    if value is None:
        return None, None
    data = bytes(value)
    try:
        return data.decode("utf-8"), "text"
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii"), "base64"


_STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}

TEXT = Kind("::text", {"type": "string"}, _text, _text)
EXPECTATION = Kind("::text", {"type": "string"}, expectation)
INTEGER = Kind(
    "::integer",
    {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    _integer,
    _parse_integer,
)
COUNT = Kind("::bigint", {"type": "integer", "format": "int64"}, _integer, show=_count)
POSITION = Kind("::bigint", {"type": "integer", "format": "int64"}, _integer, _parse_position)
NUMBER = Kind("::double precision", {"type": "number"}, _same)
BOOLEAN = Kind("::boolean", {"type": "boolean"}, _boolean, _parse_boolean)
INSTANT = Kind("::timestamptz", {"type": "string", "format": "date-time"}, _instant, _instant)
DAY = Kind("::date", {"type": "string", "format": "date"}, _text)
LOCAL = Kind("::timestamp", {"type": "string"}, _text)
INSTANT_OR_LOCAL = Kind(
    "::timestamptz", {"type": "string", "format": "date-time"}, _instant_or_local
)
LENGTH = Kind("::interval", {"type": "string"}, _length, _length, show_length)
HEADERS = Kind("::jsonb", _STRINGS, _headers)
OBJECT = Kind("::jsonb", {"type": "object"}, _object)
ID = Kind("::uuid", {"type": "string", "format": "uuid"}, read_uuid, read_uuid)
TEXTS = Kind("::text[]", {"type": "array", "items": {"type": "string"}}, _texts, _parse_texts)
IDS = Kind("::uuid[]", {"type": "array", "items": {"type": "string", "format": "uuid"}}, _ids)
ANY = Kind("::jsonb", {}, Jsonb)


def objects(**properties: str) -> Kind:
    """A list of objects, only shown: each property is of a JSON type, or a text of a format."""
    types = {
        name: {"type": name_of} if name_of in _TYPES else {"type": "string", "format": name_of}
        for name, name_of in properties.items()
    }
    item = {"type": "object", "properties": types, "required": list(types)}
    return Kind("::jsonb", {"type": "array", "items": item}, Jsonb)


_TYPES = {"string", "integer", "number", "boolean"}
