"""/jobs/new and /jobs/{id}/edit: made, changed, checked, tried out; nothing typed is lost."""

import re
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, rows, use
from tests.http.conftest import Web
from tests.http.pages import Reader, Shown
from tests.people import session_of
from tests.sql.conftest import make_runner, runner  # noqa: F401
from tests.virtual_runner import VirtualRunner

PART = {"X-Part": "yes"}
NEW = {
    "name": "Nightly",
    "url": "https://example.com/hook",
    "method": "POST",
    "schedule": "cron",
    "cron": "0 3 * * *",
    "timezone": "Europe/Oslo",
    "enabled": "yes",
}


@pytest.fixture
def member(web: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    return Reader(web, session_of(db, organization, "member"))


def fields_of(shown: Shown) -> dict[str, str]:
    """What a form would send as it stands."""
    form = shown.text.split("data-job-form", 1)[1]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name = re.search(r' name="([^"]+)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        if name and ("checked" in tag or not re.search(r'type="(radio|checkbox)"', tag)):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.S
    ):
        found[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def errors_of(shown: Shown) -> dict[str, str]:
    """What stands at which field."""
    return {
        name: unescape(text)
        for name, text in re.findall(r'class="error" id="(\w+)-error">([^<]*)<', shown.text)
    }


def only_job(db: psycopg.Connection) -> dict[str, Any]:
    [job] = rows(db, "list_jobs")
    return job


# Made


async def test_a_job_is_made_of_what_was_filled_in(member: Reader, db: psycopg.Connection) -> None:
    blank = fields_of(await member.get("/jobs/new"))
    typed = {
        **blank,
        **NEW,
        "key": "billing.nightly",
        "headers": '{"X-A": "1"}',
        "body": '{"a": 1}',
        "timeout": "2.5",
        "max_attempts": "7",
        "backoff": "1 min",
        "catch_up": "all",
        "catch_up_window": "2 hours",
        "overlap": "queue_one",
        "queue": "reports",
        "priority": "5",
        "ordering_key": "customer 1",
        "completion": "callback",
        "expected_status": "200-204",
        "expected_body": "$.ok == true",
        "on_failure_url": "https://example.com/alarm",
    }

    made = await member.post("/jobs/new", typed)
    shown = await member.follow(made)

    job = only_job(db)
    assert made.location == f"/jobs/{job['id']}?notice=job_created"
    assert "The job was created" in shown.words
    told = {name: str(job[name]) for name in typed if name in job}
    assert told | {"backoff": "", "catch_up_window": "", "headers": ""} == {
        name: value for name, value in typed.items() if name in job
    } | {"enabled": "True", "every": "None", "scheduled_at": "None", "backoff": "",
         "catch_up_window": "", "headers": "", "expected_body": "$.ok == true",
         "content_type": "application/json", "on_success_url": "None",
         "on_recovery_url": "None"}  # fmt: skip
    assert (job["timeout_ms"], job["headers"]) == (2500, {"X-A": "1"})
    assert f"{job['backoff']} {job['catch_up_window']}" == "0:01:00 2:00:00"


@pytest.mark.parametrize(
    ("typed", "kind", "attempts", "overlap"),
    [
        ({"schedule": "every", "every": "10 minutes", "cron": "junk"}, "every", 3, "skip"),
        ({"schedule": "once", "scheduled_at": "2035-07-01T09:00"}, "once", 5, "skip"),
        ({"schedule": "manual", "cron": "junk", "every": "junk"}, "manual", 3, "allow"),
    ],
)
async def test_only_the_kind_of_schedule_chosen_counts_and_the_rest_is_as_usual(
    member: Reader,
    db: psycopg.Connection,
    typed: dict[str, str],
    kind: str,
    attempts: int,
    overlap: str,
) -> None:
    blank = fields_of(await member.get("/jobs/new"))

    await member.post("/jobs/new", {**blank, **NEW, **typed})

    job = only_job(db)
    assert (job["schedule_type"], job["max_attempts"], job["overlap"]) == (kind, attempts, overlap)
    if kind == "once":
        assert job["scheduled_at"].isoformat() == "2035-07-01T07:00:00+00:00"


async def test_a_box_that_is_not_ticked_makes_a_job_that_rests(
    member: Reader, db: psycopg.Connection
) -> None:
    await member.post("/jobs/new", {name: NEW[name] for name in NEW if name != "enabled"})

    assert only_job(db)["enabled"] is False


async def test_every_error_stands_at_its_field_and_nothing_typed_is_lost(
    member: Reader, db: psycopg.Connection
) -> None:
    typed = {
        **NEW,
        "name": "",
        "url": "ftp://example.com/<b>",
        "cron": "61 * * * *",
        "timezone": "Mars/Olympus",
        "headers": '{"a": 1',
        "timeout": "1e9",
        "priority": "high",
        "backoff": "soon",
        "max_attempts": "99",
        "queue": "no spaces",
        "expected_body": "/(/",
        "notify_after": "often",
        "body": "  kept\n as typed ",
    }

    shown = await member.post("/jobs/new", typed)

    assert shown.status == 422
    errors = errors_of(shown)
    assert set(errors) == set(typed) - {"method", "schedule", "enabled", "body"}
    assert errors["timeout"] == "Must lie between 1 and 300 seconds. 30 is usual."
    assert "line 1" in errors["headers"]
    again = fields_of(shown)
    assert {name: again[name] for name in typed} == typed
    assert "<b>" not in shown.text
    assert rows(db, "list_jobs") == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"cron": ""}, "cron"),
        ({"schedule": "every", "every": ""}, "every"),
        ({"schedule": "once", "scheduled_at": ""}, "scheduled_at"),
        ({"schedule": "once", "scheduled_at": "2020-01-01T00:00"}, "scheduled_at"),
        ({"schedule": "once", "scheduled_at": "yesterday"}, "scheduled_at"),
    ],
)
async def test_a_schedule_that_is_missing_or_past_is_no_job_on_demand(
    member: Reader, db: psycopg.Connection, typed: dict[str, str], field: str
) -> None:
    shown = await member.post("/jobs/new", {**NEW, **typed})

    assert set(errors_of(shown)) == {field}
    assert rows(db, "list_jobs") == []


