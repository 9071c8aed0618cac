"""Channels, and the times in which they are quiet."""

from prikke.http.api.fields import SOME_ID, SOME_INSTANT, Field, Thing, shown
from prikke.http.api.kinds import BOOLEAN, ID, INSTANT, OBJECT, POSITION, TEXT

_KINDS = ("email", "webhook", "slack", "discord", "teams", "telegram", "ntfy", "pagerduty")

CHANNEL = Thing(
    "channel",
    "channels",
    (
        shown("id", ID, "Its id.", SOME_ID),
        Field("kind", TEXT, "What it is; left out, the address tells.", "slack", _KINDS),
        Field("name", TEXT, "What people call it.", "Operations", limits={"maxLength": 200}),
        Field(
            "target",
            TEXT,
            "Where to: owners, addresses of mail, or a web address. Shown without its secret part;"
            " sent back like that, it stays.",
            "https://hooks.slack.com/services/T0/B0/x",
            required=True,
        ),
        Field("enabled", BOOLEAN, "Whether it is told anything.", True, default=True),
        Field(
            "rules",
            OBJECT,
            "What differs from the organization's: events, remind_every, recovery, quiet_hours.",
            {"remind_every": "4 hours"},
        ),
        shown("created_at", INSTANT, "When it was made.", SOME_INSTANT),
        shown("updated_at", INSTANT, "When it was changed last.", SOME_INSTANT),
        shown("last_sent_at", INSTANT, "When a notification last arrived.", nullable=True),
        shown("last_error", TEXT, "What last failed, if nothing arrived since.", nullable=True),
        shown("last_error_at", INSTANT, "When that was.", nullable=True),
    ),
    "Where the organization is told of changes.",
)
WINDOW = Thing(
    "window",
    "windows",
    (
        shown("id", ID, "Its id.", SOME_ID),
        shown(
            "kind",
            TEXT,
            "What it is.",
            "maintenance",
            choices=("snooze", "maintenance", "acknowledge"),
        ),
        Field("job_id", ID, "Of which job nothing is told; null: of none.", None, nullable=True),
        shown("job_name", TEXT, "The job's name.", nullable=True),
        Field("starts_at", INSTANT, "From when on.", SOME_INSTANT, required=True),
        Field("ends_at", INSTANT, "Until when.", "2030-01-31T12:00:00+00:00", required=True),
        Field("reason", TEXT, "Why.", "database upgrade", nullable=True, limits={"maxLength": 200}),
        shown("created_by", TEXT, "Who wanted it.", f"user:{SOME_ID}"),
        shown("created_at", INSTANT, "When.", SOME_INSTANT),
    ),
    "A time in which nothing is told; jobs run as ever.",
)
TRANSITION = Thing(
    "transition",
    "transitions",
    (
        shown("position", POSITION, "Its place in the order of all.", 42),
        shown("kind", TEXT, "What happened.", "failing"),
        shown("job_id", ID, "To which job.", nullable=True),
        shown("job_name", TEXT, "The job's name.", nullable=True),
        shown("host", TEXT, "To which host.", nullable=True),
        shown("execution_id", ID, "By which execution.", nullable=True),
        shown("at", INSTANT, "When.", SOME_INSTANT),
        shown("detail", OBJECT, "What else is known.", {"failures": 3}),
    ),
    "A change of state that people may hear of.",
)
