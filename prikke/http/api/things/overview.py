"""How the organization does, and what needs somebody."""

from prikke.http.api.fields import SOME_INSTANT, Thing, shown
from prikke.http.api.kinds import COUNT, INSTANT, TEXT, objects

OVERVIEW = Thing(
    "overview",
    "overviews",
    (
        shown("jobs", COUNT, "Jobs there are; counted up to 50,000.", 12),
        shown("active_jobs", COUNT, "Those that are enabled; counted up to 50,000.", 11),
        shown("new_jobs", COUNT, "Made within 24 h; counted up to 1,000.", 1),
        shown("runs", COUNT, "Executions that ran and ended within 24 h.", 1200),
        shown("runs_before", COUNT, "The same, of the day before.", 1180),
        shown("failed", COUNT, "Of them failed or timed out.", 3),
        shown("failed_before", COUNT, "The same, of the day before.", 5),
        shown("runs_today", COUNT, "Since midnight in the zone.", 700),
        shown("runs_yesterday", COUNT, "Of yesterday, up to the same time.", 690),
        shown("executions_this_month", COUNT, "Executions that a plan counts, so far.", 1200),
        shown("executions_limit", COUNT, "At most so many; null: no limit.", 5000, nullable=True),
        shown("jobs_limit", COUNT, "At most so many; null: no limit.", 5, nullable=True),
        shown("resets_at", INSTANT, "When the next month begins.", SOME_INSTANT),
        shown(
            "quarter_hours",
            objects(at="date-time", runs="integer", failed="integer"),
            "The last 24 h by quarter hour.",
        ),
    ),
    "How the organization does, from counts.",
)
ATTENTION = Thing(
    "attention",
    "attention",
    (
        shown("reason", TEXT, "A word for programs.", "failing"),
        shown("subject_kind", TEXT, "What it is about.", "job"),
        shown("subject_id", TEXT, "Which one.", nullable=True),
        shown("name", TEXT, "Its name.", "send-reports"),
        shown("message", TEXT, "What is the matter.", "3 failures in the last 24 h"),
        shown("count", COUNT, "How many times, or how many wait.", 3, nullable=True),
        shown("since", INSTANT, "Since when, or when last.", nullable=True),
        shown("last_success_at", INSTANT, "When it last went well.", nullable=True),
        shown("action", TEXT, "What helps.", "view"),
    ),
    "Something that needs somebody.",
)
