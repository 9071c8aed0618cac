"""The examples of a page of the documentation, and a bench on which they are run."""

import configparser
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import anyio
import psycopg
import yaml

from prikke.commands.usage import parser
from prikke.config import Settings, known_variables
from prikke.signing import new_signing_secret, sign_body
from tests.http.conftest import Web

SECRET = "documentation-tests-only-" + "x" * 32
_ROOT = Path(__file__).parents[2]
# What no test can do: it would start containers or services, or it holds no key.
_NOT_RUN = {"docker compose", "systemctl", "export PRIKKE_API_KEY"}


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


class Bench:
    """Where the examples of a page are run, one after another."""

    def __init__(self, db: psycopg.Connection, dsn: str, folder: Path, key: str) -> None:
        self._db, self._folder = db, folder
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
            assert any(word in example.text for word in _NOT_RUN), example.text
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
            compose = (_ROOT / "compose.yaml").read_text(encoding="utf-8")
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
