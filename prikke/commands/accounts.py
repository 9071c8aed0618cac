"""`prikke organization create` and the like: what an operator makes by hand."""

import argparse
import json
import sys
from typing import Any

import psycopg
from psycopg.rows import dict_row

from prikke.commands.database import direct_url
from prikke.config import Settings
from prikke.errors import translate
from prikke.http.cookies import new_token, token_hash


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
    """Make a user, or find the one the address has; prints the id, and a link that signs in."""
    try:
        with psycopg.connect(direct_url(settings), autocommit=True, row_factory=dict_row) as conn:
            row = conn.execute(
                "select * from prikke.create_user(%s)", (arguments.email,)
            ).fetchone()
            made = row or {}
            link = sign_in_link(conn, made["email"], settings)
    except psycopg.Error as error:
        ours = translate(error)
        raise ours from error
    if arguments.json:
        print(json.dumps({"user": made, "link": link}, default=str))
        return 0
    print(made["id"])
    print(f"Signs {made['email']} in, once, within 15 minutes: {link}", file=sys.stderr)
    return 0


def sign_in_link(conn: psycopg.Connection[dict[str, Any]], email: str, settings: Settings) -> str:
    """A link as a mail would hold it, whatever mails were asked for of late."""
    token = new_token()
    conn.execute("select from prikke.request_sign_in(%s, %s, null)", (email, token_hash(token)))
    return f"{settings.public_url}/users/log-in/{token}"
