"""The settings: organization, keys, secrets, team and audit, by whoever may."""

import json
import re
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, use
from tests.http.api import Api
from tests.http.conftest import Serve, Web
from tests.http.pages import Reader, link_in
from tests.people import act, session_of

TABS = ("", "/keys", "/signing-secret", "/secrets", "/team", "/audit")


@pytest.fixture
async def owner(dev: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    return Reader(dev, session_of(db, organization, "owner", "owner@example.com"))


@pytest.fixture
async def viewer(dev: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    return Reader(dev, session_of(db, organization, "viewer", "viewer@example.com"))


def long_ago(db: psycopg.Connection) -> None:
    """Nobody signed in of late."""
    db.execute("update prikke.session set signed_in_at = signed_in_at - interval '15 minutes'")


def user(db: psycopg.Connection, email: str) -> UUID:
    row = db.execute("select id from prikke.app_user where email = %s", (email,)).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


async def test_a_viewer_reads_every_tab_and_is_offered_no_change(
    viewer: Reader, owner: Reader
) -> None:
    for tab in TABS:
        seen = await viewer.get(f"/settings{tab}")
        full = await owner.get(f"/settings{tab}")

        assert (seen.status, full.status) == (200, 200), tab
        forms = set(re.findall(r'<form method="post"(?: action="([^"]*)")?', seen.text))
        assert forms <= {"/users/log-out", "/settings/leave"}, tab


async def test_an_organization_is_renamed_and_stays_the_one_looked_at(
    owner: Reader, db: psycopg.Connection
) -> None:
    other = make_organization(db, "Aaa")
    db.execute(
        "insert into prikke.member values (%s, %s, 'owner', prikke.clock())",
        (other, user(db, "owner@example.com")),
    )
    await owner.get("/settings?organization=acme")

    saved = await owner.post("/settings", {"name": "Acme <Tools>", "slug": "acme-tools"})
    page = await owner.follow(saved)

    assert saved.location == "/settings?organization=acme-tools&notice=saved"
    assert 'value="Acme &lt;Tools&gt;"' in page.text
    assert 'value="acme-tools"' in (await owner.get("/settings")).text


async def test_a_wrong_name_is_said_at_its_field_and_nothing_typed_is_lost(owner: Reader) -> None:
    refused = await owner.post("/settings", {"name": " ", "slug": "No Way"})

    assert refused.status == 422
    assert refused.text.count('class="error"') == 2
    assert 'value="No Way"' in refused.text


async def test_the_last_owner_cannot_leave_and_another_member_can(
    owner: Reader, viewer: Reader
) -> None:
    refused = await owner.post("/settings/leave")
    left = await viewer.post("/settings/leave")
    nowhere = await viewer.get("/settings")

    assert refused.status == 409
    assert "This is the last owner" in refused.words
    assert left.status == 303
    assert nowhere.location == "/organizations/new"


async def test_an_organization_is_deleted_once_its_short_name_is_typed(
    owner: Reader, db: psycopg.Connection
) -> None:
    refused = await owner.post("/settings/delete", {"confirm": "acme?"})
    deleted = await owner.post("/settings/delete", {"confirm": "acme"})

    assert refused.status == 422
    assert "must be" in refused.words
    assert deleted.location == "/dashboard?notice=organization_deleted"
    assert (await owner.get("/settings")).location == "/organizations/new"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/settings/delete", {"confirm": "acme"}),
        ("/settings/signing-secret/reveal", {}),
        ("/settings/signing-secret/rotate", {}),
    ],
)
async def test_what_does_harm_leads_to_a_sign_in_and_back(
    owner: Reader, db: psycopg.Connection, path: str, fields: dict[str, str]
) -> None:
    long_ago(db)
    page = path.rpartition("/")[0]

    refused = await owner.post(path, fields, Referer=owner.web.url + page)
    await owner.post("/users/confirm", {"next": page})
    back = await owner.post(await link_in(owner), {"next": page})
    done = await owner.post(path, fields)

    assert refused.location.startswith("/users/confirm?next=%2Fsettings")
    assert back.location == page
    assert done.status in (200, 303)


async def test_the_export_is_a_file_of_everything_and_for_owners(
    owner: Reader, db: psycopg.Connection, organization: UUID, dev: Web
) -> None:
    use(db, organization)
    make_job(db, name="Nightly")
    admin = Reader(dev, session_of(db, organization, "admin"))

    got = await owner.get("/settings/export")
    refused = await admin.get("/settings/export")

    kinds = {row["kind"] for row in json.loads(got.text)["export"]}
    assert got.headers["content-disposition"] == 'attachment; filename="prikke-acme.json"'
    assert {"organization", "member", "job_definition"} <= kinds
    assert refused.status == 403


