"""What the checks look at."""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from prikke.config import Settings


@dataclass
class Patient:
    """One installation: its settings, a connection to its database, what that says of itself."""

    settings: Settings
    url: str
    embedded: bool
    conn: psycopg.Connection
    connect_seconds: float
    allowed: bool = True
    installation: dict[str, Any] = field(default_factory=dict)
    diagnosis: dict[str, Any] = field(default_factory=dict)

    def ask(self, query: str, *parameters: object) -> dict[str, Any]:
        """The first row of an answer."""
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), parameters).fetchone() or {}

    def ask_all(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """All rows of an answer."""
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), parameters).fetchall()
