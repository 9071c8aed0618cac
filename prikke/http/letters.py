"""Mails to people, sent after the answer: its time tells nobody whether one is on its way."""

import asyncio
import logging
import re
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from prikke.config import Settings
from prikke.errors import Refused
from prikke.mail import Mail, Mailer, MailError

log = logging.getLogger(__name__)

_WAITING = 500
_AT_ONCE = 4
_PAUSES = (2.0, 10.0)
_CLOSING_SECONDS = 5.0
_KEPT = 50
_ADDRESS = re.compile(r"\S+@\S+")
_LINK = re.compile(r"^https?://\S+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail of the development mailbox."""

    at: datetime
    mail: Mail

    @property
    def link(self) -> str | None:
        """The link it is about."""
        found = _LINK.search(self.mail.text)
        return found[0] if found else None


class Letters:
    """Mails that wait to be sent; in development without a mail server a mailbox of this process.

    They are kept nowhere else, since their links are secrets: what a process did not send when it
    ends is asked for anew.
    """

    def __init__(self, mailer: Mailer | None, *, development: bool) -> None:
        self._mailer = mailer
        self._development = development
        self._waiting: asyncio.Queue[Callable[[], Mail]] = asyncio.Queue(_WAITING)
        self._kept: deque[Kept] = deque(maxlen=_KEPT)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Letters":
        """As the settings say."""
        return cls(Mailer.from_settings(settings), development=settings.development)

    @property
    def possible(self) -> bool:
        """Whether a mail would get anywhere."""
        return self._mailer is not None or self._development

    @property
    def mailbox(self) -> Sequence[Kept] | None:
        """What was kept instead of sent, newest first; None where mails are sent."""
        return tuple(self._kept) if self._mailer is None and self._development else None

    @property
    def room(self) -> int:
        """How many more may wait."""
        return _WAITING - self._waiting.qsize()

    def require_room(self) -> None:
        """Refuse, whoever asks, while too many wait: a mail server that is away is said."""
        if not self.room:
            raise Refused(503, "unavailable", "Too many mails wait to be sent.", hint="Try later.")

    def post(self, make: Callable[[], Mail]) -> None:
        """Send what this makes, soon."""
        try:
            self._waiting.put_nowait(make)
        except asyncio.QueueFull:
            log.error("mail not sent error=too many wait")

    @asynccontextmanager
    async def sending(self, tasks: asyncio.TaskGroup) -> AsyncIterator[None]:
        """Send what comes while this lasts, a few at a time."""
        senders = [tasks.create_task(self._send_on()) for _ in range(_AT_ONCE)]
        try:
            yield
            await self.settle()
        finally:
            for sender in senders:
                sender.cancel()
            await asyncio.wait(senders)
            if self._mailer is not None:
                await self._mailer.close()

    async def _send_on(self) -> None:
        while True:
            make = await self._waiting.get()
            try:
                await self._send(make())
            except Exception as error:
                # One that breaks stops only itself. Its words might hold the link or the address.
                log.error("mail broke error=%s", type(error).__name__)
            finally:
                self._waiting.task_done()

    async def _send(self, mail: Mail) -> None:
        if self._mailer is None:
            self._keep(Kept(datetime.now(UTC), mail))
            return
        for pause in (*_PAUSES, None):
            try:
                await self._mailer.send(mail)
                return
            except MailError as error:
                again = error.again and pause is not None
                # A mail server may name the address in what it says.
                said = _ADDRESS.sub("…", str(error))
                log.warning("mail not sent again=%s error=%s", again, said)
                if not again:
                    return
            await asyncio.sleep(pause or 0)

    def _keep(self, kept: Kept) -> None:
        self._kept.appendleft(kept)
        link = f"  {kept.link}\n" if kept.link else ""
        sys.stdout.write(f"\nMail to {kept.mail.to}: {kept.mail.subject}\n{link}\n")
        sys.stdout.flush()

    async def settle(self) -> None:
        """Wait until nothing waits, a while at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self._waiting.join()
