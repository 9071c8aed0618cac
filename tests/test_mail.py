"""Mail over real connections: SMTP to a server on loopback, Mailjet's API to a receiver."""

import base64
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from prikke.cli import main
from prikke.config import Settings
from prikke.errors import ConfigurationError
from prikke.mail import Mail, Mailer, MailError, Mailjet, sender_of
from prikke.mails.people import invitation_mail, sign_in_mail
from prikke.outbound import Outbound, default_policy
from tests.mail_server import MailServer
from tests.receiver import Receiver
from tests.test_outbound import Authority

pytestmark = pytest.mark.anyio

MAIL = Mail("reader@example.com", "Hello", "plain\n", "<p>rich</p>\n")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def mailer(server: MailServer) -> Mailer:
    made = Mailer.from_settings(
        Settings(smtp_url=server.url, mail_from="Prikke at Work <prikke@example.com>")
    )
    assert made is not None
    return made


async def test_a_mail_arrives_with_both_parts_and_the_headers_of_a_program(
    server: MailServer, mailer: Mailer
) -> None:
    await mailer.send(
        Mail("reader@example.com", "Grüße", "plain ✓\n", "<p>rich ✓</p>\n", {"X-Of": "us"}, "17")
    )

    [mail] = server.mails
    message = mail.message
    assert (mail.sender, mail.recipients) == ("prikke@example.com", ["reader@example.com"])
    assert str(message["From"]) == "Prikke at Work <prikke@example.com>"
    assert message["Subject"] == "Grüße"
    assert message["Message-ID"] == "<17@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Of"] == "us"
    assert message["Date"].datetime.tzinfo is not None
    assert mail.part("plain").splitlines() == ["plain ✓"]
    assert mail.part("html").splitlines() == ["<p>rich ✓</p>"]


async def test_line_breaks_in_a_subject_make_no_header(server: MailServer, mailer: Mailer) -> None:
    hostile = "Job\r\nBcc: other@example.com\r\n\r\nbody \x00\x1b[0m\u0085"

    await mailer.send(Mail("reader@example.com", hostile, "text\n", "<p>text</p>\n"))

    [mail] = server.mails
    assert mail.recipients == ["reader@example.com"]
    assert mail.message["Bcc"] is None
    assert mail.message["Subject"] == "Job Bcc: other@example.com body [0m"


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "@example.com",
        "reader@",
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com>\nRCPT TO:<b@example.com",
        "Reader <reader@example.com>",
        "reader@[|",
        "",
    ],
)
async def test_what_is_no_single_address_gets_no_mail(
    server: MailServer, mailer: Mailer, address: str
) -> None:
    with pytest.raises(MailError, match="no mail address") as caught:
        await mailer.send(Mail(address, "Hello", "text\n", "<p>text</p>\n"))

    assert not caught.value.again
    assert server.mails == []


@pytest.mark.parametrize(
    "header", [("X-Of", "a\r\nBcc: b@example.com"), ("X Of\n", "a"), ("", "a")]
)
async def test_a_header_with_a_line_break_is_refused(
    server: MailServer, mailer: Mailer, header: tuple[str, str]
) -> None:
    with pytest.raises(MailError, match="cannot be sent"):
        await mailer.send(Mail("reader@example.com", "Hello", "t\n", "<p>t</p>\n", dict([header])))

    assert server.mails == []


async def test_a_host_with_other_letters_is_written_in_ascii(
    server: MailServer, mailer: Mailer
) -> None:
    await mailer.send(Mail("reader@bücher.example", "Hello", "text\n", "<p>text</p>\n"))

    assert server.mails[0].recipients == ["reader@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    ("answer", "again"),
    [("550 no such user", False), ("552 mailbox full", False), ("451 later", True)],
)
async def test_what_a_server_answers_says_whether_to_try_again(
    server: MailServer, mailer: Mailer, answer: str, again: bool
) -> None:
    server.refuse["reader@example.com"] = answer

    with pytest.raises(MailError, match=answer) as caught:
        await mailer.send(MAIL)

    assert caught.value.again is again


async def test_a_refused_mail_does_not_stop_the_next(server: MailServer, mailer: Mailer) -> None:
    server.refuse["gone@example.com"] = "550 no such user"

    with pytest.raises(MailError):
        await mailer.send(Mail("gone@example.com", "Hello", "text\n", "<p>text</p>\n"))
    await mailer.send(MAIL)

    assert [mail.recipients for mail in server.mails] == [["reader@example.com"]]


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        mailer = Mailer.from_settings(
            Settings(smtp_url=f"smtp://127.0.0.1:{closed.getsockname()[1]}")
        )
        assert mailer is not None

        with pytest.raises(MailError, match="cannot reach") as caught:
            await mailer.send(MAIL)

    assert caught.value.again


