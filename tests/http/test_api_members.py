"""/api/members, /api/invitations."""

from uuid import UUID

import psycopg
import pytest

from prikke.http.api.fields import SOME_ID
from tests.http.api import Api, give_key
from tests.http.conftest import Web
from tests.people import act, make_member, sign_in


async def test_members_are_listed_owners_first(
    api: Api, organization: UUID, db: psycopg.Connection
) -> None:
    viewer = make_member(db, organization, "viewer")
    owner = make_member(db, organization, "owner")

    found = await api.get("/api/members")

    assert [(each["user_id"], each["role"]) for each in found.content["members"]] == [
        (str(owner.id), "owner"),
        (str(viewer.id), "viewer"),
    ]
    assert found.content["members"][0]["email"] == owner.email


async def test_a_member_gets_another_role_and_the_audit_says_who_gave_it(
    admin_api: Api, organization: UUID, db: psycopg.Connection
) -> None:
    member = make_member(db, organization, "viewer")

    changed = await admin_api.patch(f"/api/members/{member.id}", {"role": "admin"})

    assert changed.content["member"]["role"] == "admin"
    [entry] = (await admin_api.get("/api/audit", subject_kind="member", limit=1)).content["entries"]
    assert (entry["before"], entry["after"]) == ({"role": "viewer"}, {"role": "admin"})
    assert entry["actor_kind"] == "key"


async def test_a_removed_member_is_gone_at_once(
    admin_api: Api, organization: UUID, db: psycopg.Connection
) -> None:
    member = make_member(db, organization)

    removed = await admin_api.delete(f"/api/members/{member.id}")
    again = await admin_api.delete(f"/api/members/{member.id}")

    assert (removed.status, again.status) == (204, 404)
    assert (await admin_api.get("/api/members")).content["members"] == []


async def test_only_a_key_for_owners_makes_and_unmakes_owners(
    admin_api: Api, owner_api: Api, organization: UUID, db: psycopg.Connection
) -> None:
    owner = make_member(db, organization, "owner")
    member = make_member(db, organization)

    refused = [
        await admin_api.patch(f"/api/members/{member.id}", {"role": "owner"}),
        await admin_api.patch(f"/api/members/{owner.id}", {"role": "viewer"}),
        await admin_api.delete(f"/api/members/{owner.id}"),
    ]
    last = await owner_api.delete(f"/api/members/{owner.id}")
    made = await owner_api.patch(f"/api/members/{member.id}", {"role": "owner"})
    gone = await owner_api.delete(f"/api/members/{owner.id}")

    assert {(each.status, each.code) for each in refused} == {(403, "scope_missing")}
    assert (last.status, last.code) == (409, "last_owner")
    assert (made.status, gone.status) == (200, 204)


async def test_a_program_hands_the_organization_over_for_the_owner_it_names(
    owner_api: Api, organization: UUID, db: psycopg.Connection
) -> None:
    owner = make_member(db, organization, "owner")
    heir = make_member(db, organization)

    unnamed = await owner_api.post("/api/organization/transfer", {"user_id": str(heir.id)})
    done = await owner_api.post(
        "/api/organization/transfer", {"user_id": str(heir.id), "from_user_id": str(owner.id)}
    )

    assert (unnamed.status, unnamed.wrong) == (422, {"from_user_id"})
    assert [(each["email"], each["role"]) for each in done.content["members"]] == [
        (heir.email, "owner"),
        (owner.email, "admin"),
    ]


async def test_a_key_that_an_owner_made_hands_over_for_them(
    web: Web, organization: UUID, db: psycopg.Connection
) -> None:
    owner = make_member(db, organization, "owner")
    heir = make_member(db, organization)
    act(db, owner)
    api = Api(web, give_key(db, "read", "owner"))

    done = await api.post("/api/organization/transfer", {"user_id": str(heir.id)})
    again = await api.post("/api/organization/transfer", {"user_id": str(owner.id)})

    assert {each["email"]: each["role"] for each in done.content["members"]} == {
        heir.email: "owner",
        owner.email: "admin",
    }
    assert (again.status, again.wrong) == (422, {"from_user_id"})


