"""/api/subscription and /api/usage/forecast."""

from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tests import provider
from tests.conftest import Clock
from tests.factories import call, make_job
from tests.http.api import Api
from tests.provider import subscription


async def test_without_a_subscription_there_is_none(api: Api) -> None:
    found = await api.get("/api/subscription")

    assert (found.status, found.content) == (200, {"subscription": None})


async def test_the_subscription_is_shown_without_the_providers_own_matters(
    api: Api, db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute("select prikke.publish_settings(%s)", (Jsonb(provider.settings().published()),))
    call(
        db,
        "apply_subscription",
        p_subscription=subscription(
            at.now, status="cancelled", ends_at="2026-03-20T12:00:00.000000Z"
        ),
        p_organization_id=organization,
    )

    found = (await api.get("/api/subscription")).content["subscription"]

    assert (found["status"], found["pays"]) == ("cancelled", True)
    assert found["plan_ends_at"] == found["ends_at"] == "2026-03-20T12:00:00+00:00"
    assert "buyer" not in str(found)


async def test_the_forecast_tells_the_day_on_which_a_limit_is_reached(
    api: Api, db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute("""select prikke.publish_settings('{"plans": true}')""")
    make_job(db, cron="0 * * * *")
    call(db, "update_organization", limits={"executions": 100})
    at.move(minutes=30)

    found = (await api.get("/api/usage/forecast")).content["forecast"]

    assert found["limit_reached_on"] == "2026-03-06"
    assert found["executions_limit"] == 100
