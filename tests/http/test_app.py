"""What holds for every answer: headers, hosts, static files, errors."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from prikke import embedded
from prikke.http.shown import ago, duration, number
from prikke.http.static import static_path
from prikke.keyring import Keyring
from tests.http.conftest import SECRET_KEY_BASE, Serve, Web

PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize("path", ["/", "/health", "/nothing", "/static/nothing.css"])
async def test_every_answer_carries_the_headers_that_browsers_obey(web: Web, path: str) -> None:
    async with web.get(path) as answer:
        headers = answer.headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers
    assert "Server" not in headers


async def test_https_is_asked_for_where_the_base_url_has_it(serve: Serve) -> None:
    async with serve(base_url="https://prikke.example") as web, web.get("/health") as answer:
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_static_files_are_kept_for_ever_under_their_hash(web: Web) -> None:
    path = static_path("prikke.css")

    async with web.get(path) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Type"].startswith("text/css")


async def test_a_file_of_another_release_is_served_but_not_kept(web: Web) -> None:
    async with web.get("/static/prikke.000000000000.css") as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/", "/static/prikke.css", "/static/..%2fapp.py", "/static/app.0.py"]
)
async def test_nothing_else_is_served_as_static(web: Web, path: str) -> None:
    async with web.get(path) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("base_url", "host", "status"),
    [
        (None, "localhost:1234", 200),
        (None, "127.0.0.1", 200),
        (None, "[::1]:8000", 200),
        (None, "evil.example", 421),
        ("https://prikke.example", "prikke.example", 200),
        ("https://prikke.example", "PRIKKE.example:443", 200),
        ("https://prikke.example", "localhost", 421),
        ("https://prikke.example", "prikke.example.evil.example", 421),
        ("https://prikke.example", "prikke.example@evil.example", 421),
        ("https://prikke.example", "[", 421),
        ("https://prikke.example", "", 421),
    ],
)
async def test_only_our_own_host_is_served(
    serve: Serve, base_url: str | None, host: str, status: int
) -> None:
    async with serve(base_url=base_url) as web, web.get("/", headers={"Host": host}) as answer:
        assert answer.status == status


async def test_a_missing_page_is_a_page_for_people_and_a_problem_for_programs(web: Web) -> None:
    async with web.get("/nothing", headers=PAGE) as page:
        assert page.status == 404
        assert "There is nothing here." in await page.text()
    async with web.get("/nothing") as answer:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (await answer.json())["code"] == "not_found"


async def test_another_method_is_refused_with_those_allowed(web: Web) -> None:
    async with web.client.post(web.url + "/", headers={"Origin": web.url}) as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]


def test_a_database_without_prikke_is_refused_in_one_sentence(server: embedded.Server) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "prikke", "serve", "--port", "0"],
        env={**os.environ, "DATABASE_URL": server.dsn(), "SECRET_KEY_BASE": "x" * 32},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 1
    sentence = "prikke: Prikke is not installed in this database: run `prikke install`"
    assert ended.stderr.splitlines()[0].endswith(sentence)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SMTP_URL": "smtp://localhost", "MAIL_FROM": "nobody"}, "MAIL_FROM must be an address"),
        ({"SECRET_KEY_BASE": "another-" + "x" * 32}, "another key"),
    ],
    ids=["sender", "keyring"],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    dsn: str, db: psycopg.Connection, environment: dict[str, str], words: str
) -> None:
    kept = Keyring.from_settings(None, SECRET_KEY_BASE).check_value()
    db.execute("select prikke.check_keyring(%s)", (kept,))

    ended = subprocess.run(
        [sys.executable, "-m", "prikke", "serve", "--port", "0"],
        env={
            **os.environ,
            "DATABASE_URL": dsn,
            "SECRET_KEY_BASE": SECRET_KEY_BASE,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert words in ended.stderr.splitlines()[0]
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.0123, "12 ms"),
        (0.9999, "1 s"),
        (1.25, "1.2 s"),
        (59, "59 s"),
        (60, "1 min"),
        (5400, "1.5 h"),
        (86400, "1 d"),
    ],
)
def test_lengths_of_time_have_the_unit_that_suits_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "now"),
        (5, "5 s ago"),
        (59.4, "59 s ago"),
        (80, "1 min ago"),
        (90, "2 min ago"),
        (3600, "1 h ago"),
        (2 * 86400 + 5, "2 d ago"),
        (-20, "in 20 s"),
        (-7 * 86400 + 60, "in 7 d"),
    ],
)
def test_how_long_ago_something_was_is_said_in_whole_units(seconds: float, words: str) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)

    assert ago(now - timedelta(seconds=seconds), now) == words


def test_numbers_are_grouped() -> None:
    assert number(1234567.4) == "1,234,567"
