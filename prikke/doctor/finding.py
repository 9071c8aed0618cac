"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Only `fail` makes the whole unhealthy; `warn` may stay as it is if one knows why."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what it is, and what to do about it."""

    check: str
    state: State
    says: str
    advice: str | None = None


def ok(check: str, says: str) -> Finding:
    return Finding(check, State.OK, says)


def warn(check: str, says: str, advice: str) -> Finding:
    return Finding(check, State.WARN, says, advice)


def fail(check: str, says: str, advice: str) -> Finding:
    return Finding(check, State.FAIL, says, advice)
