"""Jobs: /api/jobs and below."""

from dataclasses import replace
from typing import Any

from psycopg.types.json import Jsonb

from prikke.http.api.fields import Field, Values, has_local
from prikke.http.api.kinds import INTEGER, TEXT, Local
from prikke.http.api.operation import (
    CHANGES,
    CURSOR,
    KEY_FIELD,
    LIMIT,
    Arguments,
    Asked,
    Operation,
    Shape,
    answers_list,
    answers_nothing,
    answers_one,
    answers_page,
    by_id,
    call,
    given,
    listing,
    nothing,
    object_schema,
    page,
    reference,
    simple,
)
from prikke.http.api.things.executions import EXECUTION, REASON, STATUSES
from prikke.http.api.things.jobs import JOB, STATISTICS, VERSION, show_changes, show_version
from prikke.http.visit import Answer, Call, Plan, Rows

_LIST = (
    Field("search", TEXT, "Text in name, URL or key."),
    Field("status", TEXT, "Enabled or disabled ones.", None, ("enabled", "disabled")),
    Field("health", TEXT, "Healthy or failing ones.", None, ("healthy", "failing")),
    Field("sort", TEXT, "The order.", None, ("name", "created", "last_run")),
    LIMIT,
    CURSOR,
)
_REASON = (Field("reason", TEXT, "Why.", "maintenance", nullable=True, limits={"maxLength": 200}),)
_NAME = (Field("name", TEXT, "Name of the copy.", "Nightly (copy)", nullable=True),)
_EXECUTIONS = (
    Field("status", TEXT, "Those of this status.", None, STATUSES),
    LIMIT,
    CURSOR,
)
_STATISTICS = (
    Field("days", INTEGER, "How many days.", 30, limits={"minimum": 1, "maximum": 400}),
    Field("timezone", TEXT, "Whose days.", "UTC"),
)
_UPCOMING = (replace(LIMIT, default=10, example=10),)
_DECLARED = tuple(each.name for each in JOB.settable)


def job_arguments(values: Values) -> Arguments:
    """The fields of a job; a time without offset is one in the job's own time zone."""
    arguments = given(JOB.settable, values)
    if has_local(values, "scheduled_at"):
        arguments["scheduled_at"] = (
            "prikke.read_local(%(scheduled_at)s::text, %(timezone)s::text, %(id)s::uuid)"
        )
    return arguments


def job_values(values: Values, **more: Any) -> Values:
    local = values.get("scheduled_at")
    text = {"scheduled_at": local.text} if isinstance(local, Local) else {}
    return {"timezone": None, "id": None, **values, **text, **more}


def _created(rows: Rows) -> Answer:
    job = JOB.show(rows[0][0])
    made = {name: job[name] for name in _DECLARED if job[name] is not None}
    return Answer({"job": job, "changes": {"from": None, "to": made}}, 201)


def create(asked: Asked) -> Plan:
    """POST /api/jobs."""
    values = {"name": None, "url": None, **asked.body}
    return Plan((call("create_job", job_arguments(values), job_values(values)),), _created)


def _changed(rows: Rows) -> Answer:
    changes = show_changes(rows[2][0]["changes"])
    return Answer({"job": JOB.show(rows[1][0]), "changes": changes})


def update(asked: Asked) -> Plan:
    """PATCH /api/jobs/{id}: null empties, what is left out stays."""
    values = job_values(
        asked.body,
        id=asked.path.get("id"),
        clear=list(asked.emptied),
        version=asked.version,
    )
    lock = Call("select prikke.lock_job(%(id)s::uuid, %(version)s::integer)", values)
    arguments = {"id": "%(id)s::uuid", **job_arguments(asked.body), "clear": "%(clear)s::text[]"}
    changes = Call("select prikke.changes_of_job(%(id)s::uuid) as changes", values)
    return Plan((lock, call("update_job", arguments, values), changes), _changed)


def _put(rows: Rows) -> Answer:
    [row] = rows[0]
    content = {"job": JOB.show(row), "changes": show_changes(row["changes"])}
    return Answer(content, 201 if row["created"] else 200)


