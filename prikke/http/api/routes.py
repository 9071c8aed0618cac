"""All operations of the API, and the routes that serve them."""

from itertools import groupby

from starlette.routing import BaseRoute, Route

from prikke.http.api import executions, jobs, organization, queues, sync
from prikke.http.api.completion import complete
from prikke.http.api.endpoint import Endpoint
from prikke.http.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *jobs.OPERATIONS,
    *executions.OPERATIONS,
    *queues.OPERATIONS,
    *sync.OPERATIONS,
    *organization.OPERATIONS,
)


def api_routes() -> list[BaseRoute]:
    """A route for each path, in the order of the table."""
    ordered = sorted(OPERATIONS, key=lambda operation: _order(operation.path))
    routes: list[BaseRoute] = []
    for _, group in groupby(ordered, key=lambda operation: operation.path):
        endpoint = Endpoint(list(group))
        routes.append(Route(endpoint.path, endpoint.serve, methods=endpoint.methods))
    routes.append(Route("/complete/{token}", complete, methods=["POST"]))
    return routes


_PATHS = list(dict.fromkeys(operation.path for operation in OPERATIONS))


def _order(path: str) -> int:
    return _PATHS.index(path)
