"""/health and /metrics of a runner process."""

import asyncio
import socket
import urllib.error
import urllib.request
from dataclasses import replace

import psycopg

from prikke.config import Settings
from prikke.runner.health import serve_health
from prikke.runner.meter import Meter
from tests.receiver import Receiver
from tests.runner.conftest import Start, past, send, until


async def test_metrics_tell_what_the_runner_has_done(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    runner = await start()
    port = _free_port()
    send(db, receiver.address())
    send(db, receiver.address("/status/404"))
    await until(lambda: len(past(db)) == 2)

    process = runner.process
    async with serve_health(port, process.meter, process.gauges, None):
        text = await asyncio.to_thread(_get, f"http://127.0.0.1:{port}/metrics")
        health = await asyncio.to_thread(_get, f"http://127.0.0.1:{port}/health")

    lines = text.splitlines()
    assert "prikke_runner_delivered_total 2" in lines
    assert "prikke_runner_failed_total 1" in lines
    assert "prikke_runner_duration_seconds_count 2" in lines
    assert 'prikke_runner_lateness_seconds_bucket{le="+Inf"} 2' in lines
    assert "prikke_runner_open 0" in lines
    assert '"status": "ok"' in health


async def test_without_a_port_nothing_listens(settings: Settings) -> None:
    async with serve_health(None, Meter(), dict, None):
        assert replace(settings).health_port is None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        text: str = answer.read().decode()
        return text
