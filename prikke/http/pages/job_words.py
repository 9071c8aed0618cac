"""What pages say of a job: its state, its schedule in words, its last runs."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from prikke.http.shown import interval, number
from prikke.http.visit import Row


def state(job: Row) -> str:
    """The state of a job, by its name among the marks."""
    if job["set_aside_at"] is not None:
        return "failing"
    if not job["enabled"]:
        return "disabled"
    if job["consecutive_failures"] > 0:
        return "failing"
    return "healthy" if job["last_status"] == "success" else "enabled"


def schedule(job: Row, words: Mapping[UUID, str]) -> str:
    """When a job runs, in words."""
    kind = job["schedule_type"]
    if kind == "cron":
        return words.get(job["id"]) or job["cron"]
    if kind == "every":
        return f"Every {interval(job['every'])}"
    return "Once" if kind == "once" else "On demand"


def strip_words(statuses: Iterable[str]) -> str:
    """What a strip shows, for those who do not see it."""
    found = list(statuses)
    bad = sum(status in ("failed", "timeout") for status in found)
    if not found:
        return "No runs yet"
    runs = "1 run" if len(found) == 1 else f"{number(len(found))} runs"
    return f"Last {runs}, {f'{bad} of them failed' if bad else 'none failed'}"


def broken_json(body: str | None) -> str | None:
    """Why a body that looks like JSON is none; null where it is, or does not look so."""
    if not body or body.lstrip()[:1] not in ("{", "["):
        return None
    try:
        json.loads(body)
    except RecursionError:
        return None
    except json.JSONDecodeError as error:
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return None


def next_page(path: str, query: Mapping[str, Any]) -> str:
    """A path with those parameters that say something."""
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{said}" if said else path
