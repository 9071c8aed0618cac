"""The command as a client: the same over the API and straight on the database."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from prikke.cli import main
from prikke.commands.declarations import read_declarations
from prikke.errors import PrikkeError
from prikke.http.auth import make_key
from tests.http.api import Api, give_key, job
from tests.http.conftest import Web

Run = Callable[..., tuple[int, str, str]]

FILE = """
jobs:
  - key: nightly
    url: https://example.com/nightly
    cron: 0 3 * * *
  - key: once
    url: https://example.com/once
    scheduled_at: 2035-07-01T09:00:00+02:00
    enabled: false
"""


@pytest.fixture(params=["api", "database"])
def run(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    db: psycopg.Connection,
    dsn: str,
    organization: UUID,
) -> Run:
    """`run("jobs")`: exit code, output, errors."""
    for name in list(os.environ):
        if name.startswith(("PRIKKE_", "DATABASE_URL", "SECRET_KEY", "PORT")):
            monkeypatch.delenv(name)
    if request.param == "api":
        monkeypatch.setenv("PRIKKE_URL", request.getfixturevalue("served"))
        monkeypatch.setenv("PRIKKE_API_KEY", give_key(db))
    else:
        monkeypatch.setenv("DATABASE_URL", dsn)

    def command(*words: str) -> tuple[int, str, str]:
        code = main([*words, "--organization", "acme"])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_a_file_is_shown_as_a_difference_and_then_made(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text(FILE, encoding="utf-8")

    shown = run("sync", str(file), "--dry-run")
    nothing = run("jobs")
    made = run("sync", str(file), "--json")
    listed = run("jobs")

    assert shown[:2] == (
        0,
        "+ nightly\n+ once\n2 created, 0 updated, 0 deleted, 0 unchanged\n",
    )
    assert nothing[:2] == (0, "")
    assert [one["key"] for one in json.loads(made[1])["created"]] == ["nightly", "once"]
    assert [line.split("\t")[:3] for line in listed[1].splitlines()] == [
        ["nightly", "new", "0 3 * * *"],
        ["once", "disabled", "2035-07-01T07:00:00+00:00"],
    ]


def test_what_is_wrong_in_a_file_is_named_line_by_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps([job(key="a", corn="x"), job(key="b", cron="x")]), encoding="utf-8")

    code, _, errors = run("sync", str(file))

    assert code == 1
    assert "  jobs[0].corn: " in errors
    assert "(Did you mean cron" in errors
    assert "  jobs[1].cron: " in errors


def test_a_job_is_triggered_by_its_key_and_seen(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text(FILE, encoding="utf-8")
    run("sync", str(file))

    code, printed, _ = run("trigger", "nightly")
    seen = run("tail", "--once", "--json")

    assert code == 0
    assert json.loads(seen[1])["id"] == printed.strip()


@pytest.mark.parametrize("terminal", [True, False])
def test_executions_have_colours_on_a_terminal_only(
    run: Run, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    run("send", "https://example.com/hook")
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)

    _, printed, _ = run("tail", "--once")

    assert "https://example.com/hook" in printed
    assert ("\033[" in printed) is terminal


def test_a_job_that_is_not_there_ends_with_one_and_a_sentence(run: Run) -> None:
    code, _, errors = run("trigger", "nobody")

    assert code == 1
    assert errors == 'prikke: no job has the key "nobody"\n'


def test_what_would_be_right_is_said_below(run: Run) -> None:
    code, _, errors = run("send", "ftp://example.com")

    assert code == 1
    first, second = errors.splitlines()
    assert first == 'prikke: url: "ftp" cannot be called'
    assert second.startswith("  ")


def test_all_that_is_wrong_is_said_at_once(run: Run) -> None:
    code, _, errors = run("send", "ftp://example.com", "--delay", "soon", "--method", "FETCH")

    assert code == 1
    assert [line.split(":")[0].strip() for line in errors.splitlines()[1:]] == [
        "delay",
        "url",
        "method",
    ]


def test_a_key_of_another_organization_is_not_used_for_this_one(
    served: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    db: psycopg.Connection,
    organization: UUID,
) -> None:
    monkeypatch.setenv("PRIKKE_URL", served)
    monkeypatch.setenv("PRIKKE_API_KEY", give_key(db))

    other = main(["send", "https://example.com", "--organization", "other"])
    said = capsys.readouterr().err
    own = main(["send", "https://example.com"])

    assert (other, own) == (1, 0)
    assert said == 'prikke: PRIKKE_API_KEY is a key of "acme", not of "other"\n'
    assert db.execute("select count(*) from prikke.execution").fetchone() == (1,)


def test_a_key_that_does_not_hold_is_named_by_its_setting(
    served: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRIKKE_URL", served)
    monkeypatch.setenv("PRIKKE_API_KEY", make_key().text)

    code = main(["jobs"])

    assert code == 1
    assert capsys.readouterr().err.startswith("prikke: PRIKKE_API_KEY is no key that holds\n")


def test_a_send_prints_its_id(run: Run, db: psycopg.Connection) -> None:
    code, printed, _ = run("send", "https://example.com/hook", "--body", "x", "--ref", "order-42")

    assert code == 0
    row = db.execute("select id::text, ref, body from prikke.execution").fetchone()
    assert row == (printed.strip(), "order-42", "x")


async def test_a_key_is_printed_alone_and_works(
    web: Web,
    organization: UUID,
    dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", dsn)

    code = main(["key", "create", "--organization", "acme", "--scope", "read"])

    key = capsys.readouterr().out.removesuffix("\n")
    assert code == 0
    assert (await Api(web, key).get("/api/jobs")).status == 200
    assert (await Api(web, key).post("/api/jobs", job())).status == 403


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "jobs.yaml, line 1, column 5: "),
        ("- key: a\n url: b", "line 2, column 2: expected"),
        ("jobs: {}", "write a list of jobs"),
        ("- key: a\n  key: b", "is there twice"),
        ("!!python/object:os.system x", "could not determine a constructor"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(PrikkeError, match=said):
        read_declarations(str(file))


def test_a_file_that_cannot_be_read_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(PrikkeError, match=r"jobs\.yaml: is not UTF-8"):
        read_declarations(str(file))
    with pytest.raises(PrikkeError, match=r"missing\.yaml: No such file or directory$"):
        read_declarations(str(tmp_path / "missing.yaml"))


def test_words_and_dates_of_yaml_stay_what_they_look_like(tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text(
        "- {key: on, name: 2030-01-01, body: no, priority: 010, timeout_ms: 5000, enabled: true}",
        encoding="utf-8",
    )

    [found] = read_declarations(str(file))

    assert found == {
        "key": "on",
        "name": "2030-01-01",
        "body": "no",
        "priority": "010",
        "timeout_ms": 5000,
        "enabled": True,
    }