def put(asked: Asked) -> Plan:
    """PUT /api/jobs/key/{key}: the job of a key becomes what is declared."""
    values = {
        "key": asked.path.get("key"),
        "declared": Jsonb({name: _plain(value) for name, value in asked.body.items()}),
        "version": asked.version,
    }
    query = (
        "select (p.job).*, p.changes, p.created "
        "from prikke.put_job(%(key)s::text, %(declared)s::jsonb, %(version)s::integer) as p"
    )
    return Plan((Call(query, values),), _put)


def _plain(value: Any) -> Any:
    """A value as JSON again."""
    if isinstance(value, Local):
        return value.text
    if isinstance(value, Jsonb):
        return value.obj
    return value.isoformat() if hasattr(value, "isoformat") else value


def show_by_key(asked: Asked) -> Plan:
    """GET /api/jobs/key/{key}."""
    found = call("get_job", {"key": "%(key)s::text"}, asked.path)
    return Plan((found,), lambda rows: Answer({"job": JOB.show(rows[0][0])}))


def delete(asked: Asked) -> Plan:
    """DELETE /api/jobs/{id}."""
    calls = [by_id("delete_job", asked)]
    if asked.version is not None:
        query = "select prikke.lock_job(%(id)s::uuid, %(version)s::integer)"
        calls.insert(0, Call(query, {**asked.path, "version": asked.version}))
    return Plan(calls, nothing)


def executions(asked: Asked) -> Plan:
    """GET /api/jobs/{id}/executions; a job that is not there has no empty list."""
    limit = asked.query.get("limit", LIMIT.default)
    values = {**asked.query, "limit": limit, "id": asked.path.get("id")}
    arguments = {"job_id": "%(id)s::uuid", "page_size": "%(limit)s::integer"}
    if "status" in values:
        arguments["status"] = "array[%(status)s::text]"
    if "cursor" in values:
        arguments["cursor"] = "%(cursor)s::uuid"
    calls = (by_id("get_job", asked), call("list_executions", arguments, values))
    return Plan(calls, lambda rows: page(EXECUTION, rows[1], limit))


def upcoming(asked: Asked) -> Plan:
    """GET /api/jobs/{id}/upcoming."""
    values = {"id": asked.path.get("id"), "count": asked.query.get("limit", _UPCOMING[0].default)}
    arguments = {"id": "%(id)s::uuid", "count": "%(count)s::integer"}
    return Plan(
        (call("upcoming_job_runs", arguments, values),),
        lambda rows: Answer({"upcoming": [row["upcoming_job_runs"] for row in rows[0]]}),
    )


def why(asked: Asked) -> Plan:
    """GET /api/jobs/{id}/why."""
    calls = (by_id("get_job", asked), by_id("why", asked))
    return Plan(calls, lambda rows: Answer({"why": [REASON.show(row) for row in rows[1]]}))


def statistics(asked: Asked) -> Plan:
    """GET /api/jobs/{id}/statistics."""
    values = {**asked.query, "id": asked.path.get("id")}
    arguments = {"id": "%(id)s::uuid", **given(_STATISTICS, asked.query)}

    def answer(rows: Rows) -> Answer:
        *days, total = (STATISTICS.show(row) for row in rows[0])
        return Answer({"statistics": days, "total": total})

    return Plan((call("job_statistics", arguments, values),), answer)


def versions(asked: Asked) -> Plan:
    """GET /api/jobs/{id}/versions."""
    return Plan(
        (by_id("list_versions", asked),),
        lambda rows: Answer({"versions": [show_version(row) for row in rows[0]]}),
    )


def trigger(asked: Asked) -> Plan:
    """POST /api/jobs/{id}/trigger."""
    return simple(EXECUTION, "run_now", (), 202)(asked)


_ONE = answers_one(JOB)
_KEYED = (KEY_FIELD,)
# What a key names needs no other name.
_KEYED_FIELDS = tuple(
    replace(each, required=False) if each.name == "name" else each for each in JOB.fields
)
_UPCOMING_SHAPE = Shape(
    200,
    object_schema(
        {"upcoming": {"type": "array", "items": {"type": "string", "format": "date-time"}}}
    ),
)

