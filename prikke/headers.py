"""Which headers a user may set; `prikke.header_problems` is the same rule in SQL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prikke.errors import FieldError

# Names that we or HTTP itself write. A user's own would break framing or pose as a signature.
RESERVED = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
RESERVED_PREFIXES = ("proxy-", "webhook-", "x-prikke-")

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class HeaderLimits:
    """How many headers, and how long; bytes count as UTF-8."""

    count: int = 64
    name: int = 128
    value: int = 4096
    together: int = 16 * 1024


DEFAULT_LIMITS = HeaderLimits()


def header_problems(
    headers: Mapping[str, str], limits: HeaderLimits = DEFAULT_LIMITS
) -> list[FieldError]:
    """Everything that is wrong with these headers; empty when they may be sent."""
    problems: list[FieldError] = []
    together = sum(len(name.encode()) + len(value.encode()) for name, value in headers.items())
    if together > limits.together:
        problems.append(
            _problem("too_long", f"headers together are longer than {limits.together} bytes")
        )
    if len(headers) > limits.count:
        problems.append(_problem("too_many", f"at most {limits.count} headers"))
    seen: set[str] = set()
    for name, value in headers.items():
        lower = _lower(name)
        problem = _name_problem(name, lower, limits) or _value_problem(name, value, limits)
        if problem is None and lower in seen:
            problem = _problem("repeated", f"header {name} is there twice")
        if problem is not None:
            problems.append(problem)
        seen.add(lower)
    return problems


def _lower(name: str) -> str:
    """Only ASCII changes, as in SQL: other letters are refused in names anyway."""
    return name.lower() if name.isascii() else name


def _name_problem(name: str, lower: str, limits: HeaderLimits) -> FieldError | None:
    if len(name.encode()) > limits.name:
        return _problem("too_long", f"a header name is longer than {limits.name} bytes")
    if not _NAME.fullmatch(name):
        return _problem(
            "invalid_name",
            "a header name holds characters that it cannot",
            "letters, digits and hyphens, without a colon or a space",
        )
    if lower in RESERVED or lower.startswith(RESERVED_PREFIXES):
        return _problem(
            "reserved", f"header {name} cannot be set", "it is written when the request is sent"
        )
    return None


def _value_problem(name: str, value: str, limits: HeaderLimits) -> FieldError | None:
    if len(value.encode()) > limits.value:
        return _problem(
            "too_long", f"the value of header {name} is longer than {limits.value} bytes"
        )
    if _BAD_IN_VALUE.search(value):
        return _problem(
            "invalid_value",
            f"the value of header {name} holds a line break or control character",
            "write it on one line",
        )
    return None


def _problem(code: str, message: str, hint: str | None = None) -> FieldError:
    return FieldError("headers", code, message, hint)
