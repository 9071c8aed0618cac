"""`prikke up --demo`: what it makes, that it can be started again, and that it comes to life."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from prikke.config import Settings
from prikke.demo import JOBS, ORGANIZATION, demo
from prikke.install import publish
from prikke.targets import Target

BASE = "http://127.0.0.1:8123"


@pytest.fixture
def allowed(dsn: str) -> str:
    """The database was told of the demo's receiver, as `up` does."""
    publish(
        dsn, Settings(allow_targets=(Target.parse("127.0.0.1:8123"), Target.parse("127.0.0.1:9")))
    )
    return dsn


def jobs(dsn: str) -> dict[str, dict[str, Any]]:
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as conn:
        conn.execute("select prikke.use_organization(%s)", (ORGANIZATION,))
        return {row["key"]: row for row in conn.execute("select * from prikke.job")}


def test_the_demo_makes_its_jobs_in_an_organization_of_its_own(allowed: str) -> None:
    with demo(allowed, BASE):
        found = jobs(allowed)

    assert set(found) == {job.key for job in JOBS}
    assert all(row["enabled"] and row["next_run_at"] for row in found.values())
    assert {row["schedule_type"] for row in found.values()} == {"cron", "every", "once"}


def test_after_the_demo_its_jobs_rest_and_the_next_demo_wakes_them(allowed: str) -> None:
    with demo(allowed, BASE):
        first = jobs(allowed)
    resting = jobs(allowed)
    with demo(allowed, BASE):
        second = jobs(allowed)

    assert not any(row["enabled"] for row in resting.values())
    assert all(row["enabled"] and row["next_run_at"] for row in second.values())
    assert {row["id"] for row in second.values()} == {row["id"] for row in first.values()}


def test_the_demo_follows_its_receiver_to_another_port(allowed: str) -> None:
    with demo(allowed, BASE):
        pass

    with demo(allowed, "http://127.0.0.1:9"):
        found = jobs(allowed)

    assert {row["url"].removeprefix("http://").split("/")[0] for row in found.values()} == {
        "127.0.0.1:9"
    }


def test_what_a_person_paused_or_renamed_stays(allowed: str) -> None:
    with demo(allowed, BASE):
        found = jobs(allowed)
        with psycopg.connect(allowed, autocommit=True) as conn:
            conn.execute("select prikke.use_organization(%s)", (ORGANIZATION,))
            conn.execute("select prikke.pause_job(id => %s)", (found["slow"]["id"],))
            conn.execute(
                "select prikke.update_job(id => %s, name => 'Mine')", (found["flaky"]["id"],)
            )

    with demo(allowed, BASE):
        again = jobs(allowed)

    assert again["slow"]["enabled"] is False
    assert again["flaky"]["name"] == "Mine"


def test_the_receivers_address_is_refused_without_the_demo(dsn: str) -> None:
    with pytest.raises(psycopg.Error, match="url"), demo(dsn, BASE):
        pass


@pytest.fixture
def started(dsn: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`prikke up --demo` on this test's database."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PRIKKE_")
    }
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "prikke",
                "up",
                "--demo",
                "--port",
                "0",
                "--data",
                str(tmp_path),
            ],
            env={**environment, "DATABASE_URL": dsn},
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_first_start_shows_life_within_seconds_and_ends_cleanly(
    started: subprocess.Popen[bytes], dsn: str, tmp_path: Path
) -> None:
    ended = time.monotonic() + 60
    delivered: list[tuple[Any, ...]] = []
    with psycopg.connect(dsn, autocommit=True) as conn:
        while not delivered and time.monotonic() < ended and started.poll() is None:
            delivered = conn.execute(
                "select v.url, e.status_code from prikke.past_execution as e"
                " join prikke.job_version as v using (organization_id, job_id)"
                " where e.status = 'success'"
            ).fetchall()
            time.sleep(0.2)

    started.send_signal(signal.SIGINT)
    code = started.wait(timeout=30)

    said = (tmp_path / "log").read_text()
    assert delivered, said
    assert code == 0, said
    assert "Traceback" not in said
    assert "select prikke.use_organization('demo');" in said
    assert not any(row["enabled"] for row in jobs(dsn).values())


def test_a_taken_port_does_not_stop_the_demo() -> None:
    from prikke.commands.up import _demo_listener

    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8123))
            taken.listen()
        except OSError:
            pytest.skip("somebody else has the port")

        with _demo_listener() as other:
            assert other.getsockname()[1] not in {0, 8123}
