"""`prikke doctor`: each ailment is found, named, and comes with a remedy."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from prikke.cli import main
from prikke.config import Settings
from prikke.doctor import Finding, State, examine
from prikke.doctor.zones import is_comparable
from prikke.keyring import Keyring
from prikke.targets import Target
from tests import provider
from tests.conftest import Connect
from tests.factories import make_job, make_send

SECRET = "s" * 32
Examine = Callable[..., dict[str, Finding]]


@pytest.fixture
def settings(dsn: str) -> Settings:
    return Settings(database_url=dsn, secret_key_base=SECRET, base_url="https://prikke.example")


@pytest.fixture
def ailments(settings: Settings, dsn: str) -> Examine:
    """What is not in order, by check; with other settings where given."""

    def look(**other: object) -> dict[str, Finding]:
        found = examine(replace(settings, **other), dsn)  # type: ignore[arg-type]
        return {each.check: each for each in found if each.state is not State.OK}

    return look


def register(db: psycopg.Connection, release: str = "0.1.0", listening: bool = True) -> None:
    db.execute(
        "select prikke.register_runner(gen_random_uuid(), 'host', 1, %s, 100, p_listening => %s)",
        (release, listening),
    )


def test_without_a_runner_nothing_is_delivered_and_that_is_said(ailments: Examine) -> None:
    found = ailments()["runner"]

    assert found.state is State.FAIL
    assert found.advice == "start one: prikke run"


def test_a_runner_that_lives_is_enough_to_be_healthy(
    ailments: Examine, db: psycopg.Connection
) -> None:
    db.execute("select prikke.keep_history()")
    register(db)

    # The throw-away server of the tests is neither durable nor eager to vacuum.
    unhealthy = {name for name, each in ailments().items() if each.state is State.FAIL}
    assert unhealthy == {"durability"}


def test_a_runner_of_another_release_and_a_deaf_one_are_named(
    ailments: Examine, db: psycopg.Connection
) -> None:
    register(db, release="0.0.9", listening=False)

    found = ailments()["runner"]

    assert found.state is State.WARN
    assert "NOTIFY" in found.says


def test_a_missing_partition_for_tomorrow_is_a_failure(
    ailments: Examine, db: psycopg.Connection
) -> None:
    assert ailments()["partitions"].state is State.FAIL

    db.execute("select prikke.keep_history()")

    assert "partitions" not in ailments()


def test_work_left_lying_is_a_failure(
    ailments: Examine, db: psycopg.Connection, organization: object
) -> None:
    make_send(db)
    db.execute(
        "update prikke.live_execution set scheduled_for = scheduled_for - interval '1 minute',"
        " due_at = due_at - interval '1 minute'"
    )

    assert "has waited 6" in ailments()["deliveries"].says


def test_a_late_tick_is_seen(
    ailments: Examine, db: psycopg.Connection, organization: object
) -> None:
    make_job(db, every="1 hour")
    db.execute("select prikke.enqueue_due()")
    db.execute("update prikke.job_state set next_run_at = prikke.clock() - interval '2 minutes'")

    assert ailments()["tick"].state is State.FAIL


def test_another_keyring_than_the_one_in_use_is_a_failure(
    ailments: Examine, db: psycopg.Connection
) -> None:
    value = Keyring.from_settings(None, "another secret that is long enough").check_value()
    db.execute("select prikke.check_keyring(%s)", (value,))

    assert "another key sealed" in ailments()["keyring"].says


def test_no_secret_at_all_is_a_failure(ailments: Examine) -> None:
    assert "SECRET_KEY_BASE" in ailments(secret_key_base=None)["keyring"].says


def test_a_database_without_prikke_is_sent_to_install(
    settings: Settings, server: object, admin: psycopg.Connection
) -> None:
    found = {each.check: each for each in examine(settings, admin.info.dsn)}

    assert found["schema"].state is State.FAIL
    assert "prikke install" in f"{found['schema'].says} {found['schema'].advice}"
    assert "runner" not in found


def test_a_server_that_is_away_is_one_finding(settings: Settings) -> None:
    found = list(examine(settings, "host=/nowhere dbname=x"))

    assert found[-1].check == "database"
    assert found[-1].state is State.FAIL


def test_listening_over_a_connection_that_swallows_notices_is_a_failure(
    ailments: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prikke.doctor.server._round_trip", lambda url: False)

    found = ailments()["listen"]

    assert found.state is State.FAIL
    assert "PRIKKE_LISTEN_URL" in (found.advice or "")


def test_notices_over_a_direct_connection_arrive(ailments: Examine) -> None:
    assert "listen" not in ailments()


@pytest.mark.parametrize(
    ("function", "body", "check", "says", "advice"),
    [
        ("clock_timestamp() returns timestamptz",
         "select pg_catalog.clock_timestamp() + '5 minutes'",
         "clock", "s behind the database", "run NTP on both"),
        ("pg_is_in_recovery() returns boolean", "select true",
         "server", "this is a standby", "connect to the primary"),
        ("current_setting(text) returns text",
         "select case $1 when 'server_version_num' then '140005'"
         " else pg_catalog.current_setting($1) end",
         "server", "is too old", "Prikke needs 15 or later"),
        ("current_setting(text) returns text",
         "select case $1 when 'server_encoding' then 'LATIN1'"
         " else pg_catalog.current_setting($1) end",
         "server", "encoded in LATIN1", "encoding 'UTF8'"),
        ("current_setting(text) returns text",
         "select case $1 when 'max_connections' then '12' else pg_catalog.current_setting($1) end",
         "connections", "of 12 in use", "raise max_connections"),
    ],
)  # fmt: skip
def test_a_server_that_does_not_suit_is_told(
    ailments: Examine,
    db: psycopg.Connection,
    function: LiteralString,
    body: LiteralString,
    check: str,
    says: str,
    advice: str,
) -> None:
    # What the server says of itself, said otherwise by a function that is found first.
    db.execute("create schema otherwise")
    db.execute("create function otherwise." + function + " language sql as $$ " + body + " $$")
    db.execute(
        sql.SQL("alter database {} set search_path = otherwise, pg_catalog, public").format(
            sql.Identifier(db.info.dbname)
        )
    )

    found = ailments()[check]

    assert says in found.says
    assert advice in (found.advice or "")


def test_an_autovacuum_that_looks_seldom_is_told(ailments: Examine) -> None:
    found = ailments()["tables: autovacuum"]

    assert found.state is State.WARN
    assert "autovacuum_naptime = 5s" in (found.advice or "")


def test_settings_that_differ_from_the_published_are_named(ailments: Examine) -> None:
    assert "retention_days" in ailments(retention_days=7)["settings"].says


@pytest.mark.parametrize(
    ("other", "check", "word"),
    [
        ({"base_url": None}, "base URL", "PRIKKE_BASE_URL"),
        ({"base_url": "http://prikke.example"}, "base URL", "not encrypted"),
        ({"allow_targets": (Target.parse("0.0.0.0/0"),)}, "targets", "internal network"),
        ({"smtp_url": "smtp://mail.example"}, "mail", "MAIL_FROM"),
        ({"lemonsqueezy_api_key": "k"}, "billing", "LEMONSQUEEZY_STORE_ID"),
        ({**provider.SETTINGS, "lemonsqueezy_test_mode": True}, "billing", "test mode"),
    ],
)
def test_a_doubtful_configuration_is_a_warning(
    ailments: Examine, other: dict[str, object], check: str, word: str
) -> None:
    found = ailments(**other)[check]

    assert found.state is State.WARN
    assert word in found.says


def test_a_misspelt_variable_is_named_with_the_one_meant(
    ailments: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIKKE_BASEURL", "https://prikke.example")

    assert ailments()["configuration"].advice == "did you mean PRIKKE_BASE_URL?"


def test_a_login_without_our_roles_is_told_which_it_lacks(
    settings: Settings, dsn: str, connect: Connect, db: psycopg.Connection
) -> None:
    db.execute("drop role if exists doctor_plain")
    db.execute("create role doctor_plain login")
    db.execute("grant usage on schema prikke to doctor_plain")

    plain = psycopg.conninfo.make_conninfo(dsn, user="doctor_plain")
    found = {each.check: each for each in examine(settings, plain)}

    assert "may not use Prikke" in found["schema"].says
    assert "could not be looked at" not in " ".join(each.says for each in found.values())


def test_a_login_of_our_roles_is_healthy_but_for_what_it_cannot_see(
    settings: Settings, dsn: str, db: psycopg.Connection
) -> None:
    db.execute("drop role if exists doctor_app")
    db.execute("create role doctor_app login in role prikke_runner, prikke_web")
    db.execute("select prikke.keep_history()")
    register(db)

    app = psycopg.conninfo.make_conninfo(dsn, user="doctor_app")
    found = {each.check: each for each in examine(settings, app)}

    assert found["roles"].state is State.OK
    assert found["runner"].state is State.OK
    assert "prikke.table_health" in found["tables"].says


def test_schedules_in_use_are_compared_with_a_second_opinion(
    settings: Settings, dsn: str, db: psycopg.Connection, organization: object
) -> None:
    make_job(db, cron="*/7 4 * * *", timezone="Asia/Kolkata")

    found = {each.check: each for each in examine(settings, dsn)}

    assert found["schedules"].state is State.OK
    assert "1 compared" in found["schedules"].says


def test_a_wrong_answer_of_the_second_opinion_is_told(
    settings: Settings,
    dsn: str,
    db: psycopg.Connection,
    organization: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_job(db, cron="*/7 4 * * *", timezone="Asia/Kolkata")
    wrong = [datetime(2030, 1, 1, tzinfo=UTC)]
    monkeypatch.setattr("prikke.doctor.zones._runs_here", lambda *_: wrong)

    found = {each.check: each for each in examine(settings, dsn)}

    assert found["schedules"].state is State.WARN
    assert "2030-01-01" in found["schedules"].says


@pytest.mark.parametrize(
    ("cron", "comparable"),
    [
        ("0 3 * * *", True),
        ("*/5 9-17 * * mon-fri", True),
        ("0 0 1 jan *", True),
        ("0 0 13 * 5", False),
        ("H 3 * * *", False),
        ("H(0-29)/10 * * * *", False),
        ("0 0 L * *", False),
        ("0 0 15W * *", False),
        ("0 0 * * 5#2", False),
        ("0 0 * * 5L", False),
        ("30 0 3 * * *", False),
        ("@daily", False),
    ],
)
def test_only_what_both_read_alike_is_compared(cron: str, comparable: bool) -> None:
    assert is_comparable(cron) is comparable


def test_the_command_ends_with_one_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("SECRET_KEY_BASE", SECRET)

    code = main(["doctor"])

    said = capsys.readouterr().out
    assert code == 1
    assert "✗ runner" in said
    assert "→ start one: prikke run" in said


def test_programs_get_json(
    monkeypatch: pytest.MonkeyPatch, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", dsn)

    code = main(["doctor", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert code == 1
    assert found["healthy"] is False
    assert {"check", "state", "says", "advice"} == set(found["findings"][0])


def test_settings_are_listed_with_source_and_default_and_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECRET_KEY_BASE", SECRET)
    monkeypatch.setenv("PRIKKE_LIMIT_POLL_SECONDS", "7")

    code = main(["doctor", "--settings"])

    said = capsys.readouterr().out
    assert code == 0
    assert SECRET not in said
    assert "7  (environment, default 5)" in said


def test_who_would_hear_silence_is_asked(ailments: Examine, settings: Settings, dsn: str) -> None:
    unset = ailments()["heartbeat"]
    chosen = replace(settings, heartbeat_url="https://beat.example/secret-path")
    said = next(each for each in examine(chosen, dsn) if each.check == "heartbeat")

    assert unset.state is State.WARN
    assert "PRIKKE_HEARTBEAT_URL" in unset.says
    assert (said.state, "beat.example" in said.says, "secret-path" in said.says) == (
        State.OK,
        True,
        False,
    )


def test_a_process_that_may_open_too_few_files_is_told(settings: Settings) -> None:
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}))\n"
        "from prikke import open_files; from prikke.config import Settings\n"
        "from prikke.doctor.configuration import check_configuration\n"
        "open_files.raise_limit()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
        "for finding in check_configuration(Settings(), True):\n"
        "    if finding.check == 'open files': print(finding.state, finding.says)\n"
    )

    def said(hard: int) -> str:
        command = [sys.executable, "-c", program.format(hard=hard)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert said(512).startswith("512\nwarn a process may open 512 only")
    assert said(8192) == "8192\nok up to 8,192 a process\n"
