"""next_run against a slow reference, cronsim and croniter, over random schedules and instants.

Where the two libraries err, the rule of docs/time.md decides. Each way in which they differ is
named in FAULTS, with an example that shows it; a difference that fits no name fails the test.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from croniter import CroniterError, croniter
from cronsim import CronSim, CronSimError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.cron_reference import next_run as reference
from tests.sql.cron_reference import parse
from tests.sql.schedules import (
    EXPRESSIONS,
    INSTANTS,
    LAST_WEEKDAY,
    NTH,
    UNTIL,
    ZONES,
    changes,
    expressions,
    field,
    questions,
)

pytestmark = pytest.mark.reads_only

# The database is only read, so that one copy serves all examples of a test.
many = settings(
    max_examples=300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
few = settings(many, max_examples=100)

Question = tuple[str, str, datetime]
Answer = datetime | str | None


def ask(db: psycopg.Connection, question: Question) -> datetime | None:
    row = db.execute("select prikke.next_run(%s, %s, %s)", question).fetchone()
    assert row is not None
    at: datetime | None = row[0]
    return at and at.astimezone(UTC)


def ask_cronsim(question: Question) -> Answer:
    expression, zone, after = question
    try:
        return next(CronSim(expression, after.astimezone(ZoneInfo(zone)))).astimezone(UTC)
    except StopIteration:
        return None
    except CronSimError as error:
        return f"refused: {error}"


def ask_croniter(question: Question) -> Answer:
    """Croniter wants seconds last, and `implement_cron_bug` for Debian's rule of days."""
    expression, zone, after = question
    fields = expression.split()
    if len(fields) == 6:
        fields = [*fields[1:], fields[0]]
    try:
        schedule = croniter(
            " ".join(fields),
            after.astimezone(ZoneInfo(zone)),
            ret_type=datetime,
            implement_cron_bug=True,
        )
        at: datetime = schedule.get_next()
        return at.astimezone(UTC)
    except CroniterError as error:
        return f"refused: {error}"


@dataclass(frozen=True)
class Fault:
    """A way in which an oracle departs from the rule, and one question that shows it."""

    explained: str
    fits: Callable[[Question, datetime | None, Answer], bool]
    example: Question


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def changes_between(question: Question, ours: datetime | None, theirs: Answer) -> list[datetime]:
    """Clock changes from a day before the question to a day after the later answer."""
    _, zone, after = question
    answers = [answer for answer in (ours, theirs) if isinstance(answer, datetime)]
    begin, end = after - timedelta(days=1), max([after, *answers]) + timedelta(days=1)
    return [change for change in changes(zone) if begin <= change <= end]


def wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def is_uneven(change: datetime, zone: str) -> bool:
    """The clock is not put forward or back by whole hours, or not on the hour."""
    before = wall(change - timedelta(seconds=1), zone) + timedelta(seconds=1)
    return before.minute != 0 or wall(change, zone).minute != 0


def touches_midnight(change: datetime, zone: str) -> bool:
    before = wall(change - timedelta(seconds=1), zone) + timedelta(seconds=1)
    return 0 in (before.hour, wall(change, zone).hour) or before.date() != wall(change, zone).date()


CRONSIM = {
    "an answer that is not later": Fault(
        "In the second pass of a repeated hour cronsim answers a fixed time of the first.",
        lambda question, ours, theirs: isinstance(theirs, datetime) and theirs <= question[2],
        ("30 2 * * *", "Europe/Oslo", at("2021-10-31T02:10+01:00")),
    ),
    "six fields": Fault(
        "cronsim keeps Debian's rule of clock changes for five fields only; we for six as well.",
        lambda question, ours, theirs: (
            len(question[0].split()) == 6
            and not parse(question[0]).wildcard
            and bool(changes_between(question, ours, theirs))
        ),
        ("15 30 2 * * *", "Europe/Oslo", at("2021-03-28T00:00+01:00")),
    ),
    "an uneven change": Fault(
        "cronsim moves on by whole hours from the change, and so past the beginning of an hour.",
        lambda question, ours, theirs: (
            parse(question[0]).wildcard
            and any(is_uneven(c, question[1]) for c in changes_between(question, ours, theirs))
        ),
        ("* 14 * * *", "Australia/Lord_Howe", at("2018-10-07T01:30+10:30")),
    ),
    "no midnight": Fault(
        "cronsim begins a wildcard's day at a midnight that the clock skips or repeats.",
        lambda question, ours, theirs: (
            parse(question[0]).wildcard
            and any(
                touches_midnight(c, question[1]) for c in changes_between(question, ours, theirs)
            )
        ),
        ("* 18,1 12 3 *", "America/Havana", at("2017-03-11T22:18-05:00")),
    ),
}
CRONITER = {
    "clock changes": Fault(
        "croniter has no rule of clock changes, and runs wildcards in hours that are skipped.",
        lambda question, ours, theirs: bool(changes_between(question, ours, theirs)),
        ("* 1 * * *", "Europe/Dublin", at("2014-03-30T00:59:59+00:00")),
    ),
    "# beside a day of month": Fault(
        "croniter wants both days then; in Debian's cron either is enough.",
        lambda question, ours, theirs: "#" in question[0] and question[0].split()[-3][0] != "*",
        ("0 0 13 * 5#4", "UTC", at("2021-03-01T00:00Z")),
    ),
    "not read": Fault(
        "croniter does not read this L or #.",
        lambda question, ours, theirs: (
            str(theirs).startswith("refused") and bool(re.search("[L#]", question[0]))
        ),
        ("0 0 * * 7L", "UTC", at("2021-03-01T00:00Z")),
    ),
}


