"""What runs deliveries, and what tables of your own queue them."""

from prikke.http.api.fields import SOME_ID, SOME_INSTANT, Thing, shown
from prikke.http.api.kinds import BOOLEAN, COUNT, HEADERS, ID, INSTANT, INTEGER, LENGTH, TEXT, TEXTS
from prikke.http.api.things.deliveries import METHODS

RUNNER = Thing(
    "runner",
    "runners",
    (
        shown("id", ID, "Its id.", SOME_ID),
        shown("alive", BOOLEAN, "Whether it was seen within 30 seconds.", True),
        shown("stopping", BOOLEAN, "Whether it claims no more.", False),
        shown("seen_at", INSTANT, "When it was seen last.", SOME_INSTANT),
    ),
    "A process that claims and delivers.",
)
WATCH = Thing(
    "watch",
    "watches",
    (
        shown("id", ID, "Its id.", SOME_ID),
        shown("key", TEXT, "Your own name for it.", nullable=True),
        shown("action", TEXT, "What a changed row does.", "send"),
        shown("table_name", TEXT, "The table.", "shop.orders"),
        shown("events", TEXTS, "The changes.", ["insert", "update"]),
        shown("url", TEXT, "Where deliveries go.", "https://example.com/orders", nullable=True),
        shown("method", TEXT, "The HTTP method.", "POST", choices=METHODS, nullable=True),
        shown("headers", HEADERS, "Headers of the request, masked.", nullable=True),
        shown("payload", TEXT, "The expression of the body.", nullable=True),
        shown("condition", TEXT, "The expression of which rows count.", nullable=True),
        shown("ordering_key", TEXT, "The expression of the ordering key.", nullable=True),
        shown("ref", TEXT, "The expression of the ref.", nullable=True),
        shown("queue", TEXT, "Name of the lane.", "default", nullable=True),
        shown("priority", INTEGER, "Higher goes first.", 0, nullable=True),
        shown("timeout_ms", INTEGER, "How long a try may take.", 30000, nullable=True),
        shown("max_attempts", INTEGER, "Tries at most.", 5, nullable=True),
        shown("backoff", LENGTH, "Wait before the second try.", "30 s", nullable=True),
        shown("expected_status", TEXT, "Status codes that are success.", nullable=True),
        shown("expected_body", TEXT, "What the answer must hold.", nullable=True),
        shown("strict", BOOLEAN, "Whether what cannot be sent breaks the change.", False),
        shown(
            "state",
            TEXT,
            "How it is.",
            "active",
            choices=("active", "failing", "disabled", "incomplete", "gone"),
        ),
        shown("failures", COUNT, "Statements with rows that were not sent.", 0),
        shown("rows_lost", COUNT, "Changed rows that were not sent.", 0),
        shown("last_failed_at", INSTANT, "When that was last.", nullable=True),
        shown("last_error", TEXT, "Why.", nullable=True),
        shown("made_by", TEXT, "The role that made it.", "shop_owner"),
        shown("owner_role", TEXT, "The role whose table it is.", "shop_owner"),
        shown("created_at", INSTANT, "When it was made.", SOME_INSTANT),
    ),
    "A table whose changed rows queue deliveries. It is made and ended in SQL only.",
)
