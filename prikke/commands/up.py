"""`prikke up`: database, schema, web and one runner, from one command."""

import argparse
import contextlib
import logging
import secrets
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from prikke import demo, embedded
from prikke.commands.accounts import sign_in_link
from prikke.commands.processes import listening, run_child, serve_child
from prikke.commands.supervisor import Child, stop_signals, supervise
from prikke.config import Settings
from prikke.errors import ConfigurationError
from prikke.install import install
from prikke.targets import Target

log = logging.getLogger(__name__)

DATABASE = "prikke"
OWNER = "owner@localhost"
_CONCURRENCY = 100


def up(arguments: argparse.Namespace, settings: Settings) -> int:
    """Start everything, say where to look, and stop everything on Ctrl-C."""
    home = (arguments.data or embedded.default_data()).expanduser().absolute()
    if arguments.port is not None:
        settings = replace(settings, port=arguments.port)
    with (
        stop_signals() as stop,
        listening(arguments.host, settings.port) as listener,
        contextlib.ExitStack() as stack,
    ):
        settings = replace(settings, port=listener.getsockname()[1])
        children = [serve_child(listener), run_child(_CONCURRENCY)]
        if arguments.demo:
            receiver = stack.enter_context(_demo_listener())
            settings = _allowing(settings, receiver)
            children.append(_receiver_child(receiver))
        url = stack.enter_context(_database(home, settings))
        if stop.asked:
            return 0
        direct = settings.direct_url or url
        install(direct, settings)
        organization = _first_organization(direct)
        if arguments.demo:
            organization = demo.ORGANIZATION
            stack.enter_context(demo.demo(direct, f"http://{_address(receiver)}"))
        # Never where others may come: with a base URL or a database of one's own.
        development = not (settings.base_url or settings.database_url)
        environment = {
            "DATABASE_URL": url,
            "SECRET_KEY_BASE": settings.secret_key_base or kept_secret(home),
            "PORT": str(settings.port),
            "PRIKKE_ALLOW_TARGETS": ",".join(str(target) for target in settings.allow_targets),
            "PRIKKE_DEVELOPMENT": "on" if development else "off",
        }
        way_in = _way_in(direct, organization, settings) if development else None
        print(_welcome(settings, home, organization, way_in, arguments.demo), flush=True)
        return supervise(children, settings, environment, stop)


def _demo_listener() -> socket.socket:
    """Where the demo's receiver listens: always the same port, if it is free."""
    try:
        return listening("127.0.0.1", demo.PORT)
    except ConfigurationError:
        return listening("127.0.0.1", 0)


def _allowing(settings: Settings, listener: socket.socket) -> Settings:
    """The same settings, with this one address and port allowed as a target."""
    target = Target.parse(_address(listener))
    return replace(settings, allow_targets=(*settings.allow_targets, target))


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{host}:{port}"


def _receiver_child(listener: socket.socket) -> Child:
    command = (sys.executable, "-m", "prikke.demo", str(listener.fileno()))
    return Child("demo receiver", command, (listener.fileno(),))


@contextlib.contextmanager
def _database(home: Path, settings: Settings) -> Iterator[str]:
    """The database of DATABASE_URL, or an embedded one for as long as we run."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with embedded.serve(home) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            if (
                conn.execute("select from pg_database where datname = %s", (DATABASE,)).fetchone()
                is None
            ):
                conn.execute(f"create database {DATABASE}".encode())
        yield server.dsn(DATABASE)


def _first_organization(url: str) -> str:
    """The slug of an organization, so that SQL works from the first start."""
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute("select slug from prikke.list_organizations() limit 1").fetchone()
        if row is None:
            row = conn.execute(
                "select slug from prikke.create_organization(name => 'Default', slug => 'default')"
            ).fetchone()
    return str(row[0]) if row else ""


def _way_in(url: str, organization: str, settings: Settings) -> str:
    """A link that signs in whoever reads the terminal, as owner of what nobody owns yet."""
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as conn:
        conn.execute("select from prikke.create_user(%s)", (OWNER,))
        conn.execute("select from prikke.use_organization(%s)", (organization,))
        if conn.execute("select from prikke.list_members()").fetchone() is None:
            conn.execute("select from prikke.add_member(%s, 'owner')", (OWNER,))
        return sign_in_link(conn, OWNER, settings)


def kept_secret(home: Path) -> str:
    """SECRET_KEY_BASE, made once and kept beside the data."""
    path = home / "secret_key_base"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            path.touch(mode=0o600, exist_ok=False)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as error:
        raise ConfigurationError(
            f"cannot keep a secret key in {home} ({error.strerror}): set SECRET_KEY_BASE"
        ) from None


_WELCOME = """
Prikke is up.

  pages      {pages}{way_in}
  database   {database}
  psql       prikke psql

Try in psql:

  select prikke.use_organization('{organization}');
{examples}

Ctrl-C stops everything.
"""
_WAY_IN = """
  sign in    {link}
             (once, within 15 minutes; later as {owner}, whose mail is at /mailbox)"""
_EXAMPLES = """\
  select prikke.create_job(name => 'Hello', url => 'https://example.com', cron => '* * * * *');
  select name, next_run_at, last_status from prikke.job;"""
_DEMO_EXAMPLES = """\
  select name, next_run_at, last_status, consecutive_failures from prikke.job;
  select url, status, status_code, error_message from prikke.execution order by id desc limit 10;
  :failing
  :late"""


def _welcome(
    settings: Settings, home: Path, organization: str, link: str | None, with_demo: bool
) -> str:
    return _WELCOME.format(
        pages=settings.public_url,
        way_in=_WAY_IN.format(link=link, owner=OWNER) if link else "",
        database="DATABASE_URL" if settings.database_url else home,
        organization=organization,
        examples=_DEMO_EXAMPLES if with_demo else _EXAMPLES,
    )
