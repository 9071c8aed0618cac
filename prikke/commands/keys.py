"""`prikke key …`: a first key for scripts, without a page."""

import argparse
import json

import psycopg
from psycopg.rows import dict_row

from prikke.commands.database import direct_url
from prikke.config import Settings
from prikke.errors import translate
from prikke.http.auth import make_key

_SCOPES = ["read", "write", "trigger"]


def create_key(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make a key; prints it alone, this once."""
    made = make_key()
    try:
        with psycopg.connect(direct_url(settings), autocommit=True, row_factory=dict_row) as conn:
            conn.execute("select prikke.use_organization(%s)", (arguments.organization,))
            row = conn.execute(
                "select * from prikke.create_key(name => %s, public_id => %s, "
                "secret_hash => %s, scopes => %s)",
                (
                    arguments.name,
                    made.credentials.public_id,
                    made.credentials.secret_hash,
                    arguments.scope or _SCOPES,
                ),
            ).fetchone()
    except psycopg.Error as error:
        ours = translate(error)
        raise ours from error
    content = {"key": row, "secret": made.text}
    print(json.dumps(content, default=str) if arguments.json else made.text)
    return 0
