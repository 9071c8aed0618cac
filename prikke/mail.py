"""Mail: one message to one address, by SMTP or by Mailjet's HTTP API."""

import asyncio
import base64
import json
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid, parseaddr
from time import monotonic
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPResponseException

from prikke.config import Settings
from prikke.errors import ConfigurationError, OutboundError, PrikkeError, TargetRefused
from prikke.outbound import Outbound, OutgoingRequest, connect_own, default_policy, header_lines

TIMEOUT_SECONDS = 30.0
MAILJET_URL = "https://api.mailjet.com/v3.1/send"

# Mail servers dislike a crowd, and each connection costs a handshake.
_AT_ONCE = 4
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class MailError(PrikkeError):
    """A mail that was not taken; `again` says whether trying again may help."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one address. `id` makes repeats of the same mail recognisable."""

    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    id: str | None = None


class Post(Protocol):
    """A way to hand a mail over."""

    async def hand_over(self, mail: Mail, sender: Address, deadline: float) -> None: ...
    async def close(self) -> None: ...


class Mailer:
    """Sends mails as one sender, a few at a time."""

    def __init__(self, post: Post, sender: Address) -> None:
        self._post = post
        self._sender = sender
        self._turn = asyncio.Semaphore(_AT_ONCE)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Mailer | None":
        """What the settings say; None where no mail is configured. SMTP comes before Mailjet."""
        post: Post
        if settings.smtp_url is not None:
            post = Smtp(settings.smtp_url, settings.ca_file)
        elif settings.mailjet_api_key is not None and settings.mailjet_secret_key is not None:
            post = Mailjet(
                settings.mailjet_api_key,
                settings.mailjet_secret_key,
                lambda: Outbound(
                    default_policy(settings.allow_targets, settings.deny_targets),
                    proxy=settings.egress_proxy,
                    ca_file=settings.ca_file,
                ),
            )
        else:
            return None
        return cls(post, sender_of(settings))

    async def send(self, mail: Mail, seconds: float = TIMEOUT_SECONDS) -> None:
        """Hand a mail over within so many seconds; raises MailError."""
        deadline = monotonic() + seconds
        try:
            async with asyncio.timeout(seconds), self._turn:
                await self._post.hand_over(mail, self._sender, deadline)
        except TimeoutError:
            raise MailError("the mail server took too long", again=True) from None

    async def close(self) -> None:
        """Close what is open."""
        await self._post.close()


def sender_of(settings: Settings) -> Address:
    """MAIL_FROM; where it is not set, an address at the host of our links."""
    text = settings.mail_from
    if text is None:
        host = urlsplit(settings.public_url).hostname or "localhost"
        return Address("Prikke", addr_spec=f"prikke@{'localhost' if '.' not in host else host}")
    name, address = parseaddr(text)
    try:
        if _CONTROL.search(text):
            raise ValueError("a control character")
        return Address(name, addr_spec=address)
    except (ValueError, IndexError, MessageError):
        raise ConfigurationError(
            "MAIL_FROM must be an address, or a name and an address: Prikke <prikke@example.com>"
        ) from None


def recipient(text: str) -> Address:
    """An address of a person; its host in the form that mail servers speak."""
    try:
        if _CONTROL.search(text):
            raise ValueError("a control character")
        local, _, host = text.rpartition("@")
        address = Address(addr_spec=f"{local}@{host.encode('idna').decode()}")
    except (ValueError, IndexError, AttributeError, MessageError):
        raise MailError("the address is no mail address", again=False) from None
    if not address.username or not address.domain:
        raise MailError("the address is no mail address", again=False)
    return address


def message(mail: Mail, sender: Address) -> EmailMessage:
    """The message as it goes over the wire: text, and HTML beside it.

    A line break in a name or a subject becomes a space; in a header that we write it is refused.
    """
    made = EmailMessage(SMTP_POLICY)
    made["From"] = sender
    made["To"] = recipient(mail.to)
    made["Subject"] = one_line(mail.subject)
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = (
        f"<{mail.id}@{sender.domain}>" if mail.id else make_msgid(domain=sender.domain)
    )
    made["Auto-Submitted"] = "auto-generated"
    for name, value in _checked(mail.headers).items():
        made[name] = value
    made.set_content(mail.text, cte="quoted-printable")
    made.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return made