OPERATIONS = (
    Operation(
        "POST",
        "/api/jobs",
        "create_job",
        "Make a job",
        create,
        answers_one(JOB, 201, changes=CHANGES),
        "The kind of schedule follows from the field given: cron, every, scheduled_at, or none.",
        body=JOB.fields,
        problems=(402, 409),
        example={
            "key": "billing.nightly",
            "name": "Nightly",
            "url": "https://example.com/nightly",
            "cron": "0 3 * * *",
            "timezone": "Europe/Oslo",
        },
    ),
    Operation(
        "GET",
        "/api/jobs",
        "list_jobs",
        "List jobs",
        listing(JOB, "list_jobs", _LIST),
        answers_page(JOB),
        query=_LIST,
    ),
    Operation(
        "GET",
        "/api/jobs/key/{key}",
        "get_job",
        "Show a job by its key",
        show_by_key,
        _ONE,
        parameters=_KEYED,
    ),
    Operation(
        "PUT",
        "/api/jobs/key/{key}",
        "put_job",
        "Make or change the job of a key",
        put,
        answers_one(JOB, 200, changes=CHANGES),
        "A declaration is whole: what it leaves out has its default. 201 where the job is new.",
        body=_KEYED_FIELDS,
        parameters=_KEYED,
        guarded=True,
        problems=(402, 409),
        example={"url": "https://example.com/nightly", "cron": "0 3 * * *"},
    ),
    Operation(
        "GET",
        "/api/jobs/{id}",
        "get_job",
        "Show a job",
        simple(JOB, "get_job"),
        _ONE,
    ),
    Operation(
        "PATCH",
        "/api/jobs/{id}",
        "update_job",
        "Change fields of a job",
        update,
        answers_one(JOB, 200, changes=CHANGES),
        "What is left out stays; null empties. One kind of schedule given clears the others.",
        body=JOB.fields,
        guarded=True,
        problems=(409,),
        example={"cron": "0 4 * * *", "body": None},
    ),
    Operation(
        "DELETE",
        "/api/jobs/{id}",
        "delete_job",
        "Delete a job",
        delete,
        answers_nothing(),
        "What waits is cancelled, what runs may finish. It can be restored for seven days.",
        guarded=True,
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/trigger",
        "run_now",
        "Run a job once, now",
        trigger,
        answers_one(EXECUTION, 202),
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/pause",
        "pause_job",
        "Disable a job",
        simple(JOB, "pause_job", _REASON),
        _ONE,
        body=_REASON,
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/resume",
        "resume_job",
        "Enable a job",
        simple(JOB, "resume_job"),
        _ONE,
        "Its next run is planned from now.",
        body=(),
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/restore",
        "restore_job",
        "Bring back a deleted job",
        simple(JOB, "restore_job"),
        _ONE,
        body=(),
        problems=(402, 409),
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/duplicate",
        "duplicate_job",
        "Make a disabled copy of a job",
        simple(JOB, "duplicate_job", _NAME, 201),
        answers_one(JOB, 201),
        body=_NAME,
        problems=(402,),
    ),
    Operation(
        "GET",
        "/api/jobs/{id}/executions",
        "list_executions",
        "List executions of a job",
        executions,
        answers_page(EXECUTION),
        query=_EXECUTIONS,
    ),
    Operation(
        "GET",
        "/api/jobs/{id}/upcoming",
        "upcoming_job_runs",
        "Show the next due times of a job",
        upcoming,
        _UPCOMING_SHAPE,
        query=_UPCOMING,
    ),
    Operation(
        "GET",
        "/api/jobs/{id}/why",
        "why",
        "Say why a job does not run just now",
        why,
        answers_list(REASON),
    ),
    Operation(
        "GET",
        "/api/jobs/{id}/statistics",
        "job_statistics",
        "Count the runs of a job by day",
        statistics,
        answers_list(STATISTICS, total=reference(STATISTICS)),
        query=_STATISTICS,
    ),
    Operation(
        "GET",
        "/api/jobs/{id}/versions",
        "list_versions",
        "List the versions of a job",
        versions,
        answers_list(VERSION),
    ),
)
