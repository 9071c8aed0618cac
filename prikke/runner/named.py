"""Named secrets: filled into a request at the last moment, masked in what comes back."""

import json
import re
from collections.abc import Mapping

MASK = "••••••"

_BEGINNING = "{{secret."
_MARK = re.compile(r"\{\{secret\.([A-Za-z_][A-Za-z0-9_]{0,99})\}\}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# What is shorter stands in every other answer by chance.
_LEAST_MASKED = 4


class CannotFill(Exception):
    """A secret is not there, or cannot stand where it is named."""


def fill_head(head: str, named: Mapping[str, str]) -> str:
    """Header lines with the values of the secrets they name."""
    if _BEGINNING not in head:
        return head

    def value(mark: re.Match[str]) -> str:
        found = _find(mark[1], named)
        if _CONTROL.search(found):
            raise CannotFill(f"secret {mark[1]} holds a line break, which no header can")
        return found

    return _MARK.sub(value, head)


def fill_body(body: str, content_type: str | None, named: Mapping[str, str]) -> str:
    """A body with the values of the secrets it names, escaped where the body is JSON."""
    if _BEGINNING not in body:
        return body
    in_json = content_type is not None and "json" in content_type.lower()

    def value(mark: re.Match[str]) -> str:
        found = _find(mark[1], named)
        return _escaped(found) if in_json else found

    return _MARK.sub(value, body)


def mask_text(text: str, named: Mapping[str, str]) -> str:
    """Text with every value of a secret masked."""
    for value in _maskable(named):
        text = text.replace(value, MASK)
    return text


def mask_body(body: bytes, named: Mapping[str, str]) -> bytes:
    """Bytes with every value of a secret masked."""
    mask = MASK.encode()
    for value in _maskable(named):
        body = body.replace(value.encode(), mask)
    return body


def _find(name: str, named: Mapping[str, str]) -> str:
    try:
        return named[name]
    except KeyError:
        raise CannotFill(f"secret {name} does not exist, or cannot be opened") from None


def _maskable(named: Mapping[str, str]) -> list[str]:
    """Values as they are and as JSON has them; the longest first, as one may hold another."""
    values = {value for value in named.values() if len(value) >= _LEAST_MASKED}
    values |= {_escaped(value) for value in values}
    return sorted(values, key=len, reverse=True)


def _escaped(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
