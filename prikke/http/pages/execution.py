"""`/executions/{id}`: what was sent, what was answered, and how long each step took."""

import json
import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.http.api.things.executions import ATTEMPT, EXECUTION_IN_FULL
from prikke.http.form import read_form
from prikke.http.local import local_path, see
from prikke.http.person import call, made_id, visit, visit_once
from prikke.http.replies import reply
from prikke.http.shown import duration, pretty
from prikke.http.templating import page
from prikke.http.visit import Row

_HEX_BYTES = 256
# Bytes of a page for what was sent and answered, for one of these, and for a command.
_ROOM = 36_000
_ROOM_OF_BODY = 12_000
_ROOM_OF_HEADERS = 3_000
_ROOM_OF_ROW = 60
_ROOM_OF_CURL = 4_000


class Room:
    """What a page still has room for. Of what is too long it takes the beginning."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, text: str, most: int) -> str:
        """As much of a text as fits, measured as the page will hold it."""
        room = min(self._left, most)
        while (size := len(escape(text).encode())) > room:
            text = text[: min(len(text) - 1, len(text) * room // size)]
        self._left -= size
        return text

    def body(self, text: str | None) -> dict[str, Any] | None:
        """A body laid out, and whether it is cut."""
        if not text:
            return None
        laid_out = pretty(text)
        taken = self.take(laid_out, _ROOM_OF_BODY)
        return {"text": taken, "cut": len(taken) < len(laid_out)}

    def headers(self, headers: Mapping[str, str] | None) -> list[tuple[str, str]]:
        """Names and values; what is cut ends in a sign of it."""
        most = min(self._left, _ROOM_OF_HEADERS) // max(len(headers or {}), 1)
        shown: list[tuple[str, str]] = []
        for name, value in (headers or {}).items():
            if self._left < _ROOM_OF_ROW:
                return [*shown, ("…", "more of them")]
            self._left -= _ROOM_OF_ROW
            taken = self.take(value, most)
            shown.append((self.take(name, most), taken + "…" * (taken != value)))
        return shown


async def show(request: Request) -> Response:
    """The page, also read as a panel beside a list."""
    asked = request.path_params["id"]
    _, [found, attempts, reasons] = await visit(
        request,
        call("select * from prikke.get_execution(id => %(id)s)", id=asked),
        call("select * from prikke.list_attempts(execution => %(id)s)", id=asked),
        call("select * from prikke.why(id => %(id)s)", id=asked),
        function="get_execution",
    )
    execution = found[0]
    live = execution["status"] in ("pending", "running")
    room = Room(_ROOM)
    request_body, request_headers = room.body(execution["body"]), room.headers(execution["headers"])
    return page(
        request,
        "executions/show.html",
        {
            "execution": execution,
            "body": request_body,
            "request_headers": request_headers,
            # The last one first, for which there shall be most room.
            "attempts": [_shown_attempt(row, room) for row in reversed(attempts)],
            "reasons": reasons if live else [],
            "gaps": gaps(execution),
            "curl": as_curl(execution),
            "live": live,
            "again": not live and execution["kind"] not in ("notification", "test"),
        },
    )


def _shown_attempt(row: Row, room: Room) -> dict[str, Any]:
    answered = body(row["response_body"])
    shown = {**answered, **(room.body(answered["text"]) or {})} if answered else None
    return {**row, "answer": shown, "response_headers": room.headers(row["response_headers"])}


async def download(request: Request) -> Response:
    """All of it as the API answers it: of what is long a page shows the beginning."""
    asked = request.path_params["id"]
    _, [found, attempts] = await visit(
        request,
        call("select * from prikke.get_execution(id => %(id)s)", id=asked),
        call("select * from prikke.list_attempts(execution => %(id)s)", id=asked),
        function="get_execution",
    )
    whole = {
        "execution": EXECUTION_IN_FULL.show(found[0]),
        "attempts": [ATTEMPT.show(row) for row in attempts],
    }
    name = f'attachment; filename="execution-{asked}.json"'
    return reply(whole, headers={"Content-Disposition": name})


async def replay(request: Request) -> Response:
    """Send it again."""
    form = await read_form(request)
    again = call(
        "select id from prikke.replay_execution(id => %(id)s, as_sent => %(as_sent)s)",
        id=request.path_params["id"],
        as_sent=form["as_sent"] == "yes",
    )
    _, made = await visit_once(request, again, function="replay_execution", answer=made_id)
    return see(f"/executions/{made}", "execution_replayed")


async def cancel(request: Request) -> Response:
    """Take it back, or end it."""
    form = await read_form(request)
    asked = request.path_params["id"]
    cancelled = call("select prikke.cancel_execution(id => %(id)s)", id=asked)
    await visit(request, cancelled, function="cancel_execution")
    return see(local_path(form["next"], f"/executions/{asked}"), "execution_cancelled")


def gaps(execution: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps of the last attempt, and the time between them, each with its name."""
    steps: list[tuple[str, str, datetime | None]] = [
        ("Scheduled", "", execution["scheduled_for"]),
        ("Due", "after its scheduled time", execution["due_at"]),
        ("Claimed", "waiting for a runner", execution["claimed_at"]),
        ("Started", "preparing the request", execution["started_at"]),
        ("Finished", "waiting for the answer", execution["finished_at"]),
    ]
    if execution["status"] == "pending" and execution["attempt"]:
        # It is due for its next try, after all of this one.
        steps = [*steps[:1], *steps[2:], ("Next try", "later", execution["due_at"])]
    shown: list[dict[str, Any]] = []
    before: datetime | None = None
    for name, gap, at in steps:
        if at is None or (name == "Due" and at == execution["scheduled_for"]):
            continue
        if name == "Started" and execution["finished_at"] is None:
            continue
        text = f"{duration(max((at - before).total_seconds(), 0))} {gap}" if before else ""
        shown.append({"title": name, "at": at, "text": text})
        before = at
    return shown


def body(content: bytes | memoryview | None) -> dict[str, Any] | None:
    """A body as a page shows it: text, or the first bytes of what is none."""
    if content is None:
        return None
    data = bytes(content)
    try:
        return {"text": data.decode(), "size": len(data), "binary": False}
    except UnicodeDecodeError:
        start = data[:_HEX_BYTES].hex(" ")
        return {"text": start, "size": len(data), "binary": True}


def as_curl(execution: Mapping[str, Any]) -> str | None:
    """The same request for a shell, unless it is long. Masked values stay masked."""
    headers = dict(execution["headers"] or {})
    if execution["body"] is not None and execution["content_type"]:
        headers.setdefault("Content-Type", execution["content_type"])
    parts = ["curl", "-X", execution["method"] or "GET"]
    for name, value in headers.items():
        parts += ["-H", f"{name}: {value}"]
    if execution["body"] is not None:
        text = execution["body"]
        parts += ["--data-raw", text if isinstance(text, str) else json.dumps(text)]
    command = shlex.join([*parts, execution["url"] or ""])
    return command if len(escape(command).encode()) <= _ROOM_OF_CURL else None


ROUTES = [
    Route("/executions/{id:uuid}", show),
    Route("/executions/{id:uuid}/download", download),
    Route("/executions/{id:uuid}/replay", replay, methods=["POST"]),
    Route("/executions/{id:uuid}/cancel", cancel, methods=["POST"]),
]
