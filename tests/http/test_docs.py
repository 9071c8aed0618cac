"""The public pages, and every example on them: each is run as it stands there."""

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import anyio
import psycopg
import pytest
import yaml
from starlette.routing import Match

from prikke.cli import parser
from prikke.config import Settings, known_variables
from prikke.http.app import create_app
from prikke.http.pages.docs import PAGES, reference
from prikke.signing import new_signing_secret, sign_body
from tests.factories import call
from tests.http.api import give_key
from tests.http.conftest import Serve, Web
from tests.http.test_health import forbid
from tests.people import session_of

REFERENCE = [f"/docs/api/{group.anchor}" for group in reference().groups]
ROOT = Path(__file__).parents[2]
PATHS = ["/", "/status", "/docs", *(each.path for each in PAGES), *REFERENCE, "/docs/api/things"]
SECRET = "documentation-tests-only-" + "x" * 32
# What no test can do: it would start containers or services, or it holds no key.
NOT_RUN = {"docker compose", "systemctl", "export PRIKKE_API_KEY"}


@dataclass(frozen=True, slots=True)
class Example:
    """An example of a page, and how it is run."""

    run: str | None
    title: str
    text: str


class Examples(HTMLParser):
    """The examples of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Example] = []
        self._run: str | None = None
        self._part: str | None = None
        self._title = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "figure" and given.get("class") == "code":
            self._title = self._text = ""
            self._run, self._part = None, "title"
        elif tag == "button" and self._part == "title":
            self._part = "figure"
        elif tag == "code" and self._part == "figure":
            self._part, self._run = "text", given.get("data-run")

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure" and self._part == "text":
            self.found.append(Example(self._run, self._title.strip(), self._text))
            self._part = None

    def handle_data(self, data: str) -> None:
        if self._part == "title":
            self._title += data
        elif self._part == "text":
            self._text += data


async def page(web: Web, path: str) -> str:
    async with web.get(path, headers={"Accept": "text/html"}) as answer:
        assert answer.status == 200, path
        return await answer.text()


async def examples(web: Web, path: str) -> list[Example]:
    reader = Examples()
    reader.feed(await page(web, path))
    return [
        Example(each.run, each.title, each.text.replace("http://localhost:8000", web.url).strip())
        for each in reader.found
    ]


@pytest.fixture
async def site(serve: Serve) -> AsyncIterator[Web]:
    async with serve(secret_key_base=SECRET) as web:
        yield web


# The pages


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


# The examples


class Bench:
    """Where the examples of a page are run, one after another."""

    def __init__(self, site: Web, db: psycopg.Connection, dsn: str, folder: Path, key: str) -> None:
        self._site, self._db, self._folder = site, db, folder
        self._state = folder / "state.sh"
        self._state.touch()
        self._environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "DATABASE_URL": dsn,
            "SECRET_KEY_BASE": SECRET,
            "PRIKKE_API_KEY": key,
        }

    async def run(self, example: Example) -> None:
        if example.run is None:
            assert any(word in example.text for word in NOT_RUN), example.text
        else:
            await getattr(self, f"run_{example.run.replace('-', '_')}")(example)

    async def run_shell(self, example: Example) -> None:
        code, said = await self.bash(example.text)
        assert code == 0, said

    async def run_shell_422(self, example: Example) -> None:
        code, said = await self.bash(example.text)
        problem = json.loads(said[: said.rindex("}") + 1])
        assert (code, problem["status"], problem["code"]) == (22, 422, "invalid")
        assert {each["field"] for each in problem["errors"]} == {"name", "url", "cron"}

    async def run_command(self, example: Example) -> None:
        # A client of the API knows no database, and the other way round.
        away = "DATABASE_URL" if "PRIKKE_URL" in example.text else "PRIKKE_API_KEY"
        code, said = await self.bash(f"unset {away}\n{example.text}")
        assert code == 0, said

    async def run_psql(self, example: Example) -> None:
        finished = await self.process(["prikke", "psql"], example.text + "\n")
        assert b"ERROR" not in finished.stderr, finished.stderr
        assert finished.returncode == 0

    async def run_sql(self, example: Example) -> None:
        self._db.execute(example.text.encode())

    run_sql_superuser = run_sql

    async def run_json(self, example: Example) -> None:
        json.loads(example.text)

    async def run_json_problem(self, example: Example) -> None:
        problem = json.loads(example.text)
        assert set(problem) <= {"type", "title", "status", "detail", "code", "errors", "hint"}

    async def run_yaml(self, example: Example) -> None:
        assert yaml.safe_load(example.text)
        if example.title.endswith(".yaml"):
            (self._folder / example.title).write_text(example.text, encoding="utf-8")

    async def run_environment(self, example: Example) -> None:
        lines = dict(line.split("=", 1) for line in example.text.splitlines())
        if example.title == ".env":
            compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
            assert all(f"${{{name}:" in compose for name in lines)
        lines.pop("POSTGRES_PASSWORD", None)
        Settings.from_environment(lines)
        assert set(lines) <= set(known_variables())

    async def run_systemd(self, example: Example) -> None:
        unit = configparser.ConfigParser(interpolation=None)
        unit.read_string(example.text)
        _, *words = unit["Service"]["ExecStart"].split()
        assert words == ["%i"]
        for program in ("serve", "run"):
            parser().parse_args([program])

    async def run_openssl(self, example: Example) -> None:
        secret, body = new_signing_secret(), '{"order": 42}'
        given = f"SECRET='{secret}'\nBODY='{body}'\nSIGNATURE='{sign_body(secret, body.encode())}'"
        assert await self.bash(f"{given}\n{example.text}") == (0, "from Prikke\n")

    async def run_signature(self, example: Example) -> None:
        """A language of its own: `test_docs_signatures.py` runs these."""

    run_python = run_node = run_go = run_php = run_ruby = run_signature

    async def bash(self, text: str) -> tuple[int, str]:
        """Exit code and output. Variables live on, and an answer that refuses is a failure."""
        script = (
            f"set -a; source {self._state}; set -euo pipefail\n"
            'curl() { command curl --silent --show-error --fail-with-body "$@"; }\n'
            f"{text}\nexport -p > {self._state}\n"
        )
        finished = await self.process(["bash", "-c", script], "")
        return finished.returncode, finished.stdout.decode() + finished.stderr.decode()

    async def process(self, words: list[str], text: str) -> subprocess.CompletedProcess[bytes]:
        with anyio.fail_after(120):
            return await anyio.run_process(
                words,
                input=text.encode(),
                check=False,
                env=self._environment,
                cwd=self._folder,
            )


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
    bench = Bench(site, db, dsn, tmp_path, give_key(db, "write", "trigger", "read", "admin"))

    found = await examples(site, path)

    for example in found:
        await bench.run(example)
    assert found or path == "/docs/limits"
