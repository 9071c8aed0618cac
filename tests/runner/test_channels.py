"""Formats of channels as pure functions, and notifications over real connections."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from standardwebhooks import Webhook

from prikke.config import Settings
from prikke.keyring import SIGNING_SECRET, Keyring, Sealed
from prikke.runner.channels import FORMATTERS, email
from prikke.runner.channels.notification import Notification
from tests.factories import call, make_job, rows
from tests.mail_server import MailServer
from tests.people import make_member
from tests.receiver import Receiver
from tests.runner.conftest import Running, Start, past, until

pytestmark = pytest.mark.anyio

HOSTILE = "<!channel> @everyone *bold* [x](https://evil.example) <b>&amp; /start {{secret.KEY}}"
TARGETS = {
    "slack": "https://hooks.slack.com/services/T0/B0/s3cret",
    "discord": "https://discord.com/api/webhooks/1/s3cret",
    "teams": "https://acme.webhook.office.com/s3cret",
    "telegram": "https://api.telegram.org/bot12:s3cret/sendMessage?chat_id=-100",
    "ntfy": "https://ntfy.sh/s3cret",
    "pagerduty": "https://events.pagerduty.com/v2/enqueue?routing_key=s3cret",
    "webhook": "https://example.com/s3cret",
}


def notification(*kinds: str, name: str = "Nightly", **more: Any) -> Notification:
    """What queue_notification would write of such changes of one job."""
    details: dict[str, Any] = {
        "failing": {"failures": 3, "error": "answered 503"},
        "recovered": {"since": "2026-03-02T03:00:00+00:00"},
        "missed": {
            "count": 23,
            "first_at": "2026-03-01T13:00:00+00:00",
            "last_at": "2026-03-02T11:00:00+00:00",
            "sent_late": True,
        },
        "usage_80": {"executions": 4000, "limit": 5000, "resets_at": "2026-04-01T00:00:00+00:00"},
    }
    content = {
        "channel_id": "019cae6b-6600-75dc-b5b4-a438a65ab757",
        "organization": {"id": "o", "name": "Acme", "slug": "acme"},
        "at": "2026-03-02T12:00:00+00:00",
        "total": len(kinds),
        "counts": {kind: kinds.count(kind) for kind in kinds},
        "items": [
            {
                "kind": kind,
                "at": "2026-03-02T11:59:00+00:00",
                "job": {"id": "j1", "key": "nightly", "name": name},
                "since": "2026-03-02T03:00:00+00:00",
                "failures": 12,
                "detail": details.get(kind, {}),
            }
            for kind in kinds
        ],
        **more,
    }
    return Notification.read("e1", json.dumps(content), "https://prikke.example.com")


def formatted(kind: str, of: Notification) -> tuple[str, Any]:
    outgoing = FORMATTERS[kind](of, TARGETS[kind])
    return outgoing.url, json.loads(outgoing.body)


def texts(value: Any) -> list[str]:
    """Every text in JSON, without addresses."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) and not value.startswith("https://") else []


@pytest.mark.parametrize("kind", sorted(FORMATTERS))
def test_each_service_is_told_what_failed_why_and_where_to_look(kind: str) -> None:
    _, body = formatted(kind, notification("failing"))

    told = json.dumps(body)
    assert "Nightly is failing" in told.replace("\\\\", "")
    assert "answered 503" in told
    assert "https://prikke.example.com/jobs/j1" in told


@pytest.mark.parametrize("kind", sorted(FORMATTERS))
def test_each_service_is_sent_a_test(kind: str) -> None:
    _, body = formatted(kind, notification(test=True, total=0))

    assert "test" in json.dumps(body).lower()


@pytest.mark.parametrize("kind", sorted(FORMATTERS))
def test_a_digest_of_many_fits_and_says_how_many_there_are(kind: str) -> None:
    many = notification(*["failing"] * 20, name="n" * 200, total=10_000, counts={"failing": 10_000})

    _, body = formatted(kind, many)

    assert "10000 jobs are failing" in json.dumps(body)
    assert len(json.dumps(body)) < 28_000


def test_slack_shows_names_as_plain_text_and_pings_nobody() -> None:
    _, body = formatted("slack", notification("failing", name=HOSTILE))

    assert "<!channel>" not in body["text"]
    assert "&lt;!channel&gt;" in body["text"]
    marked = [
        element["text"]
        for block in body["blocks"]
        for element in block.get("elements", [])
        if element["type"] == "mrkdwn"
    ]
    assert marked == ["<https://prikke.example.com/jobs/j1|Open in Prikke>"]


def test_discord_mentions_nobody_and_escapes_markdown() -> None:
    _, body = formatted("discord", notification("failing", "failing", name=HOSTILE))

    assert body["allowed_mentions"] == {"parse": []}
    for text in texts(body["embeds"]):
        assert not re.search(r"(?<!\\)(@everyone|\*bold|\[x\]\(|<!)", text)


