"""The web application on a real socket, and a client for it."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

import aiohttp
import psycopg
import pytest
import uvicorn

from prikke.config import Settings
from prikke.http.app import create_app
from tests.conftest import Connect
from tests.virtual_runner import VirtualRunner

if TYPE_CHECKING:
    from tests.http.api import Api


SECRET_KEY_BASE = "tests-only-" + "x" * 32


@dataclass(frozen=True, slots=True)
class Web:
    """A running application."""

    url: str
    client: aiohttp.ClientSession

    def get(self, path: str, **more: object) -> "aiohttp.client._RequestContextManager":
        return self.client.get(self.url + path, **more)  # type: ignore[arg-type]


Serve = Callable[..., AbstractAsyncContextManager[Web]]


@pytest.fixture
def serve(dsn: str) -> Serve:
    """`async with serve(metrics_token="…") as web`: the application with these settings."""

    @asynccontextmanager
    async def running(**settings: object) -> AsyncIterator[Web]:
        app = create_app(replace(Settings(database_url=dsn), **settings))  # type: ignore[arg-type]
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = uvicorn.Server(
                uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
            )
            server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            task = asyncio.create_task(server.serve(sockets=[listener]))
            async with asyncio.timeout(20):
                while not server.started:
                    assert not task.done()
                    await asyncio.sleep(0.01)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                async with aiohttp.ClientSession() as client:
                    yield Web(url, client)
            finally:
                server.should_exit = True
                await task

    return running


@pytest.fixture
async def web(serve: Serve) -> AsyncIterator[Web]:
    """The application with default settings and a keyring."""
    async with serve(secret_key_base=SECRET_KEY_BASE) as running:
        yield running


@pytest.fixture
async def dev(serve: Serve) -> AsyncIterator[Web]:
    """The application as `prikke up` serves it: with a mailbox instead of mails."""
    async with serve(secret_key_base=SECRET_KEY_BASE, development=True) as running:
        yield running


@pytest.fixture
async def api(web: Web, organization: UUID, db: psycopg.Connection) -> "Api":
    """A program with a key that may write, in the organization chosen on `db`."""
    from tests.http.api import Api, give_key

    return Api(web, give_key(db))


@pytest.fixture
async def admin_api(web: Web, organization: UUID, db: psycopg.Connection) -> "Api":
    """A program with a key that may do everything."""
    from tests.http.api import Api, give_key

    return Api(web, give_key(db, "write", "admin"))


@pytest.fixture
async def owner_api(web: Web, organization: UUID, db: psycopg.Connection) -> "Api":
    """A program with a key that may do what is for owners as well."""
    from tests.http.api import Api, give_key

    return Api(web, give_key(db, "write", "admin", "owner"))


@pytest.fixture
def runner(connect: Connect, organization: UUID) -> VirtualRunner:
    """A runner without HTTP, beside an organization that is chosen on `db`."""
    started = VirtualRunner(connect(role="prikke_runner"))
    started.keep_history()
    return started


@pytest.fixture
def served(dsn: str) -> Iterator[str]:
    """The application in a process of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        number = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "prikke", "serve", "--fd", str(number)],
            env={**os.environ, "DATABASE_URL": dsn, "SECRET_KEY_BASE": SECRET_KEY_BASE},
            pass_fds=(number,),
            stderr=subprocess.DEVNULL,
        )
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            until = time.monotonic() + 20
            while not answers(url):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
