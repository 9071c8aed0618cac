"""The notifications tab: channels, rules, silence, and who may what."""

import re
from typing import Any
from uuid import UUID

import psycopg
import pytest

from prikke.http.form import Form
from prikke.http.pages.notifications import EVENTS, read_rules, typed_rules
from tests.factories import call, make_job, use
from tests.http.conftest import Web
from tests.http.pages import Reader
from tests.people import act, session_of

HOME = "/settings/notifications"
OPEN = [("which_events", "all"), ("recovery", ""), ("quiet_hours", ""), ("after", "")]


@pytest.fixture
async def boss(dev: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    use(db, organization)
    act(db, None)
    return Reader(dev, session_of(db, organization, "admin", "admin@example.com"))


def channel(db: psycopg.Connection, **fields: Any) -> UUID:
    act(db, None)
    made: UUID = call(db, "create_channel", **{"target": "ops@example.com", **fields})["id"]
    return made


def channels(db: psycopg.Connection) -> dict[str, dict[str, Any]]:
    rows = db.execute("select name, rules, enabled, target from prikke.list_channels()").fetchall()
    return {name: {"rules": rules, "on": on, "to": to} for name, rules, on, to in rows}


def test_the_page_has_words_for_every_event(db: psycopg.Connection) -> None:
    [[events]] = db.execute("select prikke.default_rules() -> 'events'").fetchall()

    assert list(EVENTS) == events


@pytest.mark.parametrize(
    ("typed", "rules"),
    [
        (OPEN, {}),
        (
            [("after", "3"), ("of", "10"), ("remind_every", " 4 hours ")],
            {"after": 3, "of": 10, "remind_every": "4 hours"},
        ),
        ([("after", "many")], {"after": "many"}),
        ([("recovery", "no"), ("quiet_hours", "none")], {"recovery": False, "quiet_hours": False}),
        (
            [("which_events", "some"), ("events", "failing"), ("events", "late")],
            {"events": ["failing", "late"]},
        ),
        ([("which_events", "some")], {"events": []}),
        (
            [
                ("quiet_hours", "some"),
                ("quiet_from", "22:00"),
                ("quiet_until", "07:00"),
                ("quiet_timezone", "Europe/Oslo"),
            ],
            {"quiet_hours": {"from": "22:00", "until": "07:00", "timezone": "Europe/Oslo"}},
        ),
    ],
)
def test_a_form_becomes_rules_and_rules_the_same_form(
    typed: list[tuple[str, str]], rules: dict[str, Any]
) -> None:
    read = read_rules(Form(typed))

    shown = typed_rules(None, rules)
    again = [
        (name, str(value))
        for name, value in shown.items()
        if name != "events" and (name[:6] != "quiet_" or shown["quiet_hours"])
    ]
    if shown["events"] is not None:
        again += [("which_events", "some"), *(("events", name) for name in shown["events"])]
    assert read == rules
    assert read_rules(Form(again)) == rules


async def test_a_channel_is_added_tested_changed_and_deleted(
    boss: Reader, db: psycopg.Connection
) -> None:
    added = await boss.post(HOME, {"target": "ops@example.com", "name": "Night <watch>"})
    page = await boss.follow(added)
    owners, path = re.findall(rf'action="({HOME}/[-0-9a-f]+)/test"', page.text)
    nobody = await boss.post(f"{owners}/test")
    tested = await boss.post(f"{path}/test")
    edited = await boss.get(path)
    saved = await boss.post(
        path, [*OPEN, ("name", "Day"), ("target", "ops@example.com"), ("remind_every", "never")]
    )
    kept = channels(db)
    deleted = await boss.post(f"{path}/delete")

    assert "Night &lt;watch&gt;" in page.text
    assert nobody.status == 409
    assert "Nobody owns this organization" in nobody.words
    assert tested.location == f"{HOME}?notice=channel_tested"
    assert db.execute("select kind from prikke.live_execution").fetchone() == ("notification",)
    assert 'value="Night &lt;watch&gt;"' in edited.text
    assert saved.location == f"{HOME}?notice=saved"
    assert kept["Day"] == {"rules": {"remind_every": "never"}, "on": False, "to": "ops@example.com"}
    assert deleted.location == f"{HOME}?notice=channel_deleted"
    assert "Day" not in channels(db)


async def test_the_secret_part_of_an_address_is_not_shown_and_stays_when_left_as_it_is(
    boss: Reader, db: psycopg.Connection
) -> None:
    address = "https://hooks.slack.com/services/T000/B000/tell-nobody"
    one = channel(db, target=address, name="Slack")

    page = await boss.get(f"{HOME}/{one}")
    found = re.search(r'name="target" type="text" value="([^"]+)"', page.text)
    assert found is not None
    await boss.post(
        f"{HOME}/{one}", [*OPEN, ("name", "Slack"), ("target", found[1]), ("enabled", "on")]
    )

    assert "tell-nobody" not in page.text + (await boss.get(HOME)).text
    row = db.execute("select target_secret from prikke.channel where id = %s", (one,)).fetchone()
    assert row == (address,)
    assert channels(db)["Slack"]["on"] is True


async def test_what_is_wrong_with_a_channel_or_rule_stands_at_its_field(
    boss: Reader, db: psycopg.Connection
) -> None:
    one = channel(db)

    added = await boss.post(HOME, {"target": "http://10.0.0.1/x", "name": "Inside"})
    rules = await boss.post(f"{HOME}/rules", [*OPEN[:-1], ("after", "99"), ("of", "x")])
    edited = await boss.post(
        f"{HOME}/{one}", [*OPEN, ("name", " "), ("target", "a@b.example"), ("remind_every", "soon")]
    )

    assert [each.status for each in (added, rules, edited)] == [422, 422, 422]
    assert 'value="http://10.0.0.1/x"' in added.text
    assert 'id="target-error"' in added.text
    assert 'id="after-error"' in rules.text
    assert 'value="99"' in rules.text
    assert 'id="name-error"' in edited.text
    assert 'id="remind_every-error"' in edited.text


async def test_a_number_of_any_length_is_said_at_its_field(boss: Reader) -> None:
    wrong = await boss.post(
        "/settings/notifications/rules", {"after": "9" * 5000, "which_events": "all"}
    )

    assert wrong.status == 422
    assert 'id="after-error"' in wrong.text


async def test_rules_of_the_organization_are_kept(boss: Reader, db: psycopg.Connection) -> None:
    typed = [("after", "2"), ("remind_every", "4 hours"), ("which_events", "some")]

    saved = await boss.post(f"{HOME}/rules", [*typed, ("events", "failing")])

    assert saved.location == f"{HOME}?notice=saved"
    [[rules]] = db.execute("select prikke.get_notification_rules()").fetchall()
    assert (rules["after"], rules["remind_every"], rules["events"]) == (2, "4 hours", ["failing"])


async def test_all_is_snoozed_and_maintenance_is_planned_on_the_persons_clock(
    boss: Reader, db: psycopg.Connection
) -> None:
    await boss.post("/account/zone", {"timezone": "Asia/Kolkata"})

    await boss.post(f"{HOME}/snooze", {"duration": "4 hours"})
    planned = await boss.post(
        f"{HOME}/maintenance",
        {"starts_at": "2099-01-31T22:00", "ends_at": "2099-02-01T02:00", "reason": "<b>Move</b>"},
    )
    page = await boss.follow(planned)
    wrong = await boss.post(f"{HOME}/maintenance", {"starts_at": "soon", "ends_at": "later"})
    paths = re.findall(rf'action="({HOME}/mutes/[-0-9a-f]+/end)"', page.text)
    for path in paths:
        await boss.post(path)

    assert "Sat 31 Jan 2099, 22:00:00 IST" in page.words
    assert "&lt;b&gt;Move&lt;/b&gt;" in page.text
    assert 'id="starts_at-error"' in wrong.text
    assert len(paths) == 2
    assert "Nothing is silenced" in (await boss.get(HOME)).words


async def test_a_failure_is_acknowledged_and_its_job_snoozed_where_it_is_told(
    boss: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    act(db, None)
    job = make_job(db, name="Nightly")
    db.execute(
        "insert into prikke.transition (organization_id, kind, job_id, at, detail)"
        " values (%s, 'failing', %s, prikke.clock(), '{}')",
        (organization, job),
    )

    page = await boss.get(HOME)
    seen = await boss.post(f"{HOME}/acknowledge", {"job_id": str(job), "next": f"/jobs/{job}"})
    await boss.post(f"{HOME}/snooze", {"job_id": str(job), "duration": "1 day"})
    wrong = await boss.post(f"{HOME}/acknowledge", {"job_id": str(organization)})

    assert "A job fails: Nightly" in page.words
    assert f'name="job_id" value="{job}"' in page.text
    assert seen.location == f"/jobs/{job}?notice=acknowledged"
    kept = db.execute("select kind, job_id from prikke.mute order by kind").fetchall()
    assert kept == [("acknowledge", job), ("snooze", job)]
    assert wrong.status == 404


async def test_a_member_silences_and_changes_no_channel_and_a_viewer_does_neither(
    boss: Reader, dev: Web, db: psycopg.Connection, organization: UUID
) -> None:
    one = channel(db)
    member = Reader(dev, session_of(db, organization, "member"))
    viewer = Reader(dev, session_of(db, organization, "viewer"))

    snoozed = await member.post(f"{HOME}/snooze", {"duration": "1 hour"})
    changes = [await member.post(f"{HOME}/{one}/{deed}") for deed in ("test", "delete")]
    page = await viewer.get(HOME)
    refused = await viewer.post(f"{HOME}/snooze", {"duration": "1 hour"})

    assert snoozed.status == 303
    assert [each.status for each in changes] == [403, 403]
    assert 'action="/settings/notifications' not in page.text
    assert refused.status == 403
