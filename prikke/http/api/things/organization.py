"""The organization and what is its own: people, keys, secrets, use, audit."""

from prikke.http.api.fields import SOME_ID, SOME_INSTANT, Field, Thing, shown
from prikke.http.api.kinds import COUNT, ID, INSTANT, OBJECT, TEXT, TEXTS, objects

KEY = Thing(
    "key",
    "keys",
    (
        shown("id", ID, "The key's id.", SOME_ID),
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
            "What it may: read; write, which includes trigger and read; admin; owner.",
            ["read", "write", "trigger"],
        ),
        shown("created_by", TEXT, "Who made it.", f"user:{SOME_ID}"),
        shown("created_at", INSTANT, "When.", SOME_INSTANT),
        Field("expires_at", INSTANT, "When it ends by itself.", None, nullable=True),
        shown("last_used_at", INSTANT, "When it was last used, to five minutes.", nullable=True),
    ),
    "A key by which a program acts for the organization.",
)
SIGNING_SECRET = Thing(
    "signing_secret",
    "signing_secrets",
    (
        shown("id", ID, "Its id.", SOME_ID),
        shown("secret", TEXT, "The secret.", "whsec_…"),
        shown("created_at", INSTANT, "When it was asked for.", SOME_INSTANT),
        shown("expires_at", INSTANT, "Until when it signs; null: the current one.", nullable=True),
    ),
    "A secret that signs deliveries.",
)
ORGANIZATION = Thing(
    "organization",
    "organizations",
    (
        shown("id", ID, "Its id.", SOME_ID),
        Field("name", TEXT, "Its name.", "Acme", limits={"maxLength": 200}),
        Field(
            "slug",
            TEXT,
            "Its name in addresses.",
            "acme",
            limits={"maxLength": 50, "pattern": "^[a-z0-9](-?[a-z0-9])+$"},
        ),
        shown("tier", TEXT, "Its plan.", "free", choices=("free", "pro")),
        shown("created_at", INSTANT, "When it was made.", SOME_INSTANT),
        shown("updated_at", INSTANT, "When it was changed last.", SOME_INSTANT),
    ),
    "Whose jobs, deliveries and history these are.",
)
ROLES = ("viewer", "member", "admin", "owner")
USAGE = Thing(
    "usage",
    "usage",
    (
        shown("month", TEXT, "The month that is counted, in UTC.", "2030-01"),
        shown("executions", COUNT, "Executions that count, so far.", 1200),
        shown("executions_limit", COUNT, "At most so many; null: no limit.", 5000, nullable=True),
        shown("jobs", COUNT, "Jobs there are.", 3),
        shown("jobs_limit", COUNT, "At most so many; null: no limit.", 5, nullable=True),
        shown("held", COUNT, "Executions that wait for room in the plan.", 0),
        shown("resets_at", INSTANT, "When the next month begins.", SOME_INSTANT),
        shown("days", objects(day="date", executions="integer"), "This month by day."),
        shown("months", objects(month="string", executions="integer"), "The last twelve months."),
    ),
    "What the organization used.",
)
MEMBER = Thing(
    "member",
    "members",
    (
        shown("user_id", ID, "The person's id.", SOME_ID),
        shown("email", TEXT, "Their address.", "ann@example.com"),
        Field("role", TEXT, "What they may.", "member", ROLES, required=True),
        shown("joined_at", INSTANT, "Since when they belong.", SOME_INSTANT),
    ),
    "A person who belongs to the organization.",
)
INVITATION = Thing(
    "invitation",
    "invitations",
    (
        shown("id", ID, "Its id.", SOME_ID),
        Field("email", TEXT, "Who is invited.", "bob@example.com", required=True),
        Field("role", TEXT, "As what.", "member", ROLES),
        shown("invited_by", TEXT, "By whom.", f"key:{SOME_ID}"),
        shown("created_at", INSTANT, "When.", SOME_INSTANT),
        shown("expires_at", INSTANT, "Until when it can be accepted.", SOME_INSTANT),
    ),
    "An invitation that was not answered yet.",
)
SECRET = Thing(
    "secret",
    "secrets",
    (
        shown("name", TEXT, "What headers and bodies name it by.", "API_TOKEN"),
        shown("created_at", INSTANT, "When it was first set.", SOME_INSTANT),
        shown("updated_at", INSTANT, "When it was set last.", SOME_INSTANT),
    ),
    "A named secret. Its value is shown nowhere.",
)
ENTRY = Thing(
    "entry",
    "entries",
    (
        shown("id", ID, "Its id.", SOME_ID),
        shown("at", INSTANT, "When.", SOME_INSTANT),
        shown("actor", TEXT, "Who.", f"key:{SOME_ID}"),
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
        shown("subject_id", TEXT, "Which one.", SOME_ID),
        shown("before", OBJECT, "The changed fields as they were.", nullable=True),
        shown("after", OBJECT, "The changed fields as they became.", nullable=True),
        shown("source", TEXT, "From where.", "api 203.0.113.7"),
    ),
    "One change: who, from where, what.",
)
