"""Jobs and their versions."""

from collections.abc import Mapping
from typing import Any

from prikke.http.api.fields import SOME_ID, SOME_INSTANT, Field, Thing, Values, shown
from prikke.http.api.kinds import (
    BOOLEAN,
    COUNT,
    DAY,
    ID,
    INSTANT,
    INSTANT_OR_LOCAL,
    INTEGER,
    LENGTH,
    OBJECT,
    TEXT,
    show_length,
)
from prikke.http.api.things.deliveries import (
    ATTEMPTS,
    BACKOFF,
    COMPLETION,
    CONTENT_TYPE,
    EXPECTED_BODY,
    EXPECTED_STATUS,
    LANE,
    METHODS,
    ORDERING_KEY,
    PRIORITY,
    REQUEST_HEADERS,
    TIMEOUT,
    URL,
)

JOB = Thing(
    "job",
    "jobs",
    (
        shown("id", ID, "The job's id.", SOME_ID),
        Field(
            "key",
            TEXT,
            "Your own name for it, unique among your jobs.",
            "billing.nightly",
            nullable=True,
            limits={"maxLength": 100, "pattern": "^[A-Za-z0-9._:-]+$"},
        ),
        Field(
            "name",
            TEXT,
            "What people call it.",
            "Nightly",
            required=True,
            limits={"maxLength": 200},
        ),
        URL,
        Field("method", TEXT, "The HTTP method.", "GET", METHODS),
        REQUEST_HEADERS,
        Field("body", TEXT, "The body that is sent.", '{"full": true}', nullable=True),
        CONTENT_TYPE,
        shown(
            "schedule_type",
            TEXT,
            "Which kind of schedule it has.",
            "cron",
            choices=("cron", "every", "once", "manual"),
        ),
        Field("cron", TEXT, "A cron expression of 5 or 6 fields.", "0 3 * * *", nullable=True),
        Field("every", LENGTH, "A fixed step.", None, nullable=True),
        Field(
            "scheduled_at",
            INSTANT_OR_LOCAL,
            "When it runs once, or where every begins. Without an offset: a time in timezone.",
            None,
            nullable=True,
        ),
        Field("timezone", TEXT, "The time zone of the schedule.", "Europe/Oslo"),
        LANE,
        PRIORITY,
        ORDERING_KEY,
        Field("enabled", BOOLEAN, "Whether the schedule runs.", True),
        shown("paused_by", TEXT, "Who disabled it.", nullable=True),
        TIMEOUT,
        ATTEMPTS,
        BACKOFF,
        Field(
            "catch_up",
            TEXT,
            "What happens to due times missed in downtime.",
            "latest",
            ("latest", "all", "none"),
        ),
        Field("catch_up_window", LENGTH, "How far back catching up goes.", None, nullable=True),
        Field(
            "overlap",
            TEXT,
            "What happens when a run is due while another is not over.",
            "skip",
            ("skip", "queue_one", "allow"),
        ),
        COMPLETION,
        EXPECTED_STATUS,
        EXPECTED_BODY,
        Field("on_success_url", TEXT, "Called after a success.", nullable=True),
        Field("on_failure_url", TEXT, "Called after a failure.", nullable=True),
        Field(
            "on_recovery_url", TEXT, "Called after the first success after failures.", nullable=True
        ),
        Field("notify", OBJECT, "Who is told of what; null inherits.", nullable=True),
        shown("interval_minutes", INTEGER, "The shortest gap between runs.", 1440, nullable=True),
        shown("next_run_at", INSTANT, "The next due time.", SOME_INSTANT, nullable=True),
        shown("last_run_at", INSTANT, "When it ran last.", nullable=True),
        shown("last_status", TEXT, "How that went.", nullable=True),
        shown("last_success_at", INSTANT, "When it last succeeded.", nullable=True),
        shown("consecutive_failures", INTEGER, "Failures since then.", 0),
        shown("created_at", INSTANT, "When it was made.", SOME_INSTANT),
        shown("updated_at", INSTANT, "When it was changed last.", SOME_INSTANT),
        shown("version", INTEGER, "Rises with each change; also the ETag.", 1),
        shown("paused_at", INSTANT, "When it was disabled.", nullable=True),
        shown("pause_reason", TEXT, "Why it was disabled.", nullable=True),
        shown("set_aside_at", INSTANT, "When the engine gave up scheduling it.", nullable=True),
        shown("set_aside_error", TEXT, "Why it cannot be scheduled.", nullable=True),
    ),
    "What is sent, and when.",
)

VERSION = Thing(
    "version",
    "versions",
    (
        shown("version", INTEGER, "Its number.", 2),
        shown("created_at", INSTANT, "When it began.", SOME_INSTANT),
        shown("superseded_at", INSTANT, "When the next one began.", nullable=True),
        shown("actor", TEXT, "Who made it.", nullable=True),
        shown("changes", OBJECT, "What changed, from and to.", nullable=True),
        shown("job", OBJECT, "The job as it was."),
    ),
    "A job as it was at one of its versions.",
)

STATISTICS = Thing(
    "statistic",
    "statistics",
    (
        shown("day", DAY, "The day; null: all of them.", "2030-01-31", nullable=True),
        shown("success", COUNT, "Runs that succeeded.", 29),
        shown("failed", COUNT, "Runs that failed or timed out.", 1),
        shown("unsent", COUNT, "Due times missed or skipped.", 0),
        shown("average", LENGTH, "How long they took on average.", "82 ms", nullable=True),
        shown("p50", LENGTH, "About half of the runs took no longer.", "80 ms", nullable=True),
        shown("p90", LENGTH, "About nine of ten took no longer.", "120 ms", nullable=True),
        shown("p99", LENGTH, "About 99 of 100 took no longer.", "0.9 s", nullable=True),
    ),
    "How a job did on one day.",
)


def show_changes(changes: Mapping[str, Any] | None) -> Values:
    """The changes of a job as SQL reports them, with lengths of time as we write them."""
    if changes is None:
        return {"from": {}, "to": {}}
    return {side: _show_declared(changes[side]) for side in ("from", "to")}


_LENGTHS = tuple(each.name for each in JOB.fields if each.kind is LENGTH)


def _show_declared(values: Values | None) -> Values | None:
    if values is None:
        return None
    lengths = {name: show_length(values[name]) for name in _LENGTHS if name in values}
    return {**values, **lengths}


def show_version(row: Mapping[str, Any]) -> Values:
    """A version; its first one changed nothing."""
    changes = None if row["changes"] is None else show_changes(row["changes"])
    return VERSION.show({**row, "changes": changes, "job": _show_declared(row["job"])})
