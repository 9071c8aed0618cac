"""An execution into the request that goes out: method, URL, signed headers, body."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from prikke import __version__
from prikke.headers import HeaderLimits, header_problems
from prikke.outbound import OutgoingRequest
from prikke.runner.named import CannotFill, fill_body, fill_head
from prikke.signing import sign, sign_body

# Lengths were judged when the headers were saved, by limits that the operator sets.
_ANY_LENGTH = HeaderLimits(count=10_000, name=1 << 20, value=1 << 20, together=1 << 20)

_USER_AGENT = f"Prikke/{__version__}"


class Deliverable(Protocol):
    """What of a claimed execution goes into its request."""

    @property
    def id(self) -> UUID | str: ...
    @property
    def job_id(self) -> UUID | str | None: ...
    @property
    def attempt(self) -> int: ...
    @property
    def scheduled_for(self) -> datetime: ...
    @property
    def url(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str] | None: ...
    @property
    def body(self) -> str | bytes | None: ...
    @property
    def content_type(self) -> str | None: ...
    @property
    def hop(self) -> int: ...


@dataclass(frozen=True, slots=True)
class SigningSecrets:
    """An organization's live secrets, the newest first, and those that its requests name."""

    live: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def body_secret(self) -> str:
        """The one for the header that carries a single signature: the older while two live."""
        return self.live[-1]


class Unsendable(Exception):
    """What the row holds cannot be sent; its message is for the person who wrote it."""


def build(
    execution: Deliverable,
    secrets: SigningSecrets | Sequence[str],
    instant: datetime,
    completion_url: str | None = None,
) -> OutgoingRequest:
    """The request of one attempt; `execution.attempt` counts the tries that ended before it.

    `instant` is the database's clock as the runner knows it. Raises Unsendable for headers that
    must not leave, which saving refuses already.
    """
    live = secrets.live if isinstance(secrets, SigningSecrets) else tuple(secrets)
    named = secrets.named if isinstance(secrets, SigningSecrets) else {}
    body = execution.body
    if isinstance(body, str):
        try:
            content = fill_body(body, execution.content_type, named).encode()
        except CannotFill as problem:
            raise Unsendable(str(problem)) from None
    else:
        content = body or b""
    message_id = str(execution.id)
    timestamp = int(instant.timestamp())
    headers = execution.headers
    try:
        head = fill_head(
            _user_lines(tuple(headers.items()) if headers else (), execution.content_type), named
        )
    except CannotFill as problem:
        raise Unsendable(str(problem)) from None
    head += (
        f"webhook-id: {message_id}\r\n"
        f"webhook-timestamp: {timestamp}\r\n"
        f"webhook-signature: {sign(live, message_id, timestamp, content)}\r\n"
        f"X-Prikke-Signature: {sign_body(live[-1], content)}\r\n"
        f"X-Prikke-Execution-Id: {message_id}\r\n"
        f"X-Prikke-Attempt: {execution.attempt + 1}\r\n"
        f"X-Prikke-Scheduled-For: {_iso(execution.scheduled_for)}\r\n"
    )
    if execution.job_id is not None:
        head += f"X-Prikke-Job-Id: {execution.job_id}\r\n"
    if completion_url is not None:
        head += f"X-Prikke-Completion-Url: {completion_url}\r\n"
    if execution.hop:
        head += f"X-Prikke-Hop: {execution.hop}\r\n"
    return OutgoingRequest(execution.method, execution.url, head, None if body is None else content)


@lru_cache(maxsize=2048)
def _user_lines(headers: tuple[tuple[str, str], ...], content_type: str | None) -> str:
    """The lines that only depend on what was saved; a job's runs share them."""
    merged = dict(headers)
    problems = header_problems(merged, _ANY_LENGTH)
    if problems:
        raise Unsendable("; ".join(problem.message for problem in problems))
    given = {name.lower() for name in merged}
    for name, value in (
        ("User-Agent", _USER_AGENT),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Content-Type", content_type),
    ):
        if value is not None and name.lower() not in given:
            merged[name] = value
    if header_problems({"Content-Type": content_type or ""}, _ANY_LENGTH):
        raise Unsendable("the content type holds a line break or control character")
    return "".join([f"{name}: {value}\r\n" for name, value in merged.items()])


def _iso(instant: datetime) -> str:
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return instant.isoformat()
