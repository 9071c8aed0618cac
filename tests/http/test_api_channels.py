"""/api/channels, /api/notification-rules, snoozes, maintenance windows, /api/transitions."""

from uuid import uuid4

import psycopg
import pytest

from tests.factories import rows
from tests.http.api import Api, job

SLACK = "https://hooks.slack.com/services/T0/B0/s3cret"


async def test_a_channel_is_made_changed_and_removed(admin_api: Api) -> None:
    made = await admin_api.post("/api/channels", {"target": SLACK, "name": "Operations"})
    path = f"/api/channels/{made.content['channel']['id']}"

    changed = await admin_api.patch(
        path,
        {
            "target": made.content["channel"]["target"],
            "enabled": False,
            "rules": {"remind_every": "4 hours"},
        },
    )
    shown = await admin_api.get(path)
    listed = await admin_api.get("/api/channels")
    removed = await admin_api.delete(path)

    assert (made.status, made.content["channel"]["kind"]) == (201, "slack")
    assert "s3cret" not in str([made.content, changed.content, shown.content, listed.content])
    assert shown.content == changed.content
    assert shown.content["channel"]["rules"] == {"remind_every": "4 hours"}
    assert [each["name"] for each in listed.content["channels"]] == ["Owners", "Operations"]
    assert removed.status == 204
    assert (await admin_api.get(path)).status == 404


async def test_all_that_is_wrong_with_a_channel_is_named(admin_api: Api) -> None:
    found = await admin_api.post(
        "/api/channels", {"target": "nobody", "name": "\n", "rules": {"recovery": 1}, "to": "x"}
    )

    assert found.status == 422
    assert found.wrong == {"target", "name", "rules.recovery", "to"}


async def test_a_channel_needs_an_address(admin_api: Api) -> None:
    found = await admin_api.post("/api/channels", {})

    assert (found.status, found.wrong) == (422, {"target"})


async def test_a_test_is_an_execution(admin_api: Api) -> None:
    made = await admin_api.post("/api/channels", {"target": SLACK})

    sent = await admin_api.post(f"/api/channels/{made.content['channel']['id']}/test")

    execution = sent.content["execution"]
    assert sent.status == 202
    assert (execution["kind"], execution["queue"]) == ("notification", "notifications")
    assert "s3cret" not in str(sent.content)


async def test_a_test_to_owners_that_are_nobody_is_refused(admin_api: Api) -> None:
    [owners] = (await admin_api.get("/api/channels")).content["channels"]

    found = await admin_api.post(f"/api/channels/{owners['id']}/test")

    assert (found.status, found.code) == (409, "no_recipient")


async def test_rules_are_set_as_a_whole_and_shown_with_their_defaults(admin_api: Api) -> None:
    made = await admin_api.put("/api/notification-rules", {"rules": {"after": 2}})
    wrong = await admin_api.put("/api/notification-rules", {"rules": {"after": 0}})
    reset = await admin_api.put("/api/notification-rules", {"rules": {}})

    assert made.content["rules"]["after"] == 2
    assert made.content["rules"]["remind_every"] == "1 day"
    assert wrong.wrong == {"rules.after"}
    assert "after" not in reset.content["rules"]
    assert (await admin_api.get("/api/notification-rules")).content == reset.content


async def test_a_job_is_snoozed_and_acknowledged(api: Api) -> None:
    made = await api.post("/api/jobs", job())
    path = f"/api/jobs/{made.content['job']['id']}"

    snoozed = await api.post(f"{path}/snooze", {"duration": "2 hours", "reason": "known"})
    seen = await api.post(f"{path}/acknowledge", {"reason": "on it"})
    listed = await api.get("/api/maintenance", job_id=made.content["job"]["id"])
    ended = await api.delete(f"/api/maintenance/{snoozed.content['window']['id']}")

    assert (snoozed.status, snoozed.content["window"]["job_name"]) == (201, "Nightly")
    assert (seen.status, seen.content["window"]["kind"]) == (201, "acknowledge")
    assert [each["kind"] for each in listed.content["windows"]] == ["snooze"]
    assert ended.status == 204


async def test_everything_is_snoozed(api: Api) -> None:
    found = await api.post("/api/snooze", {"until": "2000-01-01T00:00:00Z"})
    made = await api.post("/api/snooze")

    assert (found.status, found.wrong) == (422, {"until"})
    assert made.content["window"]["job_id"] is None


async def test_a_window_is_planned(api: Api) -> None:
    made = await api.post(
        "/api/maintenance",
        {"starts_at": "2035-01-31T22:00:00Z", "ends_at": "2035-02-01T02:00:00Z"},
    )
    wrong = await api.post("/api/maintenance", {})

    assert made.content["window"]["starts_at"] == "2035-01-31T22:00:00+00:00"
    assert wrong.wrong == {"starts_at", "ends_at"}


async def test_what_changed_is_listed_page_by_page(api: Api, db: psycopg.Connection) -> None:
    [organization] = db.execute("select id from prikke.organization").fetchall()
    for host in ("a.example", "b.example", "c.example"):
        db.execute(
            "select prikke.note_transition(%s, 'host_down', null, %s)", (*organization, host)
        )

    first = await api.get("/api/transitions", limit=2)
    rest = await api.get("/api/transitions", limit=2, cursor=first.content["next_cursor"])

    hosts = [each["host"] for each in first.content["transitions"] + rest.content["transitions"]]
    assert hosts == ["c.example", "b.example", "a.example"]
    assert rest.content["next_cursor"] is None


@pytest.mark.parametrize("path", ["/api/channels/{}", "/api/maintenance/{}"])
async def test_what_does_not_exist_is_not_found(admin_api: Api, path: str) -> None:
    assert (await admin_api.delete(path.format(uuid4()))).status == 404


async def test_a_request_that_a_hook_led_to_counts_on(api: Api, db: psycopg.Connection) -> None:
    made = await api.post("/api/jobs", job())
    for hop in ("4", "many"):
        await api.post(
            f"/api/jobs/{made.content['job']['id']}/trigger", headers={"X-Prikke-Hop": hop}
        )
    await api.post("/api/send", {"url": "https://example.com/"}, headers={"X-Prikke-Hop": "2"})

    hops = db.execute("select hop from prikke.live_execution order by position").fetchall()
    assert hops == [(4,), (0,), (2,)]
    assert rows(db, "list_transitions") == []
