"""Forms of people: taken once however often they are sent, and for their page's organization."""

import asyncio
import re
from collections.abc import Mapping
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from tests.factories import make_job, make_organization
from tests.http.conftest import Web
from tests.http.pages import Reader, Shown
from tests.people import session_of

JOB = {"name": "Nightly", "url": "https://example.com/nightly", "schedule": "manual"}


def carried(page: Shown, action: str) -> dict[str, str]:
    """What a form of a page sends along unseen."""
    [form] = re.findall(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page.text, re.S)[:1]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.fixture
def ann(dev: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    """An owner of Acme."""
    return Reader(dev, session_of(db, organization, "owner", "ann@example.com"))


def count(db: psycopg.Connection, table: str) -> int:
    """All rows, of whatever organization."""
    counted = sql.SQL("select count(*) from prikke.{}").format(sql.Identifier(table))
    [found] = db.execute(counted).fetchone() or (0,)
    return int(found)


def join(db: psycopg.Connection, organization: UUID, email: str) -> None:
    """Be an owner there as well."""
    db.execute(
        "insert into prikke.member (organization_id, user_id, role, joined_at)"
        " select %s, u.id, 'owner', prikke.clock() from prikke.app_user as u where u.email = %s",
        (organization, email),
    )


async def send_five(reader: Reader, path: str, fields: Mapping[str, str]) -> set[tuple[int, str]]:
    """The answers to the same form, sent five times at once and once more after that."""
    answers = await asyncio.gather(*(reader.post(path, dict(fields)) for _ in range(5)))
    answers.append(await reader.post(path, dict(fields)))
    return {(each.status, each.headers.get("location", "")) for each in answers}


async def test_one_job_is_made_however_often_its_form_is_sent(
    ann: Reader, db: psycopg.Connection
) -> None:
    page = await ann.get("/jobs/new")
    form = {**JOB, **carried(page, "/jobs/new")}

    answers = await send_five(ann, "/jobs/new", form)
    other = await ann.post("/jobs/new", {**form, "name": "Another"})

    [[job], [another]] = db.execute("select id from prikke.job order by name desc").fetchall()
    assert answers == {(303, f"/jobs/{job}?notice=job_created")}
    assert other.location == f"/jobs/{another}?notice=job_created"


async def test_what_was_refused_is_done_when_it_is_mended_and_sent_again(
    ann: Reader, db: psycopg.Connection
) -> None:
    page = await ann.get("/jobs/new")
    form = {**JOB, "url": "nowhere", **carried(page, "/jobs/new")}

    refused = await ann.post("/jobs/new", form)
    again = await ann.post("/jobs/new", form)
    made = await ann.post("/jobs/new", {**JOB, **carried(refused, "/jobs/new")})

    assert (refused.status, again.status, made.status) == (422, 422, 303)
    assert count(db, "job") == 1


async def test_runs_copies_and_tests_are_made_once_for_each_form(
    ann: Reader, db: psycopg.Connection
) -> None:
    job = make_job(db)
    own = carried(await ann.get("/jobs/new"), "/jobs/new")

    runs = await send_five(ann, f"/jobs/{job}/run", own)
    copies = await send_five(ann, f"/jobs/{job}/duplicate", own)
    tests = await send_five(ann, "/jobs/test", {**JOB, **own})

    assert len(runs) == len(copies) == len(tests) == 1
    assert count(db, "job") == 2
    assert count(db, "execution") == 2


async def test_a_key_is_made_once_and_shown_in_one_answer_only(
    ann: Reader, db: psycopg.Connection
) -> None:
    own = carried(await ann.get("/jobs/new"), "/jobs/new")

    answers = await send_five(
        ann, "/settings/keys", {"name": "CI", "scopes": "read", "expires": "", **own}
    )

    assert answers == {(200, ""), (303, "/settings/keys?notice=key_made_before")}
    assert count(db, "api_key") == 1
    kept = db.execute("select string_agg(k::text, ' ') from prikke.idempotency_key as k").fetchone()
    assert kept is not None
    assert "sk_live_" not in kept[0]


async def test_invitations_channels_and_organizations_are_made_once_for_each_form(
    ann: Reader, db: psycopg.Connection
) -> None:
    own = carried(await ann.get("/jobs/new"), "/jobs/new")
    before = count(db, "channel")

    invited = await send_five(
        ann, "/settings/team/invite", {"email": "new@example.com", "role": "viewer", **own}
    )
    channels = await send_five(
        ann, "/settings/notifications", {"target": "ops@example.com", "name": "", **own}
    )
    made = await send_five(ann, "/organizations/new", {"name": "Ann's shop", "slug": "", **own})

    assert invited == {(303, "/settings/team?notice=invitation_sent")}
    assert len(channels) == 1
    assert made == {(303, "/dashboard?organization=ann-s-shop&notice=organization_created")}
    # A new organization has a channel for its owners.
    assert count(db, "channel") == before + 2
    while ">Open the link<" not in (mailbox := await ann.get("/mailbox")).text:
        pass
    assert mailbox.text.count(">Open the link<") == 1


async def test_the_first_organization_of_somebody_who_has_none_is_made_once(
    dev: Web, db: psycopg.Connection
) -> None:
    ann = Reader(dev, session_of(db, None, email="ann@example.com"))
    page = await ann.get("/organizations/new")
    once = re.findall(r'name="(once)" value="([^"]*)"', page.text)

    made = await send_five(ann, "/organizations/new", {"name": "Shop", "slug": "", **dict(once)})

    assert made == {(303, "/dashboard?organization=shop&notice=organization_created")}


async def test_a_form_acts_on_the_organization_of_its_page_without_a_script(
    ann: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    other = make_organization(db, "other", slug="other")
    join(db, other, "ann@example.com")
    acme = carried(await ann.get("/jobs/new?organization=acme"), "/jobs/new")
    await ann.get("/jobs?organization=other")

    made = await ann.post("/jobs/new", {**JOB, **acme})
    shown = await ann.follow(made)

    assert count(db, "job") == 1
    assert shown.status == 200
    assert "Nightly" in shown.words
    assert ann.cookies["prikke_organization"] == "acme"


async def test_a_form_of_an_organization_that_was_left_meanwhile_acts_on_no_other(
    ann: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    other = make_organization(db, "other", slug="other")
    join(db, other, "ann@example.com")
    form = {**JOB, **carried(await ann.get("/jobs/new?organization=acme"), "/jobs/new")}
    db.execute("delete from prikke.member where organization_id = %s", (organization,))

    refused = await ann.post("/jobs/new", form)

    assert refused.status == 404
    assert 'organization "acme" does not exist' in refused.words
    assert count(db, "job") == 0
