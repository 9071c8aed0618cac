"""Runners killed at many points: nothing is lost, and little is repeated."""

import random
import signal
import time
from functools import partial

import psycopg

from tests.receiver import Receiver
from tests.runner.conftest import Spawn, live, past, send, until_sync

_SENDS = 3000
_OPEN = 20
# An execution whose runner is lost three times in a row ends as failed, so each may meet two kills.
_ROUNDS = 2
_VICTIMS = 3
_LEASE = "3"


def test_runners_killed_at_many_points_lose_nothing_and_repeat_only_what_was_in_flight(
    db: psycopg.Connection, acme: object, receiver: Receiver, spawn: Spawn
) -> None:
    chance = random.Random()
    send(db, receiver.address("/answer?delay=0.02"), _SENDS)

    for _ in range(_ROUNDS):
        options = ("--concurrency", str(_OPEN))
        victims = [spawn(*options, PRIKKE_LIMIT_LEASE_SECONDS=_LEASE) for _ in range(_VICTIMS)]
        for victim in victims:
            until_sync(partial(victim.says, "runner started"), within=30)
            # Somewhere between a claim, its requests, their answers and the report.
            time.sleep(chance.uniform(0, 0.3))
            victim.signal(signal.SIGKILL)
        until_sync(lambda: _lapsed(db))
    spawn(PRIKKE_LIMIT_LEASE_SECONDS=_LEASE)
    until_sync(lambda: live(db) == 0, within=30)

    assert past(db) == [("success",)] * _SENDS
    assert len(receiver.counts) == _SENDS
    # What a kill repeats: what was open, and results that had not been written yet.
    assert len(receiver.requests) - _SENDS <= _ROUNDS * _VICTIMS * (_OPEN + 100)
    assert max(receiver.counts.values()) <= 1 + _ROUNDS
    assert max(lost for (lost,) in past(db, "lost")) > 0


def _lapsed(db: psycopg.Connection) -> bool:
    """Whether every lease is over."""
    query = "select max(lease_ends_at) > now() from prikke.live_execution"
    return db.execute(query).fetchall() != [(True,)]
