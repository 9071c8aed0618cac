"""A runner process: start, signals, graceful stop."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from contextlib import AsyncExitStack
from functools import partial
from time import monotonic
from uuid import uuid4

from prikke.completion import Completions
from prikke.config import Settings
from prikke.db import Installation, wait_until_ready, warn_of_differences
from prikke.errors import Unavailable
from prikke.keyring import Keyring
from prikke.mail import Mailer
from prikke.outbound import Outbound, default_policy
from prikke.runner import queue
from prikke.runner.backoff import Backoff
from prikke.runner.claimed import Claimed
from prikke.runner.clock import DatabaseClock
from prikke.runner.connection import Lines
from prikke.runner.delivery import Courier
from prikke.runner.health import serve_health
from prikke.runner.heartbeat import Heartbeat
from prikke.runner.leases import Leases
from prikke.runner.loop import Runner
from prikke.runner.meter import Meter
from prikke.runner.notifier import Notifier
from prikke.runner.report import Reporter
from prikke.runner.secrets import Secrets, check_keyring
from prikke.runner.tick import Ticker
from prikke.runner.upkeep import Chore, Upkeep
from prikke.runner.wakeup import Listener

log = logging.getLogger(__name__)

# Of the time for stopping, what is kept for writing results and handing back.
_HAND_BACK_SECONDS = 2.0
_BUSY_SECONDS = 0.05
# The database is waited for as long as it takes.
_TRIES = 1_000_000


async def run(settings: Settings, *, concurrency: int = 100) -> None:
    """Claim and deliver until a signal says stop; a second one ends the process at once."""
    stop = asyncio.Event()
    installation = await wait_until_ready(settings, "runner", _TRIES)
    warn_of_differences(settings, installation)
    async with AsyncExitStack() as stack:
        process = await Process.start(settings, installation, concurrency, stack)
        _on_signals(stop)
        async with serve_health(
            settings.health_port, process.meter, process.gauges, settings.metrics_token
        ):
            await process.live(stop)


def _on_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT ask for an orderly end, and then for one at once."""

    def on_signal() -> None:
        if stop.is_set():
            log.warning("told twice: leaving at once")
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for which in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(which, on_signal)


