"""describe_schedule: a schedule in words, which say neither more nor less than it does."""

import psycopg
import pytest
from psycopg.rows import scalar_row

pytestmark = pytest.mark.reads_only

WORDS = """
* * * * * = Every minute
*/5 * * * * = Every 5 minutes
0-59/20 * * * * = Every 20 minutes
0 * * * * = Every hour
5 * * * * = Every hour at minute 5
*/7 * * * * = At minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of each hour
5,35 * * * * = At minutes 5 and 35 of each hour
0 */2 * * * = Every 2 hours
15 */2 * * * = Every 2 hours from 00:15
0 */6 * * * = Daily at 00:00, 06:00, 12:00 and 18:00
0 3 * * * = Daily at 03:00
30 8,17 * * MON,WED,FRI = Mondays, Wednesdays and Fridays at 08:30 and 17:30
0 9 * * 1-5 = Weekdays at 09:00
0 10 * * 0,6 = Saturdays and Sundays at 10:00
0 5 * * FRI-SUN = Fridays to Sundays at 05:00
0 5 * * 0-2 = Mondays, Tuesdays and Sundays at 05:00
0 5 * * 1-4,0 = Mondays to Thursdays and Sundays at 05:00
0 5 * * 0-7 = Daily at 05:00
0 9-17 * * 1-5 = Every hour from 09:00 to 17:00 on weekdays
5 9-17 * * * = Every hour from 09:05 to 17:05
*/15 9-17 * * 1-5 = Every 15 minutes from 09:00 to 17:45 on weekdays
*/15 9-11,14 * * * = Every 15 minutes from 09:00 to 11:45 and from 14:00 to 14:45
* 9 * * * = Every minute from 09:00 to 09:59
0 1,3,5,7,9,11,13,20 * * * = Daily at 01:00, 03:00, 05:00, 07:00, 09:00, 11:00, 13:00 and 20:00
1-9 1,5 * * * = At minutes 1 to 9 of the hours 1 and 5
0 0 1 * * = Day 1 of each month at 00:00
0 0 1,15 * * = Days 1 and 15 of each month at 00:00
0 0 1-7 * * = Days 1 to 7 of each month at 00:00
0 0 31 * * = Day 31 of each month that has it at 00:00
0 0 25 12 * = 25 December at 00:00
0 0 29 2 * = 29 February at 00:00
0 0 1 1,7 * = Day 1 of January and July at 00:00
0 0 L * * = The last day of each month at 00:00
0 0 15,L 2 * = Day 15 and the last day of February at 00:00
0 0 LW * * = The last day from Monday to Friday of each month at 00:00
0 0 15W * * = The day from Monday to Friday nearest to day 15 of each month at 00:00
0 0 * * 5#2 = The 2nd Friday of each month at 00:00
0 0 * * 5L = The last Friday of each month at 00:00
0 0 * 3 MON#1,MON#3 = The 1st Monday and the 3rd Monday of March at 00:00
0 0 * * 1,5#2 = Mondays and the 2nd Friday of each month at 00:00
0 0 13 * 5 = Day 13 of each month and Fridays at 00:00
0 0 */10 * 1 = Days 1, 11, 21 and 31 of each month falling on Mondays at 00:00
0 0 1-31 * 1 = Daily at 00:00
0 12 * 7 * = Daily in July at 12:00
*/5 * * 6-8 * = Every 5 minutes in June to August
0 8 * 9 1-5 = Weekdays in September at 08:00
*/10 * 1 * * = Every 10 minutes on day 1 of each month
* * * * * * = Every second
*/10 * * * * * = Every 10 seconds
30 * * * * * = Every minute at second 30
30 */5 * * * * = Every 5 minutes at second 30
*/20 10 * * * * = At seconds 0, 20 and 40 of minute 10 of each hour
*/10 * 9-17 * * * = Every 10 seconds from 09:00:00 to 17:59:50
0 30 4 * * * = Daily at 04:30
15 30 4 * * * = Daily at 04:30:15
@weekly = Sundays at 00:00
@hourly = Every hour
0 0 30 2 * = Never
"""


def describe(db: psycopg.Connection, *arguments: str | None) -> str | None:
    with db.cursor(row_factory=scalar_row) as cursor:
        words: str | None = cursor.execute(
            f"select prikke.describe_schedule({', '.join(['%s'] * len(arguments))})".encode(),
            arguments,
        ).fetchone()
    return words


def test_words(db: psycopg.Connection) -> None:
    expected = dict(line.split(" = ") for line in WORDS.strip().splitlines())

    said = {expression: describe(db, expression, "Europe/Oslo") for expression in expected}

    assert said == {
        expression: words if words == "Never" else f"{words}, Europe/Oslo"
        for expression, words in expected.items()
    }


def test_no_words_for_h_without_a_seed(db: psycopg.Connection) -> None:
    assert describe(db, "H 3 * * *", "UTC") is None
    assert describe(db, "0 3 * * THU", "UTC") == "Thursdays at 03:00, UTC"


def test_h_with_a_seed_has_its_own_time(db: psycopg.Connection) -> None:
    words = describe(db, "H 3 * * *", "UTC", "nightly")

    row = db.execute(
        "select to_char(prikke.next_run('H 3 * * *', 'UTC', '2026-05-20T00:00Z', 'nightly')"
        " at time zone 'UTC', 'HH24:MI')"
    ).fetchone()
    assert row is not None
    assert words == f"Daily at {row[0]}, UTC"


@pytest.mark.parametrize(
    ("expression", "zone", "field"),
    [("61 * * * *", "UTC", "cron"), ("0 3 * * *", "CET", "timezone")],
)
def test_what_is_wrong_is_refused(
    db: psycopg.Connection, expression: str, zone: str, field: str
) -> None:
    with pytest.raises(psycopg.Error) as refused:
        describe(db, expression, zone)

    assert refused.value.sqlstate == "PK422"
    assert f'"field": "{field}"' in (refused.value.diag.message_detail or "")