def test_teams_shows_names_as_text_runs() -> None:
    _, body = formatted("teams", notification("failing", name=HOSTILE))

    [attachment] = body["attachments"]
    assert {block["type"] for block in attachment["content"]["body"]} == {"RichTextBlock"}


def test_telegram_gets_plain_text_in_which_nothing_is_a_mention() -> None:
    url, body = formatted("telegram", notification("failing", name=HOSTILE))

    assert url == "https://api.telegram.org/bot12:s3cret/sendMessage"
    assert body["chat_id"] == "-100"
    assert "parse_mode" not in body
    assert "@everyone" not in body["text"]
    assert "/start" not in body["text"]


def test_ntfy_is_published_as_json_to_the_topic() -> None:
    url, body = formatted("ntfy", notification("failing"))

    assert (url, body["topic"], body["priority"]) == ("https://ntfy.sh/", "s3cret", 4)
    assert "markdown" not in body


def test_pagerduty_resolves_with_recovery_what_failure_triggered() -> None:
    url, failing = formatted("pagerduty", notification("failing"))
    _, recovered = formatted("pagerduty", notification("recovered"))

    assert url == "https://events.pagerduty.com/v2/enqueue"
    assert (failing["event_action"], recovered["event_action"]) == ("trigger", "resolve")
    assert failing["dedup_key"] == recovered["dedup_key"] == "prikke:job:j1"
    assert failing["routing_key"] == "s3cret"
    assert failing["payload"]["severity"] == "error"


@pytest.mark.parametrize(
    ("kinds", "title"),
    [
        (["failing"], "Nightly is failing"),
        (["recovered"], "Nightly works again"),
        (["reminder"], "Nightly is still failing"),
        (["missed"], "Nightly missed 23 due times"),
        (["usage_80"], "80\N{NO-BREAK SPACE}% of this month's executions are used"),
        (["failing", "failing", "recovered"], "2 jobs are failing, 1 job works again"),
        (["gone"], "Nightly was switched off: its target is gone"),
    ],
)
def test_the_title_says_it_all(kinds: list[str], title: str) -> None:
    assert notification(*kinds).title == title


def test_a_mail_of_a_failure_has_both_parts_and_a_way_to_its_settings() -> None:
    mail = email.mail(notification("failing", name=HOSTILE, to="ops@example.com"))

    settings = "https://prikke.example.com/settings/notifications"
    assert mail.headers == {"List-Unsubscribe": f"<{settings}>"}
    assert mail.id == "e1"
    assert "<!channel>" not in mail.html
    assert "<b>" not in mail.html
    assert "https://prikke.example.com/jobs/j1" in mail.html
    assert "3 runs in a row failed: answered 503." in mail.text
    assert settings in mail.text


# Over the wire


@pytest.fixture
async def mails() -> AsyncIterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
async def runner(start: Start, settings: Settings, mails: MailServer) -> Running:
    """A runner that has a mail server."""
    return await start(
        replace(
            settings,
            smtp_url=mails.url,
            mail_from="Prikke <prikke@example.com>",
            base_url="https://prikke.example.com",
        )
    )


def channel_of(db: psycopg.Connection, kind: str, target: str) -> UUID:
    for (existing,) in db.execute("select id from prikke.list_channels()").fetchall():
        call(db, "update_channel", id=existing, enabled=False)
    identifier: UUID = call(db, "create_channel", kind=kind, target=target)["id"]
    return identifier


PATHS = {
    "slack": "/services/T0/B0/s3cret",
    "discord": "/api/webhooks/1/s3cret",
    "teams": "/s3cret",
    "telegram": "/bot12:s3cret/sendMessage?chat_id=-100",
    "ntfy": "/s3cret",
    "pagerduty": "/v2/enqueue?routing_key=s3crets3crets3crets3",
    "webhook": "/hooks/s3cret",
}


@pytest.mark.parametrize("kind", sorted(FORMATTERS))
async def test_a_test_arrives_in_the_format_of_the_service_and_shows_on_the_channel(
    db: psycopg.Connection, acme: UUID, runner: Running, receiver: Receiver, kind: str
) -> None:
    channel = channel_of(db, kind, receiver.address(PATHS[kind]))

    call(db, "test_channel", id=channel)
    [request] = await receiver.arrived(1)
    await until(lambda: call(db, "get_channel", id=channel)["last_sent_at"])

    content = json.loads(request.body)
    assert content
    assert request.headers["webhook-signature"].startswith("v1,")
    assert request.headers["x-prikke-hop"] == "1"
    assert past(db, "kind, status, queue") == [("notification", "success", "notifications")]


