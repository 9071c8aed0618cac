"""The description of the API (OpenAPI 3.1), made from the table of operations."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prikke import __version__
from prikke.http.api.completion import FIELDS as COMPLETION
from prikke.http.api.examples import example_of
from prikke.http.api.fields import Field, Thing
from prikke.http.api.operation import Operation, object_schema
from prikke.http.api.problems import PROBLEM, PROBLEMS, problem_response
from prikke.http.api.things import (
    billing,
    channels,
    deliveries,
    engine,
    executions,
    jobs,
    organization,
    overview,
    queues,
    schedules,
)
from prikke.scopes import scopes

Schema = dict[str, Any]

_TAGS = {
    "jobs": "What is sent, and when: by cron, at a fixed step, once, or on demand.",
    "send": "Deliveries without a job, one or many at a time.",
    "executions": "What became of each due run and each send.",
    "queues": "Lanes with limits of their own, which can be paused.",
    "ordering-keys": "What goes one at a time, in order.",
    "breaker-events": "What became of hosts that did not answer.",
    "sync": "Jobs as a file declares them.",
    "time-zones": "The zones in which schedules may be.",
    "schedules": "Schedules in words, before any job has one.",
    "forecast": "What is to come, and where limits are reached.",
    "simulate": "What would become of each due time.",
    "runners": "The processes that deliver.",
    "watches": "Tables of your own whose changes queue deliveries.",
    "members": "Who belongs to the organization.",
    "invitations": "Who was asked to join it.",
    "keys": "By which programs act.",
    "secrets": "Named values that are filled in when something is sent.",
    "signing-secret": "What deliveries are signed with.",
    "organization": "Whose all this is.",
    "channels": "Where the organization is told of changes.",
    "notification-rules": "When it is told of what.",
    "snooze": "Quiet for a while.",
    "maintenance": "Times in which nothing is told; jobs run as ever.",
    "transitions": "What changed, whether told or not.",
    "overview": "How the organization does, in counts.",
    "attention": "Jobs that need somebody: why, and what helps.",
    "usage": "What was used of the plan.",
    "subscription": "What pays for the plan.",
    "audit": "Who changed what, from where; and taking it back.",
    "complete": "What a receiver that answered 202 calls when it is done.",
}
_ALWAYS = (401, 403, 422, 429, 503)
_WITH_BODY = (400, 408, 413, 415)


def document(operations: Sequence[Operation]) -> bytes:
    """The description as JSON."""
    return json.dumps(describe(operations), ensure_ascii=False, separators=(",", ":")).encode()


def describe(operations: Sequence[Operation]) -> Schema:
    """The description."""
    paths: dict[str, Schema] = {}
    schemas = _schemas()
    for operation in operations:
        described = _operation(operation, schemas)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
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
        "tags": [{"name": tag, "description": _TAGS.get(tag, "")} for tag in _tags(operations)],
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
            "schemas": schemas,
            "responses": {str(status): problem_response(status) for status in PROBLEMS},
        },
    }


def _tags(operations: Iterable[Operation]) -> list[str]:
    return [*dict.fromkeys(_tag(operation) for operation in operations), "complete"]


def _tag(operation: Operation) -> str:
    return operation.path.split("/")[2]


def _operation(operation: Operation, schemas: Schema) -> Schema:
    described: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [_tag(operation)],
        "security": [{"key": [scopes()[operation.function]]}],
        "parameters": _parameters(operation),
        "responses": _responses(operation, schemas),
    }
    if operation.about:
        described["description"] = operation.about
    if operation.body:
        described["requestBody"] = _request_body(operation, schemas)
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


def _request_body(operation: Operation, schemas: Schema) -> Schema:
    whole = operation.method in {"POST", "PUT"}
    fields = [each for each in operation.body or () if not each.read_only]
    schema: Schema = input_schema(fields, whole)
    if operation.items is not None:
        schema = {"oneOf": [schema, {"type": "array", "items": schema, "maxItems": 1000}]}
    example = operation.example
    if example is None:
        whole_example = example_of(schema, schemas)
        example = {name: each for name, each in whole_example.items() if each is not None}
    content: Schema = {"schema": schema, "example": example}
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


def _responses(operation: Operation, schemas: Schema) -> Schema:
    shape = operation.answers
    good: Schema = {"description": "Done.", "headers": _headers(operation)}
    if shape.schema is not None:
        example = example_of(shape.schema, schemas)
        good["content"] = {"application/json": {"schema": shape.schema, "example": example}}
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


def _schemas() -> dict[str, Schema]:
    shown = [
        value
        for subject in (
            jobs,
            channels,
            deliveries,
            executions,
            schedules,
            queues,
            engine,
            organization,
            billing,
            overview,
        )
        for value in vars(subject).values()
        if isinstance(value, Thing)
    ]
    declared = input_schema(jobs.JOB.settable, whole=False)
    return {
        **{thing.name: _shown(thing) for thing in shown},
        "declared_job": {**declared, "required": ["key", "url"]},
        "problem": PROBLEM,
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
                    "application/json": {
                        "schema": object_schema({"status": {"type": "string"}}),
                        "example": {"status": "success"},
                    }
                },
            },
            **statuses,
        },
    }
