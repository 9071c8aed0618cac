"""`/settings/audit`: every change, by whom, from where, and a way back."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import Refused
from prikke.http.actors import KEYS, MEMBERS, known_actors, who
from prikke.http.local import see
from prikke.http.person import call, visit
from prikke.http.refusals import form_page, require_mendable

_PAGE = 20
_LONG = 200
_FILTERS = ("subject_kind", "action", "actor", "subject_id", "since", "until")
_ACTIONS = {
    "create": "Created",
    "update": "Changed",
    "delete": "Deleted",
    "restore": "Restored",
    "pause": "Paused",
    "resume": "Resumed",
}
_KINDS = {
    "job": "job",
    "queue": "queue",
    "channel": "channel",
    "notification_rules": "notification rules",
    "mute": "silence",
    "key": "API key",
    "secret": "secret",
    "signing_secret": "webhook secret",
    "member": "member",
    "invitation": "invitation",
    "organization": "organization",
    "subscription": "subscription",
    "access": "database access",
    "watch": "watch",
}
# These are one of a kind.
_ONE = frozenset({"organization", "notification_rules", "signing_secret", "mute", "subscription"})
_REVERTIBLE = frozenset({"job", "queue"})


async def show(request: Request) -> Response:
    """GET /settings/audit."""
    return await _show(request)


async def _show(request: Request, refusal: Refused | None = None) -> Response:
    query = request.query_params
    asked = {name: query.get(name, "").strip() for name in _FILTERS}
    person, [members, keys] = await visit(request, MEMBERS, KEYS, function="list_audit")
    _, [rows] = await visit(
        request,
        call(
            "select * from prikke.list_audit(subject_kind => %(subject_kind)s,"
            " subject_id => %(subject_id)s, actor => %(actor)s, action => %(action)s,"
            " since => %(since)s, until => %(until)s,"
            " page_size => %(page_size)s, cursor => %(cursor)s)",
            **{name: value or None for name, value in asked.items()}
            | {
                "since": _midnight(asked["since"], person.zone),
                "until": _midnight(asked["until"], person.zone, after=1),
            },
            page_size=_PAGE + 1,
            cursor=_cursor(query.get("cursor")),
        ),
    )
    entries, more = rows[:_PAGE], None
    ids = [row["subject_id"] for row in entries]
    _, [named] = await visit(
        request, call("select * from prikke.subject_names(%(ids)s::text[])", ids=ids)
    )
    known = known_actors(person, members, keys)
    names = {row["id"]: row["name"] for row in named}
    if len(rows) > _PAGE:
        kept = {name: value for name, value in asked.items() if value}
        more = "?" + urlencode({**kept, "cursor": str(entries[-1]["id"])})
    values = {
        "entries": [_entry(row, known, names) for row in entries],
        "asked": asked,
        "kinds": [
            ("", "All"),
            *((kind, word[0].upper() + word[1:]) for kind, word in _KINDS.items()),
        ],
        "actions": [("", "All"), *_ACTIONS.items()],
        "actors": [("", "Everybody"), *known.items(), ("prikke", "Prikke")],
        "more": more,
    }
    return form_page(request, "settings/audit.html", values, refusal)


def _midnight(text: str, zone: ZoneInfo, after: int = 0) -> datetime | None:
    """The beginning of a day, or of one after it; None for what is no day."""
    try:
        day = date.fromisoformat(text) + timedelta(days=after)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), zone)


def _cursor(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Refused(404, "not_found", "There is no such page.") from None


def _entry(
    row: Mapping[str, Any], known: Mapping[str, str], names: Mapping[str, str]
) -> dict[str, Any]:
    kind, before, after = row["subject_kind"], row["before"] or {}, row["after"] or {}
    return {
        **row,
        "who": who(row["actor"], known),
        "done": _ACTIONS[row["action"]],
        "kind": _KINDS.get(kind, kind.replace("_", " ")),
        "subject": _subject(kind, str(row["subject_id"]), {**before, **after}, {**names, **known}),
        "changes": [
            (name, _value(before.get(name)), _value(after.get(name)))
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ],
        "revertible": kind in _REVERTIBLE,
    }


def _subject(
    kind: str, ident: str, fields: Mapping[str, Any], names: Mapping[str, str]
) -> str | None:
    """What the thing is called, as far as the entry or the lists beside it say."""
    if kind == "member":
        return who(f"user:{ident}", names)
    if kind in _ONE:
        return fields.get("name")
    said = names.get(ident) or fields.get("name") or fields.get("email")
    return str(said or names.get(f"key:{ident}") or ident)


def _value(value: Any) -> str | None:
    """What a field held; of a long one its beginning."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text):,} characters)"


async def revert(request: Request) -> Response:
    """POST /settings/audit/{id}/revert: back to what it was, as one more change."""
    try:
        await visit(
            request,
            call("select id from prikke.revert(change => %(id)s)", id=request.path_params["id"]),
            function="revert",
        )
    except Refused as error:
        return await _show(request, require_mendable(error))
    return see("/settings/audit", "change_reverted")


ROUTES = (
    Route("/settings/audit", show),
    Route("/settings/audit/{id:uuid}/revert", revert, methods=["POST"]),
)
