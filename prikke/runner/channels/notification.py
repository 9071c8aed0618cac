"""A notification as SQL made it, and what it says in plain words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# Of what was gathered only so many are told one by one.
SHOWN = 20
_GOOD = frozenset({"recovered", "host_up"})
_WARNING = frozenset({"late", "missed", "usage_80", "hook_loop"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The request that tells a service. The body is bytes: nothing is filled into it any more."""

    url: str
    body: bytes
    content_type: str = "application/json"

    @classmethod
    def of_json(cls, url: str, content: Mapping[str, Any]) -> "Outgoing":
        return cls(url, json.dumps(content, ensure_ascii=False).encode())


@dataclass(frozen=True, slots=True)
class Item:
    """One change of state."""

    kind: str
    at: datetime
    job_id: str | None = None
    job_key: str | None = None
    job_name: str | None = None
    host: str | None = None
    execution_id: str | None = None
    since: datetime | None = None
    failures: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tone(self) -> str:
        """good, wait or bad."""
        return "good" if self.kind in _GOOD else "wait" if self.kind in _WARNING else "bad"

    @property
    def subject(self) -> str:
        """What it is about, the same each time: the job, the host or the limit."""
        if self.job_id is not None:
            return f"job:{self.job_id}"
        return f"host:{self.host}" if self.host is not None else "plan"

    @property
    def headline(self) -> str:
        """What happened, in a sentence."""
        job, host, detail = self.job_name or "A job", self.host or "A host", self.detail
        match self.kind:
            case "failing":
                return f"{job} is failing"
            case "recovered":
                return f"{job} works again"
            case "reminder":
                return f"{job} is still failing"
            case "missed":
                count = int(detail.get("count", 1))
                return f"{job} missed {count} due time{'s' if count != 1 else ''}"
            case "late":
                return f"{job} runs late"
            case "set_aside":
                return f"{job} cannot be scheduled"
            case "gone":
                return f"{job} was switched off: its target is gone"
            case "held":
                return "The executions of this month are used up"
            case "usage_80":
                return "80\N{NO-BREAK SPACE}% of this month's executions are used"
            case "usage_100":
                return "All of this month's executions are used"
            case "host_down":
                return f"{host} does not answer"
            case "host_up":
                return f"{host} answers again"
            case "hook_loop":
                return f"Hooks of {job} go round in a circle"
        return f"{job}: {self.kind}"

    @property
    def explanation(self) -> str:
        """What else there is to know, in a line or two."""
        detail = self.detail
        match self.kind:
            case "failing":
                failures, of = detail.get("failures", 1), detail.get("of")
                often = (
                    f"{failures} of the last {of} runs failed"
                    if of
                    else "The last run failed"
                    if failures == 1
                    else f"{failures} runs in a row failed"
                )
                return _sentence(often, detail.get("error"))
            case "recovered":
                return f"It failed since {_moment(detail.get('since') or self.since)}."
            case "reminder":
                return f"It fails since {_moment(self.since)}, {self.failures} runs in a row."
            case "missed":
                sent = " The last of them was sent late." if detail.get("sent_late") else ""
                return (
                    f"From {_moment(detail.get('first_at'))} to {_moment(detail.get('last_at'))} "
                    f"nothing ran.{sent}"
                )
            case "late":
                return f"It was due at {_moment(detail.get('due_at'))}."
            case "set_aside":
                return _sentence("It is set aside until its schedule changes", detail.get("error"))
            case "gone":
                return "It answered 410 Gone. Switch the job on again when the target is back."
            case "held" | "usage_100":
                resets = _moment(detail.get("resets_at"))
                return f"Further ones are held, none is lost. They go on at {resets}."
            case "usage_80":
                used, most = detail.get("executions"), detail.get("limit")
                resets = _moment(detail.get("resets_at"))
                return f"{used} of {most}. Beyond that they are held; a new month begins {resets}."
            case "host_down":
                return _sentence(
                    "Requests to it pause, with a try now and then", detail.get("error")
                )
            case "host_up":
                return "What was held for it goes out now."
            case "hook_loop":
                return "A hook led to a run, and that to a hook, five times. The next was not sent."
        return ""

    def link(self, base: str) -> str:
        """Where to see more."""
        if self.job_id is not None:
            return f"{base}/jobs/{self.job_id}"
        return f"{base}/settings/billing" if self.host is None else f"{base}/dashboard"


