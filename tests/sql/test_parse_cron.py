"""parse_cron and cron_problem: what is read, and what is refused with which reason."""

from itertools import pairwise
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row, scalar_row

pytestmark = pytest.mark.reads_only

# Expression, code, words of the message.
REFUSED = [
    ("", "required", "empty"),
    ("* * * *", "syntax", "this has 4"),
    ("* * * * * * *", "unsupported", "year"),
    ("0 3 * * * root run-parts /etc", "syntax", "this has 8"),
    ("0 3 * * * /bin/true", "syntax", "not understood"),
    ("60 * * * *", "range", "Minute: 60 is not between 0 and 59"),
    ("* 24 * * *", "range", "Hour: 24"),
    ("* * 0 * *", "range", "Day of month: 0"),
    ("* * 32 * *", "range", "Day of month: 32"),
    ("* * * 13 *", "range", "Month: 13"),
    ("* * * 0 *", "range", "Month: 0"),
    ("* * * * 8", "range", "Day of week: 8"),
    ("60 * * * * *", "range", "Second: 60"),
    ("999999999999999999999 * * * *", "range", "not between"),
    ("*/0 * * * *", "syntax", "step of 0"),
    ("*/61 * * * *", "range", "more than the field holds"),
    ("*/99999999999999999999 * * * *", "range", "more than the field holds"),
    ("5/15 * * * *", "syntax", "a step needs a range"),
    ("30-10 * * * *", "range", "backwards"),
    ("* * * * FRI-MON", "range", "backwards"),
    ("* * * * 5-0", "range", "backwards"),
    ("? * * * *", "unsupported", "?"),
    ("0~30 * * * *", "unsupported", "~"),
    ("* * L-3 * *", "unsupported", "counted from the end"),
    ("* * * * L", "unsupported", "needs a weekday"),
    ("* * * * 5#6", "syntax", "number in the month"),
    ("* * * * 5#0", "syntax", "number in the month"),
    ("* * 5#2 * *", "syntax", "number in the month"),
    ("* * 0W * *", "syntax", "does not belong"),
    ("* * 32W * *", "syntax", "does not belong"),
    ("* * * * 5W", "syntax", "does not belong"),
    ("L * * * *", "syntax", "does not belong"),
    ("* * * JUNE *", "syntax", "not understood"),
    ("* * * * MONDAY", "syntax", "not understood"),
    ("MON * * * *", "syntax", "not understood"),
    ("* * * MON *", "syntax", "not understood"),
    ("1,,2 * * * *", "syntax", "comma"),
    (", * * * *", "syntax", "comma"),
    ("* * L, * *", "syntax", "comma"),
    ("1-2-3 * * * *", "syntax", "not understood"),
    ("-1 * * * *", "syntax", "not understood"),
    ("1.5 * * * *", "syntax", "not understood"),
    ("** * * * *", "syntax", "not understood"),
    ("H(5-70) * * * *", "range", "not between"),
    ("H(9-5) * * * *", "range", "backwards"),
    ("H(1-5)/9 * * * *", "range", "wider than its range"),
    ("H/0 * * * *", "syntax", "step of 0"),
    ("@reboot", "unsupported", "reboot"),
    ("@every 5m", "unsupported", "@every"),
    ("@fortnightly", "syntax", "not a known name"),
    ("é * * * *", "syntax", "not understood"),
    ("1" * 501, "too_long", "500"),
    ("0 0 30 2 *", "never", "never comes"),
    ("0 0 31 4,6,9,11 *", "never", "never comes"),
    ("0 0 */31 * 5#5", "never", "never comes"),
]


def masks(db: psycopg.Connection, expression: str, seed: str | None = None) -> dict[str, Any]:
    with db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "select * from prikke.parse_cron(%s, %s)", (expression, seed)
        ).fetchone()
    assert row is not None
    return row


def bits(mask: int) -> list[int]:
    return [n for n in range(mask.bit_length()) if mask >> n & 1]


def problem(db: psycopg.Connection, expression: str, zone: str = "UTC") -> Any:
    with db.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("select prikke.cron_problem(%s, %s)", (expression, zone)).fetchone()


def test_each_field_becomes_a_mask(db: psycopg.Connection) -> None:
    parsed = masks(db, "5,10-20/5 9-17/4 1,31 2-4 1-3")

    assert bits(parsed["seconds"]) == [0]
    assert bits(parsed["minutes"]) == [5, 10, 15, 20]
    assert bits(parsed["hours"]) == [9, 13, 17]
    assert bits(parsed["days"]) == [0, 30]
    assert bits(parsed["months"]) == [2, 3, 4]
    assert bits(parsed["weekdays"])[:4] == [1, 2, 3, 8]
    assert parsed["first_in_hour"] == 300
    assert parsed["first_in_day"] == 9 * 3600 + 300