async def test_a_key_is_shown_once_works_and_ends_when_it_is_deleted(
    owner: Reader, dev: Web
) -> None:
    fields = [("name", "<b>CI</b>"), ("scopes", "read"), ("scopes", "trigger"), ("expires", "30")]

    made = await owner.post("/settings/keys", fields)
    [key] = set(re.findall(r"pk_live_\w+\.sk_live_\w+", made.text))
    again = await owner.get("/settings/keys")
    works = await Api(dev, key).get("/api/jobs")
    weak = await Api(dev, key).post("/api/jobs", {})
    [path] = re.findall(r'action="(/settings/keys/[-0-9a-f]+/delete)"', again.text)
    await owner.post(path)
    refused = await Api(dev, key).get("/api/jobs")

    assert "&lt;b&gt;CI&lt;/b&gt;" in again.text
    assert f"Bearer {key}&#39; http://localhost:8000/api/jobs" in made.text
    assert key.partition(".")[2] not in again.text
    assert (works.status, weak.status, refused.status) == (200, 403, 401)
    assert "trigger" in again.words
    assert "in 30 d" in again.words


async def test_a_key_without_name_or_scope_is_refused_at_its_field(owner: Reader) -> None:
    refused = await owner.post("/settings/keys", {"name": " "})

    assert refused.status == 422
    assert "must have 1 to 200 characters" in refused.words
    assert "must be one or more of" in refused.words


async def test_the_signing_secret_is_masked_until_it_is_revealed(
    owner: Reader, dev: Web, db: psycopg.Connection, organization: UUID
) -> None:
    admin = Reader(dev, session_of(db, organization, "admin"))
    member = Reader(dev, session_of(db, organization, "member"))

    hidden = await admin.get("/settings/signing-secret")
    shown = await admin.post("/settings/signing-secret/reveal")
    same = await owner.post("/settings/signing-secret/reveal")
    refused = await member.post("/settings/signing-secret/reveal")

    [secret] = set(re.findall(r"whsec_[A-Za-z0-9+/=]{40,}", shown.text))
    assert "whsec_A" not in hidden.text
    assert "••••" in hidden.text
    assert secret in same.text
    assert refused.status == 403


async def test_a_rotated_secret_signs_beside_the_old_one_until_that_is_ended(
    owner: Reader,
) -> None:
    old = await owner.post("/settings/signing-secret/reveal")
    rotated = await owner.post("/settings/signing-secret/rotate")
    [path] = re.findall(r'action="(/settings/signing-secret/[-0-9a-f]+/end)"', rotated.text)
    await owner.post(path)
    left = await owner.post("/settings/signing-secret/reveal")

    def secrets(text: str) -> set[str]:
        return set(re.findall(r"whsec_[A-Za-z0-9+/=]{40,}", text))

    assert len(secrets(rotated.text)) == 2
    assert secrets(old.text) < secrets(rotated.text)
    assert secrets(left.text) == secrets(rotated.text) - secrets(old.text)


async def test_a_named_secret_is_written_and_never_shown(
    owner: Reader, db: psycopg.Connection
) -> None:
    stored = await owner.post("/settings/secrets", {"name": "TOKEN", "value": "tell-nobody"})
    page = await owner.follow(stored)
    wrong = await owner.post("/settings/secrets", {"name": "1 TOKEN", "value": "tell-nobody"})
    deleted = await owner.post("/settings/secrets/delete", {"name": "TOKEN"})

    assert "TOKEN" in page.words
    assert wrong.status == 422
    assert 'value="1 TOKEN"' in wrong.text
    for shown in (page, wrong):
        assert "tell-nobody" not in shown.text
    assert deleted.location == "/settings/secrets?notice=secret_deleted"


