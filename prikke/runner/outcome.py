"""Judges an answer or an error: success, retry, failure. Pure, a function of its arguments."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from prikke.outbound import Answer, DeadlinePassed, OutboundError, TargetRefused
from prikke.patterns import BadPattern, body_matches
from prikke.runner.request import Unsendable

LONGEST_RETRY_AFTER = timedelta(hours=1)

_RETRYABLE = frozenset({408, 425, 429})


class Kind(StrEnum):
    """What an attempt came to.

    `retry` and `timeout` may be tried again while attempts are left; `failed` and `refused` are
    final. `accepted` is the 202 of a receiver that will call back.
    """

    SUCCESS = "success"
    RETRY = "retry"
    FAILED = "failed"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    ACCEPTED = "accepted"


class Outcome(NamedTuple):
    """The verdict on one attempt.

    `reason` is a word for programs (`gone`, `stopped`, `refused`), `host_failed` counts for the
    breaker of that host.
    """

    kind: Kind
    status_code: int | None = None
    error_message: str | None = None
    retry_after: timedelta | None = None
    reason: str | None = None
    host_failed: bool = False


def judge(
    answer: Answer,
    *,
    now: datetime,
    expected_status: str | None = None,
    expected_body: str | None = None,
    callback: bool = False,
) -> Outcome:
    """The verdict on an answer. `callback`: this job may answer 202 and report later."""
    status = answer.status
    try:
        listed = expected_status is not None and _in(status, _statuses(expected_status))
    except BadPattern as error:
        return Outcome(Kind.FAILED, status, str(error), reason="bad_expectation")
    if callback and status == 202:
        return Outcome(Kind.ACCEPTED, status)
    if listed or (expected_status is None and 200 <= status < 300):
        return _judge_body(answer, expected_body)
    return _judge_status(answer, now)


def judge_error(error: OutboundError | Unsendable) -> Outcome:
    """The verdict on a request that got no answer."""
    if isinstance(error, TargetRefused):
        return Outcome(Kind.REFUSED, error_message=str(error), reason="refused")
    if isinstance(error, Unsendable):
        return Outcome(Kind.FAILED, error_message=str(error), reason="unsendable")
    if isinstance(error, DeadlinePassed):
        return Outcome(Kind.TIMEOUT, error_message=str(error))
    return Outcome(Kind.RETRY, error_message=str(error), host_failed=True)


def _judge_body(answer: Answer, expected: str | None) -> Outcome:
    if expected:
        try:
            if not body_matches(answer.body, expected):
                message = f"the answer {answer.status} lacks the expected body"
                if answer.truncated:
                    message += " in the part that was read"
                return _again(answer, message)
        except BadPattern as error:
            return Outcome(Kind.FAILED, answer.status, str(error), reason="bad_expectation")
    return Outcome(Kind.SUCCESS, answer.status)


def _judge_status(answer: Answer, now: datetime) -> Outcome:
    status = answer.status
    message = f"answered {status}"
    if status == 410:
        return Outcome(Kind.FAILED, status, "answered 410: the target is gone", reason="gone")
    if _header(answer, "x-prikke-stop") == "1":
        return Outcome(Kind.FAILED, status, f"{message} and asked to stop", reason="stopped")
    if 300 <= status < 400:
        where = _header(answer, "location")
        message += ", a redirect, which is not followed" + (f" (to {where[:200]})" if where else "")
        return Outcome(Kind.FAILED, status, message)
    if status in _RETRYABLE or status >= 500:
        failed = status == 429 or status >= 500
        after = retry_after(_header(answer, "retry-after"), now)
        return Outcome(Kind.RETRY, status, message, after, host_failed=failed)
    if 200 <= status < 300:
        return _again(answer, f"{message}, which is not an expected status")
    return Outcome(Kind.FAILED, status, message)


def _again(answer: Answer, message: str) -> Outcome:
    if _header(answer, "x-prikke-stop") == "1":
        return Outcome(
            Kind.FAILED, answer.status, f"{message}, and asked to stop", reason="stopped"
        )
    return Outcome(Kind.RETRY, answer.status, message)


def _header(answer: Answer, name: str) -> str | None:
    for key, value in answer.headers.items():
        if key.lower() == name:
            return value.strip()
    return None


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long a receiver asks us to wait: seconds or an HTTP date, from nothing to an hour."""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        seconds = int(value) if len(value) < 10 else LONGEST_RETRY_AFTER.total_seconds()
        return min(timedelta(seconds=seconds), LONGEST_RETRY_AFTER)
    try:
        instant = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(timedelta(0), min(instant - now, LONGEST_RETRY_AFTER))


def _in(status: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= status <= last for first, last in ranges)


_STATUS_RANGE = re.compile(r"\s*([1-5][0-9][0-9])\s*(?:-\s*([1-5][0-9][0-9])\s*)?", re.ASCII)


@lru_cache(maxsize=1024)
def _statuses(text: str) -> tuple[tuple[int, int], ...]:
    ranges = []
    for part in text.split(","):
        match = _STATUS_RANGE.fullmatch(part)
        if match is None:
            raise BadPattern(f"expected_status {text!r} is not a list like 200-204,301")
        ranges.append((int(match[1]), int(match[2] or match[1])))
    return tuple(ranges)