class Process:
    """All the parts of a runner, put together, and their lives."""

    def __init__(
        self,
        settings: Settings,
        concurrency: int,
        courier: Courier,
        meter: Meter,
        lines: Lines,
        outbound: Outbound,
    ) -> None:
        self._settings = settings
        self._concurrency = concurrency
        self._lines = lines
        self._started = monotonic()
        self._stop = asyncio.Event()
        limits = settings.limits
        keyring = Keyring.from_settings(settings.keyring, settings.secret_key_base)
        self.meter = meter
        clock = DatabaseClock()
        self.listener = Listener(settings, meter, lambda: self.runner.notice())
        self.runner = Runner(
            uuid4(),
            lines.claims,
            courier,
            Secrets(lines.leases, lines.secrets, keyring),
            clock,
            meter,
            concurrency=concurrency,
            lease=limits.lease_seconds,
            poll=limits.poll_seconds,
            unwritten_bytes=limits.unwritten_bytes,
            listening=lambda: self.listener.listening,
        )
        self.reporter = Reporter(
            list(lines.results),
            self.runner.id,
            meter,
            idle=lambda: not self.runner.claims,
            written=self.runner.look_soon,
        )
        self.leases = Leases(
            lines.leases,
            self.runner.id,
            meter,
            self.runner.claims,
            limits.lease_seconds,
            limits.heartbeat_seconds,
        )
        self.ticker = Ticker(lines.tick, self.runner, clock, meter, limits.poll_seconds)
        self.upkeep = Upkeep(
            lines.upkeep,
            lines.history,
            self.runner,
            self.reporter,
            clock,
            meter,
            self.presence,
            limits.poll_seconds,
            leave=lambda: self._stop.set(),
        )
        self._chores = self.upkeep.chores()
        if settings.heartbeat_url is not None:
            heartbeat = Heartbeat(
                lines.upkeep,
                outbound,
                settings.heartbeat_url,
                limits.all_well_seconds,
                working=lambda: not (self.runner.stopping or self.reporter.failing),
            )
            self._chores.append(Chore("heartbeat", heartbeat.beat))

    @classmethod
    async def start(
        cls,
        settings: Settings,
        installation: Installation,
        concurrency: int,
        stack: AsyncExitStack,
    ) -> "Process":
        """Make all parts; refuse a keyring that does not fit."""
        lines = Lines(settings)
        stack.push_async_callback(lines.close)
        keyring = Keyring.from_settings(settings.keyring, settings.secret_key_base)
        await check_keyring(lines.secrets, keyring)
        await lines.secrets.close()
        outbound = await stack.enter_async_context(
            Outbound(
                default_policy(settings.allow_targets, settings.deny_targets),
                proxy=settings.egress_proxy,
                ca_file=settings.ca_file,
                own=() if settings.heartbeat_url is None else (settings.heartbeat_url,),
                body_cap=settings.limits.answer_body_bytes,
                headers_cap=settings.limits.answer_headers_bytes,
            )
        )
        meter = Meter()
        stored = bool(installation.values.get("store_bodies", True))
        completions = Completions.of(settings.public_url, keyring)
        mailer = Mailer.from_settings(settings)
        if mailer is not None:
            stack.push_async_callback(mailer.close)
        notifier = Notifier(
            outbound, mailer, settings.public_url, partial(queue.read_channel, lines.leases)
        )
        courier = Courier(outbound, meter, completions, stored, notifier)
        return cls(settings, concurrency, courier, meter, lines, outbound)

    def presence(self) -> queue.Presence:
        """How operators see this runner."""
        return queue.Presence(
            host=socket.gethostname(),
            process=os.getpid(),
            concurrency=self._concurrency,
            open=self.runner.open,
            stopping=self.runner.stopping,
            listening=self.listener.listening,
        )

    def gauges(self) -> dict[str, float]:
        """What /health and /metrics tell of this moment."""
        return {
            "open": self.runner.open,
            "window": self.runner.window.size,
            "concurrency": self._concurrency,
            "unwritten": self.reporter.unwritten,
            "unwritten_bytes": self.reporter.unwritten_bytes,
            "listening": float(self.listener.listening),
            "stopping": float(self.runner.stopping),
            "uptime_seconds": round(monotonic() - self._started, 1),
        }

    async def live(self, stop: asyncio.Event) -> None:
        """Work until told to stop, then finish. A part that breaks ends the process."""
        self._stop = stop
        await self.upkeep.prepare()
        log.info("runner started id=%s concurrency=%d", self.runner.id, self._concurrency)
        async with asyncio.TaskGroup() as group:
            self.runner.join(group, self.reporter)
            claiming = group.create_task(self.runner.run())
            others = [
                group.create_task(part)
                for part in (
                    self.listener.run(),
                    self.ticker.run(),
                    self.leases.extend(),
                    self.leases.watch(),
                    self.reporter.run(),
                    *(self.upkeep.run(chore) for chore in self._chores),
                )
            ]
            await stop.wait()
            await self._finish(claiming)
            self.runner.dismiss()
            for task in (claiming, *others):
                task.cancel()
        log.info("runner stopped delivered=%d", self.meter.delivered)

    async def _finish(self, claiming: "asyncio.Task[None]") -> None:
        """Open requests finish up to the limit; the rest is handed back."""
        seconds = float(self._settings.limits.shutdown_seconds)
        hand_back = min(_HAND_BACK_SECONDS, seconds / 4)
        ends = monotonic() + seconds
        self.runner.stop()
        log.info("stopping open=%d seconds=%d", self.runner.open, seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds - hand_back):
                with contextlib.suppress(Unavailable):
                    await self.upkeep.show()
                await asyncio.wait({claiming})
                await self.runner.drained.wait()
        left = [*self.runner.claims, *self.runner.unstarted]
        for claim in left:
            claim.abandon()
        with contextlib.suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(max(ends - monotonic(), hand_back)):
                await self._release(left)
                await self.reporter.drain()
                await queue.forget_runners(self._lines.leases, self.runner.id)

    async def _release(self, claims: list[Claimed]) -> None:
        """Hand claims back; what is locked just now is asked for again."""
        backoff = Backoff()
        while claims:
            try:
                states = await queue.release(self._lines.leases, self.runner.id, claims)
            except Unavailable as error:
                log.warning("hand-back waits for the database error=%s", error)
                await asyncio.sleep(backoff.next())
                continue
            self.meter.released += states.count("released")
            log.info("handed back count=%d", states.count("released"))
            pairs = zip(claims, states, strict=True)
            claims = [claim for claim, state in pairs if state == "busy"]
            if claims:
                await asyncio.sleep(_BUSY_SECONDS)
