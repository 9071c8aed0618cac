"""/api/queues, /api/ordering-keys and /api/breaker-events."""

import psycopg

from tests.factories import make_send
from tests.http.api import Api


async def test_limits_of_a_queue_are_set_and_taken_away(api: Api) -> None:
    made = await api.put("/api/queues/mail", {"max_running": 5, "rate": 10, "rate_period": "1 s"})

    changed = await api.put("/api/queues/mail", {"max_running": None})

    assert made.status == 200
    assert made.content["queue"]["rate_period"] == "1 s"
    assert changed.content["queue"]["max_running"] is None
    assert changed.content["queue"]["rate"] == 10


async def test_a_paused_queue_says_who_and_why_and_how_much_waits(
    api: Api, db: psycopg.Connection
) -> None:
    make_send(db, queue="mail")

    paused = await api.post("/api/queues/mail/pause", {"reason": "provider is down"})
    listed = await api.get("/api/queues")
    resumed = await api.post("/api/queues/mail/resume")

    assert paused.content["queue"]["paused_by"].startswith("key:")
    [mail] = [one for one in listed.content["queues"] if one["name"] == "mail"]
    assert (mail["paused"], mail["pause_reason"], mail["due"]) == (True, "provider is down", 1)
    assert resumed.content["queue"]["paused"] is False


async def test_a_name_that_is_none_is_refused(api: Api) -> None:
    made = await api.put("/api/queues/no%20name", {"max_running": 5})

    assert made.status == 422
    assert made.wrong == {"name"}


async def test_a_queue_without_settings_cannot_be_resumed(api: Api) -> None:
    assert (await api.post("/api/queues/unknown/resume")).status == 404


async def test_a_key_that_did_not_stop_need_not_go_on(api: Api) -> None:
    found = await api.post("/api/ordering-keys/customer-42/continue")

    assert found.content == {"continued": False}


async def test_changes_of_breakers_are_listed_by_host_and_page_by_page(
    api: Api, db: psycopg.Connection
) -> None:
    for host in ("a.example", "b.example", "a.example"):
        db.execute(
            "insert into prikke.breaker_event (organization_id, host, state, failures, at)"
            " select prikke.current_organization(), %s, 'open', 10, prikke.clock()",
            (host,),
        )

    first = await api.get("/api/breaker-events", host="a.example", limit=1)
    rest = await api.get(
        "/api/breaker-events", host="a.example", limit=2, cursor=first.content["next_cursor"]
    )

    [newest], [oldest] = first.content["breaker_events"], rest.content["breaker_events"]
    assert newest["host"] == oldest["host"] == "a.example"
    assert newest["position"] > oldest["position"]
    assert rest.content["next_cursor"] is None
