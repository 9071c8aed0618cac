"""`prikke psql`: psql on the right database, with the operators' shortcuts."""

import argparse
import os
import shutil

from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from prikke import embedded
from prikke.commands.database import direct_url
from prikke.config import Settings
from prikke.errors import ConfigurationError
from prikke.sqlfiles import sql_root


def psql(arguments: argparse.Namespace, settings: Settings) -> int:
    """Become psql."""
    program = shutil.which("psql") or _bundled()
    environment = os.environ | connection_environment(direct_url(settings))
    shortcuts = sql_root() / "psqlrc"
    if shortcuts.exists():
        environment["PSQLRC"] = str(shortcuts)
    os.execvpe(program, [program, *arguments.arguments], environment)  # noqa: S606


def connection_environment(url: str) -> dict[str, str]:
    """The connection as libpq's variables, since anyone can read a command line."""
    names = {
        option.keyword.decode(): option.envvar.decode()
        for option in Conninfo.get_defaults()
        if option.envvar
    }
    return {
        names[keyword]: str(value)
        for keyword, value in conninfo_to_dict(url).items()
        if keyword in names and value is not None
    }


def _bundled() -> str:
    program = embedded.wheel_binaries() / "psql"
    if not program.exists():
        raise ConfigurationError("there is no psql here: install PostgreSQL's client")
    return str(program)
