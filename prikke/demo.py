"""`prikke up --demo`: an organization with a handful of jobs, and the receiver they call."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from aiohttp import web
from psycopg.rows import dict_row

ORGANIZATION = "demo"
PORT = 8123

_PAUSED = "the demo has ended"
_REMEMBERED = 10_000
_SLOW_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class DemoJob:
    """One job of the demo; its key is its name in the database."""

    key: str
    name: str
    path: str
    method: str = "GET"
    body: str | None = None
    cron: str | None = None
    every: timedelta | None = None
    once_in: timedelta | None = None
    timeout_ms: int = 10_000
    max_attempts: int = 3
    backoff: timedelta = timedelta(seconds=30)


JOBS = (
    DemoJob("heartbeat", "Heartbeat", "/ok", every=timedelta(seconds=10)),
    DemoJob(
        "report",
        "Report every minute",
        "/echo",
        method="POST",
        body='{"report": "minutely"}',
        cron="* * * * *",
    ),
    DemoJob("welcome", "Once, in a minute", "/ok", once_in=timedelta(minutes=1)),
    DemoJob(
        "flaky",
        "Fails at first, then succeeds",
        "/flaky",
        every=timedelta(seconds=45),
        backoff=timedelta(seconds=3),
    ),
    DemoJob(
        "slow",
        "Times out",
        "/slow",
        every=timedelta(seconds=60),
        timeout_ms=2_000,
        max_attempts=1,
    ),
)


@contextlib.contextmanager
def demo(dsn: str, base_url: str) -> Iterator[None]:
    """The demo's jobs run while this lasts; after it they rest, as nobody answers them."""
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as conn:
        _choose_organization(conn)
        for job in JOBS:
            ensure_job(conn, job, base_url)
    try:
        yield
    finally:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as conn,
        ):
            _choose_organization(conn)
            for row in _jobs(conn):
                if row["enabled"]:
                    conn.execute(
                        "select from prikke.pause_job(id => %s, reason => %s)", (row["id"], _PAUSED)
                    )


def ensure_job(conn: psycopg.Connection[dict[str, Any]], job: DemoJob, base_url: str) -> None:
    """Make the job, or wake the one of the last start; what a person changed of it stays."""
    url = base_url + job.path
    at = datetime.now(UTC) + job.once_in if job.once_in else None
    row = next((row for row in _jobs(conn) if row["key"] == job.key), None)
    if row is None:
        conn.execute(
            "select from prikke.create_job(key => %s, name => %s, url => %s, method => %s,"
            " body => %s, cron => %s, every => %s, scheduled_at => %s, timeout_ms => %s,"
            " max_attempts => %s, backoff => %s)",
            (
                job.key,
                job.name,
                url,
                job.method,
                job.body,
                job.cron,
                job.every,
                at,
                job.timeout_ms,
                job.max_attempts,
                job.backoff,
            ),
        )
        return
    if row["url"] != url or (at is not None and row["schedule_type"] == "once"):
        conn.execute(
            "select from prikke.update_job(id => %s, url => %s, scheduled_at => %s)",
            (row["id"], url, at),
        )
    if not row["enabled"] and row["pause_reason"] == _PAUSED:
        conn.execute("select from prikke.resume_job(id => %s)", (row["id"],))


def _choose_organization(conn: psycopg.Connection[dict[str, Any]]) -> None:
    rows = conn.execute("select slug from prikke.list_organizations()").fetchall()
    if ORGANIZATION not in {row["slug"] for row in rows}:
        conn.execute(
            "select from prikke.create_organization(name => 'Demo', slug => %s)", (ORGANIZATION,)
        )
    conn.execute("select from prikke.use_organization(%s)", (ORGANIZATION,))


def _jobs(conn: psycopg.Connection[dict[str, Any]]) -> list[dict[str, Any]]:
    return conn.execute(
        "select id, key, url, enabled, pause_reason, schedule_type from prikke.job"
    ).fetchall()


def receiver() -> web.Application:
    """Answers the demo's jobs, each as its name says."""
    seen: Counter[str] = Counter()

    async def ok(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def echo(request: web.Request) -> web.Response:
        body = await request.text()
        return web.json_response(
            {"method": request.method, "body": body, "id": request.headers.get("webhook-id")}
        )

    async def flaky(request: web.Request) -> web.Response:
        message = request.headers.get("webhook-id", "")
        if len(seen) >= _REMEMBERED:
            seen.clear()
        seen[message] += 1
        if seen[message] == 1:
            return web.Response(status=503, text="not yet\n")
        return web.Response(text="ok, at the second try\n")

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(_SLOW_SECONDS)
        return web.Response(text="too late\n")

    app = web.Application()
    app.router.add_route("*", "/ok", ok)
    app.router.add_route("*", "/echo", echo)
    app.router.add_route("*", "/flaky", flaky)
    app.router.add_route("*", "/slow", slow)
    return app


async def serve_receiver(listener: socket.socket, stop: asyncio.Event) -> None:
    """Answer on this socket until told to stop."""
    runner = web.AppRunner(receiver(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        await stop.wait()
    finally:
        await runner.cleanup()


async def _main(descriptor: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(which, stop.set)
    with socket.socket(fileno=descriptor) as listener:
        await serve_receiver(listener, stop)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