def one_line(text: str) -> str:
    """Text fit for a header: control characters are spaces."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _checked(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or _CONTROL.search(value):
            raise MailError(f"header {one_line(name)[:40]} cannot be sent", again=False)
    return headers


class Smtp:
    """By SMTP: `smtps://` speaks TLS at once; `smtp://` as soon as the server offers it.

    A password is never sent in clear, but to this machine.
    """

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port = _host_and_port(parts)
        self._tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._context = ssl.create_default_context()
        if ca_file is not None:
            self._context.load_verify_locations(ca_file)

    async def hand_over(self, mail: Mail, sender: Address, deadline: float) -> None:
        built = message(mail, sender)
        dialled: socket.socket | None = None
        try:
            dialled = await connect_own(self._host, self._port)
            client = aiosmtplib.SMTP(
                hostname=self._host,
                port=None,
                sock=dialled,
                use_tls=self._tls,
                start_tls=self._must_hide(dialled),
                tls_context=self._context,
                username=self._user,
                password=self._password,
                local_hostname=sender.domain,
                timeout=max(deadline - monotonic(), 0.1),
            )
            async with client:
                await client.send_message(
                    built, sender=sender.addr_spec, recipients=[recipient(mail.to).addr_spec]
                )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _translated(error) from error
        finally:
            if dialled is not None:
                with suppress(OSError):
                    dialled.close()

    def _must_hide(self, dialled: socket.socket) -> bool | None:
        """Whether STARTTLS must be (True), may be (None), or makes no sense (False)."""
        if self._tls:
            return False
        local = str(dialled.getpeername()[0]) in {"127.0.0.1", "::1"}
        return True if self._user is not None and not local else None

    async def close(self) -> None:
        """Nothing is kept open."""


def _host_and_port(parts: SplitResult) -> tuple[str, int]:
    try:
        port = parts.port
    except ValueError:
        raise ConfigurationError("the port of SMTP_URL is no port") from None
    usual = 465 if parts.scheme == "smtps" else 587 if parts.username else 25
    return parts.hostname or "localhost", port or usual


def _translated(error: Exception) -> MailError:
    """What the server said, without what it was told."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        # The operator's to mend, and soon; until then nothing is lost.
        return MailError(f"the mail server refused our login ({error.code})", again=True)
    if isinstance(error, SMTPResponseException):
        said = one_line(str(error.message))[:200]
        return MailError(f"the mail server answered {error.code} {said}", again=error.code < 500)
    if isinstance(error, aiosmtplib.SMTPNotSupported | UnicodeError):
        return MailError("the mail server cannot take this address or this login", again=False)
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailError("the certificate of the mail server is not valid", again=True)
    if isinstance(error, socket.gaierror):
        return MailError("the name of the mail server cannot be resolved", again=True)
    if isinstance(error, OSError) and error.strerror:
        return MailError(f"cannot reach the mail server: {error.strerror}", again=True)
    said = one_line(str(error))[:200] or type(error).__name__
    return MailError(f"the mail server cannot be spoken to: {said}", again=True)


class Mailjet:
    """By Mailjet's HTTP API (v3.1), through the guarded client."""

    def __init__(
        self, key: str, secret: str, outbound: Callable[[], Outbound], url: str = MAILJET_URL
    ) -> None:
        credentials = base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")
        self._head = header_lines(
            {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        )
        self._make = outbound
        self._outbound: Outbound | None = None
        self._url = url

    async def hand_over(self, mail: Mail, sender: Address, deadline: float) -> None:
        content: dict[str, object] = {
            "From": {"Email": sender.addr_spec, "Name": sender.display_name},
            "To": [{"Email": recipient(mail.to).addr_spec}],
            "Subject": one_line(mail.subject),
            "TextPart": mail.text,
            "HTMLPart": mail.html,
            "Headers": {"Auto-Submitted": "auto-generated", **_checked(mail.headers)},
        }
        if mail.id is not None:
            content["CustomID"] = mail.id
        body = json.dumps({"Messages": [content]}, ensure_ascii=False).encode()
        if self._outbound is None:
            # Made where a loop runs.
            self._outbound = self._make()
        request = OutgoingRequest("POST", self._url, self._head, body)
        try:
            answer = await self._outbound.deliver(request, deadline)
        except OutboundError as error:
            raise MailError(
                f"Mailjet: {error}", again=not isinstance(error, TargetRefused)
            ) from error
        if answer.status == 200:
            return
        again = answer.status in {401, 403, 408, 425, 429} or answer.status >= 500
        raise MailError(f"Mailjet answered {answer.status}", again=again)

    async def close(self) -> None:
        if self._outbound is not None:
            await self._outbound.close()
            self._outbound = None