async def test_a_key_that_is_taken_is_said_at_the_key(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    make_job(db, key="nightly")

    shown = await member.post("/jobs/new", {**NEW, "key": "nightly"})

    assert shown.status == 409
    assert errors_of(shown) == {"key": "Another job has this key."}


async def test_a_viewer_gets_no_form(web: Web, db: psycopg.Connection, organization: UUID) -> None:
    viewer = Reader(web, session_of(db, organization, "viewer"))
    job = make_job(db)

    for path in ("/jobs/new", f"/jobs/{job}/edit"):
        assert (await viewer.get(path)).status == 403
    for path in ("/jobs/new", f"/jobs/{job}/edit", "/jobs/check", "/jobs/test"):
        assert (await viewer.post(path, NEW)).status == 403


# Changed


@pytest.mark.parametrize(
    "fields",
    [
        {"cron": "H 3 * * *", "timezone": "Asia/Tokyo", "key": "a"},
        {"every": "90 minutes", "scheduled_at": "2035-03-01T10:00:00.5Z"},
        {"scheduled_at": "2035-10-28T00:30:07Z", "timezone": "Europe/Oslo", "body": "a\r\nb\r"},
        {
            "headers": {"Authorization": "Bearer x", "X-A": "ø"},
            "body": "\n{",
            "content_type": "text/x-own",
            "expected_status": "200-299",
            "expected_body": "/a+/",
            "ordering_key": "k",
            "completion": "callback",
            "catch_up_window": "1 day 2 hours",
            "timeout_ms": 1500,
            "on_recovery_url": "https://example.com/back",
            "enabled": False,
        },
        {
            "notify": {
                "after": 3,
                "of": 10,
                "remind_every": "4 hours",
                "recovery": False,
                "mute": True,
                "events": ["failing", "missed"],
                "quiet_hours": {"from": "22:00", "until": "07:00", "timezone": "Europe/Oslo"},
            }
        },
        {"notify": {"quiet_hours": False, "after": None}},
    ],
)
async def test_a_form_sent_back_as_it_was_shown_changes_nothing(
    member: Reader, db: psycopg.Connection, organization: UUID, fields: dict[str, Any]
) -> None:
    job = make_job(db, **fields)
    before = db.execute("select * from prikke.job_definition").fetchone()

    saved = await member.post(f"/jobs/{job}/edit", fields_of(await member.get(f"/jobs/{job}/edit")))

    assert saved.location == f"/jobs/{job}?notice=job_updated"
    assert db.execute("select * from prikke.job_definition").fetchone() == before


async def test_rules_of_notifications_are_set_and_emptied(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db)
    typed = fields_of(await member.get(f"/jobs/{job}/edit"))
    rules = {"notify_after": "2", "notify_mute": "no", "notify_quiet_hours": "no"}
    rules |= {"notify_event_failing": "yes", "notify_event_missed": "yes"}

    await member.post(f"/jobs/{job}/edit", {**typed, **rules})
    chosen = call(db, "get_job", id=job)["notify"]
    await member.post(
        f"/jobs/{job}/edit",
        {**fields_of(await member.get(f"/jobs/{job}/edit")), **dict.fromkeys(rules, "")},
    )

    assert chosen == {
        "after": 2,
        "mute": False,
        "events": ["failing", "missed"],
        "quiet_hours": False,
    }
    assert call(db, "get_job", id=job)["notify"] is None


async def test_what_is_emptied_is_empty_and_another_kind_of_schedule_replaces_the_first(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(
        db, cron="0 3 * * *", key="a", body="{}", headers={"X-A": "1"}, expected_status="200"
    )
    typed = fields_of(await member.get(f"/jobs/{job}/edit"))
    empty = dict.fromkeys(("key", "body", "headers", "expected_status", "content_type"), "")

    await member.post(
        f"/jobs/{job}/edit", {**typed, **empty, "schedule": "every", "every": "1 hour"}
    )

    row = call(db, "get_job", id=job)
    assert (row["schedule_type"], row["cron"]) == ("every", None)
    assert [row[name] for name in empty] == [None, None, {}, None, None]


async def test_a_change_of_the_body_guesses_its_type_anew_unless_one_was_chosen(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, body="{}")
    typed = fields_of(await member.get(f"/jobs/{job}/edit"))

    await member.post(f"/jobs/{job}/edit", {**typed, "body": "plain"})

    assert call(db, "get_job", id=job)["content_type"] == "text/plain; charset=utf-8"


async def test_of_two_who_edit_the_second_is_told_and_may_write_it_over(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")
    typed = {**fields_of(await member.get(f"/jobs/{job}/edit")), "name": "Mine", "headers": "{"}
    wrong = await member.post(f"/jobs/{job}/edit", typed)
    call(db, "update_job", id=job, cron="0 4 * * *")

    late = await member.post(f"/jobs/{job}/edit", {**fields_of(wrong), "headers": ""})
    unsaved = call(db, "get_job", id=job)
    over = await member.post(f"/jobs/{job}/edit", fields_of(late))

    assert (wrong.status, late.status) == (422, 412)
    assert "Meanwhile the database role postgres changed cron" in late.words
    assert unsaved["name"] != "Mine"
    assert over.status == 303
    assert call(db, "get_job", id=job)["name"] == "Mine"


# Checked


async def test_a_schedule_is_checked_while_it_is_written(
    member: Reader, db: psycopg.Connection, at: Clock
) -> None:
    at.move_to("2026-03-28T12:00:00")
    fields = {**NEW, "cron": "30 2 * * *", "name": "", "url": "", "body": '{"a"'}

    part = await member.post("/jobs/check", fields, **PART)
    whole = await member.post("/jobs/check", fields)

    for shown in (part, whole):
        assert "Daily at 02:30, Europe/Oslo" in shown.words
        assert "Next run: tomorrow at 01:00 UTC" in shown.words
        assert "Sun 29 Mar at 03:00 Europe/Oslo" in shown.words
        assert "The clock in Europe/Oslo skips 02:00 to 03:00 that day" in shown.words
    assert "<html" not in part.text
    assert fields_of(whole)["cron"] == "30 2 * * *"
    assert "The body looks like JSON but is none" in whole.words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"cron": "61 * * * *"}, "Cron: Minute: 61 is not between 0 and 59"),
        ({"cron": ""}, "Cron: Is missing"),
        ({"timezone": "Europe/Osl"}, "Did you mean Europe/Oslo"),
        ({"cron": "H 3 * * *"}, "H becomes a time of its own"),
        ({"cron": "H 3 * * *", "key": "nightly"}, "Daily at 03:"),
        ({"schedule": "every", "every": "90 s"}, "Every 90 s"),
        ({"schedule": "every", "every": "1 month"}, "no months or years"),
        ({"schedule": "once", "scheduled_at": "2035-07-01T09:00"}, "Next run: Sun 1 Jul 2035"),
        ({"schedule": "once", "scheduled_at": "2020-07-01T09:00"}, "No run lies ahead"),
        ({"schedule": "manual"}, "runs on demand"),
        ({"pick": "0 * * * *", "schedule": "manual"}, "Every hour"),
    ],
)
async def test_every_kind_of_schedule_says_what_it_means(
    member: Reader, typed: dict[str, str], words: str
) -> None:
    shown = await member.post("/jobs/check", {**NEW, **typed}, **PART)

    assert shown.status == 200
    assert words in shown.words


