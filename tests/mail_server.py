"""A real SMTP server on loopback that keeps what it gets and refuses on demand."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came over the wire."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        made = message_from_bytes(self.raw, policy=default)
        assert isinstance(made, EmailMessage)
        return made

    def part(self, subtype: str) -> str:
        """The text of the plain or of the HTML part."""
        found = self.message.get_body((subtype,))
        assert found is not None
        content: str = found.get_content()
        return content


class _Controller(Controller):
    """On a port that the system chooses."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailServer:
    """`url` is where; `mails` what came; `refuse[address]` what RCPT of that address answers."""

    def __init__(
        self,
        login: tuple[str, str] | None = None,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.mails: list[Received] = []
        self.refuse: dict[str, str] = {}
        self.logins = 0
        self._changed = threading.Condition()
        self._login = login
        self._host = host
        self._controller = _Controller(
            self,
            hostname=host,
            port=0,
            tls_context=tls,
            auth_require_tls=False,
            authenticator=self._authenticate,
        )

    @property
    def url(self) -> str:
        user = f"{self._login[0]}:{self._login[1]}@" if self._login else ""
        return f"smtp://{user}{self._host}:{self._controller.port}"

    def __enter__(self) -> "MailServer":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def wait_for(self, count: int, seconds: float = 20.0) -> list[Received]:
        """The mails, once there are so many."""
        return self.wait_until(lambda: len(self.mails) >= count, seconds)

    def wait_until(self, reached: Callable[[], bool], seconds: float = 20.0) -> list[Received]:
        with self._changed:
            assert self._changed.wait_for(reached, seconds), f"only {len(self.mails)} mails came"
            return list(self.mails)

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> Any:
        assert isinstance(data, LoginPassword)
        self.logins += 1
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._login, handled=False)

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        with self._changed:
            self.mails.append(Received(envelope.mail_from, envelope.rcpt_tos, envelope.content))
            self._changed.notify_all()
        return "250 taken"
