"""/api/organization, /api/usage."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import IO, Any
from uuid import UUID

import psycopg
import pytest

from prikke.errors import Refused
from prikke.http.export import Exports
from tests.factories import make_job, make_organization, make_send, use
from tests.http.api import Api, give_key, job
from tests.http.conftest import Web
from tests.people import make_member


async def test_the_organization_is_the_keys(api: Api) -> None:
    found = await api.get("/api/organization")

    assert found.content["organization"]["slug"] == "acme"


async def test_name_and_slug_are_changed_and_the_audit_tells(admin_api: Api) -> None:
    changed = await admin_api.patch("/api/organization", {"name": "Tools", "slug": "tools"})

    assert changed.status == 200
    assert changed.content["organization"]["slug"] == "tools"
    query = {"subject_kind": "organization", "limit": 1}
    [entry] = (await admin_api.get("/api/audit", **query)).content["entries"]
    assert entry["after"] == {"name": "Tools", "slug": "tools"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"name": ""}, {"name"}),
        ({"name": None, "slug": None}, {"name", "slug"}),
        ({"slug": "No Slug"}, {"slug"}),
        ({"slug": "x" * 51}, {"slug"}),
        ({"nmae": "Tools"}, {"nmae"}),
        ({"limits": {"jobs": 1000}}, {"limits"}),
    ],
)
async def test_what_an_organization_cannot_be_is_refused(
    admin_api: Api, change: dict[str, object], wrong: set[str]
) -> None:
    refused = await admin_api.patch("/api/organization", change)

    assert refused.status == 422
    assert refused.wrong == wrong


async def test_the_tier_is_not_for_keys_to_change(admin_api: Api, db: psycopg.Connection) -> None:
    await admin_api.patch("/api/organization", {"tier": "pro"})

    assert db.execute("select tier from prikke.organization").fetchone() == ("free",)


async def test_a_slug_of_others_is_taken(admin_api: Api, db: psycopg.Connection) -> None:
    make_organization(db, "Taken")

    refused = await admin_api.patch("/api/organization", {"slug": "taken"})

    assert (refused.status, refused.code) == (409, "conflict")


async def test_it_is_deleted_once_its_slug_is_typed(
    web: Web, owner_api: Api, organization: UUID, db: psycopg.Connection
) -> None:
    make_job(db, key="nightly")
    other = Api(web, give_key(db, organization=make_organization(db)))

    missing = await owner_api.delete("/api/organization")
    mistyped = await owner_api.delete("/api/organization", confirm="amce")
    before = await owner_api.get("/api/organization")
    deleted = await owner_api.delete(
        "/api/organization", confirm="acme", headers={"Idempotency-Key": "bye"}
    )
    after = await owner_api.get("/api/organization")

    assert (missing.wrong, mistyped.wrong) == ({"confirm"}, {"confirm"})
    assert (before.status, deleted.status, after.status) == (200, 204, 401)
    assert (await other.get("/api/organization")).status == 200


async def test_an_admins_key_deletes_and_exports_nothing(admin_api: Api) -> None:
    deleted = await admin_api.delete("/api/organization", confirm="acme")
    exported = await admin_api.get("/api/organization/export")

    assert (deleted.code, exported.code) == ("scope_missing", "scope_missing")


async def test_everything_is_exported_and_nothing_that_is_sealed_or_anothers(
    owner_api: Api, organization: UUID, db: psycopg.Connection
) -> None:
    await owner_api.post("/api/jobs", job(headers={"Authorization": "Bearer hush"}))
    await owner_api.put("/api/secrets/TOKEN", {"value": "hush"})
    member = make_member(db, organization)
    for number in range(300):
        make_send(db, ref=f"order-{number}")
    use(db, make_organization(db))
    make_job(db, key="theirs")

    found = await owner_api.get("/api/organization/export")

    kinds = {row["kind"] for row in found.content["export"]}
    assert {"organization", "member", "job_definition", "live_execution", "secret"} <= kinds
    assert len(found.content["export"]) > 300
    text = json.dumps(found.content)
    assert member.email in text
    assert "hush" not in text
    assert "theirs" not in text
    assert found.headers["content-disposition"] == 'attachment; filename="prikke-export.json"'


async def test_a_process_makes_few_exports_at_once() -> None:
    exports, going_on = Exports(), asyncio.Event()

    async def rows() -> AsyncIterator[dict[str, Any]]:
        await going_on.wait()
        yield {"kind": "job", "item": {}}

    running = [asyncio.create_task(exports.document("export", rows())) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Refused) as refusal:
        await exports.document("export", rows())
    going_on.set()
    files = [await task for task in running]
    files.append(await exports.document("export", rows()))

    assert refusal.value.status == 429
    assert [read(file) for file in files] == [{"export": [{"kind": "job", "item": {}}]}] * 3


def read(file: IO[bytes]) -> Any:
    with file:
        return json.load(file)


async def test_use_is_told_by_day_and_month_beside_the_limits(
    api: Api, db: psycopg.Connection
) -> None:
    make_job(db)

    used = (await api.get("/api/usage")).content["usage"]

    assert used["jobs"] == 1
    assert used["jobs_limit"] is None
    assert used["executions"] == 0
    assert used["days"][-1]["executions"] == 0
    assert len(used["months"]) == 12
    assert used["months"][-1]["month"] == used["month"]
