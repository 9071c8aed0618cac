"""The description of the API (OpenAPI 3.1), made from the table of operations."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prikke import __version__
from prikke.http.api.completion import FIELDS as COMPLETION
from prikke.http.api.fields import Field, Thing
from prikke.http.api.operation import Operation, object_schema
from prikke.http.api.things import (
    billing,
    deliveries,
    engine,
    executions,
    jobs,
    organization,
    queues,
    schedules,
)

Schema = dict[str, Any]

_PROBLEMS = {
    400: ("invalid_json", "What was sent is no JSON, or JSON that means two things."),
    401: ("unauthorized", "There is no key, or none that holds."),
    402: ("job_limit", "The limit of the plan is reached."),
    403: ("scope_missing", "The key may not do this."),
    404: ("not_found", "It does not exist, or is not yours."),
    408: ("timeout", "The body did not arrive in time."),
    409: ("conflict", "It stands against what is there."),
    412: ("version_conflict", "It was changed since the version in If-Match."),
    413: ("too_large", "It is larger than allowed."),
    415: ("unsupported_type", "It is of another media type."),
    422: ("invalid", "Fields are wrong; errors names each."),
    429: ("too_many_requests", "Too many requests; Retry-After says how long to wait."),
    503: ("unavailable", "The database is not to be had just now."),
}
_ALWAYS = (401, 403, 422, 429, 503)
_WITH_BODY = (400, 408, 413, 415)

_PROBLEM: Schema = {
    "type": "object",
    "description": "What is wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people."},
        "code": {"type": "string", "description": "A word for programs."},
        "hint": {"type": "string", "description": "What would be right."},
        "id": {"type": ["string", "null"], "description": "The job that has the key."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "hint": {"type": ["string", "null"]},
                },
                "required": ["field", "code", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "errors"],
}


def document(operations: Sequence[Operation]) -> bytes:
    """The description as JSON."""
    return json.dumps(describe(operations), ensure_ascii=False, separators=(",", ":")).encode()


def describe(operations: Sequence[Operation]) -> Schema:
    """The description."""
    paths: dict[str, Schema] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    paths["/complete/{token}"] = {"post": _completion()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Prikke",
            "version": __version__,
            "description": "Scheduled HTTP requests: jobs, sends, and what became of them.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in _tags(operations)],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "pk_live_….sk_live_…",
                    "description": "A key of the organization, made under Keys.",
                }
            },
            "schemas": _schemas(),
            "responses": {str(status): _problem(status) for status in _PROBLEMS},
        },
    }


def _tags(operations: Iterable[Operation]) -> list[str]:
    return list(dict.fromkeys(_tag(operation) for operation in operations))


def _tag(operation: Operation) -> str:
    return operation.path.split("/")[2]


def _operation(operation: Operation) -> Schema:
    described: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [_tag(operation)],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.about:
        described["description"] = operation.about
    if operation.body:
        described["requestBody"] = _request_body(operation)
    return described


def _parameters(operation: Operation) -> list[Schema]:
    described = [_parameter(each, "path") for each in operation.path_fields]
    described += [_parameter(each, "query") for each in operation.query]
    if operation.guarded:
        described.append(
            _header("If-Match", "Only if it is at this version: the ETag that was read.", '"3"')
        )
    if operation.writes:
        described.append(
            _header(
                "Idempotency-Key",
                "A repeat with the same key and body within 24 hours gets the same answer.",
                "5d41402a-bc4b-4a76-b971-9d911017c592",
            )
        )
    return described


def _parameter(each: Field, place: str) -> Schema:
    described: Schema = {
        "name": each.name,
        "in": place,
        "required": each.required,
        "description": each.about,
        "schema": field_schema(each, nullable=False),
    }
    if described["schema"].get("type") == "array":
        described |= {"style": "form", "explode": False}
    return described


def _header(name: str, about: str, example: str) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": about,
        "schema": {"type": "string"},
        "example": example,
    }


def _request_body(operation: Operation) -> Schema:
    whole = operation.method in {"POST", "PUT"}
    fields = [each for each in operation.body or () if not each.read_only]
    schema: Schema = input_schema(fields, whole)
    if operation.items is not None:
        schema = {"oneOf": [schema, {"type": "array", "items": schema, "maxItems": 1000}]}
    content: Schema = {"schema": schema}
    if operation.example is not None:
        content["example"] = operation.example
    return {
        "required": any(each.required for each in fields) and whole,
        "content": {"application/json": content},
    }


def input_schema(fields: Sequence[Field], whole: bool) -> Schema:
    """What may be sent."""
    schema: Schema = {
        "type": "object",
        "properties": {each.name: field_schema(each, each.nullable) for each in fields},
        "additionalProperties": False,
    }
    required = [each.name for each in fields if each.required and whole]
    return schema | ({"required": required} if required else {})


def field_schema(each: Field, nullable: bool) -> Schema:
    """One field."""
    schema: Schema = {**each.kind.schema, **each.limits, "description": each.about}
    if each.choices:
        schema["enum"] = [*each.choices, None] if nullable else list(each.choices)
    if nullable and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    if each.example is not None:
        schema["examples"] = [each.example]
    if each.default is not None:
        schema["default"] = each.default
    return schema


def _responses(operation: Operation) -> Schema:
    shape = operation.answers
    good: Schema = {"description": "Done.", "headers": _headers(operation)}
    if shape.schema is not None:
        content: Schema = {"schema": shape.schema}
        if shape.example is not None:
            content["example"] = shape.example
        good["content"] = {"application/json": content}
    responses: Schema = {str(shape.status): good}
    for status in also(operation):
        responses[str(status)] = {**good, "description": "The same, of what was there before."}
    for status in sorted({*_ALWAYS, *_possible(operation)}):
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return responses


def also(operation: Operation) -> tuple[int, ...]:
    """Other good statuses of an operation."""
    if operation.function == "put_job":
        return (201,)
    return (200,) if operation.function == "replay_executions" else ()


def _possible(operation: Operation) -> set[int]:
    possible = set(operation.problems)
    if operation.path_fields:
        possible.add(404)
    if operation.guarded:
        possible |= {412}
    if operation.writes:
        possible |= {409, *_WITH_BODY}
    return possible


def _headers(operation: Operation) -> Schema:
    names = {
        "RateLimit-Limit": "Requests at once at most.",
        "RateLimit-Remaining": "How many of these are left.",
        "RateLimit-Reset": "Seconds until all are there again.",
    }
    headers: Schema = {
        name: {"description": about, "schema": {"type": "integer"}} for name, about in names.items()
    }
    schema = operation.answers.schema or {}
    if "job" in schema.get("properties", {}):
        headers["ETag"] = {"description": "The job's version.", "schema": {"type": "string"}}
    return headers


def _problem(status: int) -> Schema:
    code, about = _PROBLEMS[status]
    example = {
        "type": "about:blank",
        "title": "",
        "status": status,
        "detail": about,
        "code": code,
        "errors": [
            {
                "field": "cron",
                "code": "invalid",
                "message": "has 4 fields, not 5 or 6",
                "hint": "For example 0 3 * * *.",
            }
        ]
        if status == 422
        else [],
    }
    headers = {}
    if status in {429, 503}:
        headers["Retry-After"] = {"description": "Seconds.", "schema": {"type": "integer"}}
    if status == 401:
        headers["WWW-Authenticate"] = {"description": "Bearer.", "schema": {"type": "string"}}
    return {
        "description": about,
        "headers": headers,
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/problem"},
                "example": example,
            }
        },
    }


def _schemas() -> dict[str, Schema]:
    shown = [
        value
        for subject in (
            jobs,
            deliveries,
            executions,
            schedules,
            queues,
            engine,
            organization,
            billing,
        )
        for value in vars(subject).values()
        if isinstance(value, Thing)
    ]
    declared = input_schema(jobs.JOB.settable, whole=False)
    return {
        **{thing.name: _shown(thing) for thing in shown},
        "declared_job": {**declared, "required": ["key", "url"]},
        "problem": _PROBLEM,
    }


def _shown(thing: Thing) -> Schema:
    return {
        **object_schema({each.name: field_schema(each, each.nullable) for each in thing.fields}),
        "description": thing.about,
    }


def _completion() -> Schema:
    statuses: Mapping[str, Schema] = {
        str(status): {"$ref": f"#/components/responses/{status}"}
        for status in (400, 404, 408, 409, 413, 415, 422, 503)
    }
    return {
        "operationId": "complete",
        "summary": "Report the end of an execution that answered 202",
        "description": "The address comes in X-Prikke-Completion-Url and needs no key.",
        "tags": ["complete"],
        "security": [],
        "parameters": [
            {
                "name": "token",
                "in": "path",
                "required": True,
                "description": "What proves the address.",
                "schema": {"type": "string"},
            }
        ],
        "requestBody": {
            "required": False,
            "content": {
                "application/json": {
                    "schema": input_schema(COMPLETION, whole=True),
                    "example": {"status": "failed", "message": "out of paper"},
                }
            },
        },
        "responses": {
            "200": {
                "description": "Done.",
                "content": {
                    "application/json": {"schema": object_schema({"status": {"type": "string"}})}
                },
            },
            **statuses,
        },
    }
