"""`prikke tail`: all that happens, told once, over the API and straight on the database."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.factories import make_send
from tests.http.api import give_key
from tests.http.test_health import forbid
from tests.virtual_runner import VirtualRunner

BURST = 3_000
Told = tuple[str, str, int]


class Tail:
    """A process that follows; what it told, and what it complained of."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.told: list[Told] = []
        self.said: list[str] = []
        self._changed = Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "prikke", "tail", "--json", "--organization", "acme"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._readers = [
            Thread(target=self._read, args=(self._process.stdout, self._tell)),
            Thread(target=self._read, args=(self._process.stderr, self.said.append)),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, keep: Callable[[str], None]) -> None:
        for line in stream:
            with self._changed:
                keep(line)
                self._changed.notify_all()

    def _tell(self, line: str) -> None:
        found = json.loads(line)
        self.told.append((found["id"], found["status"], found["attempt"]))

    def wait_until(self, reached: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(reached, 60), (len(self.told), self.said)

    def of(self, status: str) -> list[str]:
        """The ids told with a status, each as often as it was."""
        return [name for name, how, _ in self.told if how == status]

    def wait_for(self, *sends: UUID, status: str = "pending") -> None:
        wanted = {str(send) for send in sends}
        self.wait_until(lambda: wanted <= set(self.of(status)))

    def end(self) -> None:
        with self._process:
            self._process.terminate()
            for reader in self._readers:
                reader.join(30)


@pytest.fixture(params=["api", "database"])
def environment(
    request: pytest.FixtureRequest, db: psycopg.Connection, dsn: str, organization: UUID
) -> dict[str, str]:
    """Where a client finds Prikke."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PRIKKE_", "DATABASE_URL", "SECRET_KEY", "PORT"))
    }
    if request.param == "database":
        return {**clean, "DATABASE_URL": dsn}
    return {
        **clean,
        "PRIKKE_URL": request.getfixturevalue("served"),
        "PRIKKE_API_KEY": give_key(db, "read"),
    }


@contextmanager
def tailing(environment: dict[str, str]) -> Iterator[Tail]:
    tail = Tail(environment)
    try:
        yield tail
    finally:
        tail.end()


def burst(db: psycopg.Connection) -> list[UUID]:
    sends = [{"url": "https://example.com/hook"}] * BURST
    rows = db.execute("select prikke.send_many(%s)", (Jsonb(sends),)).fetchall()
    return [row[0] for row in rows]


def test_a_burst_is_told_completely_and_once(
    environment: dict[str, str], db: psycopg.Connection, runner: VirtualRunner
) -> None:
    with tailing(environment) as tail:
        tail.wait_for(make_send(db))
        sends = burst(db)
        tail.wait_for(*sends)
        while claims := runner.claim(1000):
            runner.report([runner.result(claim) for claim in claims])
        tail.wait_for(*sends, status="success")
        # What comes now is told by a look that sees all of the burst again.
        tail.wait_for(make_send(db))
        told = list(tail.told)

    assert len(sends) == BURST
    assert [each for each, often in Counter(told).items() if often > 1] == []
    assert not tail.said


def test_what_happens_while_nothing_answers_is_told_afterwards(
    environment: dict[str, str], db: psycopg.Connection, dsn: str, admin: psycopg.Connection
) -> None:
    with tailing(environment) as tail:
        tail.wait_for(make_send(db))
        name = db.info.dbname
        forbid(admin, dsn)
        tail.wait_until(lambda: any("trying again" in line for line in tail.said))
        admin.execute(f'alter database "{name}" allow_connections true'.encode())
        with psycopg.connect(dsn, autocommit=True) as back:
            back.execute("select prikke.use_organization('acme')")
            sends = [make_send(back) for _ in range(300)]
        tail.wait_for(*sends)

    assert set(Counter(tail.told).values()) == {1}
