"""What the body of an answer must hold: a text, /a pattern/ (RE2), or $.path == value."""

import json
import math
import re
from functools import lru_cache
from typing import Any

import re2


class BadPattern(ValueError):
    """An expectation that cannot be read; its message is for the person who wrote it."""


def check_expected_body(expected: str) -> str | None:
    """What is wrong with an expectation of the body; None when it can be used."""
    try:
        if _is_pattern(expected):
            _compiled(expected[1:-1])
        elif _is_path(expected):
            _path(expected)
    except BadPattern as error:
        return str(error)
    return None


def body_matches(body: bytes, expected: str) -> bool:
    """Whether the body of an answer holds what is expected of it."""
    text = body.decode("utf-8", "replace")
    if _is_pattern(expected):
        return _compiled(expected[1:-1]).search(text) is not None
    if _is_path(expected):
        steps, wanted = _path(expected)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return False
        return _same(_walk(found, steps), wanted)
    return expected in text


def _is_pattern(expected: str) -> bool:
    return len(expected) > 2 and expected.startswith("/") and expected.endswith("/")


def _is_path(expected: str) -> bool:
    return expected.startswith("$") and "==" in expected


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise BadPattern(f"expected_body is not a pattern of RE2: {_words(error)}") from None


def _words(error: Exception) -> str:
    words = error.args[0] if error.args else ""
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)


_STEP = re.compile(
    r"""\.([A-Za-z_][\w-]*)|\[(\d{1,6})\]|\["([^"\\]*)"\]|\['([^'\\]*)'\]""", re.ASCII
)
_MISSING = object()


@lru_cache(maxsize=1024)
def _path(expected: str) -> tuple[tuple[str | int, ...], Any]:
    """The steps of `$.a[0]["b"] == value`, and the value: JSON, or a bare word as text."""
    left, _, right = expected.partition("==")
    steps: list[str | int] = []
    left, at = left.strip(), 1
    while at < len(left):
        match = _STEP.match(left, at)
        if match is None:
            raise BadPattern(f"expected_body: cannot read the path {left!r}")
        name, index, double, single = match.groups()
        steps.append(int(index) if index else name or (double if double is not None else single))
        at = match.end()
    right = right.strip()
    try:
        wanted = json.loads(right)
    except (ValueError, RecursionError):
        if right[:1] in '"[{':
            raise BadPattern(f"expected_body: {right!r} is not JSON") from None
        wanted = right
    return tuple(steps), wanted


def _walk(value: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return _MISSING
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return _MISSING
    return value


def _same(found: Any, wanted: Any) -> bool:
    """JSON's equality: true is not 1, and 1 is 1.0."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, float) and math.isnan(found):
        return False
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_same(found[k], wanted[k]) for k in found)
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return bool(found == wanted)
