"""Random cron expressions, zones and instants, most of them close to a clock change."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.sql.cron_reference import clock_changes

ZONES = [
    "UTC",
    "Europe/Oslo",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "America/Havana",  # midnight skipped and repeated
    "America/Sao_Paulo",  # the last hour of a day repeated
    "America/Asuncion",
    "Asia/Beirut",
    "Africa/Cairo",
    "Pacific/Apia",  # a date skipped
    "Africa/Casablanca",  # summer time with a pause
    "America/St_Johns",  # changes one minute past midnight
    "Pacific/Chatham",  # changes at a quarter to
    "Europe/Dublin",  # winter time is the exception
    "Asia/Kolkata",
    "Asia/Kathmandu",
]
# Python and Postgres may hold different zone data; they agree about these years.
SINCE, UNTIL = datetime(2008, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)


@cache
def changes(zone: str) -> list[datetime]:
    return clock_changes(ZoneInfo(zone), SINCE, UNTIL)


def field(
    low: int, high: int, extra: st.SearchStrategy[str] | None = None
) -> st.SearchStrategy[str]:
    value = st.integers(low, high)
    span = st.tuples(value, value).filter(lambda ends: ends[0] != ends[1]).map(sorted)
    step = st.integers(1, high - low)
    item = st.one_of(
        value.map(str),
        span.map(lambda ends: f"{ends[0]}-{ends[1]}"),
        st.builds(lambda ends, n: f"{ends[0]}-{ends[1]}/{n}", span, step),
    )
    if extra is not None:
        item = st.one_of(item, extra)
    return st.one_of(
        st.just("*"),
        step.map(lambda n: f"*/{n}"),
        st.lists(item, min_size=1, max_size=3).map(",".join),
    )


DISTANCES = st.one_of(
    st.sampled_from([-86400, -7200, -3600, -1800, -60, -1, 0, 1, 60, 1800, 3600]),
    st.integers(-90000, 90000),
)
INSTANTS = st.datetimes(
    SINCE.replace(tzinfo=None), UNTIL.replace(tzinfo=None), timezones=st.just(UTC)
)
LAST_DAYS = st.sampled_from(["L", "LW"])
NEAREST = st.integers(1, 31).map(lambda n: f"{n}W")
NTH = st.builds(lambda day, n: f"{day}#{n}", st.integers(0, 7), st.integers(1, 5))
LAST_WEEKDAY = st.integers(0, 7).map(lambda day: f"{day}L")
MINUTE = st.one_of(st.sampled_from(["0", "30", "*/15"]), field(0, 59))
HOUR = st.one_of(st.sampled_from(["0", "1", "2", "23", "1-3"]), field(0, 23))
MONTH = st.one_of(st.just("*"), field(1, 12))
SECONDS = st.one_of(
    st.just(""), st.just(""), st.sampled_from(["0 ", "59 ", "*/20 ", "1,30 ", "10-12 "])
)


def expressions(
    month_day: st.SearchStrategy[str], weekday: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    return st.builds(
        lambda seconds, *fields: seconds + " ".join(fields),
        SECONDS,
        MINUTE,
        HOUR,
        st.one_of(st.just("*"), month_day),
        MONTH,
        st.one_of(st.just("*"), weekday),
    )


EXPRESSIONS = expressions(
    field(1, 31, st.one_of(LAST_DAYS, NEAREST)), field(0, 7, st.one_of(NTH, LAST_WEEKDAY))
)


@st.composite
def questions(
    draw: st.DrawFn, expression: st.SearchStrategy[str] = EXPRESSIONS
) -> tuple[str, str, datetime]:
    zone = draw(st.sampled_from(ZONES))
    near = changes(zone)
    close = draw(st.integers(0, 3)) > 0
    if near and close:
        moment = draw(st.sampled_from(near))
        after = moment + timedelta(seconds=draw(DISTANCES))
    else:
        after = draw(INSTANTS)
    return draw(expression), zone, after
