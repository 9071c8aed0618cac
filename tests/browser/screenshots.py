"""Pictures of pages in each state, to be opened and judged: `make screenshots` writes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from playwright.async_api import Page
from psycopg.types.json import Jsonb

from prikke import __version__
from prikke.http.pages.docs import PAGES
from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.test_mails import MAILS
from tests.conftest import Connect
from tests.factories import URL, call, make_job, make_send
from tests.http.conftest import Serve, Web
from tests.people import session_of
from tests.virtual_runner import VirtualRunner

ODD_NAMES = (
    ("A name of two hundred characters, " * 6)[:200],
    "تقرير الليل الشهري " * 8,
    "🚀🔥 " * 40,
)
SETTINGS = ("keys", "signing-secret", "secrets", "notifications", "team", "audit")
_CROWD = 10_000


@dataclass(frozen=True, slots=True)
class Shot:
    """A page and the states in which it is looked at."""

    name: str
    path: str
    states: tuple[str, ...] = ("empty", "crowded")
    signed_in: bool = True


# Who builds a page adds it here. {job}, {failing}, {execution} … are ids of the state.
SHOTS = (
    Shot("dashboard", "/dashboard"),
    Shot("jobs", "/jobs"),
    Shot("jobs-failing", "/jobs?filter=failing", ("crowded",)),
    Shot("jobs-nothing", "/jobs?search=nothing+like+this", ("crowded",)),
    Shot("job", "/jobs/{job}", ("crowded",)),
    Shot("job-failing", "/jobs/{failing}", ("crowded",)),
    Shot("job-acknowledged", "/jobs/{seen}", ("crowded",)),
    Shot("job-missing", "/jobs/01980000-0000-7000-8000-000000000000", ("empty",)),
    Shot("job-new", "/jobs/new", ("empty",)),
    Shot("job-edit", "/jobs/{failing}/edit", ("crowded",)),
    Shot("executions", "/executions"),
    Shot("failures", "/executions?status=failed,timeout"),
    Shot("executions-error", "/executions?status_code=x", ("crowded",)),
    Shot("execution", "/executions/{execution}", ("crowded",)),
    Shot("execution-failed", "/executions/{failed}", ("crowded",)),
    Shot("execution-missing", "/executions/01980000-0000-7000-8000-000000000000", ("empty",)),
    Shot("replay", "/executions/replay?status=failed,timeout", ("crowded",)),
    Shot("queues", "/queues"),
    Shot("queue", "/queues/edit?name=mail", ("crowded",)),
    Shot("forecast", "/forecast"),
    Shot("billing", "/settings/billing"),
    Shot("account", "/account"),
    Shot("organization-new", "/organizations/new"),
    Shot("settings", "/settings"),
    *(Shot(f"settings-{tab}", f"/settings/{tab}") for tab in SETTINGS),
    Shot("settings-channel", "/settings/notifications/{channel}", ("crowded",)),
    Shot("confirm", "/users/confirm", ("empty",)),
    Shot("sign-up", "/users/register", ("empty",), signed_in=False),
    Shot("log-in", "/users/log-in", ("empty",), signed_in=False),
    Shot("link", "/users/log-in/token", ("empty",), signed_in=False),
    Shot("mailbox", "/mailbox", ("empty",), signed_in=False),
    Shot("landing", "/", ("empty",)),
    Shot("status", "/status"),
    Shot("docs", "/docs", ("empty",)),
    *(Shot(f"docs-{each.name}", each.path, ("empty",)) for each in PAGES),
    Shot("docs-api-jobs", "/docs/api/jobs", ("empty",)),
)


@pytest.fixture
async def web(serve: Serve):  # type: ignore[no-untyped-def]
    async with serve(development=True) as running:
        yield running


@pytest.fixture
def runner(connect: Connect, organization: UUID) -> VirtualRunner:
    started = VirtualRunner(connect(role="prikke_runner"))
    started.keep_history()
    return started


def empty(_: psycopg.Connection, __: VirtualRunner) -> dict[str, UUID]:
    """Nothing yet, and all is well."""
    return {}


def crowded(db: psycopg.Connection, runner: VirtualRunner) -> dict[str, UUID]:
    """Ten thousand jobs, odd names, failures, what is held, what is paused, and no runner."""
    jobs = [
        {
            "key": f"job-{number}",
            "name": f"Job {number}",
            "url": URL,
            "cron": f"{number % 60} 3 * * *",
        }
        for number in range(_CROWD)
    ]
    for start in range(0, _CROWD, 1_000):
        db.execute("select prikke.sync_jobs(jobs => %s)", (Jsonb(jobs[start : start + 1_000]),))
    call(db, "set_queue", name="mail", max_running=1, rate=10, rate_period=timedelta(minutes=1))
    call(db, "pause_queue", name="slow." + "x" * 90, reason="The provider is down since noon")
    odd = [make_job(db, name=name.strip(), max_attempts=1, overlap="allow") for name in ODD_NAMES]
    one = make_job(db, name="Nightly report", every=timedelta(minutes=5), max_attempts=1)
    long_url = "https://example.com/" + "very-long-path/" * 40
    failed = make_send(db, url=long_url, body='{"order": {"id": 42}}', max_attempts=1)
    outcomes = ({"status": "success"}, {"status": "timeout"}, {"status": "failed"})
    ended: dict[str, UUID] = {"job": one, "failing": odd[0], "seen": odd[2], "failed": failed}
    for turn in range(12):
        for job in (one, *odd):
            call(db, "run_now", id=job)
        for number, claim in enumerate(runner.work()):
            outcome = outcomes[0] if claim.job_id == one else outcomes[(turn + number) % 3]
            if claim.id == failed:
                outcome = outcomes[2]
            body = '{"why": "busy", "retry": true}' * 20
            headers = {"content-type": "application/json", "server": "example"}
            runner.complete(
                claim,
                **outcome,
                **({} if outcome["status"] == "success" else {"error_message": "no answer " * 9}),
                response_body=body,
                response_headers=headers,
                duration_ms=12 + 7 * turn,
            )
            if claim.job_id == one:
                ended["execution"] = claim.id
    for _ in range(3):
        make_send(db, queue="slow." + "x" * 90)
        make_send(db, queue="mail", ordering_key="customer-42")
    runner.work()
    runner.conn.execute("select prikke.fold_outcomes()")
    runner.conn.execute("select prikke.fold_tallies()")
    call(db, "acknowledge", job_id=odd[2])
    return ended | crowd_of_people(db)


def crowd_of_people(db: psycopg.Connection) -> dict[str, UUID]:
    """Keys, secrets, channels and invitations with odd names."""
    for number, name in enumerate(ODD_NAMES):
        call(
            db,
            "create_key",
            name=name.strip(),
            public_id=f"pk_live_{number:022}",
            secret_hash=bytes([number]) * 32,
        )
        call(db, "store_secret", name=f"S{number}" * 50, sealed=b"x", keyring_id="x")
        call(db, "invite_member", email=f"{'m' * 60}{number}@{'long.' * 20}example.com")
    call(db, "snooze", reason=ODD_NAMES[0])
    made = call(db, "create_channel", target="ops@example.com", name=ODD_NAMES[1].strip())
    return {"channel": made["id"]}


_STATES = {"empty": empty, "crowded": crowded}


@pytest.mark.parametrize("state", _STATES)
async def test_pictures(
    visit: Open,
    db: psycopg.Connection,
    organization: UUID,
    runner: VirtualRunner,
    web: Web,
    shots: Path,
    state: str,
) -> None:
    identifiers = _STATES[state](db, runner)
    session = session_of(db, organization)
    wide = 0
    looks = ((PHONE, False), (PHONE, True), (DESKTOP, False), (DESKTOP, True))
    for (width, dark), who in product(looks, (session, None)):
        async with visit(who, width=width, dark=dark) as visitor:
            for shot, path in _of_state(state, identifiers, who is not None):
                if state == "empty":
                    _keep_alive(runner)
                await visitor.page.goto(web.url + path)
                theme = "dark" if dark else "light"
                await _take(visitor.page, shots / f"{shot.name}-{state}-{width}-{theme}.png")
                await visitor.check_width()
                wide += 1
    assert wide


def _of_state(
    state: str, identifiers: dict[str, UUID], signed_in: bool
) -> Iterator[tuple[Shot, str]]:
    for shot in SHOTS:
        if state in shot.states and shot.signed_in is signed_in:
            yield shot, shot.path.format(**identifiers)


def _keep_alive(runner: VirtualRunner) -> None:
    runner.conn.execute(
        "select prikke.register_runner(%s, 'a-host', 1, %s, 10)", (runner.id, __version__)
    )


@pytest.mark.parametrize("name", MAILS)
async def test_pictures_of_mails(visit: Open, shots: Path, name: str) -> None:
    for width, dark in product((PHONE, DESKTOP), (False, True)):
        async with visit(width=width, dark=dark) as visitor:
            await visitor.page.set_content(MAILS[name].html)
            theme = "dark" if dark else "light"
            picture = f"mail-{name.replace(' ', '-')}-{width}-{theme}.png"
            await _take(visitor.page, shots / picture)


async def _take(page: Page, path: Path) -> None:
    await page.screenshot(path=path, full_page=True)