async def test_a_secret_in_use_stays_and_the_page_says_why(
    owner: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    await owner.post("/settings/secrets", {"name": "TOKEN", "value": "tell-nobody"})
    use(db, organization)
    make_job(db, name="Nightly", body="{{secret.TOKEN}}", method="POST")

    refused = await owner.post("/settings/secrets/delete", {"name": "TOKEN"})

    assert refused.status == 409
    assert 'for example "Nightly"' in refused.words


async def test_an_invitation_goes_out_by_mail_and_is_withdrawn(owner: Reader, dev: Web) -> None:
    sent = await owner.post("/settings/team/invite", {"email": "bob@example.com", "role": "viewer"})
    link = await link_in(owner)
    offered = await Reader(dev).get(link)
    page = await owner.get("/settings/team")
    [path] = re.findall(r'action="(/settings/team/invitations/[-0-9a-f]+/withdraw)"', page.text)
    await owner.post(path)
    ended = await Reader(dev).get(link)

    assert sent.location == "/settings/team?notice=invitation_sent"
    assert "You are invited as viewer" in offered.words
    assert "bob@example.com as viewer" in page.words
    assert ended.status == 404


async def test_without_mail_the_link_of_an_invitation_is_there_to_pass_on(
    web: Web, db: psycopg.Connection, organization: UUID
) -> None:
    owner = Reader(web, session_of(db, organization))

    made = await owner.post("/settings/team/invite", {"email": "bob@example.com", "role": "member"})

    found = re.search(r"http://localhost:8000(/invitations/[\w-]+)", made.text)
    assert found is not None
    assert (await Reader(web).get(found[1])).status == 200


async def test_an_admin_neither_makes_nor_touches_an_owner(
    owner: Reader, dev: Web, db: psycopg.Connection, organization: UUID
) -> None:
    admin = Reader(dev, session_of(db, organization, "admin", "admin@example.com"))
    boss, self = user(db, "owner@example.com"), user(db, "admin@example.com")

    page = await admin.get("/settings/team")
    raised = await admin.post(f"/settings/team/{self}/role", {"role": "owner"})
    removed = await admin.post(f"/settings/team/{boss}/remove")
    invited = await admin.post("/settings/team/invite", {"email": "x@example.com", "role": "owner"})

    assert f"/settings/team/{boss}/" not in page.text
    assert [each.status for each in (raised, removed, invited)] == [403, 403, 403]


async def test_roles_change_members_go_and_ownership_is_handed_over(
    owner: Reader, viewer: Reader, db: psycopg.Connection
) -> None:
    ann = user(db, "viewer@example.com")

    await owner.post(f"/settings/team/{ann}/role", {"role": "member"})
    first = await owner.get("/settings/team")
    await owner.post(f"/settings/team/{ann}/transfer")
    roles = db.execute(
        "select u.email, m.role from prikke.member as m"
        " join prikke.app_user as u on u.id = m.user_id"
    ).fetchall()
    removed = await viewer.post(f"/settings/team/{user(db, 'owner@example.com')}/remove")

    assert re.search(r'<option value="member" selected>', first.text)
    assert set(roles) == {("viewer@example.com", "owner"), ("owner@example.com", "admin")}
    assert removed.location == "/settings/team?notice=member_removed"
    assert (await owner.get("/settings")).location == "/organizations/new"


async def test_the_audit_log_says_who_did_what_and_takes_it_back(
    owner: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    use(db, organization)
    act(db, None)
    job = make_job(db, name="<i>Nightly</i>")
    call(db, "update_job", id=job, name="Daily")

    page = await owner.get("/settings/audit?subject_kind=job&action=update")
    [path] = re.findall(r'action="(/settings/audit/[-0-9a-f]+/revert)"', page.text)
    reverted = await owner.post(path)
    again = await owner.post(path)

    assert "&lt;i&gt;Nightly&lt;/i&gt;" in page.text
    assert "Changed job Daily" in page.words
    assert "the database role" in page.words
    assert reverted.location == "/settings/audit?notice=change_reverted"
    assert again.status == 409
    row = db.execute("select name from prikke.job").fetchone()
    assert row == ("<i>Nightly</i>",)


async def test_the_audit_log_is_read_page_by_page_under_its_filters(
    owner: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    use(db, organization)
    act(db, None)
    for number in range(30):
        call(db, "set_queue", name=f"lane{number}", max_running=1)

    first = await owner.get("/settings/audit?subject_kind=queue")
    found = re.search(r'href="(\?subject_kind=queue&amp;cursor=[-0-9a-f]+)"', first.text)
    assert found is not None
    rest = await owner.get(f"/settings/audit{found[1].replace('&amp;', '&')}")
    wrong = await owner.get("/settings/audit?cursor=x")

    assert "lane29" in first.words
    assert "lane0 " not in first.words
    assert "lane0 " in rest.words
    assert "Load more" not in rest.words
    assert wrong.status == 404


async def test_changes_are_found_by_the_days_of_the_reader_and_long_values_are_cut(
    owner: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    use(db, organization)
    act(db, None)
    body = "long" * 50_000
    for number in range(3):
        make_job(db, name=f"Nightly {number}", method="POST", body=body)
    db.execute("alter table prikke.audit_entry disable trigger keep")
    db.execute(
        "update prikke.audit_entry set at = '2030-01-31T23:30Z'"
        " where after ->> 'name' = 'Nightly 1'"
    )
    await owner.post("/account/zone", {"timezone": "Europe/Oslo"})

    every = await owner.get("/settings/audit?subject_kind=job")
    found = await owner.get("/settings/audit?since=2030-02-01&until=2030-02-01")
    before = await owner.get("/settings/audit?since=2030-01-31&until=2030-01-31")
    odd = await owner.get("/settings/audit?since=soon&until=9999-12-31")

    assert every.words.count("(200,000 characters)") == 3
    assert len(every.text) < 60_000
    assert "Created job Nightly 1" in found.words
    assert "Nightly 2" not in found.words
    assert "Nightly" not in before.words
    assert odd.status == 200


async def test_settings_hold_when_there_is_much_and_it_is_strange(
    serve: Serve, db: psycopg.Connection, organization: UUID, at: Clock
) -> None:
    name = "🎉 مرحبا " + "x" * 180
    async with serve(secret_key_base="x" * 40, development=True) as web:
        owner = Reader(web, session_of(db, organization))
        use(db, organization)
        act(db, None)
        call(db, "update_organization", name=name)

        for tab in TABS:
            page = await owner.get(f"/settings{tab}")

            assert page.status == 200, page.words
            assert name in page.text
            assert len(page.text) < 60_000, tab
