"""next_run: hand-checked edges of the calendar and of the clock."""

from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.rows import scalar_row

from tests.conftest import Connect

pytestmark = pytest.mark.reads_only

# What it shows, then: expression | zone | after | expected. Instants carry their offset.
CALENDAR = """
the next minute
    * * * * * | UTC | 2026-05-20T10:17:00Z | 2026-05-20T10:18:00Z
strictly later
    17 10 * * * | UTC | 2026-05-20T10:17:00Z | 2026-05-21T10:17:00Z
from a part of a second
    17 10 * * * | UTC | 2026-05-20T10:16:59.9Z | 2026-05-20T10:17Z
a part too late
    17 10 * * * | UTC | 2026-05-20T10:17:00.1Z | 2026-05-21T10:17Z
last minute of a year
    59 23 31 12 * | UTC | 2026-01-01T00:00Z | 2026-12-31T23:59Z
over the year's end
    * * * * * | UTC | 2026-12-31T23:59:30Z | 2027-01-01T00:00Z
a list and a range
    5,40-42 8 * * * | UTC | 2026-05-20T08:05Z | 2026-05-20T08:40Z
a step in a range
    10-40/15 * * * * | UTC | 2026-05-20T08:10Z | 2026-05-20T08:25Z
a step starts again each hour
    */40 * * * * | UTC | 2026-05-20T08:40Z | 2026-05-20T09:00Z
names of months
    0 0 1 feb,AUG * | UTC | 2026-02-01T00:00Z | 2026-08-01T00:00Z
names of days
    0 0 * * mon-FRI | UTC | 2026-05-22T00:00Z | 2026-05-25T00:00Z
0 is Sunday
    0 0 * * 0 | UTC | 2026-05-20T00:00Z | 2026-05-24T00:00Z
7 is Sunday
    0 0 * * 7 | UTC | 2026-05-20T00:00Z | 2026-05-24T00:00Z
5-7 ends on Sunday
    0 0 * * 5-7 | UTC | 2026-05-23T00:00Z | 2026-05-24T00:00Z
FRI-SUN ends on Sunday
    0 0 * * FRI-SUN | UTC | 2026-05-24T00:00Z | 2026-05-29T00:00Z
@hourly
    @hourly | UTC | 2026-05-20T10:17Z | 2026-05-20T11:00Z
@daily
    @daily | UTC | 2026-05-20T10:17Z | 2026-05-21T00:00Z
@midnight
    @midnight | UTC | 2026-05-20T10:17Z | 2026-05-21T00:00Z
@weekly
    @weekly | UTC | 2026-05-20T10:17Z | 2026-05-24T00:00Z
@monthly
    @Monthly | UTC | 2026-05-20T10:17Z | 2026-06-01T00:00Z
@yearly
    @yearly | UTC | 2026-05-20T10:17Z | 2027-01-01T00:00Z
@annually
    @ANNUALLY | UTC | 2026-05-20T10:17Z | 2027-01-01T00:00Z
seconds in front
    */20 * * * * * | UTC | 2026-05-20T10:17:20Z | 2026-05-20T10:17:40Z
seconds over a minute
    10 59 23 * * * | UTC | 2026-05-20T23:59:10Z | 2026-05-21T23:59:10Z
any blanks between fields
     0	0  1 * *  | UTC | 2026-05-20T00:00Z | 2026-06-01T00:00Z
# Day of month and day of week as in Debian's cron.
both days restricted: either, the day
    0 0 13 * 5 | UTC | 2026-05-09T00:00Z | 2026-05-13T00:00Z
both days restricted: either, Friday
    0 0 13 * 5 | UTC | 2026-05-13T00:00Z | 2026-05-15T00:00Z
a field that begins with a star: both
    0 0 */2 * 5 | UTC | 2026-05-20T00:00Z | 2026-05-29T00:00Z
so does */7 for the weekday
    0 0 13 * */7 | UTC | 2026-05-20T00:00Z | 2026-09-13T00:00Z
1-31 does not begin with a star: either
    0 0 1-31 * 5 | UTC | 2026-05-20T00:00Z | 2026-05-21T00:00Z
# L, LW, W, #
L in a leap year
    0 0 L 2 * | UTC | 2028-02-01T00:00Z | 2028-02-29T00:00Z
L in 2100, which is none
    0 0 L 2 * | UTC | 2100-02-01T00:00Z | 2100-02-28T00:00Z
L beside a day
    0 0 15,L * * | UTC | 2026-05-15T00:00Z | 2026-05-31T00:00Z
LW before a Sunday
    0 0 LW * * | UTC | 2026-05-01T00:00Z | 2026-05-29T00:00Z
LW before a Saturday
    0 0 LW * * | UTC | 2026-10-01T00:00Z | 2026-10-30T00:00Z
LW on a workday
    0 0 LW * * | UTC | 2026-06-01T00:00Z | 2026-06-30T00:00Z
15W on a Saturday
    0 0 15W * * | UTC | 2026-08-01T00:00Z | 2026-08-14T00:00Z
15W on a Sunday
    0 0 15W * * | UTC | 2026-02-01T00:00Z | 2026-02-16T00:00Z
1W on a Saturday stays in its month
    0 0 1W 8 * | UTC | 2026-07-01T00:00Z | 2026-08-03T00:00Z
1W on a Sunday
    0 0 1W 2 * | UTC | 2026-01-15T00:00Z | 2026-02-02T00:00Z
31W on a Sunday stays in its month
    0 0 31W 5 * | UTC | 2026-05-01T00:00Z | 2026-05-29T00:00Z
31W skips shorter months
    0 0 31W * * | UTC | 2026-05-29T00:00Z | 2026-07-31T00:00Z
5#2 is the second Friday
    0 0 * * 5#2 | UTC | 2026-05-01T00:00Z | 2026-05-08T00:00Z
MON#1
    0 0 * * MON#1 | UTC | 2026-05-20T00:00Z | 2026-06-01T00:00Z
5#5 skips months without one
    0 0 * * 5#5 | UTC | 2026-05-29T00:00Z | 2026-07-31T00:00Z
7#1 is a Sunday
    0 0 * * 7#1 | UTC | 2026-05-20T00:00Z | 2026-06-07T00:00Z
5L is the last Friday
    0 0 * * 5L | UTC | 2026-05-01T00:00Z | 2026-05-29T00:00Z
a # beside a plain day
    0 0 * * 3,MON#1 | UTC | 2026-06-01T00:00Z | 2026-06-03T00:00Z
L or a weekday: either
    0 0 L * 1 | UTC | 2026-05-26T00:00Z | 2026-05-31T00:00Z
# Far away
29 February
    0 0 29 2 * | UTC | 2026-05-20T00:00Z | 2028-02-29T00:00Z
29 February over 2100
    0 0 29 2 * | UTC | 2096-02-29T00:00Z | 2104-02-29T00:00Z
29 February on a Sunday
    0 0 29 2 */7 | UTC | 2032-02-29T00:00Z | 2060-02-29T00:00Z
and 40 years on
    0 0 29 2 */7 | UTC | 2088-02-29T00:00Z | 2128-02-29T00:00Z
before 1970
    0 12 * * * | UTC | 1899-12-31T13:00Z | 1900-01-01T12:00Z
30 February
    0 0 30 2 * | UTC | 2026-05-20T00:00Z | never
31 in months of 30
    0 0 31 4,6,9,11 * | UTC | 2026-05-20T00:00Z | never
after all time
    * * * * * | UTC | infinity | never
before all time
    * * * * * | UTC | -infinity | never
"""