def fault_of(
    faults: dict[str, Fault], question: Question, ours: datetime | None, theirs: Answer
) -> str | None:
    return next(
        (name for name, fault in faults.items() if fault.fits(question, ours, theirs)), None
    )


@many
@given(questions())
def test_the_reference_agrees(db: psycopg.Connection, question: Question) -> None:
    expression, zone, after = question

    ours = ask(db, question)
    theirs = reference(expression, ZoneInfo(zone), after)

    known = theirs is not None and theirs < UNTIL
    assert ours == theirs if known else ours is None or ours >= UNTIL


@many
@given(
    questions(expressions(field(1, 31, st.just("L")), field(0, 7, st.one_of(NTH, LAST_WEEKDAY))))
)
def test_cronsim_agrees_or_is_known_to_err(db: psycopg.Connection, question: Question) -> None:
    ours = ask(db, question)
    theirs = ask_cronsim(question)

    if ours is not None and ours < UNTIL and ours != theirs:
        assert fault_of(CRONSIM, question, ours, theirs) is not None


@many
@given(questions(expressions(field(1, 31), st.one_of(field(0, 7), NTH))))
def test_croniter_agrees_or_is_known_to_err(db: psycopg.Connection, question: Question) -> None:
    ours = ask(db, question)
    theirs = ask_croniter(question)

    if ours is not None and ours < UNTIL and ours != theirs:
        assert fault_of(CRONITER, question, ours, theirs) is not None


@pytest.mark.parametrize("name", CRONSIM)
def test_cronsim_errs_as_described(db: psycopg.Connection, name: str) -> None:
    question = CRONSIM[name].example

    ours, theirs = ask(db, question), ask_cronsim(question)

    assert ours == reference(question[0], ZoneInfo(question[1]), question[2])
    assert ours != theirs
    assert fault_of(CRONSIM, question, ours, theirs) == name


@pytest.mark.parametrize("name", CRONITER)
def test_croniter_errs_as_described(db: psycopg.Connection, name: str) -> None:
    question = CRONITER[name].example

    ours, theirs = ask(db, question), ask_croniter(question)

    assert ours == reference(question[0], ZoneInfo(question[1]), question[2])
    assert ours != theirs
    assert fault_of(CRONITER, question, ours, theirs) == name


def test_a_step_after_a_single_value_is_where_crons_part(db: psycopg.Connection) -> None:
    """cronsim reads 3-3/8 as 3/8, and that as from 3 on; we read the first and refuse the other."""
    question = ("0 3-3/8 * * *", "UTC", at("2021-03-01T03:00Z"))

    assert ask(db, question) == at("2021-03-02T03:00Z")
    assert ask_cronsim(question) == at("2021-03-01T11:00Z")


@few
@given(questions(), st.sampled_from(ZONES))
def test_runs_rise_whatever_the_session_thinks(
    db: psycopg.Connection, question: Question, session: str
) -> None:
    expression, zone, after = question
    plain = ask(db, question)

    db.execute("select set_config('timezone', %s, false)", (session,))
    runs = [
        row[0].astimezone(UTC)
        for row in db.execute(
            "select prikke.upcoming_runs(%s, %s, %s, 5)", (expression, zone, after)
        )
    ]
    db.execute("reset timezone")

    assert runs[:1] == ([] if plain is None else [plain])
    assert all(earlier < later for earlier, later in zip([after, *runs], runs, strict=False))


@few
@given(EXPRESSIONS)
def test_a_schedule_that_never_comes_is_refused_and_no_other(
    db: psycopg.Connection, expression: str
) -> None:
    row = db.execute("select prikke.cron_problem(%s, 'UTC')", (expression,)).fetchone()

    comes = reference(expression, ZoneInfo("UTC"), datetime.now(UTC)) is not None
    assert row == (None,) if comes else row is not None and row[0]["code"] == "never"


@few
@given(
    st.timedeltas(timedelta(seconds=1), timedelta(days=90)),
    INSTANTS,
    INSTANTS,
)
def test_steps_of_a_fixed_interval(
    db: psycopg.Connection, every: timedelta, anchor: datetime, after: datetime
) -> None:
    row = db.execute("select prikke.next_every(%s, %s, %s)", (every, anchor, after)).fetchone()

    steps = max((after - anchor) // every + 1, 0)
    assert row is not None
    assert row[0] == anchor + steps * every
    assert row[0] > after
