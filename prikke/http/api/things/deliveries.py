"""How something is delivered, of jobs and sends alike; and sends."""

from prikke.http.api.fields import Field, Thing
from prikke.http.api.kinds import ANY, EXPECTATION, HEADERS, INSTANT, INTEGER, LENGTH, TEXT

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

TIMEOUT = Field(
    "timeout_ms",
    INTEGER,
    "How long a try may take, in milliseconds.",
    30000,
    limits={"minimum": 1000, "maximum": 300000},
)
ATTEMPTS = Field(
    "max_attempts",
    INTEGER,
    "Tries at most, the first one counted.",
    3,
    limits={"minimum": 1, "maximum": 20},
)
BACKOFF = Field("backoff", LENGTH, "Wait before the second try; it doubles.", "30 s")
COMPLETION = Field(
    "completion",
    TEXT,
    "When it is done: at the response, or at a callback after an answer of 202.",
    "response",
    ("response", "callback"),
)
EXPECTED_STATUS = Field(
    "expected_status", TEXT, "Status codes that are success.", "200-204", nullable=True
)
EXPECTED_BODY = Field(
    "expected_body",
    EXPECTATION,
    "What the answer must hold: text, /pattern/ or $.path == value.",
    "$.ok == true",
    nullable=True,
)
REQUEST_HEADERS = Field(
    "headers",
    HEADERS,
    "Headers of the request. Credentials are masked; a mask sent back means unchanged.",
    {"Accept": "application/json"},
)
CONTENT_TYPE = Field(
    "content_type", TEXT, "Media type of the body.", "application/json", nullable=True
)
LANE = Field("queue", TEXT, "Name of the lane.", "default")
PRIORITY = Field(
    "priority", INTEGER, "Higher goes first.", 0, limits={"minimum": -100, "maximum": 100}
)
ORDERING_KEY = Field(
    "ordering_key", TEXT, "One at a time, in order, among those with the same.", nullable=True
)
URL = Field("url", TEXT, "Where the request goes.", "https://example.com/hook", required=True)

SEND = Thing(
    "send",
    "sends",
    (
        URL,
        Field(
            "body",
            ANY,
            "The body: text is sent as it is, any other JSON as JSON.",
            {"order": 42},
            nullable=True,
        ),
        Field("method", TEXT, "The HTTP method.", "POST", METHODS),
        REQUEST_HEADERS,
        CONTENT_TYPE,
        Field("scheduled_at", INSTANT, "Not before this instant.", None, nullable=True),
        Field("delay", LENGTH, "Not before so long from now.", None, nullable=True),
        LANE,
        PRIORITY,
        ORDERING_KEY,
        Field(
            "key", TEXT, "Known by this, a duplicate is not sent again.", "order-42", nullable=True
        ),
        Field("ref", TEXT, "What it is about, to cancel by.", "order-42", nullable=True),
        TIMEOUT,
        ATTEMPTS,
        BACKOFF,
        COMPLETION,
        EXPECTED_STATUS,
        EXPECTED_BODY,
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