def test_what_begins_with_a_star_is_remembered(db: psycopg.Connection) -> None:
    wildcard_and_both_days = {
        "0 3 * * *": (False, True),
        "* 3 * * *": (True, True),
        "*/5 3 1 * 1": (True, False),
        "0 */2 1 * 1": (True, False),
        "0 3 */2 * 1": (False, True),
        "0 3 1 * */2": (False, True),
        "*,5 3 1 * 1": (True, False),
        "* 0 3 1 * 1": (False, False),
        "H 3 1 * H": (False, False),
        "0-59 0-23 1-31 * 0-7": (False, False),
        "@hourly": (True, True),
        "@daily": (False, True),
    }

    found = {}
    for expression in wildcard_and_both_days:
        parsed = masks(db, expression)
        found[expression] = (parsed["wildcard"], parsed["both_days"])

    assert found == wildcard_and_both_days


def test_two_spellings_of_one_schedule_are_the_same_masks(db: psycopg.Connection) -> None:
    same = [
        ("0 0 * * SUN", "0 0 * * 7"),
        ("0 0 * * 0", " 00  0 *\t* 7 "),
        ("0 0 * JAN,dec *", "0 0 * 1,12 *"),
        ("*/30 * * * *", "*/30 0-23/1,*/2 * * *"),
        ("0 0 * * fri-sun", "0 0 * * 5-7"),
        ("0 0 lw,15w * fri#2,2l", "0 0 15W,LW * 2L,5#2"),
        ("0 9 * * 1-5", "0 0 9 * * 1-5"),
        ("@weekly", "0 0 * * 0"),
    ]

    for one, other in same:
        assert masks(db, one) == masks(db, other), one


def test_h_is_within_its_range_and_step(db: psycopg.Connection) -> None:
    for n in range(100):
        parsed = masks(db, "H(10-19) H/6 H H H", f"seed {n}")

        assert bits(parsed["minutes"])[0] in range(10, 20)
        hours = bits(parsed["hours"])
        assert len(hours) == 4
        assert {later - earlier for earlier, later in pairwise(hours)} == {6}
        assert bits(parsed["days"])[0] < 28
        assert bits(parsed["months"])[0] in range(1, 13)
        assert bits(parsed["weekdays"])[0] < 7
        assert masks(db, "H(10-19) H/6 H H H", f"seed {n}") == parsed


def test_h_of_one_seed_is_the_same_for_good(db: psycopg.Connection) -> None:
    """Another value here would move every job that uses H."""
    parsed = masks(db, "H H * * *", "nightly")

    assert (bits(parsed["minutes"]), bits(parsed["hours"])) == ([26], [10])


def test_what_is_not_read_is_refused_with_the_reason(db: psycopg.Connection) -> None:
    found = {expression: problem(db, expression) for expression, _, _ in REFUSED}

    for expression, code, words in REFUSED:
        assert (found[expression]["field"], found[expression]["code"]) == ("cron", code), expression
        assert words in found[expression]["message"], expression


def test_a_wildcard_that_a_zone_always_skips_never_comes(db: psycopg.Connection) -> None:
    assert problem(db, "*/10 2 * 3 7L", "UTC") is None
    assert problem(db, "*/10 2 * 3 7L", "Europe/Oslo")["code"] == "never"


def test_a_wrong_zone_is_no_problem_of_the_expression(db: psycopg.Connection) -> None:
    assert problem(db, "0 3 * * *", "Foo+5") is None


def test_refused_is_an_error_with_one_field_in_its_detail(db: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error) as refused:
        db.execute("select prikke.parse_cron('61 * * * *')")

    assert refused.value.sqlstate == "PK422"
    assert '"field": "cron"' in (refused.value.diag.message_detail or "")


def test_nothing_is_parsed_as_nothing(db: psycopg.Connection) -> None:
    row = db.execute("select prikke.parse_cron(null), prikke.cron_problem(null, 'UTC')").fetchone()

    assert row == (None, None)


def test_masks_carry_the_version_of_the_parser(db: psycopg.Connection) -> None:
    row = db.execute("select prikke.parser_version()").fetchone()

    assert row is not None
    assert masks(db, "* * * * *")["version"] == row[0]
