"""/api/keys, /api/signing-secret, /api/audit."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from prikke.config import Settings
from prikke.errors import ConfigurationError
from prikke.http.app import create_app
from tests.factories import make_organization, use
from tests.http.api import Api, give_key, job
from tests.http.conftest import Serve, Web

SECRET = {"secret_key_base": "tests-only-" + "x" * 32}


# Keys


async def test_a_key_is_shown_whole_once_and_works_at_once(admin_api: Api) -> None:
    made = await admin_api.post("/api/keys", {"name": "ci", "scopes": ["write"]})

    assert made.status == 201
    secret = made.content["secret"]
    assert secret.startswith(made.content["key"]["public_id"] + ".sk_live_")
    listed = await admin_api.get("/api/keys")
    assert secret.split(".")[1] not in str(listed.content)
    assert (await Api(admin_api.web, secret).post("/api/jobs", job())).status == 201


async def test_a_revoked_key_is_refused_at_once(admin_api: Api) -> None:
    made = await admin_api.post("/api/keys", {"name": "ci", "scopes": ["read"]})
    other = Api(admin_api.web, made.content["secret"])

    before = await other.get("/api/jobs")
    revoked = await admin_api.delete(f"/api/keys/{made.content['key']['id']}")
    after = await other.get("/api/jobs")

    assert (before.status, revoked.status, after.status) == (200, 204, 401)
    assert (await admin_api.delete(f"/api/keys/{made.content['key']['id']}")).status == 404


async def test_an_expired_key_is_refused(admin_api: Api, db: psycopg.Connection) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    made = await admin_api.post("/api/keys", {"name": "ci", "expires_at": soon})
    db.execute("update prikke.api_key set expires_at = prikke.clock() where name = 'ci'")

    refused = await Api(admin_api.web, made.content["secret"]).get("/api/jobs")

    assert refused.status == 401


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ({"name": "", "scopes": ["read"]}, {"name"}),
        ({"name": "ci", "scopes": []}, {"scopes"}),
        ({"name": "ci", "scopes": ["root"]}, {"scopes"}),
        ({"name": "ci", "scopes": "read"}, {"scopes"}),
        ({"name": "ci", "expires_at": "2001-01-01T00:00:00Z"}, {"expires_at"}),
        ({"name": "ci", "expires_at": "2001-01-01T00:00:00"}, {"expires_at"}),
    ],
)
async def test_a_key_that_cannot_be_is_refused(
    admin_api: Api, key: dict[str, object], fields: set[str]
) -> None:
    assert (await admin_api.post("/api/keys", key)).wrong == fields


async def test_the_last_use_of_a_key_is_noted_seldom_and_waits_for_nobody(
    api: Api, db: psycopg.Connection, open_row: psycopg.Connection
) -> None:
    assert (await api.get("/api/jobs")).status == 200
    assert used(db) is None

    open_row.rollback()
    await api.get("/api/jobs")
    first = used(db)
    await api.get("/api/jobs")

    assert first is not None
    assert used(db) == first


@pytest.fixture
def open_row(api: Api, dsn: str) -> Iterator[psycopg.Connection]:
    """A transaction that holds the row of the key."""
    with psycopg.connect(dsn) as conn:
        conn.execute("select from prikke.api_key for update")
        yield conn


def used(db: psycopg.Connection) -> datetime | None:
    row = db.execute("select last_used_at from prikke.api_key").fetchone()
    assert row is not None
    at: datetime | None = row[0]
    return at


async def test_no_secret_is_in_the_database_or_its_audit(
    admin_api: Api, db: psycopg.Connection
) -> None:
    made = await admin_api.post("/api/keys", {"name": "ci"}, headers={"Idempotency-Key": "a"})

    secret = made.content["secret"].split(".")[1]
    everything = [
        row
        for table in ("api_key", "audit_entry", "idempotency_key")
        for row in db.execute(f"select t::text from prikke.{table} as t".encode()).fetchall()
    ]
    assert len(everything) > 3
    assert secret not in str(everything)
    assert "secret_hash" not in str(db.execute("select after from prikke.audit").fetchall())


async def test_a_repeat_of_making_a_key_does_not_show_the_secret_again(admin_api: Api) -> None:
    first = await admin_api.post("/api/keys", {"name": "ci"}, headers={"Idempotency-Key": "a"})

    again = await admin_api.post("/api/keys", {"name": "ci"}, headers={"Idempotency-Key": "a"})

    assert again.status == 201
    assert again.content["key"]["id"] == first.content["key"]["id"]
    assert again.content["secret_shown_before"] is True
    assert "secret" not in again.content


async def test_only_owners_make_keys_for_owners(
    admin_api: Api, owner_api: Api, db: psycopg.Connection
) -> None:
    wanted = {"name": "everything", "scopes": ["owner"]}

    refused = await admin_api.post("/api/keys", wanted)
    made = await owner_api.post("/api/keys", wanted)

    assert (refused.status, refused.code) == (403, "scope_missing")
    assert made.content["key"]["scopes"] == ["owner"]


# Signing secrets


@pytest.fixture
def organization_key(organization: UUID, db: psycopg.Connection) -> str:
    return give_key(db, "admin", "write")


async def test_the_signing_secret_is_made_revealed_rotated_and_ended_early(
    serve: Serve, organization_key: str
) -> None:
    async with serve(**SECRET) as web:
        api = Api(web, organization_key)
        first = (await api.get("/api/signing-secret")).content["signing_secrets"]
        again = (await api.get("/api/signing-secret")).content["signing_secrets"]
        rotated = await api.post("/api/signing-secret/rotate", {"overlap": "1 hour"})
        old = rotated.content["signing_secrets"][1]
        ended = await api.delete(f"/api/signing-secret/{old['id']}")
        left = (await api.get("/api/signing-secret")).content["signing_secrets"]
        current = await api.delete(f"/api/signing-secret/{left[0]['id']}")

    assert first == again
    assert first[0]["secret"].startswith("whsec_")
    assert len({one["secret"] for one in rotated.content["signing_secrets"]}) == 2
    assert old["secret"] == first[0]["secret"]
    assert old["expires_at"] is not None
    assert ended.status == 204
    assert [one["id"] for one in left] == [rotated.content["signing_secrets"][0]["id"]]
    assert current.status == 409


async def test_a_repeated_rotation_rotates_once_and_shows_no_secret(
    serve: Serve, organization_key: str, db: psycopg.Connection
) -> None:
    async with serve(**SECRET) as web:
        api = Api(web, organization_key)
        for _ in range(2):
            again = await api.post(
                "/api/signing-secret/rotate", headers={"Idempotency-Key": "rotate"}
            )

    assert again.content["secret_shown_before"] is True
    assert "whsec_" not in str(again.content)
    assert db.execute("select count(*) from prikke.signing_secret").fetchone() == (2,)


async def test_without_a_keyring_no_secret_is_revealed_or_set(
    serve: Serve, organization_key: str
) -> None:
    async with serve() as web:
        api = Api(web, organization_key)
        shown = await api.get("/api/signing-secret")
        stored = await api.put("/api/secrets/TOKEN", {"value": "x"})

    assert (shown.status, stored.status) == (503, 503)
    assert shown.code == "unavailable"
    assert "SECRET_KEY_BASE" in shown.content["detail"]


async def test_a_process_with_another_keyring_does_not_start(web: Web, dsn: str) -> None:
    app = create_app(Settings(database_url=dsn, secret_key_base="another-one-" + "y" * 32))

    with pytest.raises(ConfigurationError, match="sealed with another key"):
        async with app.router.lifespan_context(app):
            raise AssertionError("it started")


# The audit


async def test_the_audit_tells_who_did_what_from_where_and_takes_it_back(api: Api) -> None:
    made = await api.post("/api/jobs", job())
    await api.patch(f"/api/jobs/{made.content['job']['id']}", {"cron": "0 4 * * *"})

    listed = await api.get("/api/audit", subject_kind="job", limit=1)
    [entry] = listed.content["entries"]
    reverted = await api.post(f"/api/audit/{entry['id']}/revert")

    assert entry["actor_kind"] == "key"
    assert entry["source"] == "api 127.0.0.1"
    assert (entry["before"], entry["after"]) == ({"cron": "0 3 * * *"}, {"cron": "0 4 * * *"})
    assert listed.content["next_cursor"] == entry["id"]
    assert reverted.content["entry"]["after"] == {"cron": "0 3 * * *"}


async def test_keys_of_another_organization_are_nobodys_business(
    web: Web, organization: UUID, db: psycopg.Connection
) -> None:
    mine = Api(web, give_key(db, "admin", "read"))
    other = make_organization(db)
    theirs = give_key(db, "admin", organization=other)
    use(db, other)
    row = db.execute("select id from prikke.key").fetchone()

    assert row is not None
    assert (await mine.delete(f"/api/keys/{row[0]}")).status == 404
    assert len((await mine.get("/api/keys")).content["keys"]) == 1
    assert (await Api(web, theirs).get("/api/keys")).status == 403