async def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        mailer = Mailer.from_settings(
            Settings(smtp_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        )
        assert mailer is not None

        with pytest.raises(MailError) as caught:
            await mailer.send(MAIL, seconds=0.3)

    assert caught.value.again


async def test_a_login_is_used_and_a_wrong_one_is_no_secret() -> None:
    with MailServer(login=("prikke", "s3cret-word")) as server:
        right = Mailer.from_settings(Settings(smtp_url=server.url))
        wrong = Mailer.from_settings(
            Settings(smtp_url=server.url.replace("s3cret-word", "guessed-word"))
        )
        assert right is not None
        assert wrong is not None

        await right.send(MAIL)
        with pytest.raises(MailError, match="refused our login") as caught:
            await wrong.send(MAIL)

    assert len(server.mails) == 1
    assert caught.value.again
    assert "guessed-word" not in str(caught.value)


async def test_a_password_is_not_sent_in_clear_to_another_machine() -> None:
    # Loopback has more addresses than the one that counts as this machine.
    with MailServer(login=("prikke", "s3cret-word"), host="127.0.0.2") as server:
        mailer = Mailer.from_settings(Settings(smtp_url=server.url))
        assert mailer is not None

        with pytest.raises(MailError) as caught:
            await mailer.send(MAIL)

    assert (server.logins, server.mails) == (0, [])
    assert "s3cret-word" not in str(caught.value)


async def test_encryption_is_used_where_it_is_offered_and_its_certificate_is_checked(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    tls = authority.server("localhost")
    with MailServer(login=("prikke", "s3cret-word"), tls=tls) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        trusting = Mailer.from_settings(Settings(smtp_url=url, ca_file=str(authority.file)))
        doubting = Mailer.from_settings(Settings(smtp_url=url))
        assert trusting is not None
        assert doubting is not None

        await trusting.send(MAIL)
        with pytest.raises(MailError):
            await doubting.send(MAIL)

    assert (server.logins, len(server.mails)) == (1, 1)


def test_the_command_sends_a_mail_and_says_so(
    server: MailServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SMTP_URL", server.url)

    code = main(["doctor", "--mail", "reader@example.com"])

    assert code == 0
    assert "reader@example.com" in capsys.readouterr().out
    assert server.mails[0].recipients == ["reader@example.com"]


def test_the_command_says_what_is_missing_or_refused(
    server: MailServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = [main(["doctor", "--mail", "reader@example.com"])]
    server.refuse["reader@example.com"] = "550 no such user"
    monkeypatch.setenv("SMTP_URL", server.url)
    codes.append(main(["doctor", "--mail", "reader@example.com"]))

    said = capsys.readouterr().err
    assert codes == [1, 1]
    assert "set SMTP_URL" in said
    assert "550 no such user" in said


def test_without_settings_there_is_no_mailer() -> None:
    assert Mailer.from_settings(Settings()) is None


def test_the_sender_is_at_the_host_of_the_links_unless_it_is_set() -> None:
    assert str(sender_of(Settings(base_url="https://prikke.example.com"))) == (
        "Prikke <prikke@prikke.example.com>"
    )
    assert str(sender_of(Settings(mail_from="ops@example.com"))) == "ops@example.com"


@pytest.mark.parametrize("text", ["nobody", "A <a@example.com>\r\nBcc: b@example.com", "<>"])
def test_a_sender_that_is_none_is_a_wrong_setting(text: str) -> None:
    with pytest.raises(ConfigurationError, match="MAIL_FROM"):
        sender_of(Settings(mail_from=text))


@asynccontextmanager
async def mailjet(path: str) -> AsyncIterator[tuple[Mailer, Receiver]]:
    with Receiver() as receiver:
        post = Mailjet(
            "key",
            "secret",
            lambda: Outbound(default_policy(allow=[receiver.target])),
            receiver.address(path),
        )
        mailer = Mailer(post, sender_of(Settings(mail_from="Prikke <prikke@example.com>")))
        yield mailer, receiver
        await mailer.close()


async def test_mailjet_gets_the_mail_as_its_api_wants_it() -> None:
    async with mailjet("/v3.1/send") as (mailer, receiver):
        await mailer.send(
            Mail("reader@example.com", "Hello\n", "plain\n", "<p>rich</p>\n", id="17")
        )

    [request] = receiver.requests
    assert request.headers["authorization"] == f"Basic {base64.b64encode(b'key:secret').decode()}"
    assert json.loads(request.body) == {
        "Messages": [
            {
                "From": {"Email": "prikke@example.com", "Name": "Prikke"},
                "To": [{"Email": "reader@example.com"}],
                "Subject": "Hello",
                "TextPart": "plain\n",
                "HTMLPart": "<p>rich</p>\n",
                "Headers": {"Auto-Submitted": "auto-generated"},
                "CustomID": "17",
            }
        ]
    }


@pytest.mark.parametrize(("status", "again"), [(400, False), (401, True), (429, True), (503, True)])
async def test_what_mailjet_answers_says_whether_to_try_again(status: int, again: bool) -> None:
    async with mailjet(f"/status/{status}") as (mailer, _):
        with pytest.raises(MailError, match=str(status)) as caught:
            await mailer.send(MAIL)

    assert caught.value.again is again


async def test_a_name_from_outside_is_text_in_a_mail() -> None:
    link = "https://prikke.example.com/invitations/t0ken"

    mail = invitation_mail(
        "reader@example.com", link, '<img src=x onerror="a()">\r\nBcc: x', "viewer", "a@example.com"
    )

    assert "<img" not in mail.html
    assert "&lt;img" in mail.html
    assert '"<img src=x onerror="a()">' in mail.text
    assert "\n" not in mail.subject
    assert link in mail.text
    assert f'href="{link}"' in mail.html


async def test_a_mail_loads_nothing_from_elsewhere() -> None:
    mail = sign_in_mail("reader@example.com", "https://prikke.example.com/users/log-in/t")

    for loaded in ("<img", "src=", "<link", "<script", "url(", "@import", "http-equiv"):
        assert loaded not in mail.html
