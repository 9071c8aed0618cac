"""What SQL can do REST can do: each public function has a route, or a reason to have none."""

import psycopg
import pytest

from prikke.http.api.routes import OPERATIONS
from prikke.sqlfiles import read_table
from tests.http.api import Api, job
from tests.http.test_api_access import needed

# Tables of one's own are watched, and cron tables read, with rights that only a login has.
ONLY_IN_SQL = {
    "watch",
    "unwatch",
    "cancel_sends_on_delete",
    "make_watch",
    "find_watch",
    "plan_watch",
    "watch_statements",
    "forget_watch",
    "queue_watched",
    "read_cron_row",
    "import_pg_cron",
}
# It leads a person's browser on to the payment provider.
ONLY_FOR_PEOPLE = {"manage_subscription"}
# They are parts of others, here the value, or called by a route of another function.
PARTS = {
    "current_organization": "every route",
    "clock": "every route",
    "mask_headers": "every route that shows headers",
    "hides_headers": "views",
    "veil_headers": "views",
    "veil_fields": "views",
    "history_begins": "views",
    "scheduled_id": "views",
    "next_run": "describe_schedule",
    "upcoming_runs": "describe_schedule",
    "send_many": "send",
    "list_attempts": "get_execution",
    "last_runs": "list_executions",
    "count_jobs": "list_jobs",
    "describe_jobs": "describe_schedule",
}


def public_functions() -> set[str]:
    """What bound logins may call, and what members and keys are asked a right for."""
    public = {"bound_read", "bound_write", "admin", "owner", "trigger"}
    rows = read_table("grants.tsv")
    return {row["function"] for row in rows if public & set(row["roles"].split(","))}


def test_every_public_function_has_a_route_or_a_reason_to_have_none() -> None:
    routed = {operation.function for operation in OPERATIONS}

    without = public_functions() - routed - ONLY_IN_SQL - ONLY_FOR_PEOPLE - set(PARTS)

    assert without == set()


def test_no_reason_is_given_for_what_has_a_route() -> None:
    routed = {operation.function for operation in OPERATIONS}

    assert routed & (ONLY_IN_SQL | ONLY_FOR_PEOPLE | set(PARTS)) == set()
    assert ONLY_IN_SQL | ONLY_FOR_PEOPLE | set(PARTS) <= public_functions()


def test_what_routes_call_for_all_scopes_is_nothing_that_is_for_people(
    db: psycopg.Connection,
) -> None:
    scopes = {needed(db, operation.function) for operation in OPERATIONS}

    assert scopes == {"read", "write", "trigger", "admin", "owner"}


async def test_a_schedule_is_described_and_played_ahead(api: Api) -> None:
    found = await api.get(
        "/api/schedules/describe",
        cron="0 9 * * 1-5",
        timezone="Europe/Oslo",
        after="2030-01-04T12:00:00Z",
        limit=2,
    )

    assert found.content["description"].endswith("Europe/Oslo")
    assert found.content["upcoming"] == ["2030-01-07T08:00:00+00:00", "2030-01-08T08:00:00+00:00"]


async def test_a_schedule_is_tried_out_with_its_clock_changes(api: Api) -> None:
    found = await api.get(
        "/api/schedules/preview", every="12 hours", scheduled_at="2035-03-24T12:00:00Z", limit=3,
        timezone="Europe/Oslo"
    )  # fmt: skip

    [first, _, third] = found.content["previews"]
    assert first == {
        "run_at": "2035-03-24T12:00:00+00:00",
        "local_at": "2035-03-24T13:00:00",
        "words": None,
        "warning": None,
    }
    assert third["local_at"] == "2035-03-25T14:00:00"
    zones = await api.get("/api/time-zones")
    assert "Europe/Oslo" in zones.content["time_zones"]


async def test_a_request_is_tried_out(api: Api) -> None:
    sent = await api.post("/api/send/test", {"url": "https://example.com/a", "method": "PUT"})

    assert sent.status == 202
    shown = (await api.get(f"/api/executions/{sent.content['execution']['id']}")).content
    assert (shown["execution"]["kind"], shown["execution"]["max_attempts"]) == ("test", 1)
    assert shown["execution"]["method"] == "PUT"


async def test_a_job_is_counted_by_day(api: Api) -> None:
    made = await api.post("/api/jobs", job())

    found = await api.get(f"/api/jobs/{made.content['job']['id']}/statistics", days=2)

    assert [row["success"] for row in found.content["statistics"]] == [0, 0]
    assert found.content["total"]["day"] is None


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({}, {"cron"}),
        ({"cron": "61 * * * *"}, {"cron"}),
        ({"cron": "* * * * *", "timezone": "Mars/Olympus"}, {"timezone"}),
        ({"cron": "* * * * *", "limit": 100001}, {"limit"}),
        ({"cron": "* * * * *", "croon": "x"}, {"croon"}),
    ],
)
async def test_a_schedule_that_is_none_is_refused(
    api: Api, query: dict[str, object], wrong: set[str]
) -> None:
    found = await api.get("/api/schedules/describe", **query)

    assert found.status == 422
    assert found.wrong == wrong


async def test_schedules_that_many_share_are_proposed_to_be_spread(api: Api) -> None:
    for number in range(3):
        await api.post("/api/jobs", job(cron="0 * * * *", key=f"job-{number}"))

    [proposal] = (await api.get("/api/forecast/proposal")).content["proposals"]

    assert (proposal["cron"], proposal["proposed"], proposal["jobs"]) == (
        "0 * * * *",
        "H * * * *",
        3,
    )


async def test_runners_and_watches_are_listed(api: Api, db: psycopg.Connection) -> None:
    db.execute("create table orders (id integer)")
    db.execute("select prikke.watch('orders', url => 'https://example.com/orders')")

    runners = await api.get("/api/runners")
    [watch] = (await api.get("/api/watches")).content["watches"]

    assert runners.content == {"runners": []}
    assert (watch["table_name"], watch["state"]) == ("public.orders", "active")
