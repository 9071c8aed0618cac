"""What a list of executions is narrowed to: read from the query, written as one, given to SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

STATUSES = ("pending", "running", "success", "failed", "timeout", "cancelled", "missed", "skipped")
ENDED_BADLY = ("failed", "timeout")
KINDS = ("schedule", "manual", "send", "replay", "notification", "test")
# What can be chosen for the time, and what it says.
WITHIN = {
    "1 hour": "Last hour",
    "24 hours": "Last 24 hours",
    "7 days": "Last 7 days",
    "30 days": "Last 30 days",
}
_LONGEST = 500
_STATUS_CODES = range(100, 600)


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters, those that could not be read, and what was typed."""

    typed: Mapping[str, str]
    statuses: tuple[str, ...] = ()
    job_id: UUID | None = None
    queue: str | None = None
    kind: str | None = None
    status_code: int | None = None
    within: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """Arguments for ARGUMENTS."""
        return {
            "job_id": self.job_id,
            "status": list(self.statuses) or None,
            "kind": self.kind,
            "queue": self.queue,
            "status_code": self.status_code,
            "within": self.within,
            "since": self.since,
            "until": self.until,
            "search": self.search,
        }

    @property
    def query(self) -> str:
        """The same as a query."""
        return urlencode({name: value for name, value in self.typed.items() if value})

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.typed.values())

    @property
    def of_failures(self) -> bool:
        """Whether this is the saved filter Failures, or a part of it."""
        return bool(self.statuses) and set(self.statuses) <= set(ENDED_BADLY)

    @property
    def can_be_followed(self) -> bool:
        """Whether what happens can be told to belong here: text and ends of time cannot."""
        return not (self.search or self.since or self.until or self.problems)


# The arguments of list_executions and replay_executions; instants are read in the person's zone.
ARGUMENTS = """
  job_id => %(job_id)s::uuid, status => %(status)s::text[], kind => %(kind)s::text,
  queue => %(queue)s::text, status_code => %(status_code)s::integer,
  since => coalesce(
    prikke.local_instant(%(since)s::timestamp, current_setting('prikke.timezone')),
    prikke.clock() - %(within)s::interval),
  until => prikke.local_instant(%(until)s::timestamp, current_setting('prikke.timezone')),
  search => %(search)s::text"""
_NAMES = ("status", "job_id", "queue", "kind", "status_code", "within", "since", "until", "search")


def read_filters(given: Mapping[str, str]) -> Filters:
    """The filters in a query or a form."""
    typed = {name: given.get(name, "").strip()[:_LONGEST].replace("\0", "") for name in _NAMES}
    problems: dict[str, str] = {}
    statuses = tuple(part for part in typed["status"].split(",") if part)
    if not set(statuses) <= set(STATUSES):
        problems["status"] = "is no status"
    if typed["kind"] and typed["kind"] not in KINDS:
        problems["kind"] = "is no kind"
    if typed["within"] and typed["within"] not in WITHIN:
        problems["within"] = "cannot be chosen"
    return Filters(
        typed,
        () if "status" in problems else statuses,
        _job(typed["job_id"], problems),
        typed["queue"] or None,
        None if "kind" in problems else typed["kind"] or None,
        _status_code(typed["status_code"], problems),
        None if "within" in problems else typed["within"] or None,
        _instant("since", typed["since"], problems),
        _instant("until", typed["until"], problems),
        typed["search"] or None,
        problems,
    )


def _job(text: str, problems: dict[str, str]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        problems["job_id"] = "is no id of a job"
        return None


def _status_code(text: str, problems: dict[str, str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) in _STATUS_CODES:
        return int(text)
    problems["status_code"] = "must be a status code, such as 503"
    return None


def _instant(name: str, text: str, problems: dict[str, str]) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        problems[name] = "must be a date and time, such as 2030-01-31T08:00"
        return None
