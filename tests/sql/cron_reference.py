"""What a schedule means, spelled out slowly: day by day, wall time by wall time.

Shares nothing with the SQL but docs/time.md: it lists the matching wall times of a day,
turns each into instants, and takes the first one later than asked for.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
HORIZON = timedelta(days=41 * 366)


@dataclass(frozen=True)
class Schedule:
    """A cron expression, with a set of values for each field that has one."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    month_day: str
    weekday: str
    wildcard: bool

    def matches(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_month = any(_month_day_matches(item, day) for item in self.month_day.split(","))
        by_week = any(_weekday_matches(item, day) for item in self.weekday.split(","))
        if self.month_day.startswith("*") or self.weekday.startswith("*"):
            return by_month and by_week
        return by_month or by_week

    def wall_times(self, day: date) -> Iterator[datetime]:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                for second in sorted(self.seconds):
                    yield datetime.combine(day, time(hour, minute, second))


def parse(expression: str) -> Schedule:
    fields = expression.upper().split()
    if len(fields) == 5:
        fields.insert(0, "0")
    return Schedule(
        seconds=_values(fields[0], 0),
        minutes=_values(fields[1], 1),
        hours=_values(fields[2], 2),
        months=_values(fields[4], 4),
        month_day=fields[3],
        weekday=fields[5],
        wildcard=fields[1].startswith("*") or fields[2].startswith("*"),
    )


def next_run(expression: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first run later than `after`, by the rule; None when none comes for 41 years."""
    schedule = parse(expression)
    day = after.astimezone(zone).date() - timedelta(days=2)
    last = day + HORIZON
    found: list[datetime] = []
    while day <= last:
        if schedule.matches(day):
            later = [at for at in _instants(schedule, zone, day) if at > after]
            if later and not found:
                # A clock change may bring a later day's run before this one's.
                last = day + timedelta(days=2)
            found += later
        day += timedelta(days=1)
    return min(found, default=None)


def _instants(schedule: Schedule, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    begin = datetime.combine(day, time(), UTC)
    offsets = {
        (begin + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in range(-36, 61, 6)
    }
    if len(offsets) == 1:
        offset = offsets.pop()
        assert offset is not None
        for wall in schedule.wall_times(day):
            yield wall.replace(tzinfo=UTC) - offset
        return
    for wall in schedule.wall_times(day):
        instants = [
            instant
            for instant in {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
            if instant.astimezone(zone).replace(tzinfo=None) == wall
        ]
        if schedule.wildcard:
            yield from instants
        else:
            yield min(instants) if instants else end_of_gap(wall, zone)


def end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant whose wall time is past one that the clock skips."""
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after


def clock_changes(zone: ZoneInfo, since: datetime, until: datetime) -> list[datetime]:
    """The instants at which the zone's offset changes."""
    changes = []
    week = timedelta(days=7)
    while since < until:
        before, after = since, since + week
        old = before.astimezone(zone).utcoffset()
        if after.astimezone(zone).utcoffset() != old:
            while after - before > timedelta(seconds=1):
                middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
                if middle.astimezone(zone).utcoffset() == old:
                    before = middle
                else:
                    after = middle
            changes.append(after)
        since += week
    return changes


def _month_day_matches(item: str, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if item == "L":
        return day.day == last
    if item == "LW":
        workdays = [n for n in range(1, last + 1) if day.replace(day=n).isoweekday() <= 5]
        return day.day == workdays[-1]
    if item.endswith("W"):
        wanted = int(item[:-1])
        if wanted > last:
            return False
        nearest = min(
            (n for n in range(1, last + 1) if day.replace(day=n).isoweekday() <= 5),
            key=lambda n: abs(n - wanted),
        )
        return day.day == nearest
    return day.day in _values(item, 3)


def _weekday_matches(item: str, day: date) -> bool:
    weekday = day.isoweekday() % 7
    special = re.fullmatch(r"(\w+?)(?:#(\d)|L)", item)
    if special is None:
        return weekday in {value % 7 for value in _values(item, 5)}
    if weekday != _value(special[1], 5) % 7:
        return False
    if special[2] is None:
        return day.day > calendar.monthrange(day.year, day.month)[1] - 7
    return (day.day + 6) // 7 == int(special[2])


def _values(field: str, position: int) -> frozenset[int]:
    low, high = BOUNDS[position]
    values: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        if span == "*":
            first, last = low, high
        else:
            start, _, end = span.partition("-")
            first = _value(start, position)
            last = _value(end or start, position)
            if end == "SUN":
                last = 7
        values.update(range(first, last + 1, int(step or 1)))
    return frozenset(values)


def _value(text: str, position: int) -> int:
    if position == 4 and text in MONTHS:
        return MONTHS.index(text) + 1
    if position == 5 and text in WEEKDAYS:
        return WEEKDAYS.index(text)
    return int(text)
