"""/health and /metrics of a runner process."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields

from aiohttp import web

from prikke.runner.meter import SECONDS, Histogram, Meter

Gauges = Callable[[], dict[str, float]]


def metrics(meter: Meter, gauges: dict[str, float]) -> str:
    """Everything in Prometheus' text format."""
    lines: list[str] = []
    for field in fields(meter):
        value = getattr(meter, field.name)
        if isinstance(value, Histogram):
            lines += _histogram(f"prikke_runner_{field.name}_seconds", value)
        else:
            name = f"prikke_runner_{field.name}_total"
            lines += [f"# TYPE {name} counter", f"{name} {value}"]
    for key, number in gauges.items():
        lines += [f"# TYPE prikke_runner_{key} gauge", f"prikke_runner_{key} {number:g}"]
    return "\n".join(lines) + "\n"


def _histogram(name: str, histogram: Histogram) -> list[str]:
    lines = [f"# TYPE {name} histogram"]
    count = 0
    for bound, number in zip((*SECONDS, "+Inf"), histogram.buckets, strict=True):
        count += number
        lines.append(f'{name}_bucket{{le="{bound}"}} {count}')
    return [*lines, f"{name}_sum {histogram.sum:g}", f"{name}_count {count}"]


@asynccontextmanager
async def serve_health(
    port: int | None, meter: Meter, gauges: Gauges, token: str | None
) -> AsyncIterator[None]:
    """Answer on `port` of every address while the block runs; without one, not at all."""
    if port is None:
        yield
        return

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", **gauges()})

    async def show_metrics(request: web.Request) -> web.Response:
        if not _allowed(request, token):
            return web.Response(status=403, text="metrics answer loopback, or the token\n")
        return web.Response(text=metrics(meter, gauges()))

    app = web.Application()
    app.add_routes([web.get("/health", health), web.get("/metrics", show_metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    finally:
        await runner.cleanup()


def _allowed(request: web.Request, token: str | None) -> bool:
    if request.remote in {"127.0.0.1", "::1", "::ffff:127.0.0.1"}:
        return True
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return token is not None and hmac.compare_digest(given.encode(), token.encode())
