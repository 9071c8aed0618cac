"""Options of curl become fields of a request, or the reason why they cannot."""

import re
import shlex
from typing import Any

import pytest

from prikke.curl import Unreadable, read_curl

URL = "https://example.com/run"
FORM = "application/x-www-form-urlencoded"


def fields(command: str) -> dict[str, Any]:
    return read_curl(shlex.split(command)).fields()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", {"method": "GET"}),
        ("-fsSL", {"method": "GET"}),
        ("--silent --show-error --retry 4", {"method": "GET", "max_attempts": 5}),
        ("-X DELETE", {"method": "DELETE"}),
        ("-sXput", {"method": "PUT"}),
        ("--request=PATCH", {"method": "PATCH"}),
        ("-I", {"method": "HEAD"}),
        ("-d a=1", {"method": "POST", "body": "a=1", "content_type": FORM}),
        ("-da=1 --data b=2", {"method": "POST", "body": "a=1&b=2", "content_type": FORM}),
        (
            "-X PUT --data-raw @a",
            {"method": "PUT", "body": "@a", "content_type": FORM},
        ),
        (
            "--data-urlencode 'a=b c' --data-urlencode '=d&e' --data-urlencode f/g",
            {"method": "POST", "body": "a=b+c&d%26e&f%2Fg", "content_type": FORM},
        ),
        (
            """-H 'Content-Type: application/json' -d '{"a": 1}'""",
            {"method": "POST", "body": '{"a": 1}', "content_type": "application/json"},
        ),
        (
            """--json '{"a": 1}'""",
            {
                "method": "POST",
                "body": '{"a": 1}',
                "content_type": "application/json",
                "headers": {"Accept": "application/json"},
            },
        ),
        (
            "-H 'X-A: 1' --header=X-B:2 -H 'X-C;' -H 'Accept:'",
            {"method": "GET", "headers": {"X-A": "1", "X-B": "2", "X-C": ""}},
        ),
        (
            "-u ann:pass",
            {"method": "GET", "headers": {"Authorization": "Basic YW5uOnBhc3M="}},
        ),
        (
            "--oauth2-bearer t0k",
            {"method": "GET", "headers": {"Authorization": "Bearer t0k"}},
        ),
        (
            "-A agent -e https://a.example.com -b 'a=1; b=2'",
            {
                "method": "GET",
                "headers": {
                    "User-Agent": "agent",
                    "Referer": "https://a.example.com",
                    "Cookie": "a=1; b=2",
                },
            },
        ),
        ("-m 2.5", {"method": "GET", "timeout_ms": 2500}),
        ("--max-time 9999 --connect-timeout 5", {"method": "GET", "timeout_ms": 300_000}),
        (
            "--retry 99 --retry-delay 7",
            {"method": "GET", "max_attempts": 20, "backoff": "7 seconds"},
        ),
        ("-o /dev/null -w '%{http_code}'", {"method": "GET"}),
    ],
)
def test_options_become_fields(options: str, expected: dict[str, Any]) -> None:
    assert fields(f"curl {options} {URL}") == {"url": URL} | expected


@pytest.mark.parametrize(
    ("command", "url"),
    [
        (f"curl {URL}", URL),
        (f"/usr/bin/curl --url {URL}", URL),
        (f"HTTP_PROXY= curl -s -- {URL}", URL),
        ("curl example.com/run", "http://example.com/run"),
        (f"curl -G -d a=1 -d b=2 {URL}", f"{URL}?a=1&b=2"),
        (f"curl -G -d b=2 {URL}?a=1", f"{URL}?a=1&b=2"),
        (f"curl -g '{URL}?a[]=1'", f"{URL}?a[]=1"),
    ],
)
def test_the_url_is_found(command: str, url: str) -> None:
    assert fields(command)["url"] == url


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("curl", "has no URL"),
        ("curl -s -d a", "has no URL"),
        (f"curl {URL} {URL}", "more than one URL"),
        (f"curl {URL} --next {URL}", "more than one request"),
        ("curl ftp://example.com/", "not http or https"),
        (f"curl '{URL}/[1-3]'", "stands for several"),
        (f"curl -F a=b {URL}", "several parts"),
        (f"curl -T file {URL}", "uploads a file"),
        (f"curl -d @body.json {URL}", "sends the file body.json"),
        (f"curl -d @- {URL}", "sends the file -"),
        (f"curl --data-urlencode a@file {URL}", "sends a file"),
        (f"curl -H @headers {URL}", "reads headers from the file headers"),
        (f"curl -b cookies.txt {URL}", "cookies from the file cookies.txt"),
        (f"curl -x http://proxy:3128 {URL}", "through a proxy"),
        (f"curl -o page.html {URL}", "writes what it gets to page.html"),
        (f"curl -O {URL}", "writes what it gets to a file"),
        (f"curl --frobnicate {URL}", "--frobnicate, which is not known"),
        (f"curl -m soon {URL}", "gives --max-time no number but soon"),
        (f"curl {URL} -X", "gives --request no value"),
        ("echo curl", "is no call of curl but of echo"),
        ("", "is no call of curl but of nothing"),
    ],
)
def test_what_cannot_be_taken_over_is_told_why(command: str, said: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(said)):
        fields(command)


def test_what_prikke_does_otherwise_is_noted() -> None:
    notes = read_curl(shlex.split(f"curl -kL {URL}")).notes

    assert len(notes) == 2
    assert "certificates" in notes[0]
    assert "redirects" in notes[1]
