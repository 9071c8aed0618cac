"""PUT /api/sync: jobs as a file declares them."""

from typing import Any

from psycopg.types.json import Jsonb

from prikke.errors import FieldError
from prikke.http.api.fields import Field, Values
from prikke.http.api.kinds import BOOLEAN, Kind, Wrong, expectation
from prikke.http.api.operation import Asked, Operation, Shape, call, given, object_schema, reference
from prikke.http.api.things.jobs import JOB, show_changes
from prikke.http.api.things.schedules import BUCKET
from prikke.http.visit import Answer, Plan, Rows


def _jobs(value: Any) -> Jsonb:
    if not isinstance(value, list):
        raise Wrong("must be a list of jobs", '[{"key": "nightly", "url": "https://…"}]')
    return Jsonb([_settable(job) for job in value])


_READ_ONLY = frozenset(each.name for each in JOB.fields if each.read_only)


def _settable(job: Any) -> Any:
    """A job as it was shown may be sent back: what cannot be set is passed over."""
    if not isinstance(job, dict):
        return job
    return {name: value for name, value in job.items() if name not in _READ_ONLY}


def _wrong_expectations(values: Values) -> tuple[FieldError, ...]:
    """Of each job the body that it expects, which SQL takes as it is."""
    jobs = values["jobs"].obj if "jobs" in values else []
    problems = []
    for number, job in enumerate(jobs):
        expected = job.get("expected_body") if isinstance(job, dict) else None
        if isinstance(expected, str):
            try:
                expectation(expected)
            except Wrong as wrong:
                place = f"jobs[{number}].expected_body"
                problems.append(FieldError(place, wrong.code, str(wrong), wrong.hint))
    return tuple(problems)


_LIST = Kind(
    "::jsonb",
    {"type": "array", "maxItems": 10000, "items": {"$ref": "#/components/schemas/declared_job"}},
    _jobs,
)
_FIELDS = (
    Field("jobs", _LIST, "The jobs, each with a key.", required=True),
    Field("delete_removed", BOOLEAN, "Delete jobs with a key that is not in the list.", False),
    Field("dry_run", BOOLEAN, "Change nothing, only say what would be.", False),
)


def sync(asked: Asked) -> Plan:
    """Everything or nothing; jobs without a key are never touched."""
    values = {"jobs": None, **asked.body}
    return Plan((call("sync_jobs", given(_FIELDS, values), values),), _answer)


def _answer(rows: Rows) -> Answer:
    result = rows[0][0]["sync_jobs"]
    updated = [{**each, **show_changes(each)} for each in result["updated"]]
    return Answer({**result, "updated": updated})


_REFERENCE = object_schema(
    {
        "key": {"type": "string"},
        "id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
    }
)
_UPDATED = object_schema(
    {
        "key": {"type": "string"},
        "id": {"type": "string", "format": "uuid"},
        "from": {"type": "object"},
        "to": {"type": "object"},
    }
)
_SYNCED = object_schema(
    {
        "key": {"type": "string"},
        "id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer"},
        "enabled": {"type": "boolean"},
        "paused_by": {"type": ["string", "null"]},
        "next_run_at": {"type": ["string", "null"], "format": "date-time"},
    }
)


def _list(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


OPERATIONS = (
    Operation(
        "PUT",
        "/api/sync",
        "sync_jobs",
        "Make the jobs with keys what a list says",
        sync,
        Shape(
            200,
            object_schema(
                {
                    "created": _list(_REFERENCE),
                    "updated": _list(_UPDATED),
                    "deleted": _list(_REFERENCE),
                    "unchanged": _list({"type": "string"}),
                    "jobs": _list(_SYNCED),
                    "forecast": _list(reference(BUCKET)),
                }
            ),
        ),
        "All or none. A job that a person paused stays paused; jobs without a key are not touched.",
        body=_FIELDS,
        large=True,
        check=_wrong_expectations,
        problems=(402, 409),
        example={
            "jobs": [{"key": "nightly", "url": "https://example.com/", "cron": "0 3 * * *"}],
            "dry_run": True,
        },
    ),
)
