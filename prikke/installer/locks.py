"""Waits for locks in short turns, so that an install on a live system queues nobody behind it."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from prikke.errors import Unavailable

T = TypeVar("T")

TRIES = 60


def patiently(step: Callable[[], T], name: str) -> T:
    """Run a transaction that has a short lock_timeout again until it gets its locks."""
    for turn in range(TRIES):
        try:
            return step()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(min(0.1 * 1.5**turn, 2))
    raise Unavailable(
        f"{name}: no lock in {TRIES} tries; another transaction stays open on the same tables "
        "(see pg_stat_activity, oldest xact_start), end it and install again"
    )
