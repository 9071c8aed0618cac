"""Queues."""

from prikke.http.api.fields import SOME_INSTANT, Field, Thing, shown
from prikke.http.api.kinds import BOOLEAN, COUNT, INSTANT, INTEGER, LENGTH, POSITION, TEXT

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
BREAKER_EVENT = Thing(
    "breaker_event",
    "breaker_events",
    (
        shown("position", POSITION, "Its place in the order of all.", 42),
        shown("host", TEXT, "Of which host.", "example.com"),
        shown(
            "state",
            TEXT,
            "open: left alone; half_open: one delivery is let through; closed: it answers again.",
            "open",
            choices=("open", "half_open", "closed"),
        ),
        shown("failures", COUNT, "Failures in a row so far.", 10),
        shown("open_until", INSTANT, "Until when it is left alone.", SOME_INSTANT, nullable=True),
        shown("message", TEXT, "Why.", "answered 503", nullable=True),
        shown("at", INSTANT, "When.", SOME_INSTANT),
    ),
    "A change of the breaker of a host.",
)
