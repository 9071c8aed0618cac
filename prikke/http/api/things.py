"""The things of the API and their fields, as CONTRACT has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prikke.http.api.fields import Field, Thing, Values
from prikke.http.api.kinds import (
    ANY,
    BOOLEAN,
    COUNT,
    HEADERS,
    ID,
    IDS,
    INSTANT,
    INSTANT_OR_LOCAL,
    INTEGER,
    LENGTH,
    NUMBER,
    OBJECT,
    TEXT,
    TEXTS,
    Kind,
    show_bytes,
    show_length,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
STATUSES = ("pending", "running", "success", "failed", "timeout", "cancelled", "missed", "skipped")
KINDS = ("schedule", "manual", "send", "replay", "notification", "test")
SCOPES = ("read", "write", "trigger", "admin")
_SOME_ID = "01980000-0000-7000-8000-000000000000"
_SOME_INSTANT = "2030-01-31T08:00:00+00:00"


def shown(name: str, kind: Kind, about: str, example: Any = None, **more: Any) -> Field:
    """A field that is only shown."""
    return Field(name, kind, about, example, read_only=True, **more)


# How something is delivered: of jobs and sends alike.
_TIMEOUT = Field(
    "timeout_ms",
    INTEGER,
    "How long a try may take, in milliseconds.",
    30000,
    limits={"minimum": 1000, "maximum": 300000},
)
_ATTEMPTS = Field(
    "max_attempts",
    INTEGER,
    "Tries at most, the first one counted.",
    3,
    limits={"minimum": 1, "maximum": 20},
)
_BACKOFF = Field("backoff", LENGTH, "Wait before the second try; it doubles.", "30 s")
_COMPLETION = Field(
    "completion",
    TEXT,
    "When it is done: at the response, or at a callback after an answer of 202.",
    "response",
    ("response", "callback"),
)
_EXPECTED_STATUS = Field(
    "expected_status", TEXT, "Status codes that are success.", "200-204", nullable=True
)
_EXPECTED_BODY = Field(
    "expected_body",
    TEXT,
    "What the answer must hold: text, /pattern/ or $.path == value.",
    "$.ok == true",
    nullable=True,
)
_HEADERS = Field(
    "headers",
    HEADERS,
    "Headers of the request. Credentials are masked; a mask sent back means unchanged.",
    {"Accept": "application/json"},
)
_CONTENT_TYPE = Field(
    "content_type", TEXT, "Media type of the body.", "application/json", nullable=True
)
_QUEUE = Field("queue", TEXT, "Name of the lane.", "default")
_PRIORITY = Field(
    "priority", INTEGER, "Higher goes first.", 0, limits={"minimum": -100, "maximum": 100}
)
_ORDERING_KEY = Field(
    "ordering_key", TEXT, "One at a time, in order, among those with the same.", nullable=True
)
_URL = Field("url", TEXT, "Where the request goes.", "https://example.com/hook", required=True)

JOB = Thing(
    "job",
    "jobs",
    (
        shown("id", ID, "The job's id.", _SOME_ID),
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
        _URL,
        Field("method", TEXT, "The HTTP method.", "GET", METHODS),
        _HEADERS,
        Field("body", TEXT, "The body that is sent.", '{"full": true}', nullable=True),
        _CONTENT_TYPE,
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
        _QUEUE,
        _PRIORITY,
        _ORDERING_KEY,
        Field("enabled", BOOLEAN, "Whether the schedule runs.", True),
        shown("paused_by", TEXT, "Who disabled it.", nullable=True),
        _TIMEOUT,
        _ATTEMPTS,
        _BACKOFF,
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
        _COMPLETION,
        _EXPECTED_STATUS,
        _EXPECTED_BODY,
        Field("on_success_url", TEXT, "Called after a success.", nullable=True),
        Field("on_failure_url", TEXT, "Called after a failure.", nullable=True),
        Field(
            "on_recovery_url", TEXT, "Called after the first success after failures.", nullable=True
        ),
        Field("notify", OBJECT, "Who is told of what; null inherits.", nullable=True),
        shown("interval_minutes", INTEGER, "The shortest gap between runs.", 1440, nullable=True),
        shown("next_run_at", INSTANT, "The next due time.", _SOME_INSTANT, nullable=True),
        shown("last_run_at", INSTANT, "When it ran last.", nullable=True),
        shown("last_status", TEXT, "How that went.", nullable=True),
        shown("last_success_at", INSTANT, "When it last succeeded.", nullable=True),
        shown("consecutive_failures", INTEGER, "Failures since then.", 0),
        shown("created_at", INSTANT, "When it was made.", _SOME_INSTANT),
        shown("updated_at", INSTANT, "When it was changed last.", _SOME_INSTANT),
        shown("version", INTEGER, "Rises with each change; also the ETag.", 1),
        shown("paused_at", INSTANT, "When it was disabled.", nullable=True),
        shown("pause_reason", TEXT, "Why it was disabled.", nullable=True),
        shown("set_aside_at", INSTANT, "When the engine gave up scheduling it.", nullable=True),
        shown("set_aside_error", TEXT, "Why it cannot be scheduled.", nullable=True),
    ),
    "What is sent, and when.",
)

SEND = Thing(
    "send",
    "sends",
    (
        _URL,
        Field(
            "body",
            ANY,
            "The body: text is sent as it is, any other JSON as JSON.",
            {"order": 42},
            nullable=True,
        ),
        Field("method", TEXT, "The HTTP method.", "POST", METHODS),
        _HEADERS,
        _CONTENT_TYPE,
        Field("scheduled_at", INSTANT, "Not before this instant.", None, nullable=True),
        Field("delay", LENGTH, "Not before so long from now.", None, nullable=True),
        _QUEUE,
        _PRIORITY,
        _ORDERING_KEY,
        Field(
            "key", TEXT, "Known by this, a duplicate is not sent again.", "order-42", nullable=True
        ),
        Field("ref", TEXT, "What it is about, to cancel by.", "order-42", nullable=True),
        _TIMEOUT,
        _ATTEMPTS,
        _BACKOFF,
        _COMPLETION,
        _EXPECTED_STATUS,
        _EXPECTED_BODY,
        Field(
            "on_duplicate",
            TEXT,
            "What happens to a second one with the key.",
            "return",
            ("return", "replace", "reject"),
        ),
        Field(
            "dedupe_for",
            LENGTH,
            "How long the key is remembered after the end.",
            None,
            nullable=True,
        ),
        Field(
            "debounce",
            LENGTH,
            "Wait so long for a later one with the key, and send only that.",
            None,
            nullable=True,
        ),
    ),
    "A delivery without a job.",
)

_EXECUTION_FIELDS = (
    shown("id", ID, "The execution's id, sent as webhook-id.", _SOME_ID),
    shown("job_id", ID, "The job; null for a send.", _SOME_ID, nullable=True),
    shown("job_version", INTEGER, "Version of the job that was sent.", 1, nullable=True),
    shown("kind", TEXT, "What it comes from.", "schedule", choices=KINDS),
    shown("status", TEXT, "How it stands.", "success", choices=STATUSES),
    shown("scheduled_for", INSTANT, "The nominal due time.", _SOME_INSTANT),
    shown("due_at", INSTANT, "The earliest next try.", _SOME_INSTANT),
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
    shown("created_at", INSTANT, "When it was queued.", _SOME_INSTANT),
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
        shown("claimed_at", INSTANT, "When a runner took it.", _SOME_INSTANT, nullable=True),
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
VERSION = Thing(
    "version",
    "versions",
    (
        shown("version", INTEGER, "Its number.", 2),
        shown("created_at", INSTANT, "When it began.", _SOME_INSTANT),
        shown("superseded_at", INSTANT, "When the next one began.", nullable=True),
        shown("actor", TEXT, "Who made it.", nullable=True),
        shown("changes", OBJECT, "What changed, from and to.", nullable=True),
        shown("job", OBJECT, "The job as it was."),
    ),
    "A job as it was at one of its versions.",
)

RUN = Thing(
    "run",
    "runs",
    (
        shown("scheduled_for", INSTANT, "The nominal due time.", _SOME_INSTANT),
        shown("status", TEXT, "What becomes of it.", "run"),
        shown("reason", TEXT, "Why.", nullable=True),
        shown("starts_at", INSTANT, "When it would start.", nullable=True),
        shown("ends_at", INSTANT, "When it would end.", nullable=True),
    ),
    "What would become of one due time.",
)

BUCKET = Thing(
    "bucket",
    "forecast",
    (
        shown("bucket_at", INSTANT, "When it begins.", _SOME_INSTANT),
        shown("queue", TEXT, "Name of the lane.", "default"),
        shown("runs", COUNT, "Runs of schedules.", 12),
        shown("waiting", COUNT, "What is known to wait already.", 0),
        shown("seconds", NUMBER, "Seconds of work; null where none was seen.", nullable=True),
        shown("busiest_at", INSTANT, "The busiest minute.", nullable=True),
        shown("busiest_runs", COUNT, "Runs in it.", nullable=True),
        shown("capacity", NUMBER, "How many the limits let through.", nullable=True),
        shown("limited_by", TEXT, "Which limit is reached.", nullable=True),
        shown("left_waiting", COUNT, "What then waits longer.", 0),
    ),
    "What is to come in a length of time, in one queue.",
)

_QUEUE_FIELDS = (
    shown("name", TEXT, "Its name.", "default"),
    Field(
        "max_running",
        INTEGER,
        "So many run at once at most; 1: one after another.",
        5,
        nullable=True,
        limits={"minimum": 1, "maximum": 100000},
    ),
    Field(
        "rate",
        INTEGER,
        "So many begin in each rate_period at most.",
        10,
        nullable=True,
        limits={"minimum": 1, "maximum": 1000000},
    ),
    Field("rate_period", LENGTH, "The length of the rate.", "1 s", nullable=True),
    Field(
        "burst",
        INTEGER,
        "So many may begin at once after a quiet time.",
        1,
        nullable=True,
        limits={"minimum": 1, "maximum": 1000000},
    ),
    Field(
        "after_failure",
        TEXT,
        "What an ordering key does after a failure.",
        "continue",
        ("continue", "stop"),
    ),
    shown("paused", BOOLEAN, "Whether it is paused.", False),
    shown("paused_by", TEXT, "Who paused it.", nullable=True),
    shown("pause_reason", TEXT, "Why.", nullable=True),
    shown("paused_at", INSTANT, "When.", nullable=True),
)
QUEUE = Thing(
    "queue", "queues", _QUEUE_FIELDS, "Settings of a lane; without them it has no limits."
)
QUEUE_DEPTH = Thing(
    "queue_in_use",
    "queues",
    (
        *_QUEUE_FIELDS,
        shown("running", COUNT, "Running now.", 0),
        shown("due", COUNT, "Due and ready.", 0),
        shown("held", COUNT, "Due and held.", 0),
        shown("later", COUNT, "Due later.", 0),
        shown("oldest_due_at", INSTANT, "Since when the oldest waits.", nullable=True),
    ),
    "A queue and how deep it is.",
)
KEY = Thing(
    "key",
    "keys",
    (
        shown("id", ID, "The key's id.", _SOME_ID),
        shown("public_id", TEXT, "Its public half.", "pk_live_3f9GhJ2kLmN4pQrS5tUv6w"),
        Field(
            "name",
            TEXT,
            "What people call it.",
            "continuous integration",
            required=True,
            limits={"maxLength": 200},
        ),
        Field(
            "scopes",
            TEXTS,
            "What it may: read; write, which includes trigger and read; admin.",
            ["read", "write", "trigger"],
        ),
        shown("created_by", TEXT, "Who made it.", f"user:{_SOME_ID}"),
        shown("created_at", INSTANT, "When.", _SOME_INSTANT),
        Field("expires_at", INSTANT, "When it ends by itself.", None, nullable=True),
        shown("last_used_at", INSTANT, "When it was last used, to five minutes.", nullable=True),
    ),
    "A key by which a program acts for the organization.",
)
SIGNING_SECRET = Thing(
    "signing_secret",
    "signing_secrets",
    (
        shown("id", ID, "Its id.", _SOME_ID),
        shown("secret", TEXT, "The secret.", "whsec_…"),
        shown("created_at", INSTANT, "When it was asked for.", _SOME_INSTANT),
        shown("expires_at", INSTANT, "Until when it signs; null: the current one.", nullable=True),
    ),
    "A secret that signs deliveries.",
)
ORGANIZATION = Thing(
    "organization",
    "organizations",
    (
        shown("id", ID, "Its id.", _SOME_ID),
        shown("name", TEXT, "Its name.", "Acme"),
        shown("slug", TEXT, "Its name in addresses.", "acme"),
        shown("tier", TEXT, "Its plan.", "free", choices=("free", "pro")),
        shown("created_at", INSTANT, "When it was made.", _SOME_INSTANT),
        shown("updated_at", INSTANT, "When it was changed last.", _SOME_INSTANT),
    ),
    "Whose jobs, deliveries and history these are.",
)
ENTRY = Thing(
    "entry",
    "entries",
    (
        shown("id", ID, "Its id.", _SOME_ID),
        shown("at", INSTANT, "When.", _SOME_INSTANT),
        shown("actor", TEXT, "Who.", f"key:{_SOME_ID}"),
        shown(
            "actor_kind",
            TEXT,
            "What kind of actor.",
            "key",
            choices=("user", "key", "role", "engine", "other"),
        ),
        shown(
            "action",
            TEXT,
            "What was done.",
            "update",
            choices=("create", "update", "delete", "restore", "pause", "resume"),
        ),
        shown("subject_kind", TEXT, "Kind of the thing.", "job"),
        shown("subject_id", TEXT, "Which one.", _SOME_ID),
        shown("before", OBJECT, "The changed fields as they were.", nullable=True),
        shown("after", OBJECT, "The changed fields as they became.", nullable=True),
        shown("source", TEXT, "From where.", "api 203.0.113.7"),
    ),
    "One change: who, from where, what.",
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
