"""Applies the migrations: each with its record in one transaction, so that a crash repeats none."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.migrations import Migration

from prikke.errors import ConfigurationError, NotReady
from prikke.installer.locks import patiently


class Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo on our own connection, role and schema, and under our own lock."""

    log_table = "migration_log"
    version_table = "migration_version"

    def __init__(self, connection: psycopg.Connection, role: str, login: str) -> None:
        self._role = role
        self._login = login
        self._given = connection
        super().__init__("postgresql+psycopg:", "migration")

    def connect(self, dburi: str) -> psycopg.Connection:
        return self._given

    def init_connection(self, connection: psycopg.Connection) -> None:
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(self._role)))
        connection.execute("set search_path = prikke")
        connection.execute("set lock_timeout = '1s'")

    def list_tables(self, **_: object) -> list[str]:
        rows = self._given.execute(
            "select relname::text from pg_class where relnamespace = 'prikke'::regnamespace"
        )
        return [row[0] for row in rows]

    @contextmanager
    def lock(self, timeout: float = 10) -> Iterator[None]:
        yield

    def apply_one(self, migration: Migration, force: bool = False, mark: bool = True) -> None:
        self.ensure_internal_schema_updated()
        with self.transaction():
            migration.process_steps(self, "apply")
            self.mark_one(migration)

    def get_log_data(
        self, migration: Migration | None = None, operation: str = "apply"
    ) -> dict[str, Any]:
        return {
            "id": str(uuid4()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": self._login[:255],
            "hostname": socket.gethostname()[:255],
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }


def migrate(connection: psycopg.Connection, folder: Path, role: str) -> list[str]:
    """Apply what is missing; the names applied."""
    login = connection.info.user
    backend = Backend(connection, role, login)
    try:
        backend.ensure_internal_schema_updated()
        migrations = read_migrations(str(folder))
        if not migrations:
            raise ConfigurationError(f"no migrations in {folder}")
        known = {migration.hash for migration in migrations}
        unknown = set(backend.get_applied_migration_hashes()) - known
        if unknown:
            raise NotReady(
                "this database has migrations of a newer release: install that release or later"
            )
        applied = []
        for migration in backend.to_apply(migrations):
            patiently(partial(backend.apply_one, migration), f"migration {migration.id}")
            applied.append(str(migration.id))
        return applied
    finally:
        connection.execute("reset role")
        connection.execute("set search_path = pg_catalog, pg_temp")
