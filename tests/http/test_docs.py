"""The public pages, and every example on them: each is run as it stands there."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from starlette.routing import Match

from prikke.config import Settings
from prikke.http.app import create_app
from prikke.http.pages.docs import PAGES, reference
from tests.factories import call
from tests.http.api import give_key
from tests.http.conftest import Serve, Web
from tests.http.examples import SECRET, Bench, examples, page
from tests.http.test_health import forbid
from tests.people import session_of

REFERENCE = [f"/docs/api/{group.anchor}" for group in reference().groups]
PATHS = ["/", "/status", "/docs", *(each.path for each in PAGES), *REFERENCE, "/docs/api/things"]


@pytest.fixture
async def site(serve: Serve) -> AsyncIterator[Web]:
    async with serve(secret_key_base=SECRET) as web:
        yield web


async def test_public_pages_stand_without_anything_from_elsewhere(web: Web) -> None:
    for path in PATHS:
        text = await page(web, path)

        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! defer src=\"/static/)", text)
        assert not re.search(r"(src=\"|<link[^>]*href=\")(https?:)?//", text)
        assert len(re.findall(r"<h1>", text)) == 1, path
        assert "undefined" not in text


async def test_a_public_page_weighs_less_than_100_kilobytes(web: Web) -> None:
    weights: dict[str, int] = {}
    for path in PATHS:
        text = await page(web, path)
        for file in set(re.findall(r"(?:href|src)=\"(/static/[^\"]+)", text)) - set(weights):
            async with web.get(file) as answer:
                weights[file] = len(await answer.read())
        files = sum(weights[file] for file in re.findall(r"(?:href|src)=\"(/static/[^\"]+)", text))

        assert len(text.encode()) + files < 100_000, path


async def test_links_to_parts_of_a_page_find_them(web: Web) -> None:
    texts = {path: await page(web, path) for path in PATHS}

    for path, text in texts.items():
        for where, part in re.findall(r"href=\"(/docs[^\"#]*|)#([^\"]+)", text):
            assert f'id="{part}"' in texts[where or path], f"{path}: {where}#{part}"


async def test_links_within_the_site_lead_to_pages_that_exist(web: Web) -> None:
    routes = create_app(Settings()).routes
    for path in PATHS:
        for link in set(re.findall(r"href=\"(/[^\"#?]*)", await page(web, path))):
            scope = {"type": "http", "method": "GET", "path": link}

            assert any(each.matches(scope)[0] == Match.FULL for each in routes), (path, link)


async def test_a_page_of_the_documentation_that_does_not_exist_is_not_found(web: Web) -> None:
    for name in ("nothing", "layout", "..%2flanding", "api/nothing", "operations"):
        async with web.get(f"/docs/{name}") as answer:
            assert answer.status == 404


async def test_who_is_signed_in_is_led_to_the_dashboard(
    web: Web, db: psycopg.Connection, organization: UUID
) -> None:
    cookie = {"Cookie": f"prikke_session={session_of(db, organization)}"}

    async with web.get("/", headers=cookie) as answer:
        known = await answer.text()
    stranger = await page(web, "/")

    assert "Go to the dashboard" in known
    assert "Go to the dashboard" not in stranger
    assert 'href="/users/register"' in stranger


async def test_a_session_that_ended_is_a_stranger_on_public_pages(web: Web) -> None:
    async with web.get("/", headers={"Cookie": "prikke_session=" + "x" * 43}) as answer:
        assert answer.status == 200
        assert "Log in" in await answer.text()


async def test_without_billing_there_are_limits_and_no_prices(web: Web) -> None:
    text = await page(web, "/")

    assert "self-hosted" in text
    assert "Pricing" not in text


async def test_prices_are_those_of_the_settings(serve: Serve, db: psycopg.Connection) -> None:
    db.execute("""select prikke.publish_settings('{"plans": true}')""")
    async with serve(lemonsqueezy_api_key="k", pro_price="€ 9 a month", plans=True) as web:
        text = await page(web, "/")
        limits = await page(web, "/docs/limits")

    assert "€ 9 a month" in text
    assert "5,000 executions a month" in text
    assert "250,000" in limits


async def test_limits_are_those_of_the_settings(serve: Serve) -> None:
    limits = Settings.from_environment({"PRIKKE_LIMIT_HEADERS": "77"}).limits
    async with serve(limits=limits) as web:
        text = await page(web, "/docs/limits")

    assert re.search(r"PRIKKE_LIMIT_HEADERS</code></td><td class=\"numbers\">77<", text)


async def test_the_status_page_says_how_it_goes_in_counts_only(
    web: Web, db: psycopg.Connection, organization: UUID
) -> None:
    call(db, "create_job", name="Nobody's business", url="https://example.com/unseen")

    text = await page(web, "/status")

    assert "No runner is alive" in text
    assert "business" not in text
    assert "unseen" not in text


async def test_public_pages_stand_while_the_database_is_away(
    web: Web, admin: psycopg.Connection, db: psycopg.Connection, dsn: str, organization: UUID
) -> None:
    cookie = {"Cookie": f"prikke_session={session_of(db, organization)}", "Accept": "text/html"}
    forbid(admin, dsn)

    found = {}
    for path in ("/", "/docs/limits", "/status"):
        async with web.get(path, headers=cookie) as answer:
            found[path] = answer.status
            text = await answer.text()

    assert found == {"/": 200, "/docs/limits": 200, "/status": 503}
    assert "The database does not answer. Nothing is lost" in text


@pytest.mark.parametrize("path", ["/", *(each.path for each in PAGES)])
async def test_every_example_runs_as_it_stands_there(
    site: Web,
    db: psycopg.Connection,
    dsn: str,
    organization: UUID,
    tmp_path: Path,
    path: str,
) -> None:
    for program in ("bash", "curl", "openssl"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here")
    bench = Bench(db, dsn, tmp_path, give_key(db, "write", "trigger", "read", "admin"))

    found = await examples(site, path)

    for example in found:
        await bench.run(example)
    assert found or path == "/docs/limits"