@dataclass(frozen=True, slots=True)
class Notification:
    """What one delivery tells."""

    id: str
    channel_id: str
    organization: str
    slug: str
    at: datetime
    total: int
    counts: Mapping[str, int]
    items: tuple[Item, ...]
    base_url: str
    test: bool = False
    to: str | None = None

    @classmethod
    def read(cls, identifier: str, body: str, base_url: str) -> "Notification":
        """From the body that `queue_notification` wrote."""
        content = json.loads(body)
        return cls(
            id=identifier,
            channel_id=content["channel_id"],
            organization=content["organization"]["name"],
            slug=content["organization"]["slug"],
            at=_instant(content["at"]),
            total=content["total"],
            counts=content["counts"],
            items=tuple(_item(item) for item in content["items"]),
            base_url=base_url,
            test=content.get("test", False),
            to=content.get("to"),
        )

    @property
    def title(self) -> str:
        """All of it in a line, without the organization."""
        if self.test:
            return "A test from Prikke"
        if self.total == 1 and self.items:
            return self.items[0].headline
        return ", ".join(
            _counted(self.counts[kind], one, many)
            for kind, (one, many) in _COUNTED.items()
            if kind in self.counts
        )

    @property
    def summary(self) -> str:
        """What stands below the title."""
        if self.test:
            return f"Notifications of {self.organization} arrive here."
        if self.total == 1 and self.items:
            return self.items[0].explanation
        return f"{self.total} changes in {self.organization}."

    @property
    def left_out(self) -> int:
        """How many are not told one by one."""
        return max(self.total - len(self.items), 0)

    @property
    def tone(self) -> str:
        """The worst of its items."""
        tones = {item.tone for item in self.items} or {"good"}
        return next(tone for tone in ("bad", "wait", "good") if tone in tones)

    @property
    def link(self) -> str:
        if len(self.items) == 1:
            return self.items[0].link(self.base_url)
        return f"{self.base_url}/settings/notifications" if self.test else f"{self.base_url}/jobs"

    def lines(self) -> list[str]:
        """What happened, a line each, where there is more than one thing."""
        if self.test or self.total == 1:
            return [self.summary]
        lines = [f"{item.headline}. {item.explanation}".strip() for item in self.items]
        return [*lines, f"… and {self.left_out} more"] if self.left_out else lines


_COUNTED = {
    "set_aside": ("1 job cannot be scheduled", "jobs cannot be scheduled"),
    "gone": ("1 target is gone", "targets are gone"),
    "failing": ("1 job is failing", "jobs are failing"),
    "reminder": ("1 job is still failing", "jobs are still failing"),
    "host_down": ("1 host does not answer", "hosts do not answer"),
    "held": ("executions are held", "executions are held"),
    "usage_100": ("this month's executions are used", "this month's executions are used"),
    "usage_80": ("80\N{NO-BREAK SPACE}% of executions are used", "80 % of executions are used"),
    "missed": ("1 job missed due times", "jobs missed due times"),
    "late": ("1 job runs late", "jobs run late"),
    "hook_loop": ("1 circle of hooks", "circles of hooks"),
    "recovered": ("1 job works again", "jobs work again"),
    "host_up": ("1 host answers again", "hosts answer again"),
}


def _counted(number: int, one: str, many: str) -> str:
    return one if number == 1 or one == many else f"{number} {many}"


def _item(content: Mapping[str, Any]) -> Item:
    job = content.get("job") or {}
    since = content.get("since")
    return Item(
        kind=content["kind"],
        at=_instant(content["at"]),
        job_id=job.get("id"),
        job_key=job.get("key"),
        job_name=job.get("name"),
        host=content.get("host"),
        execution_id=content.get("execution_id"),
        since=_instant(since) if since else None,
        failures=content.get("failures"),
        detail=content.get("detail") or {},
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _moment(value: object) -> str:
    """An instant in words."""
    if isinstance(value, str):
        value = _instant(value)
    if not isinstance(value, datetime):
        return "a while ago"
    return f"{value.day} {value:%B %Y, %H:%M} UTC"


def _sentence(said: str, error: object) -> str:
    text = str(error or "").strip().rstrip(".")
    return f"{said}: {text}." if text else f"{said}."


def shortened(text: str, most: int) -> str:
    """Text that fits a service's limit."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
