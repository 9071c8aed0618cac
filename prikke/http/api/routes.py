"""All operations of the API, and the routes that serve them."""

from functools import cache
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prikke.http.api import (
    billing,
    channels,
    engine,
    executions,
    jobs,
    keys,
    members,
    organization,
    overview,
    queues,
    schedules,
    secrets,
    sync,
)
from prikke.http.api.completion import complete
from prikke.http.api.endpoint import Endpoint
from prikke.http.api.openapi import document
from prikke.http.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *jobs.OPERATIONS,
    *executions.OPERATIONS,
    *queues.OPERATIONS,
    *sync.OPERATIONS,
    *overview.OPERATIONS,
    *schedules.OPERATIONS,
    *engine.OPERATIONS,
    *members.OPERATIONS,
    *keys.OPERATIONS,
    *secrets.OPERATIONS,
    *organization.OPERATIONS,
    *channels.OPERATIONS,
    *billing.OPERATIONS,
)


def api_routes() -> list[BaseRoute]:
    """A route for each path, in the order of the table."""
    ordered = sorted(OPERATIONS, key=lambda operation: _order(operation.path))
    routes: list[BaseRoute] = []
    for _, group in groupby(ordered, key=lambda operation: operation.path):
        endpoint = Endpoint(list(group))
        routes.append(Route(endpoint.path, endpoint.serve, methods=endpoint.methods))
    routes.append(Route("/api/openapi.json", describe, methods=["GET"]))
    routes.append(Route("/complete/{token}", complete, methods=["POST"]))
    return routes


async def describe(_: Request) -> Response:
    """GET /api/openapi.json."""
    return Response(
        _document(),
        media_type="application/json",
        headers={"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"},
    )


@cache
def _document() -> bytes:
    return document(OPERATIONS)


_PATHS = list(dict.fromkeys(operation.path for operation in OPERATIONS))


def _order(path: str) -> int:
    return _PATHS.index(path)
