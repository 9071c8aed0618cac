"""`prikke tail`: executions as they change, none left out and none told twice."""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from prikke.commands.client import Client, client
from prikke.config import Settings
from prikke.errors import Refused, Unavailable

_COLOURS = {
    "success": "32",
    "failed": "31",
    "timeout": "31",
    "running": "36",
    "pending": "36",
    "missed": "33",
}
_POLL_SECONDS = 1.0
_AGAIN_SECONDS = 2.0
_BEGINS_WITH = 200
_PAGE = 1000
# What was written a moment before shows when its transaction ends.
_OVERLAP = timedelta(seconds=5)
_INSTANTS = ("created_at", "started_at", "finished_at")


def tail(arguments: argparse.Namespace, settings: Settings) -> int:
    """Executions as they change, until interrupted."""
    coloured = sys.stdout.isatty() and not arguments.json
    following = Following()
    while True:
        try:
            with client(settings, arguments.organization) as found:
                while True:
                    for execution in following.look(found):
                        shown = json.dumps(execution) if arguments.json else None
                        print(shown or _line(execution, coloured))
                    sys.stdout.flush()
                    if arguments.once:
                        return 0
                    time.sleep(_POLL_SECONDS)
        except (Unavailable, Refused) as error:
            away = isinstance(error, Unavailable) or error.status in (429, 503)
            if not (following.began and away):
                raise
            print(f"prikke: {error} (trying again)", file=sys.stderr)
            time.sleep(_AGAIN_SECONDS)


class Following:
    """What was seen so far, and since when to ask for changes."""

    def __init__(self) -> None:
        self.began = False
        self._seen: dict[str, tuple[str, int]] = {}
        self._since: datetime | None = None
        # The latest instant of the database that was seen, and our own clock when it was.
        self._known: tuple[datetime, float] | None = None

    def look(self, found: Client) -> list[dict[str, Any]]:
        """What is new, oldest first. Only a look that came to its end counts."""
        asked_at = time.monotonic()
        executions = {each["id"]: each for each in self._pages(found)}
        seen = {name: (each["status"], each["attempt"]) for name, each in executions.items()}
        fresh = [
            each for name, each in sorted(executions.items()) if self._seen.get(name) != seen[name]
        ]
        self._note_time(executions.values())
        # What shows from now on was written at most an overlap before we asked.
        self._since = self._at_least(asked_at)
        self._seen = seen
        self.began = True
        return fresh

    def _pages(self, found: Client) -> Iterator[dict[str, Any]]:
        if not self.began:
            yield from found.ask("GET", "/api/executions", query={"limit": _BEGINS_WITH})[
                "executions"
            ]
            return
        query: dict[str, Any] = {"limit": _PAGE}
        if self._since is not None:
            query["changed_since"] = (self._since - _OVERLAP).isoformat()
        while True:
            page = found.ask("GET", "/api/executions", query=query)
            yield from page["executions"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def _note_time(self, executions: Iterable[dict[str, Any]]) -> None:
        instants = (each[name] for each in executions for name in _INSTANTS if each[name])
        latest = max(map(datetime.fromisoformat, instants), default=None)
        now = time.monotonic()
        known = self._at_least(now)
        if latest is not None and (known is None or latest > known):
            self._known = (latest, now)

    def _at_least(self, moment: float) -> datetime | None:
        """What the database's clock showed at least at a moment of ours; None: nobody knows."""
        if self._known is None:
            return None
        instant, seen_at = self._known
        return instant + timedelta(seconds=moment - seen_at)


def _line(execution: dict[str, Any], coloured: bool) -> str:
    status = execution["status"]
    word = f"{status:<9}"
    if coloured and status in _COLOURS:
        word = f"\033[{_COLOURS[status]}m{word}\033[0m"
    took = "" if execution["duration_ms"] is None else f"{execution['duration_ms']} ms"
    said = execution["status_code"] or execution["error_message"] or execution["held_by"] or ""
    target = "".join(c if c.isprintable() else "?" for c in f"{execution['url']} {said} {took}")
    return f"{execution['scheduled_for']}  {word}  {execution['method']:<6} {target.rstrip()}"
