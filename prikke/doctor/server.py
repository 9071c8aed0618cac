"""Checks of the PostgreSQL server, with or without Prikke in it."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from prikke.doctor.finding import Finding, fail, ok, warn
from prikke.doctor.patient import Patient

_OLDEST, _NEWEST = 15, 18
_LISTEN_SECONDS = 2.0
_CLOCK_SECONDS = 2.0
_FREE_CONNECTIONS = 20


def check_server(patient: Patient) -> Iterator[Finding]:
    """What server this is, and whether it can be written."""
    row = patient.ask(
        "select current_setting('server_version') as version,"
        " current_setting('server_version_num')::integer / 10000 as major,"
        " current_setting('server_encoding') as encoding, pg_is_in_recovery() as standby,"
        " current_database() as database, current_user as login"
    )
    took = f"{patient.connect_seconds * 1000:.0f} ms to connect"
    yield ok("database", f"{row['database']} as {row['login']}, {took}")
    version = f"PostgreSQL {row['version'].split()[0]}"
    if row["major"] < _OLDEST:
        yield fail("server", f"{version} is too old", f"Prikke needs {_OLDEST} or later")
    elif row["major"] > _NEWEST:
        yield warn(
            "server", f"{version} is newer than this release knows", "is there a newer Prikke?"
        )
    else:
        yield ok("server", version)
    if row["standby"]:
        yield fail("server", "this is a standby, which takes no writes", "connect to the primary")
    if row["encoding"] != "UTF8":
        yield fail(
            "server",
            f"the database is encoded in {row['encoding']}",
            "make it anew: create database … encoding 'UTF8' template template0",
        )


def check_durability(patient: Patient) -> Iterator[Finding]:
    """Whether a commit survives a crash, which the promise rests on."""
    row = patient.ask(
        "select current_setting('fsync') as fsync,"
        " current_setting('full_page_writes') as full_page_writes,"
        " current_setting('synchronous_commit') as synchronous_commit"
    )
    weak = [name for name in ("fsync", "full_page_writes") if row[name] == "off"]
    if weak:
        yield fail(
            "durability",
            f"{' and '.join(weak)} off: a crash of the machine may lose or destroy everything",
            "set them on in postgresql.conf, unless the data may be lost",
        )
    elif row["synchronous_commit"] == "off":
        yield warn(
            "durability",
            "synchronous_commit is off: a crash forgets the last moments, accepted sends included",
            "set it on, at least for the logins of Prikke",
        )
    else:
        yield ok("durability", "a commit survives a crash")


def check_connections(patient: Patient) -> Iterator[Finding]:
    """Room for our pools."""
    row = patient.ask(
        "select count(*) as used, current_setting('max_connections')::integer as most"
        " from pg_stat_activity where backend_type = 'client backend'"
    )
    says = f"{row['used']} of {row['most']} in use"
    if row["most"] - row["used"] < _FREE_CONNECTIONS:
        yield warn(
            "connections",
            says,
            "a runner takes up to 10 and a web process up to 10: raise max_connections, "
            "or put a pooler between",
        )
    else:
        yield ok("connections", says)


def check_clock(patient: Patient) -> Iterator[Finding]:
    """The database clock decides; here it should be about the same."""
    before = datetime.now(UTC)
    there: datetime = patient.ask("select clock_timestamp() as at")["at"]
    after = datetime.now(UTC)
    difference = (there - before - (after - before) / 2).total_seconds()
    if abs(difference) < _CLOCK_SECONDS:
        yield ok("clock", f"within {max(abs(difference), 0.001):.3f} s of the database's")
        return
    word = "ahead of" if difference < 0 else "behind"
    yield warn(
        "clock",
        f"this machine is {abs(difference):.1f} s {word} the database, whose clock is the only one "
        "that counts",
        "run NTP on both: receivers refuse signatures whose time is minutes off",
    )


def check_listen(patient: Patient) -> Iterator[Finding]:
    """Whether NOTIFY reaches a connection; a transaction pooler swallows it."""
    settings = patient.settings
    if not settings.listen:
        yield ok("listen", f"off: runners ask every {settings.limits.poll_seconds} s")
        return
    own = settings.listen_url is not None
    name = "PRIKKE_LISTEN_URL" if own else "DATABASE_URL"
    try:
        heard = _round_trip(settings.direct_url or patient.url)
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[0]
        yield fail("listen", f"{name}: {said}", "correct it: runners listen there")
        return
    if heard:
        yield ok("listen", "a notice arrives")
    else:
        yield fail(
            "listen",
            f"no notice arrives over {name}, as behind a transaction pooler",
            f"set {'it' if own else 'PRIKKE_LISTEN_URL'} to a direct connection, or "
            "PRIKKE_LISTEN=off to live with asking every few seconds",
        )


def _round_trip(url: str) -> bool:
    channel = sql.Identifier(f"prikke_doctor_{secrets.token_hex(8)}")
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as listening:
        listening.execute(sql.SQL("listen {}").format(channel))
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as notifying:
            notifying.execute(sql.SQL("notify {}").format(channel))
        return any(True for _ in listening.notifies(timeout=_LISTEN_SECONDS, stop_after=1))
