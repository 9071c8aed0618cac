"""Channels: known by their address, shown without their secrets, changed by admins."""

from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_organization, rows, use
from tests.people import act, make_member

SLACK = "https://hooks.slack.com/services/T0/B0/s3cret"
TELEGRAM = "https://api.telegram.org/bot12:s3cret/sendMessage?chat_id=-100"
PAGERDUTY = "https://events.pagerduty.com/v2/enqueue?routing_key=s3crets3crets3crets3"


@pytest.mark.parametrize(
    ("target", "kind", "shown"),
    [
        ("owners", "email", "owners"),
        ("ops@example.com", "email", "ops@example.com"),
        ("mailto:ops@example.com", "email", "ops@example.com"),
        ("a@example.com, b@example.com", "email", "a@example.com, b@example.com"),
        (SLACK, "slack", "https://hooks.slack.com/••••••"),
        ("https://discord.com/api/webhooks/1/s3cret", "discord", "https://discord.com/••••••"),
        (
            "https://acme.webhook.office.com/webhookb2/s3cret",
            "teams",
            "https://acme.webhook.office.com/••••••",
        ),
        (TELEGRAM, "telegram", "https://api.telegram.org/••••••"),
        ("https://ntfy.sh/s3cret", "ntfy", "https://ntfy.sh/••••••"),
        (PAGERDUTY, "pagerduty", "https://events.pagerduty.com/••••••"),
        ("https://example.com/s3cret?a=b", "webhook", "https://example.com/••••••"),
        ("https://example.com", "webhook", "https://example.com"),
        (
            "https://hooks.slack.com.example.com/x",
            "webhook",
            "https://hooks.slack.com.example.com/••••••",
        ),
    ],
)
def test_the_address_tells_the_kind_and_keeps_its_secret(
    db: psycopg.Connection, organization: UUID, target: str, kind: str, shown: str
) -> None:
    channel = call(db, "create_channel", target=target)

    assert (channel["kind"], channel["target"]) == (kind, shown)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"target": ""}, {"target"}),
        ({"target": "nobody"}, {"target"}),
        ({"target": "a@example.com\r\nBcc: b@example.com"}, {"target"}),
        ({"target": "a@example.com,"}, {"target"}),
        ({"target": ",".join(["a@example.com"] * 11)}, {"target"}),
        ({"target": "http://127.0.0.1/"}, {"target"}),
        ({"target": "https://api.telegram.org/bot12:x/sendMessage"}, {"target"}),
        ({"target": "https://events.pagerduty.com/v2/enqueue"}, {"target"}),
        ({"target": "https://ntfy.sh/"}, {"target"}),
        ({"target": "https://example.com/", "kind": "pager"}, {"target"}),
        ({"target": "owners", "name": "\n"}, {"name"}),
        ({"target": "owners", "rules": [1]}, {"rules"}),
        ({"target": "owners", "rules": {"after": 3}}, {"rules.after"}),
        ({"target": "owners", "rules": {"remind_every": "1 minute"}}, {"rules.remind_every"}),
        ({"target": "owners", "rules": {"events": ["failed"]}}, {"rules.events"}),
        (
            {"target": "x", "name": " ", "rules": {"recovery": 1, "quiet_hours": {}}},
            {"target", "name", "rules.recovery", "rules.quiet_hours"},
        ),
    ],
)
def test_all_that_is_wrong_is_named_at_once(
    db: psycopg.Connection, organization: UUID, fields: dict[str, object], wrong: set[str]
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        call(db, "create_channel", **fields)

    problems = db.execute(
        "select p ->> 'field' from jsonb_array_elements(%s) as p",
        (caught.value.diag.message_detail,),
    ).fetchall()
    assert caught.value.sqlstate == "PK422"
    named = {"target" if field == "kind" else field for (field,) in problems}
    assert named == wrong


@pytest.mark.parametrize(
    ("notify", "wrong"),
    [
        ({"after": 0}, "notify.after"),
        ({"after": "3"}, "notify.after"),
        ({"after": 3, "of": 2}, "notify.of"),
        ({"of": 5}, "notify.of"),
        ({"mute": "yes"}, "notify.mute"),
        ({"qiet_hours": False}, "notify.qiet_hours"),
        (
            {"quiet_hours": {"from": "22:00", "until": "07:00", "timezone": "Oslo"}},
            "notify.quiet_hours",
        ),
        (
            {"quiet_hours": {"from": "25:00", "until": "07:00", "timezone": "UTC"}},
            "notify.quiet_hours",
        ),
    ],
)
def test_the_rules_of_a_job_are_checked_when_it_is_saved(
    db: psycopg.Connection, organization: UUID, notify: dict[str, object], wrong: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        call(db, "create_job", name="Job", url="https://example.com/", notify=notify)

    assert caught.value.sqlstate == "PK422"
    assert caught.value.diag.column_name == wrong


def test_the_address_as_it_is_shown_leaves_the_address(
    db: psycopg.Connection, organization: UUID
) -> None:
    channel = call(db, "create_channel", target=SLACK)

    changed = call(db, "update_channel", id=channel["id"], target=channel["target"], name="Ops")
    kept = call(db, "read_channel", p_organization_id=organization, p_channel_id=channel["id"])

    assert (changed["name"], changed["kind"]) == ("Ops", "slack")
    assert kept["target"] == SLACK


@pytest.mark.parametrize("target", [SLACK, TELEGRAM, PAGERDUTY])
def test_no_door_shows_the_secret_of_an_address(
    db: psycopg.Connection, organization: UUID, target: str
) -> None:
    channel = call(db, "create_channel", target=target)
    call(db, "update_channel", id=channel["id"], target=target + "x")
    call(db, "test_channel", id=channel["id"])
    call(db, "delete_channel", id=channel["id"])
    call(db, "create_channel", target=target)

    shown = [
        rows(db, "list_channels"),
        rows(db, "list_audit"),
        rows(db, "list_executions", kind="notification"),
        rows(db, "export_organization"),
        db.execute("select * from prikke.audit").fetchall(),
        db.execute("select * from prikke.execution").fetchall(),
    ]

    assert "s3cret" not in str(shown)


def test_a_web_address_with_an_at_sign_is_no_address_of_mail(
    db: psycopg.Connection, organization: UUID
) -> None:
    channel = call(db, "create_channel", target="https://example.com/s3cret/ops@example.com")

    with pytest.raises(psycopg.Error) as caught:
        call(db, "update_channel", id=channel["id"], kind="email")

    assert caught.value.sqlstate == "PK422"
    assert channel["target"] == "https://example.com/••••••"


def test_tests_of_channels_are_counted_by_the_hour_whatever_channel_they_go_to(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    for _ in range(5):
        addresses = ",".join(f"somebody{number}@example.com" for number in range(10))
        channel = call(db, "create_channel", target=addresses)
        call(db, "test_channel", id=channel["id"])
        call(db, "delete_channel", id=channel["id"])
    channel = call(db, "create_channel", target=SLACK)

    with pytest.raises(psycopg.Error) as caught:
        call(db, "test_channel", id=channel["id"])
    at.move(minutes=61)
    call(db, "test_channel", id=channel["id"])

    assert caught.value.sqlstate == "PK429"


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_channels_are_for_admins_to_change(
    db: psycopg.Connection, organization: UUID, role: str
) -> None:
    act(db, make_member(db, organization, role))

    with pytest.raises(psycopg.Error) as caught:
        call(db, "create_channel", target="owners")

    assert caught.value.sqlstate == "PK403"


def test_another_organization_has_other_channels(
    db: psycopg.Connection, organization: UUID
) -> None:
    channel = call(db, "create_channel", target=SLACK)
    use(db, make_organization(db))

    for function in ("get_channel", "update_channel", "delete_channel", "test_channel"):
        with pytest.raises(psycopg.Error) as caught:
            call(db, function, id=channel["id"])
        assert caught.value.sqlstate == "PK404"
    assert [each["target"] for each in rows(db, "list_channels")] == ["owners"]


def test_an_organization_begins_with_the_mail_of_its_owners(
    db: psycopg.Connection, organization: UUID
) -> None:
    [channel] = rows(db, "list_channels")

    assert (channel["kind"], channel["name"], channel["target"]) == ("email", "Owners", "owners")
    assert channel["enabled"]


def test_a_test_needs_somebody_to_read_it(db: psycopg.Connection, organization: UUID) -> None:
    [channel] = rows(db, "list_channels")

    with pytest.raises(psycopg.Error) as caught:
        call(db, "test_channel", id=channel["id"])

    assert caught.value.sqlstate == "PK409"


def test_the_number_of_channels_has_a_limit(db: psycopg.Connection, organization: UUID) -> None:
    db.execute("select prikke.create_channel(target => 'owners') from generate_series(1, 49)")

    with pytest.raises(psycopg.Error) as caught:
        call(db, "create_channel", target="owners")

    assert caught.value.sqlstate == "PK402"


def test_changes_of_channels_rules_and_windows_are_on_record(
    db: psycopg.Connection, organization: UUID
) -> None:
    channel = call(db, "create_channel", target=SLACK)
    call(db, "update_channel", id=channel["id"], enabled=False)
    call(db, "delete_channel", id=channel["id"])
    db.execute("select prikke.set_notification_rules(rules => '{\"after\": 2}')")
    window = call(db, "snooze")
    db.execute("select prikke.delete_maintenance(%s)", (window["id"],))

    recorded = [
        (entry["action"], entry["subject_kind"])
        for entry in reversed(rows(db, "list_audit"))
        if entry["subject_kind"] in {"channel", "notification_rules", "mute"}
    ]

    assert recorded == [
        ("create", "channel"),
        ("create", "channel"),
        ("pause", "channel"),
        ("delete", "channel"),
        ("create", "notification_rules"),
        ("create", "mute"),
        ("delete", "mute"),
    ]
