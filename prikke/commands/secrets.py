"""`prikke secret …`: named secrets and signing secrets, where the keyring is."""

import argparse
import getpass
import json
import sys
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from prikke import embedded
from prikke.commands.database import direct_url
from prikke.commands.up import kept_secret
from prikke.config import Settings
from prikke.errors import PrikkeError, translate
from prikke.keyring import SIGNING_SECRET, Keyring, Sealed, is_secret_value, secret_purpose
from prikke.signing import new_signing_secret

_BATCH = 500

Connection = psycopg.Connection[dict[str, Any]]


def list_secrets(arguments: argparse.Namespace, settings: Settings) -> int:
    """Names, and when each was set."""
    with _connect(settings) as conn:
        _choose(conn, arguments.organization)
        rows = conn.execute("select * from prikke.list_secrets()").fetchall()
    if arguments.json:
        print(json.dumps({"secrets": rows}, default=str))
        return 0
    for row in rows:
        print(f"{row['name']}\t{row['updated_at']:%Y-%m-%d %H:%M:%S %Z}")
    return 0


def set_secret(arguments: argparse.Namespace, settings: Settings) -> int:
    """Seal the value that standard input, or the person at the terminal, gives."""
    value = (
        getpass.getpass(f"Value of {arguments.name}: ")
        if sys.stdin.isatty()
        else sys.stdin.read().removesuffix("\n").removesuffix("\r")
    )
    if not is_secret_value(value):
        raise PrikkeError("a secret has 1 to 16,384 bytes, without NUL, on standard input")
    with _connect(settings) as conn:
        keyring = _keyring(conn, settings)
        organization = _choose(conn, arguments.organization)
        sealed = keyring.seal(value, organization, secret_purpose(arguments.name))
        _call(
            conn,
            "select prikke.store_secret(%s, %s, %s)",
            (arguments.name, sealed.data, sealed.keyring_id),
        )
    return 0


def delete_secret(arguments: argparse.Namespace, settings: Settings) -> int:
    """Delete a secret that no job uses."""
    with _connect(settings) as conn:
        _choose(conn, arguments.organization)
        _call(conn, "select prikke.delete_secret(%s)", (arguments.name,))
    return 0


def show_signing(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the current signing secret alone; made now if it was only asked for."""
    with _connect(settings) as conn:
        keyring = _keyring(conn, settings)
        organization = _choose(conn, arguments.organization)
        print(_current(conn, keyring, organization))
    return 0


def rotate_signing(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make a new signing secret, print it; the old one signs beside it for a day."""
    with _connect(settings) as conn:
        keyring = _keyring(conn, settings)
        organization = _choose(conn, arguments.organization)
        _call(conn, "select prikke.rotate_signing_secret()")
        print(_current(conn, keyring, organization))
    return 0


def reseal(_: argparse.Namespace, settings: Settings) -> int:
    """Seal everything under the keyring's first key, so that older ones can be taken out."""
    done = 0
    with _connect(settings) as conn:
        keyring = _keyring(conn, settings)
        while rows := conn.execute(
            "select * from prikke.list_sealed(%s, %s)", (keyring.current, _BATCH)
        ).fetchall():
            for row in rows:
                done += _reseal_one(conn, keyring, row)
        kept = _call(
            conn,
            "select prikke.replace_keyring_check(%s, %s) as done",
            (keyring.current, keyring.check_value()),
        )
    if not kept["done"]:
        raise PrikkeError("something was sealed under another key meanwhile: run it again")
    print(f"{done} values sealed anew; all are under key {keyring.current}.")
    return 0


def _reseal_one(conn: Connection, keyring: Keyring, row: dict[str, Any]) -> int:
    purpose = SIGNING_SECRET if row["kind"] == "signing_secret" else secret_purpose(row["name"])
    organization: UUID = row["organization_id"]
    value = keyring.open(Sealed(row["keyring_id"], row["sealed"]), organization, purpose)
    sealed = keyring.seal(value, organization, purpose)
    changed = _call(
        conn,
        "select prikke.reseal(%s, %s, %s, %s, %s, %s) as done",
        (
            row["kind"],
            organization,
            row["name"],
            row["sealed"],
            sealed.data,
            sealed.keyring_id,
        ),
    )
    return int(changed["done"])


def _current(conn: Connection, keyring: Keyring, organization: UUID) -> str:
    query = (
        "select id, sealed, keyring_id from prikke.read_signing_secrets(%s)"
        " where expires_at is null"
    )
    row = _call(conn, query, ([organization],))
    if row["sealed"] is None:
        fresh = keyring.seal(new_signing_secret(), organization, SIGNING_SECRET)
        _call(
            conn,
            "select prikke.seal_signing_secret(%s, %s, %s, %s)",
            (organization, row["id"], fresh.data, fresh.keyring_id),
        )
        row = _call(conn, query, ([organization],))
    return keyring.open(Sealed(row["keyring_id"], row["sealed"]), organization, SIGNING_SECRET)


def _connect(settings: Settings) -> Connection:
    return psycopg.connect(direct_url(settings), autocommit=True, row_factory=dict_row)


def _choose(conn: Connection, slug: str) -> UUID:
    organization: UUID = _call(conn, "select * from prikke.use_organization(%s)", (slug,))["id"]
    return organization


def _keyring(conn: Connection, settings: Settings) -> Keyring:
    """Ours, if it is the one that this database was sealed with."""
    base = settings.secret_key_base
    if base is None and settings.direct_url is None:
        base = kept_secret(embedded.default_data())
    keyring = Keyring.from_settings(settings.keyring, base)
    kept = _call(conn, "select prikke.check_keyring(%s) as kept", (keyring.check_value(),))["kept"]
    keyring.require_fit(kept)
    return keyring


def _call(conn: Connection, query: str, parameters: tuple[Any, ...] = ()) -> dict[str, Any]:
    try:
        row = conn.execute(query, parameters).fetchone()
    except psycopg.Error as error:
        raise translate(error) from error
    return dict(row or {})
