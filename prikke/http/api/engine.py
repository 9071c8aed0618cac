"""What runs deliveries, and what queues them in SQL: /api/runners, /api/watches."""

from prikke.http.api.operation import Operation, answers_list, whole
from prikke.http.api.things.engine import RUNNER, WATCH

OPERATIONS = (
    Operation(
        "GET",
        "/api/runners",
        "list_runner_health",
        "List runners, and whether they live",
        whole(RUNNER, "list_runner_health"),
        answers_list(RUNNER),
    ),
    Operation(
        "GET",
        "/api/watches",
        "list_watches",
        "List watched tables, and how they are",
        whole(WATCH, "list_watches"),
        answers_list(WATCH),
    ),
)
