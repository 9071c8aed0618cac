"""Crontabs become proposals; whatever is more than one plain curl is told why not."""

from typing import Any

import pytest

from prikke.crontab import Entry, read_crontab

URL = "https://example.com/run"


def only(text: str, **more: Any) -> Entry:
    [entry] = read_crontab(text, **more)
    return entry


def job(text: str, **more: Any) -> dict[str, Any]:
    entry = only(text, **more)
    assert entry.job is not None, entry.reason
    return entry.job


def reason(text: str, **more: Any) -> str:
    entry = only(text, **more)
    assert entry.job is None
    assert entry.reason is not None
    return entry.reason


def test_a_curl_line_is_a_job() -> None:
    assert job(f"*/5 * * * 1-5 curl {URL}") == {
        "key": "crontab.example.com-run",
        "name": "GET example.com/run",
        "cron": "*/5 * * * 1-5",
        "timezone": "UTC",
        "url": URL,
        "method": "GET",
    }


def test_comments_blanks_and_variables_are_no_lines() -> None:
    text = f"# a\n\nSHELL=/bin/sh\n  MAILTO = root\n0 3 * * *\tcurl {URL}\n"

    assert [entry.line for entry in read_crontab(text)] == [5]


def test_the_comment_above_names_the_job() -> None:
    first, second = read_crontab(
        f"# Nightly report\n0 3 * * * curl {URL}\n# apart\n\n0 4 * * * curl {URL}/b\n"
    )

    assert first.job is not None
    assert second.job is not None
    assert (first.job["name"], second.job["name"]) == ("Nightly report", "GET example.com/run/b")


@pytest.mark.parametrize("period", ["@daily", "@hourly", "@weekly", "@monthly", "@yearly"])
def test_periods_are_schedules(period: str) -> None:
    assert job(f"{period} curl {URL}")["cron"] == period


def test_a_start_of_the_machine_is_no_schedule() -> None:
    assert "machine starts" in reason(f"@reboot curl {URL}")


def test_a_time_zone_holds_for_the_lines_below_it() -> None:
    first, second, third = read_crontab(
        f"0 3 * * * curl {URL}\nCRON_TZ=Europe/Oslo\n0 3 * * * curl {URL}\n"
        f"CRON_TZ='Asia/Tokyo'\n0 3 * * * curl {URL}\n",
        timezone="America/New_York",
    )

    zones = [entry.job["timezone"] for entry in (first, second, third) if entry.job]
    assert zones == ["America/New_York", "Europe/Oslo", "Asia/Tokyo"]


def test_a_system_crontab_has_a_user_before_the_command() -> None:
    assert job(f"0 3 * * * www-data curl {URL}", system=True)["url"] == URL
    assert job(f"@daily root curl {URL}", system=True)["url"] == URL
    assert "www-data" in reason(f"0 3 * * * www-data curl {URL}")


def test_lines_that_call_the_same_get_keys_of_their_own_and_the_same_ones_again() -> None:
    text = f"0 3 * * * curl {URL}\n0 4 * * * curl {URL}?b=1\n"

    keys = [entry.job["key"] for entry in read_crontab(text) if entry.job]

    assert keys == ["crontab.example.com-run", "crontab.example.com-run-2"]
    assert keys == [entry.job["key"] for entry in read_crontab(text) if entry.job]


@pytest.mark.parametrize(
    "silence",
    [
        "> /dev/null",
        ">/dev/null 2>&1",
        ">> /dev/null 2>/dev/null",
        "&> /dev/null",
        "1>/dev/null",
        "2>&1 >/dev/null",
        "-o /dev/null -s",
    ],
)
def test_silence_is_taken_over(silence: str) -> None:
    assert job(f"0 3 * * * curl {URL} {silence}")["url"] == URL


def test_a_number_before_a_space_is_no_stream() -> None:
    assert job(f"0 3 * * * curl {URL} -m 2 > /dev/null 2>&1")["timeout_ms"] == 2000


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("cd /srv && curl {}", "more than one command (&&)"),
        ("curl {} | jq .", "more than one command (|)"),
        ("curl {} || true", "more than one command (||)"),
        ("curl {}; echo", "more than one command"),
        ("curl https://example.com/?a=1&b=2", "more than one command (&)"),
        ("(curl {})", "more than one command"),
        ("curl {} >> /var/log/run.log", "writes what it gets to /var/log/run.log"),
        ("curl -d @- {} < /tmp/in", "reads a file"),
        ("curl {}?t=$(date +\\%s)", "runs another command inside"),
        ("curl {}?t=`date`", "runs another command inside"),
        ('curl -H "X: $TOKEN" {}', "uses the variable $TOKEN"),
        ("curl '{}", "a quote in it does not end"),
        ("wget -q {}", "no call of curl but of wget"),
        ("/usr/local/bin/backup", "no call of curl but of /usr/local/bin/backup"),
        ("flock -n /tmp/l curl {}", "no call of curl but of flock"),
        ("X=1", "no call of curl but of nothing"),
    ],
)
def test_what_is_more_than_a_plain_curl_is_told_why(command: str, said: str) -> None:
    assert said in reason(f"0 3 * * * {command.format(URL)}")


def test_a_line_without_a_command_is_told() -> None:
    assert "no command" in reason("0 3 * * *")


def test_variables_of_the_file_are_put_in() -> None:
    text = f'TOKEN="abc"\nBASE={URL}\n0 3 * * * curl -H "Authorization: Bearer ${{TOKEN}}" $BASE'

    found = job(text)

    assert (found["url"], found["headers"]) == (URL, {"Authorization": "Bearer abc"})


def test_in_single_quotes_a_dollar_is_a_dollar() -> None:
    assert job(f"0 3 * * * curl -d '$A `b` $(c)' {URL}")["body"] == "$A `b` $(c)"


def test_an_apostrophe_in_double_quotes_quotes_nothing() -> None:
    assert reason(f'0 3 * * * curl -d "it\'s $A" {URL}') == (
        "uses the variable $A, which this file does not set"
    )


def test_a_percent_sign_is_escaped_and_otherwise_begins_standard_input() -> None:
    assert job(f"0 3 * * * curl '{URL}?a=100\\%'")["url"] == f"{URL}?a=100%"
    assert job(f"0 3 * * * curl --data-binary @- {URL}%line one%line two")["body"] == (
        "line one\nline two\n"
    )


def test_an_empty_file_has_no_lines() -> None:
    assert read_crontab("") == []
