"""Who may see and do what on every page: strangers, other organizations, and each role."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from starlette.routing import Route

from prikke.config import Settings
from prikke.http.api.routes import OPERATIONS
from prikke.http.app import create_app
from prikke.http.pages.routes import page_routes
from tests.factories import call, make_job, make_organization, make_send, use
from tests.http.api import give_key
from tests.http.conftest import Web
from tests.http.pages import Reader, Shown
from tests.people import act, session_of

MISSING = "01980000-0000-7000-8000-000000000000"
ROLES = ("viewer", "member", "admin", "owner")
# What differs between answers that are alike: the id asked for, and the time.
_ID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|data-clock="[^"]+"')

# Pages that are for everybody, whoever asks.
OPEN = {
    "/",
    "/docs",
    "/docs/{name}",
    "/docs/api/{name}",
    "/docs/api/things",
    "/status",
    "/styleguide",
    "/mailbox",
    "/users/register",
    "/users/log-in",
    "/users/log-in/{token}",
    "/users/log-out",
    "/invitations/{token}",
}
# What needs somebody who is signed in, and no role anywhere.
OWN = {
    "/account",
    "/account/address",
    "/account/zone",
    "/account/sessions/end-others",
    "/account/sessions/{id:uuid}/end",
    "/organizations/new",
    "/invitations/{id:uuid}/accept",
    "/invitations/{id:uuid}/decline",
    "/users/confirm",
}
# Pages that are shown from this role on; all others are for viewers.
SEEN_BY = {
    "/jobs/new": "member",
    "/jobs/{id:uuid}/edit": "member",
    "/jobs/{id:uuid}/duplicate": "member",
    "/executions/replay": "member",
    "/queues/edit": "member",
    "/settings/export": "owner",
    "/settings/notifications/{id:uuid}": "admin",
}
# They lead to the payment provider: the tests of billing have one, and ask who may.
TO_PROVIDER = {"/settings/billing/checkout", "/settings/billing/portal"}
# Forms that are taken from this role on.
TAKEN_BY = {
    "/jobs/selected": "member",
    "/jobs/new": "member",
    "/jobs/check": "member",
    "/jobs/test": "member",
    "/jobs/{id:uuid}/edit": "member",
    "/jobs/{id:uuid}/enable": "member",
    "/jobs/{id:uuid}/disable": "member",
    "/jobs/{id:uuid}/delete": "member",
    "/jobs/{id:uuid}/restore": "member",
    "/jobs/{id:uuid}/run": "member",
    "/jobs/{id:uuid}/duplicate": "member",
    "/jobs/{id:uuid}/revert": "member",
    "/executions/replay": "member",
    "/executions/cancel": "member",
    "/executions/{id:uuid}/replay": "member",
    "/executions/{id:uuid}/cancel": "member",
    "/queues/edit": "member",
    "/queues/pause": "member",
    "/queues/resume": "member",
    "/queues/continue": "member",
    "/settings": "admin",
    "/settings/leave": "viewer",
    "/settings/delete": "owner",
    "/settings/keys": "admin",
    "/settings/keys/{id:uuid}/delete": "admin",
    "/settings/signing-secret/reveal": "admin",
    "/settings/signing-secret/rotate": "admin",
    "/settings/signing-secret/{id:uuid}/end": "admin",
    "/settings/secrets": "admin",
    "/settings/secrets/delete": "admin",
    "/settings/notifications": "admin",
    "/settings/notifications/rules": "admin",
    "/settings/notifications/snooze": "member",
    "/settings/notifications/acknowledge": "member",
    "/settings/notifications/maintenance": "member",
    "/settings/notifications/mutes/{id:uuid}/end": "member",
    "/settings/notifications/{id:uuid}": "admin",
    "/settings/notifications/{id:uuid}/test": "admin",
    "/settings/notifications/{id:uuid}/delete": "admin",
    "/settings/team/invite": "admin",
    "/settings/team/invitations/{id:uuid}/withdraw": "admin",
    "/settings/team/{user_id:uuid}/role": "admin",
    "/settings/team/{user_id:uuid}/remove": "admin",
    "/settings/team/{user_id:uuid}/transfer": "owner",
    "/settings/audit/{id:uuid}/revert": "member",
}
# What a form must hold so that not its content is what is wrong.
FILLED = {
    "/jobs/selected": {"do": "disable", "id": MISSING},
    "/jobs/{id:uuid}/edit": {"name": "x", "url": "https://example.com", "schedule": "manual"},
    "/settings/notifications/{id:uuid}": {"name": "x", "target": "a@example.com"},
    "/settings/team/{user_id:uuid}/role": {"role": "viewer"},
}


def routes(method: str) -> Iterator[Route]:
    """Every page that takes the method; asking for a form twice is one."""
    for route in page_routes(Settings(development=True)):
        assert isinstance(route, Route)
        if method in (route.methods or ()) and route.path not in TO_PROVIDER:
            yield route


def address(route: Route, value: object = MISSING) -> str:
    return re.sub(r"\{[^}]+\}", str(value), route.path)


def in_organization(method: str) -> list[Route]:
    return [route for route in routes(method) if route.path not in OPEN | OWN]


def in_ids(method: str) -> list[Route]:
    return [route for route in in_organization(method) if ":uuid}" in route.path]


async def get(reader: Reader, path: str) -> Shown:
    """A page; of one that never ends only that it begins."""
    if path != "/live":
        return await reader.get(path)
    async with reader.web.get(
        path, headers={"Cookie": f"prikke_session={reader.session}"}, allow_redirects=False
    ) as answer:
        return Shown(answer.status, "", {})


def test_every_form_says_who_may_send_it() -> None:
    forms = {route.path for route in in_organization("POST")}

    assert forms == set(TAKEN_BY)
    assert set(SEEN_BY) <= {route.path for route in in_organization("GET")} | {
        "/jobs/{id:uuid}/duplicate"
    }
    assert {route.path for method in ("GET", "POST") for route in routes(method)} >= OPEN | OWN


async def test_a_stranger_sees_the_open_pages_and_is_led_to_sign_in_from_all_others(
    dev: Web,
) -> None:
    stranger = Reader(dev)

    for route in routes("GET"):
        answer = await stranger.get(address(route))

        if route.path in OPEN:
            assert answer.status in (200, 404), route.path
        else:
            assert answer.status == 303, route.path
            assert answer.location.startswith("/users/log-in?next="), route.path
    for route in routes("POST"):
        if route.path not in OPEN:
            answer = await stranger.post(address(route), FILLED.get(route.path))

            assert (answer.status, answer.location) == (303, "/users/log-in"), route.path


async def test_no_form_is_taken_from_a_page_of_others(
    dev: Web, db: psycopg.Connection, organization: UUID
) -> None:
    owner = Reader(dev, session_of(db, organization))

    for route in routes("POST"):
        answer = await owner.post(address(route), Origin="https://evil.example")

        assert answer.status == 403, route.path
        assert "not sent from a page of ours" in answer.words


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_sees_and_does_what_it_may(
    dev: Web, db: psycopg.Connection, organization: UUID, role: str
) -> None:
    session_of(db, organization)
    person = Reader(dev, session_of(db, organization, role))
    # Who leaves may nothing any more.
    forms = sorted(in_organization("POST"), key=lambda route: route.path == "/settings/leave")

    for route in in_organization("GET"):
        answer = await get(person, address(route))
        allowed = ROLES.index(role) >= ROLES.index(SEEN_BY.get(route.path, "viewer"))
        assert (answer.status != 403) is allowed, (route.path, answer.status, answer.words)
        assert answer.status < 500, (route.path, answer.words)
    for route in forms:
        answer = await person.post(address(route), FILLED.get(route.path))
        allowed = ROLES.index(role) >= ROLES.index(TAKEN_BY[route.path])
        assert (answer.status != 403) is allowed, (route.path, answer.status, answer.words)
        assert answer.status < 500 or "SECRET_KEY" in answer.words, (route.path, answer.words)


@dataclass(frozen=True, slots=True)
class Things:
    """Ids of something of everything in an organization."""

    job: UUID
    execution: UUID
    key: UUID
    signing: UUID
    channel: UUID
    mute: UUID
    member: UUID
    invitation: UUID
    change: UUID

    def under(self, path: str) -> UUID:
        """What the id in an address stands for."""
        for beginning, thing in (
            ("/jobs/tests", self.execution),
            ("/jobs", self.job),
            ("/executions", self.execution),
            ("/settings/keys", self.key),
            ("/settings/signing-secret", self.signing),
            ("/settings/notifications/mutes", self.mute),
            ("/settings/notifications", self.channel),
            ("/settings/team/invitations", self.invitation),
            ("/settings/team", self.member),
            ("/settings/audit", self.change),
        ):
            if path.startswith(beginning):
                return thing
        raise AssertionError(f"what is the id in {path}?")


@pytest.fixture
def things(db: psycopg.Connection, organization: UUID) -> Things:
    session_of(db, organization, "member")
    use(db, organization)
    act(db, None)
    give_key(db)

    def first(query: str) -> Any:
        row = db.execute(query).fetchone()
        assert row is not None
        return row[0]

    job = make_job(db)
    return Things(
        job=job,
        execution=make_send(db),
        key=first("select id from prikke.list_keys()"),
        signing=first("select id from prikke.list_signing_secrets()"),
        channel=call(db, "create_channel", target="ops@example.com")["id"],
        mute=call(db, "snooze", job_id=job)["id"],
        member=first("select user_id from prikke.list_members()"),
        invitation=call(db, "invite_member", email="bob@example.com")["id"],
        change=first("select id from prikke.list_audit(subject_kind => 'job')"),
    )


def crowd(db: psycopg.Connection, organization: UUID, things: Things) -> None:
    """More of everything than a page shows, with names as long as they may be."""
    for number in range(40):
        name = f"{number} " + "<name> & more " * 14
        identity = {"public_id": f"pk_live_z{number:021}", "secret_hash": bytes([number]) * 32}
        call(db, "create_key", name=name, **identity)
        call(db, "store_secret", name=f"S{number}" + "_LONG" * 19, sealed=b"x", keyring_id="x")
        call(db, "create_channel", target=f"ops{number}@example.com", name=name)
        call(db, "set_queue", name=f"{number}" + "q" * 98, max_running=1)
        call(db, "update_job", id=things.job, body=f"{number}" + "<body> & more" * 100)
        session_of(db, organization, "member", f"{number}@{'long.' * 40}example.com")
        act(db, None)


async def test_every_page_of_an_organization_weighs_less_than_100_kilobytes_also_crowded(
    dev: Web, db: psycopg.Connection, organization: UUID, things: Things
) -> None:
    crowd(db, organization, things)
    owner = Reader(dev, session_of(db, organization, "owner", "owner@example.com"))
    weights: dict[str, int] = {}

    for route in routes("GET"):
        if "{token}" in route.path or "{name}" in route.path:
            continue
        # What is downloaded is no page.
        if route.path in ("/live", "/settings/export"):
            continue
        path = address(route, things.under(route.path)) if ":uuid}" in route.path else route.path
        shown = await owner.get(path)
        files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', shown.text))
        for file in files - set(weights):
            weights[file] = len((await owner.get(file)).text.encode())

        assert len(shown.text.encode()) + sum(weights[file] for file in files) < 100_000, path


async def test_a_long_list_goes_on_where_its_first_part_ended(
    dev: Web, db: psycopg.Connection, organization: UUID, things: Things
) -> None:
    crowd(db, organization, things)
    owner = Reader(dev, session_of(db, organization, "owner", "owner@example.com"))

    for path in (
        "/settings/keys",
        "/settings/secrets",
        "/settings/notifications",
        "/settings/team",
        "/queues",
    ):
        first = await owner.get(path)
        second = await owner.get(f"{path}?from=25")
        beyond = await owner.get(f"{path}?from=9999")

        [(total, thing)] = re.findall(r"Showing 25 of (4\d) (\w+)", first.words)
        assert f'href="{path}?from=25"' in first.text, path
        assert f"Showing {total} of {total} {thing}" in second.words, path
        assert "?from=" not in second.text, path
        assert beyond.status == 200, path


async def test_what_is_of_others_is_answered_like_what_does_not_exist(
    dev: Web, db: psycopg.Connection, things: Things
) -> None:
    stranger = Reader(dev, session_of(db, make_organization(db, "Other")))

    for route in in_ids("GET"):
        foreign = await stranger.get(address(route, things.under(route.path)))
        missing = await stranger.get(address(route))

        assert (foreign.status, missing.status) == (404, 404), route.path
        assert _ID.sub("…", foreign.text) == _ID.sub("…", missing.text), route.path
    for route in in_ids("POST"):
        fields = FILLED.get(route.path, {})
        foreign = await stranger.post(address(route, things.under(route.path)), fields)
        missing = await stranger.post(address(route), fields)

        assert (foreign.status, missing.status) == (404, 404), (route.path, foreign.words)
        assert _ID.sub("…", foreign.text) == _ID.sub("…", missing.text), route.path


async def test_lists_and_searches_show_nothing_of_others(
    dev: Web, db: psycopg.Connection, things: Things
) -> None:
    stranger = Reader(dev, session_of(db, make_organization(db, "Other")))
    ids = {str(getattr(things, name)) for name in Things.__slots__}

    for route in in_organization("GET"):
        if ":uuid}" in route.path or route.path == "/live":
            continue
        answer = await stranger.get(
            f"{route.path}?organization=acme&search={things.job}&job={things.job}"
            f"&subject_id={things.job}&name=default"
        )
        shown = {each[0] for each in re.finditer(_ID, answer.text)}

        assert shown & (ids - {str(things.job)}) == set(), route.path
        assert "acme" not in answer.text.lower().replace("organization=acme", ""), route.path


# What neither a key nor a session is asked for: each has tests of its own for whom it answers.
APART = {
    "/health",
    "/ready",
    "/metrics",
    "/static/{name}",
    "/api/openapi.json",
    "/complete/{token}",
    "/webhooks/lemonsqueezy",
}


def test_every_route_there_is_stands_in_one_of_the_matrices() -> None:
    app = create_app(Settings(development=True))

    served = {route.path for route in app.routes if isinstance(route, Route)}
    of_pages = {route.path for method in ("GET", "POST") for route in routes(method)} | TO_PROVIDER
    of_programs = {operation.path for operation in OPERATIONS}

    assert len(app.routes) == len([each for each in app.routes if isinstance(each, Route)])
    assert served == of_pages | of_programs | APART
    assert not of_pages & of_programs
