"""Delivers notifications: reads where to, writes it as the service wants it, and sends it."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from prikke.errors import Unavailable
from prikke.mail import Mailer, MailError
from prikke.outbound import Answer, Outbound
from prikke.runner.channels import FORMATTERS, email
from prikke.runner.channels.notification import Notification, Outgoing
from prikke.runner.claimed import Claimed
from prikke.runner.connection import BadData
from prikke.runner.outcome import Kind, Outcome, judge
from prikke.runner.request import SigningSecrets, build

# What marks the body of a notification in its execution; hooks are plain requests.
CONTENT_TYPE = "application/vnd.prikke.notification+json"

_SECRET_PARTS = re.compile(r"[/?&=]+")
_LEAST_MASKED = 6


class Channel(NamedTuple):
    """Where a notification goes; `target` is secret."""

    kind: str
    name: str
    target: str


class Told(NamedTuple):
    """What came of it, and what must not be seen of it."""

    outcome: Outcome
    answer: Answer | None = None
    secrets: dict[str, str] = {}  # noqa: RUF012


class Notifier:
    """Tells channels. `find` reads a channel by organization and id; None: it is gone."""

    def __init__(
        self,
        outbound: Outbound,
        mailer: Mailer | None,
        base_url: str,
        find: Callable[[str, str], Awaitable[Channel | None]],
    ) -> None:
        self._outbound = outbound
        self._mailer = mailer
        self._base_url = base_url
        self._find = find

    async def tell(self, claim: Claimed, secrets: SigningSecrets, started_at: datetime) -> Told:
        """One attempt. Raises what a request raises: OutboundError, Unsendable."""
        deadline = monotonic() + claim.timeout_ms / 1000
        notification = Notification.read(claim.id, claim.body or "{}", self._base_url)
        try:
            channel = await self._find(claim.organization_id, notification.channel_id)
        except (Unavailable, BadData) as error:
            return Told(Outcome(Kind.RETRY, error_message=f"the channel cannot be read: {error}"))
        if channel is None:
            return Told(
                Outcome(Kind.FAILED, error_message="the channel is gone", reason="no_channel")
            )
        if channel.kind == "email":
            return Told(await self._mail(notification, deadline))
        outgoing = FORMATTERS[channel.kind](notification, channel.target)
        request = build(_Delivery(claim, outgoing), SigningSecrets(secrets.live), started_at)
        masked = _secret_parts(channel.target)
        answer = await self._outbound.deliver(request, deadline)
        return Told(judge(answer, now=claim.instant(monotonic())), answer, masked)

    async def _mail(self, notification: Notification, deadline: float) -> Outcome:
        if self._mailer is None:
            return Outcome(
                Kind.FAILED,
                error_message="no mail is configured here: the operator sets SMTP_URL",
                reason="no_mail",
            )
        try:
            await self._mailer.send(email.mail(notification), max(deadline - monotonic(), 0.1))
        except MailError as error:
            return Outcome(Kind.RETRY if error.again else Kind.FAILED, error_message=str(error))
        return Outcome(Kind.SUCCESS)


class _Delivery:
    """An execution with the request that was made of it."""

    def __init__(self, claim: Claimed, outgoing: Outgoing) -> None:
        self.id = claim.id
        self.job_id = None
        self.attempt = claim.attempt
        self.scheduled_for = claim.scheduled_for
        self.url = outgoing.url
        self.method = "POST"
        self.headers = None
        self.body = outgoing.body
        self.content_type = outgoing.content_type
        self.hop = claim.hop


def _secret_parts(target: str) -> dict[str, str]:
    """What of an address an answer must not repeat."""
    _, _, rest = target.partition("://")
    _, _, path = rest.partition("/")
    parts = {part for part in _SECRET_PARTS.split(path) if len(part) >= _LEAST_MASKED}
    return {str(number): part for number, part in enumerate(sorted({target, path} | parts)) if part}
