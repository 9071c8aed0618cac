"""The command line as people and programs meet it."""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from prikke import __version__, embedded
from prikke.cli import main
from prikke.commands.shell import connection_environment
from prikke.commands.usage import parser
from tests.conftest import throwaway_home


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without settings of ours."""
    for name in list(os.environ):
        if name.startswith(("PRIKKE_", "DATABASE_URL", "SECRET_KEY", "PORT")):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def installed(environment: pytest.MonkeyPatch, dsn: str) -> str:
    """DATABASE_URL points to this test's database."""
    environment.setenv("DATABASE_URL", dsn)
    return dsn


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"prikke {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [[], ["frobnicate"], ["serve", "--port", "99999"], ["run", "--processes", "0"], ["uninstall"]],
)
def test_wrong_usage_ends_with_two(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == 2


def commands_of(found: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every command that can be run."""
    groups = [each for each in found._actions if isinstance(each, argparse._SubParsersAction)]
    if not groups:
        yield found
    for group in groups:
        for each in group.choices.values():
            yield from commands_of(each)


@pytest.mark.parametrize("command", list(commands_of(parser())), ids=lambda command: command.prog)
def test_every_command_says_what_it_does_and_what_each_word_means(
    command: argparse.ArgumentParser,
) -> None:
    assert command.description
    assert [each.dest for each in command._actions if not each.help] == []
    assert command.format_help()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "--port", "http"], '"http" is no port: 0 to 65535'),
        (["run", "--processes", "-1"], '"-1" is no whole number from 1 on'),
    ],
)
def test_a_number_that_is_none_is_named(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)

    assert said in capsys.readouterr().err


def test_a_wrong_setting_ends_with_one_and_a_sentence(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("PORT", "eighty")

    code = main(["doctor", "--settings"])

    assert code == 1
    assert capsys.readouterr().err.startswith("prikke: PORT: must be a whole number")


@pytest.mark.parametrize("words", [["run"], ["serve"]])
def test_without_a_database_the_way_out_is_named(
    words: list[str], environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(words)

    assert code == 1
    assert "DATABASE_URL is not set" in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_one_sentence(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    environment.setenv("DATABASE_URL", f"host={tmp_path} dbname=nowhere")

    code = main(["install"])

    assert code == 1
    assert "Traceback" not in capsys.readouterr().err


def test_install_tells_what_it_did(installed: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["install", "--json"])

    assert code == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["release"], told["role_mode"], told["migrations"]) == (__version__, "roles", [])


def test_the_roles_are_printed_and_nothing_is_done(
    installed: str, db: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["uninstall", "--yes"])
    capsys.readouterr()

    code = main(["install", "--print-roles"])

    assert code == 0
    assert "create role prikke_owner" in capsys.readouterr().out
    assert db.execute("select to_regnamespace('prikke') is null").fetchone() == (True,)


def test_uninstalling_what_is_not_there_fails(
    installed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["uninstall", "--yes"]) == 0
    assert main(["uninstall", "--yes"]) == 1


def test_an_organization_is_made_and_its_slug_printed_alone(
    installed: str, db: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["organization", "create", "Blue Whale"])

    assert code == 0
    assert capsys.readouterr().out == "blue-whale\n"
    assert db.execute("select name from prikke.organization").fetchone() == ("Blue Whale",)


def test_an_organization_that_is_refused_says_why(
    installed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["organization", "create", "x" * 300])

    assert code == 1
    assert "Traceback" not in (said := capsys.readouterr().err)
    assert said.startswith("prikke: ")


def test_the_settings_are_listed(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("PORT", "8080")

    main(["doctor", "--settings", "--json"])

    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["settings"]}
    assert rows["PORT"]["source"] == "environment"


def test_psql_gets_the_connection_without_showing_a_password() -> None:
    environment = connection_environment(
        "postgresql://me:hidden@db.example:5433/mine?sslmode=require"
    )

    assert environment["PGPASSWORD"] == "hidden"
    assert (environment["PGHOST"], environment["PGPORT"]) == ("db.example", "5433")
    assert (environment["PGUSER"], environment["PGDATABASE"]) == ("me", "mine")
    assert environment["PGSSLMODE"] == "require"


def test_a_taken_port_is_told_at_once(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dsn: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environment.setenv("DATABASE_URL", dsn)

        code = main(["serve", "--port", port])

    assert code == 1
    assert f"port {port}" in capsys.readouterr().err


def test_a_program_refuses_a_database_without_prikke(
    installed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["uninstall", "--yes"])

    code = main(["run"])

    assert code == 1
    assert "run `prikke install`" in capsys.readouterr().err


def test_the_web_refuses_a_database_without_prikke_in_a_sentence(installed: str) -> None:
    main(["uninstall", "--yes"])

    said = subprocess.run(
        [sys.executable, "-m", "prikke", "serve", "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert said.returncode != 0
    assert "run `prikke install`" in said.stderr
    assert "Traceback" not in said.stderr


class Up:
    """`prikke up` as a person starts it."""

    def __init__(self, home: Path, log: Path) -> None:
        self.home = home
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "prikke", "up", "--port", "0", "--data", str(home)],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, words: str, seconds: float = 60, times: int = 1) -> None:
        ends = time.monotonic() + seconds
        while self.said().count(words) < times:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < ends, self.said()
            time.sleep(0.05)

    def children(self) -> set[int]:
        """Every process that it started, and they in turn."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                rest = stat.read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(stat.parent.name)] = int(rest[1])
        found, ours = {self.process.pid}, set[int]()
        while found:
            ours |= found
            found = {pid for pid, parent in parents.items() if parent in ours} - ours
        return ours - {self.process.pid}


@pytest.fixture
def up(environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Up]:
    with throwaway_home() as home:
        started = Up(home, tmp_path / "up.log")
        try:
            started.wait_for("runner started")
            yield started
        finally:
            started.process.kill()
            started.process.wait()


def gone(pids: set[int], seconds: float = 30) -> bool:
    ends = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_up_starts_everything_and_leaves_nothing_behind(up: Up, how: signal.Signals) -> None:
    dsn = embedded.running(up.home, "prikke")
    assert dsn is not None
    with psycopg.connect(dsn) as conn:
        organizations = conn.execute("select slug from prikke.list_organizations()").fetchall()
    started = up.children()

    up.process.send_signal(how)
    code = up.process.wait(timeout=60)

    assert organizations == [("default",)]
    assert len(started) > 5
    assert code == 0, up.said()
    assert gone(started)
    assert "Traceback" not in up.said()


def test_up_shows_a_page_where_it_says(up: Up) -> None:
    address = re.findall(r"http://localhost:\d+", up.said())[0]

    with urllib.request.urlopen(f"{address}/health", timeout=30) as answer:
        health = answer.status
    with urllib.request.urlopen(address, timeout=30) as answer:
        page = answer.read().decode()

    assert health == 200
    assert "Prikke" in page


def test_the_link_that_up_shows_signs_its_reader_in_once(up: Up) -> None:
    [link] = re.findall(r"http://localhost:\d+/users/log-in/\S+", up.said())
    origin = link.partition("/users")[0]
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    browser.addheaders = [("Accept", "text/html"), ("Origin", origin)]

    with browser.open(link, b"", timeout=30) as answer:
        where, page = answer.url, answer.read().decode()
    with pytest.raises(urllib.error.HTTPError) as again:
        browser.open(link, b"", timeout=30)
    again.value.close()

    assert where == f"{origin}/dashboard"
    assert "owner@localhost" in page
    assert "Default" in page
    assert again.value.code == 410


def test_killing_up_leaves_nothing_behind_either(up: Up) -> None:
    started = up.children()

    up.process.kill()
    up.process.wait()

    assert gone(started), up.said()


def test_a_runner_that_is_killed_is_started_again(up: Up) -> None:
    [first] = runners(up)

    os.kill(first, signal.SIGKILL)

    up.wait_for("process ended name=runner")
    up.wait_for("runner started", times=2)
    assert runners(up) - {first}
    everything = up.children()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(timeout=60) == 0
    assert gone(everything)


def runners(up: Up) -> set[int]:
    found = set()
    for pid in up.children():
        with suppress(FileNotFoundError, ProcessLookupError):
            if b"\0run\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
    return found


def test_a_second_up_on_the_same_data_is_refused_in_a_sentence(up: Up, tmp_path: Path) -> None:
    second = Up(up.home, tmp_path / "second.log")

    assert second.process.wait(timeout=30) == 1
    assert "in use by another prikke" in second.said()
    assert up.process.poll() is None


def test_the_secret_key_is_made_once_and_kept_closed(up: Up) -> None:
    path = up.home / "secret_key_base"
    before = path.read_text()
    up.process.send_signal(signal.SIGTERM)
    up.process.wait(timeout=60)

    again = Up(up.home, up.log.with_name("again.log"))
    again.wait_for("runner started")
    again.process.send_signal(signal.SIGTERM)
    again.process.wait(timeout=60)

    assert path.read_text() == before
    assert len(before) >= 32
    assert path.stat().st_mode & 0o077 == 0
