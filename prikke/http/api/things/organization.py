"""The organization, its keys, its signing secrets and its audit."""

from prikke.http.api.fields import SOME_ID, SOME_INSTANT, Field, Thing, shown
from prikke.http.api.kinds import ID, INSTANT, OBJECT, TEXT, TEXTS

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
            "What it may: read; write, which includes trigger and read; admin.",
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
        shown("name", TEXT, "Its name.", "Acme"),
        shown("slug", TEXT, "Its name in addresses.", "acme"),
        shown("tier", TEXT, "Its plan.", "free", choices=("free", "pro")),
        shown("created_at", INSTANT, "When it was made.", SOME_INSTANT),
        shown("updated_at", INSTANT, "When it was changed last.", SOME_INSTANT),
    ),
    "Whose jobs, deliveries and history these are.",
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
