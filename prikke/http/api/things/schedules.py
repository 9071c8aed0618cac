"""What is to come and what would."""

from prikke.http.api.fields import SOME_INSTANT, Thing, shown
from prikke.http.api.kinds import COUNT, INSTANT, LOCAL, NUMBER, TEXT

RUN = Thing(
    "run",
    "runs",
    (
        shown("scheduled_for", INSTANT, "The nominal due time.", SOME_INSTANT),
        shown("status", TEXT, "What becomes of it.", "run"),
        shown("reason", TEXT, "Why.", nullable=True),
        shown("starts_at", INSTANT, "When it would start.", nullable=True),
        shown("ends_at", INSTANT, "When it would end.", nullable=True),
    ),
    "What would become of one due time.",
)

PREVIEW = Thing(
    "preview",
    "previews",
    (
        shown("run_at", INSTANT, "The due time.", SOME_INSTANT),
        shown("local_at", LOCAL, "The wall clock of the zone then.", "2030-01-31T09:00:00"),
        shown("words", TEXT, "A cron schedule in words; of H only with a seed.", nullable=True),
        shown("warning", TEXT, "What a clock change does to it.", nullable=True),
    ),
    "A run that a schedule would have.",
)

BUCKET = Thing(
    "bucket",
    "forecast",
    (
        shown("bucket_at", INSTANT, "When it begins.", SOME_INSTANT),
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

PROPOSAL = Thing(
    "proposal",
    "proposals",
    (
        shown("cron", TEXT, "The schedule.", "0 * * * *"),
        shown("timezone", TEXT, "Its time zone.", "UTC"),
        shown("queue", TEXT, "Name of the lane.", "default"),
        shown("jobs", COUNT, "Jobs that share it.", 120),
        shown("proposed", TEXT, "The same, spread by H.", "H * * * *"),
        shown("together", COUNT, "How many run in one minute now.", 120),
        shown("together_after", COUNT, "How many then, on average.", 2),
    ),
    "A schedule whose jobs all fall due at once, and one that spreads them.",
)
