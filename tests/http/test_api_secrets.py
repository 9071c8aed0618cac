"""/api/secrets."""

import psycopg
import pytest

from prikke.keyring import Keyring, Sealed, secret_purpose
from tests.http.api import Api, job
from tests.http.conftest import SECRET_KEY_BASE

VALUE = "correct horse battery staple"


async def test_a_secret_is_sealed_under_its_name_for_its_organization(
    admin_api: Api, db: psycopg.Connection
) -> None:
    stored = await admin_api.put("/api/secrets/TOKEN", {"value": VALUE})

    row = db.execute("select organization_id, keyring_id, sealed from prikke.secret").fetchone()
    assert row is not None
    keyring = Keyring.from_settings(None, SECRET_KEY_BASE)
    assert keyring.open(Sealed(row[1], row[2]), row[0], secret_purpose("TOKEN")) == VALUE
    assert stored.status == 200
    assert set(stored.content["secret"]) == {"name", "created_at", "updated_at"}


async def test_the_value_of_a_secret_is_shown_at_no_door(
    admin_api: Api, db: psycopg.Connection
) -> None:
    headers = {"Idempotency-Key": "a"}
    replies = [await admin_api.put("/api/secrets/TOKEN", {"value": VALUE}, headers=headers)]
    replies.append(await admin_api.put("/api/secrets/TOKEN", {"value": VALUE}, headers=headers))
    replies.append(await admin_api.put("/api/secrets/TOKEN", {"value": VALUE + "!"}))
    replies += [await admin_api.get(path) for path in ("/api/secrets", "/api/audit")]

    tables = [
        row[0]
        for row in db.execute(
            "select c.relname from pg_class as c where c.relnamespace = 'prikke'::regnamespace"
            " and c.relkind in ('r', 'p')"
        ).fetchall()
    ]
    stored = [
        db.execute(f"select t::text from prikke.{table} as t".encode()).fetchall()
        for table in tables
    ]
    assert replies[1].headers["idempotency-replayed"] == "true"
    assert all(reply.status == 200 for reply in replies)
    assert VALUE not in str([reply.content for reply in replies])
    assert VALUE not in str(stored)


async def test_a_secret_can_be_named_once_it_is_set_and_not_deleted_while_it_is(
    admin_api: Api,
) -> None:
    wanted = job(headers={"X-Auth": "{{secret.TOKEN}}"})
    before = await admin_api.post("/api/jobs", wanted)
    await admin_api.put("/api/secrets/TOKEN", {"value": VALUE})
    made = await admin_api.post("/api/jobs", wanted)
    used = await admin_api.delete("/api/secrets/TOKEN")
    await admin_api.delete(f"/api/jobs/{made.content['job']['id']}")
    gone = await admin_api.delete("/api/secrets/TOKEN")

    assert before.wrong == {"headers"}
    assert (used.status, used.code) == (409, "secret_in_use")
    assert gone.status == 204
    assert (await admin_api.get("/api/secrets")).content["secrets"] == []


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("TOKEN", "", {"value"}),
        ("TOKEN", None, {"value"}),
        ("TOKEN", 1, {"value"}),
        ("TOKEN", "x" * 16385, {"value"}),
        ("TOKEN", "\u20ac" * 6000, {"value"}),
        ("1TOKEN", "x", {"name"}),
        ("a-b", "x", {"name"}),
        ("x" * 101, "x", {"name"}),
    ],
)
async def test_a_secret_that_cannot_be_is_refused(
    admin_api: Api, name: str, value: object, wrong: set[str]
) -> None:
    refused = await admin_api.put(f"/api/secrets/{name}", {"value": value})

    assert refused.status == 422
    assert refused.wrong == wrong


async def test_setting_a_secret_needs_its_scope(api: Api) -> None:
    refused = await api.put("/api/secrets/TOKEN", {"value": VALUE})

    assert (refused.status, refused.code) == (403, "scope_missing")
