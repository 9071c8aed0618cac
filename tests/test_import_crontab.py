"""`prikke import crontab`: proposes first, makes the jobs when told to."""

import io
import json
import os
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from prikke.cli import main

CRONTAB = """\
# Nightly report
0 3 * * * curl -s -H 'Authorization: Bearer of-mine' https://example.com/report > /dev/null
*/5 * * * * /usr/local/bin/backup
61 * * * * curl https://example.com/never
0 4 * * * curl http://localhost/x
"""


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dsn: str, organization: UUID) -> str:
    """A crontab, and an environment that leads to an organization of this test's database."""
    for name in list(os.environ):
        if name.startswith("PRIKKE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", dsn)
    file = tmp_path / "crontab"
    file.write_text(CRONTAB)
    return str(file)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["import", "crontab", "--organization", "acme", *words]) == 0
    return capsys.readouterr().out


def keys(db: psycopg.Connection) -> list[str]:
    return [row[0] for row in db.execute("select key from prikke.job order by key").fetchall()]


def test_it_proposes_and_says_why_not(
    db: psycopg.Connection, crontab: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = run(capsys, crontab)

    assert "line 2: new job crontab.example.com-report\n  0 3 * * * (UTC)  GET https:" in said
    assert "line 3: left out, it is no call of curl but of /usr/local/bin/backup" in said
    assert "line 4: left out, it cron " in said
    assert "line 5: left out, it url " in said
    assert "1 of 4 lines can be jobs.\nNothing was changed" in said
    assert "of-mine" not in said
    assert keys(db) == []


def test_it_makes_the_jobs_when_told_to_and_once(
    db: psycopg.Connection, crontab: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(capsys, crontab, "--apply", "--timezone", "Europe/Oslo")
    second = run(capsys, crontab, "--apply", "--timezone", "Europe/Oslo")

    assert "1 of 4 lines are jobs now." in first
    assert "line 2: unchanged job" in second
    assert keys(db) == ["crontab.example.com-report"]
    assert db.execute("select name, timezone, version from prikke.job").fetchall() == [
        ("Nightly report", "Europe/Oslo", 1)
    ]


def test_programs_get_json_from_standard_input(
    crontab: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(CRONTAB))

    answer = json.loads(run(capsys, "-", "--json"))

    assert answer["applied"] is False
    assert [line["outcome"] for line in answer["lines"]] == ["new", None, None, None]
    assert answer["lines"][0]["job"]["url"] == "https://example.com/report"


@pytest.mark.parametrize("words", [["--organization", "nobody", "FILE"], ["/nowhere/crontab"]])
def test_it_fails_in_a_sentence(
    crontab: str, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    given = [crontab if word == "FILE" else word for word in words]

    assert main(["import", "crontab", *given]) == 1

    assert capsys.readouterr().err.startswith("prikke: ")
