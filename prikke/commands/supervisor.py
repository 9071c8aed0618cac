"""Keeps processes of ours together: told to stop, all stop; one that dies may start again."""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from prikke.config import Settings
from prikke.parent import ends_with_parent

log = logging.getLogger(__name__)

# What a process may take beyond its own limit for open requests.
_GRACE_SECONDS = 10
# Between the ends of a process and its next start, at most.
_LONGEST_PAUSE = 30.0
# Whoever has lived this long had nothing against starting.
_PROVEN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Child:
    """A process to start, and the sockets it inherits.

    When it ends all others stop, unless it `restarts`: then it starts again after a while.
    """

    name: str
    command: Sequence[str]
    sockets: Sequence[int]
    restarts: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


class Kept:
    """A child's present process, and when the next one may start."""

    def __init__(self, child: Child, environment: Mapping[str, str]) -> None:
        self.child = child
        self._environment = {**environment, **child.environment}
        self._failures = 0
        self._start_at: float | None = None
        self._start()

    def _start(self) -> None:
        self._started = time.monotonic()
        self._start_at = None
        self.process = _start(self.child, self._environment)

    def look(self) -> bool:
        """Start it again where that is due; False when it has ended for good."""
        code = self.process.poll()
        if code is None:
            return True
        now = time.monotonic()
        if self._start_at is not None:
            if now >= self._start_at:
                self._start()
            return True
        lived = now - self._started
        log.error("process ended name=%s code=%s seconds=%.1f", self.child.name, code, lived)
        # One that refuses to start says why, and would only say it again.
        if not self.child.restarts or (
            code > 0 and self._failures == 0 and lived < _PROVEN_SECONDS
        ):
            return False
        self._failures = 1 if lived > _LONGEST_PAUSE else self._failures + 1
        self._start_at = now + min(_LONGEST_PAUSE, 0.25 * 2**self._failures)
        return True


class Stop:
    """Counts requests to stop: the first is for an orderly end, the second for an end at once."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked += 1


@contextlib.contextmanager
def stop_signals() -> Iterator[Stop]:
    """Take SIGINT and SIGTERM as a wish to stop."""
    stop = Stop()
    before = {which: signal.signal(which, stop.ask) for which in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def supervise(
    children: Sequence[Child],
    settings: Settings,
    environment: Mapping[str, str] | None = None,
    stop: Stop | None = None,
) -> int:
    """Run them until one ends for good or a signal comes; 0 when all ended as they were told."""
    if stop is None:
        with stop_signals() as own:
            return supervise(children, settings, environment, own)
    kept: list[Kept] = []
    try:
        for child in children:
            kept.append(Kept(child, environment or {}))
        while not stop.asked:
            if not all(each.look() for each in kept):
                return 1
            time.sleep(0.1)
        return 0
    finally:
        _stop(
            [each.process for each in kept], settings.limits.shutdown_seconds + _GRACE_SECONDS, stop
        )


def _start(child: Child, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        child.command,
        pass_fds=child.sockets,
        env={**os.environ, **environment},
        preexec_fn=ends_with_parent(signal.SIGTERM),
        stdin=subprocess.DEVNULL,
        # Ctrl-C comes to us alone, so that each child is told once.
        start_new_session=True,
    )


def _stop(running: Sequence[subprocess.Popen[bytes]], seconds: float, stop: Stop) -> None:
    for process in running:
        process.terminate()
    asked, ends = stop.asked, time.monotonic() + seconds
    while any(process.poll() is None for process in running):
        if stop.asked > max(asked, 1) or time.monotonic() > ends:
            for process in running:
                process.kill()
        time.sleep(0.05)
