"""Taking over pg_cron's jobs that call pg_net; what cannot be read is named, and nothing is run."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Clock

PROJECT = "https://project.example.com/functions/v1/hello"


@pytest.fixture
def pg_cron(db: psycopg.Connection, at: Clock, organization: UUID) -> psycopg.Connection:
    """The table of pg_cron, without the extension."""
    db.execute("create schema cron")
    db.execute(
        "create table cron.job (jobid bigint generated always as identity, schedule text,"
        " command text, nodename text default 'localhost', nodeport integer default 5432,"
        " database text default current_database(), username text default current_user,"
        " active boolean default true, jobname text)"
    )
    return db


def schedule(db: psycopg.Connection, command: str, when: str = "0 3 * * *", **more: Any) -> None:
    db.execute(
        "insert into cron.job (schedule, command, jobname, active) values (%s, %s, %s, %s)",
        (when, command, more.get("name", "nightly"), more.get("active", True)),
    )


def run_import(db: psycopg.Connection, apply: bool = False) -> list[dict[str, Any]]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from prikke.import_pg_cron(dry_run => %s)", (not apply,)
        ).fetchall()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            f"select net.http_get('{PROJECT}')",
            {"url": PROJECT, "method": "GET"},
        ),
        (
            f"SELECT net.http_post(url := '{PROJECT}', headers := '{{\"X-Api\": \"a''b\"}}'::jsonb,"
            " body:='{\"a\": 1}'::jsonb, timeout_milliseconds := 5000) AS request_id;",
            {
                "url": PROJECT,
                "method": "POST",
                "headers": {"X-Api": "a'b"},
                "body": '{"a": 1}',
                "content_type": "application/json",
                "timeout_ms": 5000,
            },
        ),
        (
            f"select net.http_post('{PROJECT}', '{{\"a\": 1}}')",
            {
                "url": PROJECT,
                "method": "POST",
                "body": '{"a": 1}',
                "content_type": "application/json",
            },
        ),
        (
            "select * from net.http_post(url => 'https://project.example.com' || '/functions/v1'\n"
            "  || '/hello', -- the function\n headers => jsonb_build_object('Authorization',"
            " 'Bearer ' || 'key', 'X', $x$1$x$), body => jsonb_build_object('n', 1, 'l',"
            " jsonb_build_array(true, null)) /* all of it */);",
            {
                "url": PROJECT,
                "method": "POST",
                "headers": {"Authorization": "Bearer key", "X": "1"},
                "body": '{"l": [true, null], "n": 1}',
                "content_type": "application/json",
            },
        ),
        (
            f"select status from net.http_delete(url := '{PROJECT}', headers := ('{{}}')::jsonb)",
            {"url": PROJECT, "method": "DELETE"},
        ),
        (
            f"select net.http_post(url := '{PROJECT}')",
            {
                "url": PROJECT,
                "method": "POST",
                "body": "{}",
                "content_type": "application/json",
            },
        ),
    ],
)
def test_a_call_of_pg_net_becomes_a_request(
    pg_cron: psycopg.Connection, command: str, expected: dict[str, Any]
) -> None:
    schedule(pg_cron, command)

    [row] = run_import(pg_cron)

    assert row["problem"] is None
    usual = {"cron": "0 3 * * *", "timezone": "UTC", "key": "pg_cron.nightly"}
    assert row["job"] == usual | {"name": "nightly", "enabled": True} | expected


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("vacuum", "does not call net.http_get"),
        ("select http_get('https://x.example.com')", "does not call net.http_get"),
        (f"select net.http_get('{PROJECT}'); select 1", "more than one call"),
        (f"select net.http_get('{PROJECT}'), net.http_get('{PROJECT}')", "more than one call"),
        (f"delete from t where net.http_get('{PROJECT}') > 0", "more than one call"),
        (
            f"select net.http_post(url := '{PROJECT}', body := jsonb_build_object('t', now()))",
            "the body is computed when it runs (now)",
        ),
        (
            "select net.http_get(url := (select decrypted_secret from vault.decrypted_secrets))",
            "the url is computed when it runs (select)",
        ),
        (f"select net.http_get('{PROJECT}', params := '{{\"a\": 1}}')", "has params"),
        (f"select net.http_get('{PROJECT}', headers := 'none')", "the headers is no JSON"),
        ("select net.http_get('https://x.example.com)", "a quote in it does not end"),
        (f"select net.http_get(E'{PROJECT}')", "is computed when it runs"),
        ("select net.http_get(url := 'https://x.example.com'", "is computed when it runs"),
        (f"select net.http_get('{PROJECT}', wrong := 1)", 'argument "wrong"'),
        ("select net.http_get('http://localhost/x')", "url"),
    ],
)
def test_what_cannot_be_taken_over_is_listed_with_the_reason(
    pg_cron: psycopg.Connection, command: str, said: str
) -> None:
    schedule(pg_cron, command)
    schedule(pg_cron, f"select net.http_get('{PROJECT}')", name="fine")

    bad, fine = run_import(pg_cron)

    assert said in bad["problem"]
    assert (bad["job"], bad["outcome"]) == (None, None)
    assert (fine["problem"], fine["outcome"]) == (None, "created")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("30 seconds", {"every": "30 seconds"}),
        ("1 second", {"every": "1 seconds"}),
        ("*/5 * * * 1-5", {"cron": "*/5 * * * 1-5", "timezone": "UTC"}),
        ("0 0 $ * *", {"cron": "0 0 L * *", "timezone": "UTC"}),
    ],
)
def test_its_schedules_are_taken_over(
    pg_cron: psycopg.Connection, when: str, expected: dict[str, str]
) -> None:
    schedule(pg_cron, f"select net.http_get('{PROJECT}')", when)

    [row] = run_import(pg_cron)

    assert row["problem"] is None
    assert {name: row["job"].get(name) for name in expected} == expected


def test_a_schedule_that_is_none_is_named(pg_cron: psycopg.Connection) -> None:
    schedule(pg_cron, f"select net.http_get('{PROJECT}')", "at noon")

    [row] = run_import(pg_cron)

    assert row["problem"].startswith("cron ")


def test_its_time_zone_is_taken_over(pg_cron: psycopg.Connection) -> None:
    pg_cron.execute("set cron.timezone = 'Europe/Oslo'")
    schedule(pg_cron, f"select net.http_get('{PROJECT}')")

    [row] = run_import(pg_cron)

    assert row["job"]["timezone"] == "Europe/Oslo"


def test_a_dry_run_only_proposes(pg_cron: psycopg.Connection) -> None:
    schedule(pg_cron, f"select net.http_get('{PROJECT}')")

    [row] = run_import(pg_cron)

    assert row["outcome"] == "created"
    assert pg_cron.execute("select from prikke.job").fetchall() == []


def test_it_makes_the_jobs_when_asked_and_once(pg_cron: psycopg.Connection) -> None:
    schedule(pg_cron, f"select net.http_get('{PROJECT}')", name=None, active=False)
    schedule(pg_cron, "vacuum")

    first = run_import(pg_cron, apply=True)
    second = run_import(pg_cron, apply=True)

    jobs = pg_cron.execute("select key, name, enabled, cron from prikke.job").fetchall()
    assert jobs == [("pg_cron.1", "pg_cron job 1", False, "0 3 * * *")]
    assert [row["outcome"] for row in first] == ["created", None]
    assert [row["outcome"] for row in second] == ["unchanged", None]


def test_names_that_are_no_keys_are_made_keys(pg_cron: psycopg.Connection) -> None:
    schedule(pg_cron, f"select net.http_get('{PROJECT}')", name="Every night (UTC)")

    [row] = run_import(pg_cron)

    assert row["key"] == "pg_cron.Every-night-UTC-"


def test_without_pg_cron_it_says_so(db: psycopg.Connection, organization: UUID) -> None:
    with pytest.raises(psycopg.Error) as caught:
        run_import(db)

    assert caught.value.sqlstate == "PK404"


def test_a_table_without_rows_proposes_nothing(pg_cron: psycopg.Connection) -> None:
    assert run_import(pg_cron, apply=True) == []
