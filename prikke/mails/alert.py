"""Mails about what changed: one thing with what there is to know of it, or a digest of many."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from prikke.mail import Mail
from prikke.mails.render import render


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: how bad it is (bad, wait, good), what happened, and where to see more."""

    tone: str
    headline: str
    explanation: str
    link: str
    at: datetime


def alert_mail(
    to: str,
    *,
    title: str,
    summary: str,
    organization: str,
    tone: str,
    entries: Sequence[Entry],
    left_out: int,
    link: str,
    settings_link: str,
    identifier: str | None = None,
) -> Mail:
    """Failure, recovery, reminder, usage, digest or test; repeats of one carry the same id."""
    mail = render(
        "alert",
        to,
        f"[{organization}] {title}",
        title=title,
        summary=summary,
        organization=organization,
        tone=tone,
        entries=entries,
        left_out=left_out,
        link=link,
        settings_link=settings_link,
    )
    return replace(mail, headers={"List-Unsubscribe": f"<{settings_link}>"}, id=identifier)
