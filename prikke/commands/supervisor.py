"""Keeps processes of ours together: when one ends or we are told to stop, all stop."""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from prikke.config import Settings
from prikke.parent import ends_with_parent

log = logging.getLogger(__name__)

# What a process may take beyond its own limit for open requests.
_GRACE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Child:
    """A process to start, and the sockets it inherits."""

    name: str
    command: Sequence[str]
    sockets: Sequence[int]


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
    """Run them until one ends or a signal comes; 0 when all ended as they were told."""
    if stop is None:
        with stop_signals() as own:
            return supervise(children, settings, environment, own)
    running: list[tuple[Child, subprocess.Popen[bytes]]] = []
    try:
        for child in children:
            running.append((child, _start(child, environment)))
        while not stop.asked:
            ended = next((pair for pair in running if pair[1].poll() is not None), None)
            if ended is not None:
                log.error("process ended name=%s code=%s", ended[0].name, ended[1].returncode)
                return 1
            time.sleep(0.1)
        return 0
    finally:
        _stop(running, settings.limits.shutdown_seconds + _GRACE_SECONDS, stop)


def _start(child: Child, environment: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        child.command,
        pass_fds=child.sockets,
        env={**os.environ, **(environment or {})},
        preexec_fn=ends_with_parent(signal.SIGTERM),
        stdin=subprocess.DEVNULL,
        # Ctrl-C comes to us alone, so that each child is told once.
        start_new_session=True,
    )


def _stop(
    running: Sequence[tuple[Child, subprocess.Popen[bytes]]], seconds: float, stop: Stop
) -> None:
    for _, process in running:
        process.terminate()
    asked, ends = stop.asked, time.monotonic() + seconds
    while any(process.poll() is None for _, process in running):
        if stop.asked > max(asked, 1) or time.monotonic() > ends:
            for _, process in running:
                process.kill()
        time.sleep(0.05)
