"""`prikke serve` and `prikke run`: one process each, or several that stop together."""

import argparse
import contextlib
import socket
import sys

import uvicorn
import uvloop

from prikke import open_files
from prikke.commands.supervisor import Child, supervise
from prikke.config import Settings
from prikke.db import database_url
from prikke.errors import ConfigurationError


def serve(arguments: argparse.Namespace, settings: Settings) -> int:
    """The web pages and the API."""
    open_files.raise_limit()
    database_url(settings)
    if arguments.fd is not None:
        return _serve_on(socket.socket(fileno=arguments.fd), settings)
    port = settings.port if arguments.port is None else arguments.port
    with listening(arguments.host, port) as listener:
        if arguments.workers == 1:
            return _serve_on(listener, settings)
        return supervise([serve_child(listener)] * arguments.workers, settings)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """One runner, or several."""
    open_files.raise_limit()
    database_url(settings)
    if arguments.processes > 1:
        children = [
            run_child(arguments.concurrency, settings.health_port, number)
            for number in range(arguments.processes)
        ]
        return supervise(children, settings)
    from prikke.runner.main import run as run_runner

    uvloop.run(run_runner(settings, concurrency=arguments.concurrency))
    return 0


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens before anything else starts, so that a taken port is known at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host} port {port} ({error.strerror}): choose another with --port"
        ) from None


def serve_child(listener: socket.socket) -> Child:
    """A web process on this socket."""
    command = (sys.executable, "-m", "prikke", "serve", "--fd", str(listener.fileno()))
    return Child("web", command, (listener.fileno(),))


def run_child(concurrency: int, health_port: int | None = None, number: int = 0) -> Child:
    """A runner process; each has a health port of its own, counted up from the first one's."""
    command = (sys.executable, "-m", "prikke", "run", "--concurrency", str(concurrency))
    environment = {"PRIKKE_HEALTH_PORT": str(health_port + number)} if health_port else {}
    return Child("runner", command, (), restarts=True, environment=environment)


class _Server(uvicorn.Server):
    """Lets open pages go before it waits for what is still being answered."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        live = getattr(getattr(self.config.app, "state", None), "live", None)
        if live is not None:
            live.close()
        await super().shutdown(sockets)


def _serve_on(listener: socket.socket, settings: Settings) -> int:
    from prikke.http.app import create_app
    from prikke.http.protocol import HurriedProtocol

    config = uvicorn.Config(
        create_app(settings, warm=True),
        http=HurriedProtocol,
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.limits.shutdown_seconds,
    )
    server = _Server(config)
    # It leaves by itself, with a code of its own, when the application refuses to start.
    with contextlib.suppress(SystemExit):
        # By its number uvicorn would take it for a Unix socket, and leave Nagle's algorithm on.
        server.run(sockets=[listener])
    return 0 if server.started else 1