CLOCK_CHANGES = """
# Oslo: 2026-03-29 02:00 -> 03:00, 2026-10-25 03:00 -> 02:00.
a fixed time in the gap runs at its end
    30 2 * * * | Europe/Oslo | 2026-03-28T12:00+01:00 | 2026-03-29T03:00+02:00
and only there
    30 2 * * * | Europe/Oslo | 2026-03-29T03:00+02:00 | 2026-03-30T02:30+02:00
two times in the gap are one run
    15,45 2 * * * | Europe/Oslo | 2026-03-29T03:00+02:00 | 2026-03-30T02:15+02:00
a time at the end of the gap is not run twice
    0,30 2,3 * * * | Europe/Oslo | 2026-03-29T03:00+02:00 | 2026-03-29T03:30+02:00
with seconds too
    15 30 2 * * * | Europe/Oslo | 2026-03-28T12:00+01:00 | 2026-03-29T03:00:00+02:00
an H time is a fixed time
    H(30-30) H(2-2) * * * | Europe/Oslo | 2026-03-28T12:00+01:00 | 2026-03-29T03:00+02:00
a fixed time in the repeated hour runs in the first
    30 2 * * * | Europe/Oslo | 2026-10-25T01:00+02:00 | 2026-10-25T02:30+02:00
not in the second
    30 2 * * * | Europe/Oslo | 2026-10-25T02:30+02:00 | 2026-10-26T02:30+01:00
nor when asked from within the second
    30 2 * * * | Europe/Oslo | 2026-10-25T02:10+01:00 | 2026-10-26T02:30+01:00
a later time of that day goes on
    30 2,3 * * * | Europe/Oslo | 2026-10-25T02:10+01:00 | 2026-10-25T03:30+01:00
the end of the repeated hour is not part of it
    0 3 * * * | Europe/Oslo | 2026-10-25T02:59+02:00 | 2026-10-25T03:00+01:00
a wildcard hour runs in both passes
    30 * * * * | Europe/Oslo | 2026-10-25T02:30+02:00 | 2026-10-25T02:30+01:00
a wildcard minute runs in both passes
    */30 2 * * * | Europe/Oslo | 2026-10-25T02:30+02:00 | 2026-10-25T02:00+01:00
a wildcard skips what the clock skips
    */30 2 * * * | Europe/Oslo | 2026-03-29T00:00+01:00 | 2026-03-30T02:00+02:00
a wildcard follows elapsed time over the gap
    */20 * * * * | Europe/Oslo | 2026-03-29T01:40+01:00 | 2026-03-29T03:00+02:00
*/2 hours begins with a star
    0 */2 * * * | Europe/Oslo | 2026-10-25T02:00+02:00 | 2026-10-25T02:00+01:00
@daily is fixed
    @daily | Europe/Oslo | 2026-10-25T00:00+02:00 | 2026-10-26T00:00+01:00
a star in day and seconds fields alone is fixed
    * 30 2 */1 * * | Europe/Oslo | 2026-10-25T02:30:59+02:00 | 2026-10-26T02:30:00+01:00
a wildcard the year before comes back in the second pass
    */30 2 25 10 * | Europe/Oslo | 2026-10-25T02:30+02:00 | 2026-10-25T02:00+01:00
a wildcard whose only hour is always skipped
    */10 2 * 3 7L | Europe/Oslo | 2026-01-01T00:00Z | never
# A change by half an hour: 2026-04-05 02:00 -> 01:30, 2026-10-04 02:00 -> 02:30.
half an hour is skipped
    15 2 * * * | Australia/Lord_Howe | 2026-10-03T12:00+10:30 | 2026-10-04T02:30+11:00
half an hour is repeated
    45 1 * * * | Australia/Lord_Howe | 2026-04-05T01:45+11:00 | 2026-04-06T01:45+10:30
a wildcard over half an hour
    0 * * * * | Australia/Lord_Howe | 2026-10-04T01:00+10:30 | 2026-10-04T03:00+11:00
a wildcard in a repeated half hour
    */20 * * * * | Australia/Lord_Howe | 2026-04-05T01:40+11:00 | 2026-04-05T01:40+10:30
# No midnight: Havana 2026-03-08 00:00 -> 01:00, back 2026-11-01 01:00 -> 00:00.
midnight is skipped
    0 0 * * * | America/Havana | 2026-03-07T12:00-05:00 | 2026-03-08T01:00-04:00
midnight is repeated
    0 0 * * * | America/Havana | 2026-11-01T00:00-04:00 | 2026-11-02T00:00-05:00
a wildcard after a midnight that is skipped
    */15 * 8 3 * | America/Havana | 2026-03-07T12:00-05:00 | 2026-03-08T01:00-04:00
# Sao Paulo 2018-02-18 00:00 -> 2018-02-17 23:00.
the last hour of a day is repeated
    30 23 * * * | America/Sao_Paulo | 2018-02-17T23:30-02:00 | 2018-02-18T23:30-03:00
a wildcard in it runs again
    30 * * * * | America/Sao_Paulo | 2018-02-17T23:30-02:00 | 2018-02-17T23:30-03:00
the day after begins once
    0 0 * * * | America/Sao_Paulo | 2018-02-17T23:45-02:00 | 2018-02-18T00:00-03:00
# Cairo 2023-04-28 00:00 -> 01:00; Beirut 2022-03-27 00:00 -> 01:00.
Cairo's midnight
    0 0 28 * * | Africa/Cairo | 2023-04-01T00:00+02:00 | 2023-04-28T01:00+03:00
Beirut's midnight
    30 0 * * 7 | Asia/Beirut | 2022-03-26T00:00+02:00 | 2022-03-27T01:00+03:00
# Apia skipped 2011-12-30 altogether.
a time on a day that is skipped runs at its end
    0 9 30 12 * | Pacific/Apia | 2011-12-29T12:00-10:00 | 2011-12-31T00:00+14:00
a daily time that day too
    0 9 * * * | Pacific/Apia | 2011-12-29T12:00-10:00 | 2011-12-31T00:00+14:00
and its own time the same day
    0 9 * * * | Pacific/Apia | 2011-12-31T00:00+14:00 | 2011-12-31T09:00+14:00
a wildcard goes on with the next day
    30 * * * * | Pacific/Apia | 2011-12-29T23:30-10:00 | 2011-12-31T00:30+14:00
# Two hours at once: 2026-03-29 01:00 -> 03:00, 2026-10-25 03:00 -> 01:00.
Troll skips two hours
    30 1,2 * * * | Antarctica/Troll | 2026-03-28T12:00+00:00 | 2026-03-29T03:00+02:00
Troll repeats two hours
    30 1,2 * * * | Antarctica/Troll | 2026-10-25T02:30+02:00 | 2026-10-26T01:30+00:00
# A pause of summer time: Casablanca 2023-03-19 03:00 -> 02:00, 2023-04-23 02:00 -> 03:00.
Ramadan begins
    30 2 * * * | Africa/Casablanca | 2023-03-19T02:30+01:00 | 2023-03-20T02:30+00:00
Ramadan ends
    30 2 * * * | Africa/Casablanca | 2023-04-22T12:00+00:00 | 2023-04-23T03:00+01:00
# Offsets that are no whole hours
Kolkata
    0 9 * * * | Asia/Kolkata | 2026-05-20T00:00Z | 2026-05-20T03:30Z
Kathmandu
    0 * * * * | Asia/Kathmandu | 2026-05-20T00:00Z | 2026-05-20T00:15Z
Chatham
    0 3 5 4 * | Pacific/Chatham | 2026-04-04T00:00Z | 2026-04-04T13:15Z
local mean time
    0 12 * * * | Europe/Berlin | 1890-01-01T00:00Z | 1890-01-01T11:06:32Z
"""


