"""The overview and what needs attention, over the API."""

from uuid import UUID

import psycopg

from tests.factories import call, make_job
from tests.http.api import Api


async def test_the_overview_and_its_zone(
    api: Api, db: psycopg.Connection, organization: UUID
) -> None:
    make_job(db)

    found = await api.get("/api/overview", timezone="Europe/Oslo")
    refused = await api.get("/api/overview", timezone="Oslo")

    assert found.content["overview"]["active_jobs"] == 1
    assert len(found.content["overview"]["quarter_hours"]) == 96
    assert (refused.status, refused.content["errors"][0]["field"]) == (422, "timezone")


async def test_what_needs_attention_is_listed(
    api: Api, db: psycopg.Connection, organization: UUID
) -> None:
    call(db, "pause_queue", name="mail", reason="provider is down")

    found = await api.get("/api/attention", limit=5)

    assert ("paused", "mail", "resume") in [
        (row["reason"], row["name"], row["action"]) for row in found.content["attention"]
    ]
