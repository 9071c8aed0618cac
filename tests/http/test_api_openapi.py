"""The description of the API, and the API held against it by generated requests."""

import os
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Route

from prikke.http.api.openapi import describe
from prikke.http.api.routes import OPERATIONS, api_routes
from tests.factories import make_job, make_send
from tests.http.api import Api, give_key, job
from tests.http.conftest import Web
from tests.people import make_member

# As many requests as this for each operation; PRIKKE_TEST_EXAMPLES asks for more.
EXAMPLES = int(os.environ.get("PRIKKE_TEST_EXAMPLES", "12"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


async def test_the_description_needs_no_key_and_no_matching_host(web: Web) -> None:
    found = await Api(web, None).get("/api/openapi.json", headers={"Host": "10.1.2.3"})

    assert found.status == 200
    assert found.content["openapi"].startswith("3.1")
    assert set(found.content["paths"]) >= {operation.path for operation in OPERATIONS}


def test_every_route_is_described() -> None:
    served = {
        (method, route.path)
        for route in api_routes()
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }

    described = {
        (method.upper(), path)
        for path, methods in describe(OPERATIONS)["paths"].items()
        for method in methods
    }

    assert served - described == {("GET", "/api/openapi.json")}
    assert described <= served


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.name for operation in OPERATIONS]

    assert len(names) == len(set(names))


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "$ref":
                yield item
            else:
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_reference_leads_somewhere() -> None:
    document = describe(OPERATIONS)

    for reference in set(references(document)):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.example is not None and "{id}" not in each.path],
    ids=lambda operation: operation.name,
)
async def test_examples_are_accepted(
    admin_api: Api, operation: Any, db: psycopg.Connection, organization: UUID
) -> None:
    path = operation.path.replace("{key}", "nightly").replace("{name}", "mail")
    path = path.replace("{user_id}", str(make_member(db, organization).id))

    found = await admin_api.ask(operation.method, path, operation.example)

    assert found.status < 300, found.content


def test_generated_requests_are_answered_as_described(
    served: str, organization: UUID, db: psycopg.Connection
) -> None:
    db.execute(
        "update prikke.setting set value = value ||"
        " '{\"api_per_second\": 1000000, \"api_burst\": 1000000}' where name = 'limits'"
    )
    for _ in range(3):
        make_job(db, **{name: value for name, value in job().items() if name != "name"})
        make_send(db)
    schema = from_dict(describe(OPERATIONS))
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {give_key(db, 'write', 'admin')}"

    asked = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def conform(case: schemathesis.Case[Any]) -> None:
            nonlocal asked
            asked += 1
            answer = case.call(base_url=served, session=session)
            case.validate_response(answer, checks=CHECKS)

        conform()

    assert asked > 5 * len(OPERATIONS)
