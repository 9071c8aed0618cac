"""Runs all checks, each by itself, so that one that breaks hides no other."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg
from psycopg.rows import scalar_row

from prikke.config import Settings
from prikke.doctor import configuration, engine, server, zones
from prikke.doctor.finding import Finding, fail
from prikke.doctor.patient import Patient

_CONNECT_SECONDS = 10

_CHECKS: tuple[tuple[str, Callable[[Patient], Iterable[Finding]]], ...] = (
    ("server", server.check_server),
    ("durability", server.check_durability),
    ("connections", server.check_connections),
    ("clock", server.check_clock),
    ("listen", server.check_listen),
    ("schema", engine.check_schema),
    ("roles", engine.check_roles),
    ("settings", engine.check_settings),
    ("keyring", engine.check_keyring),
    ("runner", engine.check_runners),
    ("deliveries", engine.check_deliveries),
    ("tick", engine.check_tick),
    ("partitions", engine.check_partitions),
    ("upkeep", engine.check_upkeep),
    ("tables", engine.check_tables),
    ("time zones", zones.check_zones),
    ("schedules", zones.check_schedules),
)


def examine(settings: Settings, url: str, embedded: bool = False) -> Iterator[Finding]:
    """All findings, as they come."""
    yield from configuration.check_configuration(settings, embedded)
    asked = time.perf_counter()
    try:
        conn = psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        yield fail(
            "database",
            f"cannot be reached: {_first_line(error)}",
            "is the server up, and DATABASE_URL right?",
        )
        return
    with conn:
        patient = Patient(settings, url, embedded, conn, time.perf_counter() - asked)
        try:
            patient.installation = _read(conn, "select prikke.installation()")
            patient.diagnosis = _read(conn, "select prikke.diagnosis()")
        except psycopg.errors.InsufficientPrivilege:
            patient.allowed = False
        for name, check in _CHECKS:
            try:
                yield from check(patient)
            except psycopg.Error as error:
                yield fail(name, f"could not be looked at: {_first_line(error)}", _ADVICE)


def examine_without_database(settings: Settings, reason: str) -> Iterator[Finding]:
    """What can be said where there is no database to ask."""
    yield from configuration.check_configuration(settings, embedded=False)
    yield fail("database", reason, "set DATABASE_URL, or start `prikke up`")


_ADVICE = "run doctor as the login that installed Prikke, or as a superuser"


def _read(conn: psycopg.Connection, query: str) -> dict[str, Any]:
    """What a function answers; nothing where it is not installed."""
    try:
        with conn.cursor(row_factory=scalar_row) as cursor:
            found = cursor.execute(query.encode()).fetchone()
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
        return {}
    return found if isinstance(found, dict) else {}


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