async def test_without_script_a_quick_pick_fills_the_field_and_keeps_the_rest(
    member: Reader,
) -> None:
    shown = await member.post("/jobs/check", {**NEW, "pick": "0 9 * * 1", "body": "kept"})

    again = fields_of(shown)
    assert (again["cron"], again["name"], again["body"]) == ("0 9 * * 1", "Nightly", "kept")
    assert "Mondays at 09:00" in shown.words


# Tried out


async def test_a_test_request_is_sent_once_and_its_answer_shown(
    member: Reader,
    db: psycopg.Connection,
    runner: VirtualRunner,  # noqa: F811
) -> None:
    sent = await member.post("/jobs/test", {**NEW, "name": "", "cron": "junk"}, **PART)
    waiting = await member.get(sent.location, **PART)
    [claim] = runner.claim()
    runner.complete(
        claim,
        response_body='{"ok":"<b>"}',
        response_headers={"X-A": "1"},
        duration_ms=84,
    )
    ended = await member.get(sent.location)

    assert sent.status == 303
    assert "Pending" in waiting.words
    assert "data-ended" not in waiting.text
    assert (claim.kind, claim.method, claim.url) == ("test", "POST", NEW["url"])
    assert "200 OK after 84 ms" in ended.words
    assert '"ok": "<b>"' in ended.words
    assert "<b>" not in ended.text
    assert rows(db, "list_jobs") == []