async def test_a_webhook_is_signed_as_any_delivery(
    db: psycopg.Connection,
    acme: UUID,
    runner: Running,
    receiver: Receiver,
    settings: Settings,
) -> None:
    channel = channel_of(db, "webhook", receiver.address("/hooks/1"))
    call(db, "test_channel", id=channel)
    [request] = await receiver.arrived(1)

    [(sealed, key)] = db.execute("select sealed, keyring_id from prikke.signing_secret").fetchall()
    keyring = Keyring.from_settings(None, settings.secret_key_base)
    secret = keyring.open(Sealed(key, bytes(sealed)), acme, SIGNING_SECRET)

    assert Webhook(secret).verify(request.body, dict(request.headers))["type"] == "test"


async def test_a_failing_job_is_told_by_mail_and_its_recovery_too(
    db: psycopg.Connection, acme: UUID, runner: Running, receiver: Receiver, mails: MailServer
) -> None:
    owner = make_member(db, acme, "owner")
    job = make_job(db, name="Nightly", url=receiver.address("/status/404"))
    call(db, "run_now", id=job)
    await until(lambda: db.execute("select from prikke.notice").fetchall())
    # The ten seconds in which others might come along.
    db.execute("update prikke.notice set created_at = created_at - interval '1 minute'")
    await until(lambda: len(mails.mails) == 1)
    call(db, "update_job", id=job, url=receiver.address("/"))
    call(db, "run_now", id=job)
    await until(lambda: db.execute("select from prikke.notice").fetchall())
    db.execute("update prikke.notice set created_at = created_at - interval '1 minute'")
    await until(lambda: len(mails.mails) == 2)

    subjects = [mail.message["Subject"] for mail in mails.mails]
    assert subjects == ["[Acme] Nightly is failing", "[Acme] Nightly works again"]
    assert [mail.recipients for mail in mails.mails] == [[owner.email]] * 2
    assert "404" in mails.mails[0].part("plain")
    assert mails.mails[0].message["List-Unsubscribe"]


async def test_an_address_that_bounces_keeps_no_other_from_its_mail(
    db: psycopg.Connection, acme: UUID, runner: Running, mails: MailServer
) -> None:
    mails.refuse["gone@example.com"] = "550 no such user"
    channel = channel_of(db, "email", "gone@example.com, ops@example.com")

    call(db, "test_channel", id=channel)
    await until(lambda: len(past(db)) == 2)

    shown = call(db, "get_channel", id=channel)
    assert [mail.recipients for mail in mails.mails] == [["ops@example.com"]]
    assert sorted(past(db)) == [("failed",), ("success",)]
    assert "550 no such user" in str(past(db, "error_message"))
    assert shown["last_sent_at"] is not None


async def test_without_a_mail_server_the_channel_says_so(
    db: psycopg.Connection, acme: UUID, start: Start
) -> None:
    await start()
    channel = channel_of(db, "email", "ops@example.com")

    call(db, "test_channel", id=channel)
    await until(lambda: past(db))

    assert "no mail is configured" in call(db, "get_channel", id=channel)["last_error"]


async def test_a_service_that_repeats_our_address_has_it_masked(
    db: psycopg.Connection, acme: UUID, runner: Running, receiver: Receiver
) -> None:
    channel = channel_of(db, "webhook", receiver.address("/echo?token=s3cretvalue"))

    call(db, "test_channel", id=channel)
    await until(lambda: past(db))

    everything = past(db, "convert_from(response_body, 'UTF8'), response_headers, url, body")
    assert "s3cretvalue" not in str(everything)
    assert "s3cretvalue" not in str(rows(db, "list_executions"))


async def test_a_channel_that_was_deleted_gets_nothing_and_stops_nothing(
    db: psycopg.Connection, acme: UUID, settings: Settings, start: Start, receiver: Receiver
) -> None:
    channel = channel_of(db, "webhook", receiver.address("/hooks/1"))
    call(db, "test_channel", id=channel)
    call(db, "delete_channel", id=channel)

    await start()
    await until(lambda: past(db))

    assert past(db, "status, reason") == [("failed", "no_channel")]
    assert receiver.requests == []


async def test_a_hook_is_a_signed_delivery_in_which_no_secret_is_filled(
    db: psycopg.Connection, acme: UUID, runner: Running, receiver: Receiver
) -> None:
    job = make_job(
        db,
        name="{{secret.KEY}}",
        url=receiver.address("/status/404"),
        on_failure_url=receiver.address("/hook"),
    )

    call(db, "run_now", id=job)
    await until(lambda: receiver.of("/hook"))

    [hook] = receiver.of("/hook")
    assert json.loads(hook.body)["job"]["name"] == "{{secret.KEY}}"
    assert hook.headers["x-prikke-hop"] == "1"
    assert hook.headers["webhook-signature"].startswith("v1,")
