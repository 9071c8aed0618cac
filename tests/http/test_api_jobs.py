"""/api/jobs: made, shown, listed, changed, deleted, run."""

from uuid import UUID

import psycopg
import pytest

from tests.factories import make_job
from tests.http.api import Api, job

MISSING = "01980000-0000-7000-8000-000000000000"


# Made


async def test_a_job_is_made_and_shown_with_what_it_came_from(api: Api) -> None:
    made = await api.post("/api/jobs", job(key="nightly", timezone="Europe/Oslo"))

    assert made.status == 201
    assert made.content["job"]["schedule_type"] == "cron"
    assert made.content["job"]["backoff"] == "30 s"
    assert made.content["changes"]["from"] is None
    assert made.content["changes"]["to"]["cron"] == "0 3 * * *"
    assert made.headers["etag"] == '"1"'
    shown = await api.get(f"/api/jobs/{made.content['job']['id']}")
    assert shown.content["job"] == made.content["job"]


async def test_every_wrong_field_is_named_whoever_finds_it(api: Api) -> None:
    made = await api.post(
        "/api/jobs", {"name": 3, "urll": "https://example.com", "priority": 1000, "every": "soon"}
    )

    assert made.status == 422
    assert made.code == "invalid"
    assert made.wrong == {"name", "urll", "every", "url", "priority"}
    [unknown] = [error for error in made.content["errors"] if error["field"] == "urll"]
    assert unknown["hint"] == "Did you mean url?"


async def test_nothing_of_a_refused_job_stays(api: Api) -> None:
    await api.post("/api/jobs", job(surprise=True))

    assert (await api.get("/api/jobs")).content["jobs"] == []


async def test_a_known_key_is_refused_with_the_id_of_the_job_that_has_it(api: Api) -> None:
    first = await api.post("/api/jobs", job(key="nightly"))

    second = await api.post("/api/jobs", job(key="nightly"))

    assert second.status == 409
    assert second.code == "key_taken"
    assert second.content["id"] == first.content["job"]["id"]


@pytest.mark.parametrize(
    ("schedule", "kind"),
    [
        ({"cron": "H 3 * * *"}, "cron"),
        ({"cron": None, "every": "1 hour 30 minutes"}, "every"),
        ({"cron": None, "scheduled_at": "2035-07-01T09:00:00+02:00"}, "once"),
        ({"cron": None}, "manual"),
    ],
)
async def test_the_kind_of_schedule_follows_from_the_field_given(
    api: Api, schedule: dict[str, str], kind: str
) -> None:
    made = await api.post("/api/jobs", job(**schedule))

    assert made.content["job"]["schedule_type"] == kind


async def test_lengths_come_back_as_text_that_can_be_sent_again(api: Api) -> None:
    made = await api.post(
        "/api/jobs", job(cron=None, every="PT90M", backoff="00:00:45", catch_up_window="2 d")
    )

    assert made.content["job"]["every"] == "1 hour 30 minutes"
    assert made.content["job"]["backoff"] == "45 s"
    assert made.content["job"]["catch_up_window"] == "2 days"


async def test_a_time_without_offset_is_one_in_the_jobs_time_zone(api: Api) -> None:
    made = await api.post(
        "/api/jobs",
        job(cron=None, scheduled_at="2035-07-01T09:00", timezone="Europe/Oslo"),
    )

    assert made.content["job"]["scheduled_at"] == "2035-07-01T07:00:00+00:00"


async def test_a_change_reads_a_local_time_in_the_zone_that_the_job_has(api: Api) -> None:
    made = await api.post("/api/jobs", job(timezone="Europe/Oslo"))

    changed = await api.patch(
        f"/api/jobs/{made.content['job']['id']}", {"scheduled_at": "2035-01-01T09:00:00"}
    )

    assert changed.content["job"]["scheduled_at"] == "2035-01-01T08:00:00+00:00"


async def test_a_time_that_never_is_is_wrong(api: Api) -> None:
    made = await api.post("/api/jobs", job(cron=None, scheduled_at="2035-02-30T09:00"))

    assert made.status == 422
    assert made.wrong == {"scheduled_at"}


async def test_credentials_in_headers_are_masked_and_the_mask_means_unchanged(
    api: Api, db: psycopg.Connection
) -> None:
    made = await api.post("/api/jobs", job(headers={"Authorization": "Bearer x", "X-A": "1"}))
    headers = made.content["job"]["headers"]

    changed = await api.patch(f"/api/jobs/{made.content['job']['id']}", {"headers": headers})

    assert headers == {"Authorization": "••••••", "X-A": "1"}
    assert changed.status == 200
    assert "Bearer x" in str(db.execute("select headers from prikke.job_definition").fetchone())


# By key