def cases(table: str) -> list[list[str]]:
    lines = [line.strip() for line in table.splitlines() if line and not line.startswith("#")]
    return [[name, *case.split(" | ")] for name, case in zip(lines[::2], lines[1::2], strict=True)]


def ask(db: psycopg.Connection, table: str) -> dict[str, datetime | None]:
    answers: dict[str, datetime | None] = {}
    with db.cursor(row_factory=scalar_row) as cursor:
        for name, expression, zone, after, _ in cases(table):
            at = cursor.execute(
                "select prikke.next_run(%s, %s, %s::timestamptz)", (expression, zone, after)
            ).fetchone()
            answers[name] = at and at.astimezone(UTC)
    return answers


def expected(table: str) -> dict[str, datetime | None]:
    return {
        name: None if at == "never" else datetime.fromisoformat(at).astimezone(UTC)
        for name, _, _, _, at in cases(table)
    }


def test_the_calendar(db: psycopg.Connection) -> None:
    assert ask(db, CALENDAR) == expected(CALENDAR)


def test_clock_changes(db: psycopg.Connection) -> None:
    assert ask(db, CLOCK_CHANGES) == expected(CLOCK_CHANGES)


@pytest.mark.parametrize("session", ["America/Havana", "Pacific/Apia", "Australia/Lord_Howe"])
def test_the_time_zone_of_the_session_changes_nothing(db: psycopg.Connection, session: str) -> None:
    db.execute("select set_config('timezone', %s, false)", (session,))

    assert ask(db, CALENDAR + CLOCK_CHANGES) == expected(CALENDAR + CLOCK_CHANGES)