async def test_a_test_of_a_job_sends_the_values_behind_its_masks(
    member: Reader,
    db: psycopg.Connection,
    runner: VirtualRunner,  # noqa: F811
) -> None:
    job = make_job(db, headers={"Authorization": "Bearer x"})
    typed = fields_of(await member.get(f"/jobs/{job}/edit"))

    await member.post("/jobs/test", typed, **PART)

    [claim] = runner.claim()
    assert "Bearer x" not in str(typed)
    assert claim.headers == {"Authorization": "Bearer x"}


async def test_without_script_the_form_stays_and_links_to_the_answer(member: Reader) -> None:
    shown = await member.post("/jobs/test", NEW)
    link = re.search(r'href="(/jobs/tests/[^"]+)"', shown.text)

    assert link is not None
    assert fields_of(shown)["name"] == "Nightly"
    answer = await member.get(link[1])
    assert "Look again" in answer.words


async def test_a_test_that_cannot_be_sent_says_why(member: Reader) -> None:
    typed = {**NEW, "url": "http://localhost/", "headers": "[]", "timeout": "0"}

    part = await member.post("/jobs/test", typed, **PART)
    whole = await member.post("/jobs/test", typed)

    assert part.status == 422
    assert set(errors_of(whole)) == {"url", "headers", "timeout"}
    for name in ("Url:", "Headers:", "Timeout:"):
        assert name in part.words


async def test_a_test_too_many_says_so_and_nothing_typed_is_lost(
    member: Reader, db: psycopg.Connection
) -> None:
    db.execute("update prikke.setting set value = '{\"tests_per_hour\": 1}' where name = 'limits'")
    await member.post("/jobs/test", NEW)

    part = await member.post("/jobs/test", NEW, **PART)
    whole = await member.post("/jobs/test", NEW)

    for shown in (part, whole):
        assert shown.status == 429
        assert "tries requests out at most 1 times an hour" in shown.words
    assert f'value="{NEW["name"]}"' in whole.text


async def test_nothing_of_another_organization_is_lent_to_a_test_or_a_check(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    use(db, make_organization(db))
    foreign = make_job(db, headers={"Authorization": "Bearer x"})

    for job in (str(foreign), str(uuid4()), "junk"):
        assert (await member.post("/jobs/test", {**NEW, "id": job})).status == 404
        assert (await member.post("/jobs/check", {**NEW, "id": job})).status == 404
    assert (await member.get(f"/jobs/tests/{uuid4()}")).status == 404