@pytest.mark.parametrize(
    ("to", "by", "status", "wrong"),
    [
        ("owner", "owner", 422, {"user_id"}),
        ("member", "member", 422, {"user_id"}),
        ("member", "admin", 422, {"from_user_id"}),
        ("nobody", "owner", 404, set()),
        ("member", "nobody", 422, {"from_user_id"}),
    ],
)
async def test_only_an_owner_hands_over_and_only_to_another_member(
    owner_api: Api,
    organization: UUID,
    db: psycopg.Connection,
    to: str,
    by: str,
    status: int,
    wrong: set[str],
) -> None:
    people = {
        role: str(make_member(db, organization, role).id) for role in ("owner", "admin", "member")
    } | {"nobody": SOME_ID}

    refused = await owner_api.post(
        "/api/organization/transfer", {"user_id": people[to], "from_user_id": people[by]}
    )

    assert (refused.status, refused.wrong) == (status, wrong)
    members = (await owner_api.get("/api/members")).content["members"]
    assert {each["user_id"]: each["role"] for each in members} == {
        people[role]: role for role in ("owner", "admin", "member")
    }


@pytest.mark.parametrize("role", ["root", "", None, 1])
async def test_a_role_that_is_none_is_refused(
    admin_api: Api, organization: UUID, db: psycopg.Connection, role: object
) -> None:
    member = make_member(db, organization)

    refused = await admin_api.patch(f"/api/members/{member.id}", {"role": role})

    assert refused.status == 422
    assert refused.wrong == {"role"}


async def test_who_is_invited_by_a_program_joins_by_signing_in(
    admin_api: Api, organization: UUID, db: psycopg.Connection
) -> None:
    made = await admin_api.post("/api/invitations", {"email": "Bob@Example.com"})

    bob = sign_in(db, "bob@example.com")
    act(db, bob)
    db.execute("select prikke.accept_invitation(%s)", (made.content["invitation"]["id"],))

    assert made.status == 201
    assert made.content["invitation"]["role"] == "member"
    members = (await admin_api.get("/api/members")).content["members"]
    assert [each["email"] for each in members] == ["bob@example.com"]
    assert (await admin_api.get("/api/invitations")).content["invitations"] == []


async def test_an_invitation_is_listed_and_withdrawn(admin_api: Api) -> None:
    made = await admin_api.post("/api/invitations", {"email": "bob@example.com", "role": "viewer"})
    listed = await admin_api.get("/api/invitations")

    withdrawn = await admin_api.delete(f"/api/invitations/{made.content['invitation']['id']}")

    assert listed.content["invitations"] == [made.content["invitation"]]
    assert withdrawn.status == 204
    assert (await admin_api.get("/api/invitations")).content["invitations"] == []


async def test_an_invitation_asked_for_twice_with_one_key_is_one(admin_api: Api) -> None:
    headers = {"Idempotency-Key": "invite-bob"}
    wanted = {"email": "bob@example.com"}

    first = await admin_api.post("/api/invitations", wanted, headers=headers)
    again = await admin_api.post("/api/invitations", wanted, headers=headers)

    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("invitation", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"email": "nobody"}, 422, "invalid"),
        ({"email": "bob@example.com", "role": "root"}, 422, "invalid"),
        ({"email": "bob@example.com", "role": "owner"}, 403, "scope_missing"),
        ({"email": "bob@example.com", "id": "x", "extra": 1}, 422, "invalid"),
    ],
)
async def test_an_invitation_that_cannot_be_is_refused(
    admin_api: Api, invitation: dict[str, object], status: int, code: str
) -> None:
    refused = await admin_api.post("/api/invitations", invitation)

    assert (refused.status, refused.code) == (status, code)
