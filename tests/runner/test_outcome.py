"""What an answer or an error comes to."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prikke.outbound import Answer, ConnectionFailed, DeadlinePassed, OutboundError, TargetRefused
from prikke.patterns import check_expected_body
from prikke.runner.outcome import (
    Kind,
    Outcome,
    judge,
    judge_error,
    retry_after,
)
from prikke.runner.request import Unsendable

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def answered(status: int, body: str | bytes = b"", **headers: str) -> Answer:
    content = body.encode() if isinstance(body, str) else body
    return Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, content)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, Kind.SUCCESS) for status in (200, 201, 202, 204, 206, 299)],
        *[(status, Kind.RETRY) for status in (408, 425, 429, 500, 502, 503, 504, 599, 999)],
        *[(status, Kind.FAILED) for status in (300, 301, 302, 303, 304, 307, 308, 399)],
        *[(status, Kind.FAILED) for status in (400, 401, 403, 404, 405, 409, 410, 422, 451, 499)],
    ],
)
def test_a_status_alone_decides(status: int, kind: Kind) -> None:
    outcome = judge(answered(status), now=NOW)

    assert (outcome.kind, outcome.status_code) == (kind, status)
    assert (outcome.error_message is None) is (kind is Kind.SUCCESS)


@pytest.mark.parametrize(
    ("expected", "status", "kind"),
    [
        ("200-204,301", 200, Kind.SUCCESS),
        ("200-204,301", 204, Kind.SUCCESS),
        ("200-204,301", 301, Kind.SUCCESS),
        ("200-204,301", 205, Kind.RETRY),
        ("200-204,301", 302, Kind.FAILED),
        ("200-204,301", 503, Kind.RETRY),
        ("404", 404, Kind.SUCCESS),
        ("404", 200, Kind.RETRY),
        ("410", 410, Kind.SUCCESS),
        ("503", 503, Kind.SUCCESS),
        (" 200 , 404 - 406 ", 405, Kind.SUCCESS),
        ("100-599", 418, Kind.SUCCESS),
    ],
)
def test_a_listed_status_succeeds_whatever_it_is(expected: str, status: int, kind: Kind) -> None:
    assert judge(answered(status), now=NOW, expected_status=expected).kind is kind


@pytest.mark.parametrize("expected", ["", "2xx", "200;201", "20", "200-", "-204", "٢٠٠"])
def test_an_unreadable_list_of_statuses_ends_the_execution(expected: str) -> None:
    outcome = judge(answered(200), now=NOW, expected_status=expected)

    assert (outcome.kind, outcome.reason) == (Kind.FAILED, "bad_expectation")
    assert "expected_status" in str(outcome.error_message)


@pytest.mark.parametrize(
    ("expected", "body", "matches"),
    [
        ("ok", "all is ok here", True),
        ("ok", "OK", False),
        ("blå", "blåbær", True),
        ("/^ok$/", "ok", True),
        ("/^ok$/", "not ok", False),
        ("/(?i)OK|fine/", "it is FINE", True),
        (r"/count: \d+/", "count: 12", True),
        ("/", "a/b", True),
        ("//", "a//b", True),
        ("$.status == up", '{"status": "up"}', True),
        ('$.status == "up"', '{"status": "up"}', True),
        ("$.status == up", '{"status": "down"}', False),
        ("$.n == 1", '{"n": 1}', True),
        ("$.n == 1", '{"n": 1.0}', True),
        ("$.n == 1", '{"n": true}', False),
        ("$.n == 1", '{"n": "1"}', False),
        ("$.n == true", '{"n": true}', True),
        ("$.n == true", '{"n": 1}', False),
        ("$.n == null", '{"n": null}', True),
        ("$.n == null", "{}", False),
        ('$.a[1]["b c"].d-e == x', '{"a": [0, {"b c": {"d-e": "x"}}]}', True),
        ("$['a'][0] == 2", '{"a": [2]}', True),
        ("$.a[5] == 2", '{"a": [2]}', False),
        ("$.a.b == 2", '{"a": [2]}', False),
        ('$.a == [1, {"b": 2}]', '{"a": [1, {"b": 2}]}', True),
        ('$.a == [1, {"b": true}]', '{"a": [1, {"b": 1}]}', False),
        ("$ == 5", "5", True),
        ("$.a == 2", "not json", False),
        ("$.a == 2", "[" * 60000, False),
        ("$.a == 2", "1" * 60000, False),
        ("$.a == 2", '{"a": NaN}', False),
        ("$100", "costs $100", True),
    ],
)
def test_the_body_is_held_against_what_is_expected(expected: str, body: str, matches: bool) -> None:
    outcome = judge(answered(200, body), now=NOW, expected_body=expected)

    assert outcome.kind is (Kind.SUCCESS if matches else Kind.RETRY)


def test_a_body_that_is_not_text_is_held_against_it_too() -> None:
    outcome = judge(answered(200, b"\xff\x00ok"), now=NOW, expected_body="ok")

    assert outcome.kind is Kind.SUCCESS


def test_a_cut_body_that_lacks_it_says_so() -> None:
    answer = Answer(200, {}, b"x" * 10, truncated=True)

    outcome = judge(answer, now=NOW, expected_body="ok")

    assert "in the part that was read" in str(outcome.error_message)


@pytest.mark.parametrize(
    "expected", ["/(/", "/a{2000}/", r"/(a)\1/", "/(?=x)/", "$.a[ == 1", '$.a == "']
)
def test_a_bad_expectation_ends_the_execution_with_a_message(expected: str) -> None:
    outcome = judge(answered(200, "x"), now=NOW, expected_body=expected)

    assert (outcome.kind, outcome.reason) == (Kind.FAILED, "bad_expectation")
    assert check_expected_body(expected) == outcome.error_message


@pytest.mark.parametrize("expected", ["text", "/ok/", "$.a == 1", "/"])
def test_a_good_expectation_passes_its_check(expected: str) -> None:
    assert check_expected_body(expected) is None


def test_no_pattern_takes_long() -> None:
    began = time.process_time()

    judge(answered(200, "a" * 65536 + "!"), now=NOW, expected_body="/(a+)+$/")
    judge(answered(200, "a" * 65536), now=NOW, expected_body="/(.*)(.*)(.*)(.*)(.*)x/")

    assert time.process_time() - began < 1


def test_the_body_matters_only_where_the_status_succeeds() -> None:
    outcome = judge(answered(404, "ok"), now=NOW, expected_body="ok")

    assert outcome.kind is Kind.FAILED


def test_202_waits_for_a_call_where_the_job_says_so() -> None:
    assert judge(answered(202), now=NOW, callback=True) == Outcome(Kind.ACCEPTED, 202)
    assert judge(answered(200), now=NOW, callback=True).kind is Kind.SUCCESS
    assert judge(answered(202), now=NOW).kind is Kind.SUCCESS


def test_410_says_that_the_target_is_gone() -> None:
    outcome = judge(answered(410), now=NOW)

    assert (outcome.kind, outcome.reason) == (Kind.FAILED, "gone")


@pytest.mark.parametrize("name", ["X-Prikke-Stop", "x-prikke-stop"])
def test_a_receiver_can_ask_to_stop(name: str) -> None:
    stopped = judge(Answer(503, {name: "1"}, b""), now=NOW)
    unmatched = judge(Answer(200, {name: "1"}, b""), now=NOW, expected_body="ok")
    succeeded = judge(Answer(200, {name: "1"}, b""), now=NOW)
    otherwise = judge(Answer(503, {name: "0"}, b""), now=NOW)

    assert [(each.kind, each.reason) for each in (stopped, unmatched, succeeded, otherwise)] == [
        (Kind.FAILED, "stopped"),
        (Kind.FAILED, "stopped"),
        (Kind.SUCCESS, None),
        (Kind.RETRY, None),
    ]


def test_a_redirect_names_where_it_leads() -> None:
    outcome = judge(answered(301, Location="https://example.com/new"), now=NOW)

    assert "https://example.com/new" in str(outcome.error_message)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("3600", 3600),
        ("3601", 3600),
        ("9" * 400, 3600),
        ("Mon, 02 Mar 2026 12:02:00 GMT", 120),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0),
        ("Mon, 02 Mar 2026 23:00:00 GMT", 3600),
        ("Monday, 02-Mar-26 12:02:00 GMT", 120),
        ("Mon, 02 Mar 2026 13:02:00 +0100", 120),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٣", None),
        ("Mon, 99 Mar 2026 12:02:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_up_to_an_hour(
    value: str | None, seconds: int | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert retry_after(value, NOW) == expected


@given(value=st.text(max_size=60))
def test_no_retry_after_breaks_anything(value: str) -> None:
    wait = retry_after(value, NOW)

    assert wait is None or timedelta(0) <= wait <= timedelta(hours=1)


def test_retry_after_is_handed_on() -> None:
    outcome = judge(answered(503, Retry_After="7"), now=NOW)

    assert outcome.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (TargetRefused("no"), Kind.REFUSED, "refused"),
        (DeadlinePassed("late"), Kind.TIMEOUT, None),
        (ConnectionFailed("broken"), Kind.RETRY, None),
        (Unsendable("wrong"), Kind.FAILED, "unsendable"),
    ],
)
def test_an_error_is_judged_by_its_kind(
    error: OutboundError | Unsendable, kind: Kind, reason: str | None
) -> None:
    outcome = judge_error(error)

    assert (outcome.kind, outcome.reason, outcome.error_message) == (kind, reason, str(error))


def test_connections_5xx_and_429_count_against_the_host() -> None:
    counted = [
        judge_error(ConnectionFailed("x")).host_failed,
        judge(answered(500), now=NOW).host_failed,
        judge(answered(429), now=NOW).host_failed,
    ]
    uncounted = [
        judge(answered(200), now=NOW).host_failed,
        judge(answered(404), now=NOW).host_failed,
        judge(answered(408), now=NOW).host_failed,
        judge_error(TargetRefused("x")).host_failed,
    ]

    assert (counted, uncounted) == ([True] * 3, [False] * 4)