def test_masks_and_text_give_the_same(db: psycopg.Connection) -> None:
    differing = db.execute(
        "select t.zone, a.at from unnest(%s::text[]) as t (zone)"
        " cross join unnest(%s::timestamptz[]) as a (at)"
        " where prikke.next_run('*/7 3-5 * * 1', t.zone, a.at)"
        " is distinct from prikke.next_run(prikke.parse_cron('*/7 3-5 * * 1'), t.zone, a.at)",
        (["UTC", "Europe/Oslo"], ["2026-05-20T00:00Z", "2026-10-25T00:00Z"]),
    ).fetchall()

    assert differing == []


def test_a_zone_that_is_none_is_refused(db: psycopg.Connection) -> None:
    for zone in ["Foo+5", "MSK", "CET", "europe/oslo", "+02:00", "", "UTC+2"]:
        with pytest.raises(psycopg.Error) as refused:
            db.execute("select prikke.next_run('* * * * *', %s, now())", (zone,))

        assert refused.value.sqlstate == "PK422"
        assert '"field": "timezone"' in (refused.value.diag.message_detail or "")


def test_h_is_stable_for_a_seed_and_spreads_over_seeds(db: psycopg.Connection) -> None:
    rows = db.execute(
        "select prikke.next_run('H * * * *', 'UTC', '2026-05-20T00:00Z', 'job ' || n % 500)"
        " from generate_series(1, 1000) as n"
    ).fetchall()

    minutes = [row[0].minute for row in rows]
    assert minutes[:500] == minutes[500:]
    assert len(set(minutes)) == 60
    assert max(minutes.count(minute) for minute in range(60)) < 50


