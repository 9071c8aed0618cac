"""`prikke install` and `prikke uninstall`."""

import argparse
import json
import sys

import psycopg

from prikke.commands.database import direct_url
from prikke.config import Settings
from prikke.install import Installed, install, uninstall
from prikke.installer.roles import role_statements


def install_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Install, or print what an administrator has to run before."""
    url = direct_url(settings)
    if arguments.print_roles:
        with psycopg.connect(url) as conn:
            print(role_statements(conn.info.user, conn.info.dbname), end="")
        return 0
    done = install(url, settings)
    if arguments.json:
        print(
            json.dumps(
                {
                    "release": done.release,
                    "role_mode": done.mode.name,
                    "reason": done.mode.reason,
                    "migrations": done.migrations,
                    "dropped_functions": done.strays,
                }
            )
        )
        return 0
    print(summary(done))
    return 0


def summary(done: Installed) -> str:
    """What an install did, in a sentence or two."""
    news = f", {len(done.migrations)} migrations applied" if done.migrations else ""
    text = f"Prikke {done.release} is installed{news}."
    if done.mode.single:
        text += (
            f"\nOne login owns everything, since {done.mode.reason}: `grant_access` is refused. "
            "For roles of their own, see `prikke install --print-roles`."
        )
    return text


def uninstall_command(_: argparse.Namespace, settings: Settings) -> int:
    """Remove the schema."""
    if not uninstall(direct_url(settings)):
        print("There is no schema prikke in this database.", file=sys.stderr)
        return 1
    print("Schema prikke is gone. The roles prikke_… stay: other databases may use them.")
    return 0
