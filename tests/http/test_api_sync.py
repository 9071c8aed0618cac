"""PUT /api/sync and POST /api/simulate."""

from typing import Any

import pytest

from tests.http.api import Api


def declared(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "url": "https://example.com/hook", "cron": "0 3 * * *", **fields}


async def test_a_sync_makes_changes_and_deletes_what_a_list_says(api: Api) -> None:
    await api.put("/api/sync", {"jobs": [declared("a"), declared("b"), declared("c")]})

    synced = await api.put(
        "/api/sync",
        {
            "jobs": [declared("a"), declared("b", backoff="1 min"), declared("d")],
            "delete_removed": True,
        },
    )

    assert synced.status == 200
    assert [one["key"] for one in synced.content["created"]] == ["d"]
    assert [one["key"] for one in synced.content["deleted"]] == ["c"]
    assert synced.content["unchanged"] == ["a"]
    [updated] = synced.content["updated"]
    assert (updated["key"], updated["from"], updated["to"]) == (
        "b",
        {"backoff": "30 s"},
        {"backoff": "1 minute"},
    )


async def test_a_dry_run_changes_nothing(api: Api) -> None:
    synced = await api.put("/api/sync", {"jobs": [declared("a")], "dry_run": True})

    assert [one["key"] for one in synced.content["created"]] == ["a"]
    assert (await api.get("/api/jobs")).content["jobs"] == []


async def test_wrong_jobs_are_named_by_their_number_and_nothing_is_done(api: Api) -> None:
    synced = await api.put(
        "/api/sync", {"jobs": [declared("a"), declared("b", corn="x"), declared("c", cron="x")]}
    )

    assert synced.status == 422
    assert synced.wrong == {"jobs[1].corn", "jobs[2].cron"}
    assert (await api.get("/api/jobs")).content["jobs"] == []


async def test_what_was_shown_can_be_synced_back(api: Api) -> None:
    await api.put("/api/sync", {"jobs": [declared("a", headers={"X-Token": "secret"})]})
    jobs = (await api.get("/api/jobs")).content["jobs"]

    synced = await api.put("/api/sync", {"jobs": jobs})

    assert synced.content["unchanged"] == ["a"]


@pytest.mark.parametrize("body", [{}, {"jobs": {}}, {"jobs": [1]}, {"jobs": [], "dryrun": True}])
async def test_what_is_no_list_of_jobs_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert (await api.put("/api/sync", body)).status == 422


async def test_too_many_jobs_are_refused(api: Api) -> None:
    synced = await api.put("/api/sync", {"jobs": [declared("a")] * 10_001})

    assert synced.status == 413


async def test_a_schedule_is_played_before_there_is_a_job(api: Api) -> None:
    played = await api.post(
        "/api/simulate",
        {
            "cron": "*/5 * * * *",
            "since": "2030-01-01T00:00:00Z",
            "until": "2030-01-01T00:20:00Z",
            "duration": "7 minutes",
        },
    )

    assert played.status == 200
    assert len(played.content["runs"]) >= 3
    assert len({run["status"] for run in played.content["runs"]}) == 2


async def test_a_forecast_counts_the_runs_to_come(api: Api) -> None:
    await api.put("/api/sync", {"jobs": [declared("nightly", cron="*/15 * * * *")]})

    found = await api.get("/api/forecast", bucket="1 hour")

    assert found.status == 200
    assert sum(part["runs"] for part in found.content["forecast"]) == 96
    assert {part["queue"] for part in found.content["forecast"]} == {"default"}


async def test_a_forecast_of_no_length_is_refused(api: Api) -> None:
    assert (await api.get("/api/forecast", bucket="soon")).wrong == {"bucket"}


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_sync_says_what_the_next_day_becomes_also_where_nothing_is_done(
    api: Api, dry_run: bool
) -> None:
    synced = await api.put(
        "/api/sync", {"jobs": [declared("a", cron="*/15 * * * *")], "dry_run": dry_run}
    )

    assert sum(part["runs"] for part in synced.content["forecast"]) == 96
