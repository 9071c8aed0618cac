"""Executions, their attempts, and why one does not run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prikke.http.api.fields import SOME_ID, SOME_INSTANT, Thing, Values, shown
from prikke.http.api.kinds import (
    BOOLEAN,
    COUNT,
    HEADERS,
    ID,
    IDS,
    INSTANT,
    INTEGER,
    TEXT,
    show_bytes,
)

STATUSES = ("pending", "running", "success", "failed", "timeout", "cancelled", "missed", "skipped")
KINDS = ("schedule", "manual", "send", "replay", "notification", "test")
_EXECUTION_FIELDS = (
    shown("id", ID, "The execution's id, sent as webhook-id.", SOME_ID),
    shown("job_id", ID, "The job; null for a send.", SOME_ID, nullable=True),
    shown("job_name", TEXT, "The job's name.", "Nightly report", nullable=True),
    shown("job_version", INTEGER, "Version of the job that was sent.", 1, nullable=True),
    shown("kind", TEXT, "What it comes from.", "schedule", choices=KINDS),
    shown("status", TEXT, "How it stands.", "success", choices=STATUSES),
    shown("scheduled_for", INSTANT, "The nominal due time.", SOME_INSTANT),
    shown("due_at", INSTANT, "The earliest next try.", SOME_INSTANT),
    shown("started_at", INSTANT, "When the last try began.", nullable=True),
    shown("finished_at", INSTANT, "When it ended.", nullable=True),
    shown("status_code", INTEGER, "Status code of the last answer.", 200, nullable=True),
    shown("duration_ms", INTEGER, "How long the last try took.", 87, nullable=True),
    shown("error_message", TEXT, "What went wrong last.", nullable=True),
    shown("attempt", INTEGER, "Tries that ended.", 1),
    shown("max_attempts", INTEGER, "Tries at most.", 3),
    shown("lost", INTEGER, "Leases lost in a row.", 0),
    shown("queue", TEXT, "Name of the lane.", "default"),
    shown("ordering_key", TEXT, "One at a time among those with the same.", nullable=True),
    shown("held_by", TEXT, "What keeps a due one back.", nullable=True),
    shown("reason", TEXT, "Why it ended as it did.", nullable=True),
    shown("replay_of", ID, "The execution it repeats.", nullable=True),
    shown("url", TEXT, "Where the request goes.", "https://example.com/hook"),
    shown("method", TEXT, "The HTTP method.", "POST"),
    shown("priority", INTEGER, "Higher goes first.", 0),
    shown("key", TEXT, "Key of a send.", nullable=True),
    shown("ref", TEXT, "What a send is about.", nullable=True),
    shown("last_due_at", INSTANT, "Last of a row of missed or skipped due times.", nullable=True),
    shown("due_count", COUNT, "How many due times this row stands for.", 1),
    shown("created_at", INSTANT, "When it was queued.", SOME_INSTANT),
)
_RESPONSE_FIELDS = (
    shown("response_headers", HEADERS, "Headers of the last answer.", nullable=True),
    shown("response_body", TEXT, "Body of the last answer, as text or base64.", nullable=True),
    shown("truncated", BOOLEAN, "Whether that body was cut.", False),
)
_ENCODING = shown(
    "response_body_encoding",
    TEXT,
    "How response_body is written: text or base64.",
    nullable=True,
    choices=("text", "base64"),
)


@dataclass(frozen=True, slots=True)
class Answered(Thing):
    """A thing that has the answer of a receiver, whose body may be any bytes."""

    def show(self, row: Mapping[str, Any]) -> Values:
        text, encoding = show_bytes(row["response_body"])
        return Thing.show(self, {**row, "response_body": text, "response_body_encoding": encoding})


EXECUTION = Thing(
    "execution", "executions", _EXECUTION_FIELDS, "One due run of a job, or one send."
)
EXECUTION_IN_FULL = Answered(
    "execution_in_full",
    "executions",
    (
        *_EXECUTION_FIELDS,
        shown("headers", HEADERS, "Headers of the request, masked.", nullable=True),
        shown("body", TEXT, "Body of the request.", nullable=True),
        shown("content_type", TEXT, "Its media type.", nullable=True),
        *_RESPONSE_FIELDS,
        _ENCODING,
    ),
    "An execution with its request and the last answer.",
)
ATTEMPT = Answered(
    "attempt",
    "attempts",
    (
        shown("number", INTEGER, "Which try this was, from 1.", 1),
        shown("job_version", INTEGER, "Version of the job that was sent.", 1, nullable=True),
        shown("status", TEXT, "How it ended.", "success"),
        shown("claimed_at", INSTANT, "When a runner took it.", SOME_INSTANT, nullable=True),
        shown("started_at", INSTANT, "When the request began.", nullable=True),
        shown("finished_at", INSTANT, "When it ended.", nullable=True),
        shown("status_code", INTEGER, "Status code of the answer.", 200, nullable=True),
        shown("duration_ms", INTEGER, "How long it took.", 87, nullable=True),
        shown("error_message", TEXT, "What went wrong.", nullable=True),
        shown("retry_at", INSTANT, "When it was tried again.", nullable=True),
        *_RESPONSE_FIELDS,
        _ENCODING,
    ),
    "One HTTP try.",
)
REASON = Thing(
    "why",
    "why",
    (
        shown("reason", TEXT, "A word for programs.", "not_due"),
        shown("message", TEXT, "A sentence for people.", "The next run is due at 03:00."),
        shown("until", INSTANT, "When it may end by itself.", nullable=True),
        shown("by", IDS, "Executions or runners it is about.", nullable=True),
    ),
    "Why something does not run just now.",
)
