"""`prikke organization create` and the like: what an operator makes by hand."""

import argparse
import json

import psycopg
from psycopg.rows import dict_row

from prikke.commands.database import direct_url
from prikke.config import Settings
from prikke.errors import translate


def create_organization(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make an organization; prints its slug."""
    try:
        with psycopg.connect(direct_url(settings), autocommit=True, row_factory=dict_row) as conn:
            row = conn.execute(
                "select * from prikke.create_organization(name => %s, owner => %s)",
                (arguments.name, arguments.owner),
            ).fetchone()
    except psycopg.Error as error:
        ours = translate(error)
        raise ours from error
    made = row or {}
    print(json.dumps({"organization": made}, default=str) if arguments.json else made["slug"])
    return 0


def create_user(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make a user, or find the one the address has; prints the id."""
    try:
        with psycopg.connect(direct_url(settings), autocommit=True, row_factory=dict_row) as conn:
            row = conn.execute(
                "select * from prikke.create_user(%s)", (arguments.email,)
            ).fetchone()
    except psycopg.Error as error:
        ours = translate(error)
        raise ours from error
    made = row or {}
    print(json.dumps({"user": made}, default=str) if arguments.json else made["id"])
    return 0