def test_h_without_a_seed_hashes_the_expression(db: psycopg.Connection) -> None:
    row = db.execute(
        "select prikke.next_run('H H * * *', 'UTC', a.at),"
        " prikke.next_run('h  h * * *', 'UTC', a.at),"
        " prikke.next_run('H H * * *', 'UTC', a.at, 'H H * * *')"
        " from (values (timestamptz '2026-05-20T00:00Z')) as a (at)"
    ).fetchone()

    assert row is not None
    assert len(set(row)) == 1


def test_never_is_known_within_a_tenth_of_a_second(db: psycopg.Connection) -> None:
    never = ["0 0 30 2 *", "* * 31 2,4,6,9,11 *", "*/10 2 * 3 7L", "* * 31W 2 *"]

    begun = datetime.now(UTC)
    for expression in never:
        row = db.execute(
            "select prikke.next_run(%s, 'Europe/Oslo', '2026-01-01T00:00Z')", (expression,)
        ).fetchone()
        assert row == (None,)

    assert (datetime.now(UTC) - begun).total_seconds() < 0.1 * len(never)


def test_nothing_comes_of_nothing(db: psycopg.Connection) -> None:
    row = db.execute(
        "select prikke.next_run(null::text, 'UTC', now()),"
        " prikke.next_run('* * * * *', null, now()),"
        " prikke.next_run('* * * * *', 'UTC', null)"
    ).fetchone()

    assert row == (None, None, None)


def test_every_29_february_on_a_weekday_comes_within_41_years(db: psycopg.Connection) -> None:
    """The Gregorian calendar repeats after 400 years; the search gives up after 41."""
    row = db.execute(
        "select count(*) from generate_series(1970, 2370) as y"
        " cross join make_timestamptz(y, 1, 1, 0, 0, 0, 'UTC') as new_year"
        " where prikke.next_run('0 0 29 2 */7', 'UTC', new_year) is null"
    ).fetchone()

    assert row == (0,)


@pytest.mark.parametrize("role", ["prikke_reader", "prikke_web", "prikke_runner"])
def test_every_kind_of_login_may_ask(connect: Connect, role: str) -> None:
    row = (
        connect(role=role)
        .execute(
            "select prikke.next_run('0 3 * * *', 'Europe/Oslo', '2026-05-20T10:00Z'),"
            " array(select prikke.upcoming_runs('0 3 * * *', 'Europe/Oslo', count => 2)),"
            " prikke.describe_schedule('0 3 * * *', 'Europe/Oslo')"
        )
        .fetchone()
    )

    assert row is not None
    assert row[0] == datetime(2026, 5, 21, 1, tzinfo=UTC)
    assert len(row[1]) == 2
    assert row[2] == "Daily at 03:00, Europe/Oslo"