async def test_a_put_makes_the_job_and_then_changes_it(api: Api) -> None:
    declared = {"url": "https://example.com/a", "cron": "0 3 * * *"}

    first = await api.put("/api/jobs/key/nightly", declared)
    again = await api.put("/api/jobs/key/nightly", declared)
    other = await api.put("/api/jobs/key/nightly", {**declared, "backoff": "1 min"})

    assert (first.status, again.status, other.status) == (201, 200, 200)
    assert first.content["changes"]["from"] is None
    assert again.content["changes"] == {"from": {}, "to": {}}
    assert other.content["changes"] == {"from": {"backoff": "30 s"}, "to": {"backoff": "1 minute"}}
    shown = await api.get("/api/jobs/key/nightly")
    assert shown.content["job"] == other.content["job"]


async def test_what_was_shown_can_be_put_back(api: Api) -> None:
    await api.put("/api/jobs/key/nightly", job(headers={"X-Token": "secret"}, every=None))
    shown = await api.get("/api/jobs/key/nightly")

    again = await api.put("/api/jobs/key/nightly", shown.content["job"])

    assert again.status == 200
    assert again.content["changes"] == {"from": {}, "to": {}}


async def test_a_put_names_every_wrong_field(api: Api) -> None:
    put = await api.put("/api/jobs/key/nightly", {"cron": "61 * * * *", "surprise": 1})

    assert put.status == 422
    assert put.wrong == {"cron", "surprise", "url"}


async def test_a_put_against_another_version_changes_nothing(api: Api) -> None:
    await api.put("/api/jobs/key/nightly", job())

    put = await api.put("/api/jobs/key/nightly", job(cron="0 4 * * *"), headers={"If-Match": '"7"'})

    assert put.status == 412
    assert (await api.get("/api/jobs/key/nightly")).content["job"]["cron"] == "0 3 * * *"


# Changed


async def test_a_change_says_what_changed_and_null_empties(api: Api) -> None:
    made = await api.post("/api/jobs", job(body="x", key="nightly"))

    changed = await api.patch(
        f"/api/jobs/{made.content['job']['id']}", {"cron": "0 4 * * *", "body": None, "key": None}
    )

    assert changed.status == 200
    assert changed.headers["etag"] == '"2"'
    assert changed.content["changes"]["from"] == {
        "cron": "0 3 * * *",
        "body": "x",
        "key": "nightly",
        "content_type": "text/plain; charset=utf-8",
    }
    assert changed.content["job"]["body"] is None
    assert changed.content["job"]["key"] is None


async def test_a_change_that_changes_nothing_makes_no_version(api: Api) -> None:
    made = await api.post("/api/jobs", job())

    changed = await api.patch(f"/api/jobs/{made.content['job']['id']}", {"cron": "0 3 * * *"})

    assert changed.content["changes"] == {"from": {}, "to": {}}
    assert changed.content["job"]["version"] == 1


async def test_two_editors_do_not_overwrite_each_other(api: Api) -> None:
    made = await api.post("/api/jobs", job())
    path, tag = f"/api/jobs/{made.content['job']['id']}", made.headers["etag"]

    first = await api.patch(path, {"cron": "0 4 * * *"}, headers={"If-Match": tag})
    second = await api.patch(path, {"cron": "0 5 * * *"}, headers={"If-Match": tag})

    assert first.status == 200
    assert second.status == 412
    assert second.code == "version_conflict"


async def test_a_field_that_must_be_cannot_be_emptied(api: Api) -> None:
    made = await api.post("/api/jobs", job())

    changed = await api.patch(f"/api/jobs/{made.content['job']['id']}", {"timezone": None})

    assert changed.status == 422


# Paused, run, deleted


async def test_a_paused_job_says_who_and_why(api: Api) -> None:
    made = await api.post("/api/jobs", job())
    path = f"/api/jobs/{made.content['job']['id']}"

    paused = await api.post(f"{path}/pause", {"reason": "maintenance"})
    resumed = await api.post(f"{path}/resume")

    assert paused.content["job"]["enabled"] is False
    assert paused.content["job"]["paused_by"].startswith("key:")
    assert paused.content["job"]["pause_reason"] == "maintenance"
    assert resumed.content["job"]["enabled"] is True


async def test_a_triggered_job_answers_with_its_execution(api: Api) -> None:
    made = await api.post("/api/jobs", job())

    triggered = await api.post(f"/api/jobs/{made.content['job']['id']}/trigger")

    assert triggered.status == 202
    assert triggered.content["execution"]["kind"] == "manual"
    assert triggered.content["execution"]["status"] == "pending"


async def test_a_deleted_job_is_gone_until_it_is_restored(api: Api) -> None:
    made = await api.post("/api/jobs", job(key="nightly"))
    path = f"/api/jobs/{made.content['job']['id']}"

    deleted = await api.delete(path)
    missing = await api.get(path)
    restored = await api.post(f"{path}/restore")

    assert (deleted.status, deleted.content) == (204, None)
    assert missing.status == 404
    assert restored.content["job"]["key"] == "nightly"


async def test_a_job_at_another_version_is_not_deleted(api: Api) -> None:
    made = await api.post("/api/jobs", job())
    path = f"/api/jobs/{made.content['job']['id']}"

    deleted = await api.delete(path, headers={"If-Match": '"9"'})

    assert deleted.status == 412
    assert (await api.get(path)).status == 200


async def test_a_copy_is_disabled_and_has_no_key(api: Api) -> None:
    made = await api.post("/api/jobs", job(key="nightly"))

    copy = await api.post(f"/api/jobs/{made.content['job']['id']}/duplicate", {"name": "Other"})

    assert copy.status == 201
    assert (copy.content["job"]["name"], copy.content["job"]["key"]) == ("Other", None)
    assert copy.content["job"]["enabled"] is False


# Shown


async def test_jobs_are_listed_page_by_page(api: Api, db: psycopg.Connection) -> None:
    for number in range(5):
        make_job(db, name=f"Job {number}")

    first = await api.get("/api/jobs", limit=2)
    second = await api.get("/api/jobs", limit=2, cursor=first.content["next_cursor"])
    third = await api.get("/api/jobs", limit=2, cursor=second.content["next_cursor"])

    names = [one["name"] for page in (first, second, third) for one in page.content["jobs"]]
    assert names == [f"Job {number}" for number in range(5)]
    assert third.content["next_cursor"] is None


async def test_jobs_are_searched_and_filtered(api: Api, db: psycopg.Connection) -> None:
    make_job(db, name="Billing", enabled=False)
    make_job(db, name="Reports")

    found = await api.get("/api/jobs", search="bill", status="disabled", sort="created")

    assert [one["name"] for one in found.content["jobs"]] == ["Billing"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 1001},
        {"limit": "many"},
        {"cursor": MISSING},
        {"cursor": "x"},
        {"sort": "luck"},
        {"serach": "x"},
    ],
)
async def test_a_wrong_query_is_refused_with_the_name_of_the_parameter(
    api: Api, query: dict[str, str]
) -> None:
    found = await api.get("/api/jobs", **query)

    assert found.status == 422
    assert found.wrong == set(query)


async def test_upcoming_runs_follow_one_another(api: Api) -> None:
    made = await api.post("/api/jobs", job(cron=None, every="1 hour"))

    found = await api.get(f"/api/jobs/{made.content['job']['id']}/upcoming", limit=3)

    assert len(found.content["upcoming"]) == 3
    assert found.content["upcoming"][0] == made.content["job"]["next_run_at"]
    assert found.content["upcoming"] == sorted(set(found.content["upcoming"]))


async def test_why_says_what_a_job_waits_for(api: Api) -> None:
    made = await api.post("/api/jobs", job())

    found = await api.get(f"/api/jobs/{made.content['job']['id']}/why")

    assert found.content["why"][0]["reason"] == "not_due"


async def test_versions_tell_who_changed_what(api: Api) -> None:
    made = await api.post("/api/jobs", job())
    path = f"/api/jobs/{made.content['job']['id']}"
    await api.patch(path, {"backoff": "1 minute"})

    found = await api.get(f"{path}/versions")

    assert [one["version"] for one in found.content["versions"]] == [2, 1]
    assert found.content["versions"][0]["actor"].startswith("key:")
    assert found.content["versions"][0]["changes"] == {
        "from": {"backoff": "30 s"},
        "to": {"backoff": "1 minute"},
    }


async def test_executions_of_a_job_are_its_own(
    api: Api, db: psycopg.Connection, organization: UUID
) -> None:
    mine, other = make_job(db), make_job(db)
    for one in (mine, other, mine):
        await api.post(f"/api/jobs/{one}/trigger")

    found = await api.get(f"/api/jobs/{mine}/executions", status="pending")

    assert [one["job_id"] for one in found.content["executions"]] == [str(mine)] * 2
    assert (await api.get(f"/api/jobs/{MISSING}/executions")).status == 404


@pytest.mark.parametrize(
    "expected", ["/(/", "/a{2000}/", r"/(a)\1/", "/(?=x)/", "$.a[ == 1", '$.a == "', "/[z-a]/"]
)
async def test_an_expectation_that_no_answer_can_meet_is_refused_wherever_it_is_saved(
    api: Api, expected: str
) -> None:
    made = (await api.post("/api/jobs", job(key="made"))).content["job"]
    wanted = {"url": "https://example.com/hook", "expected_body": expected}

    refused = [
        (await api.post("/api/jobs", job(expected_body=expected))).wrong,
        (await api.patch(f"/api/jobs/{made['id']}", {"expected_body": expected})).wrong,
        (await api.put("/api/jobs/key/made", wanted)).wrong,
        (await api.post("/api/send", wanted)).wrong,
        (await api.post("/api/send", [wanted])).wrong,
        (await api.put("/api/sync", {"jobs": [{"key": "new", **wanted}, {"key": 1}]})).wrong,
    ]

    assert refused[:4] == [{"expected_body"}] * 4
    assert refused[4] == {"sends[0].expected_body"}
    assert refused[5] >= {"jobs[0].expected_body", "jobs[1].key"}


@pytest.mark.parametrize("expected", ["/^ok$/", "ok", "$.done == true", "/", "//"])
async def test_an_expectation_that_can_be_met_is_saved(api: Api, expected: str) -> None:
    made = await api.post("/api/jobs", job(expected_body=expected))

    assert made.content["job"]["expected_body"] == expected
