"""What is to come and what would: /api/forecast, /api/simulate."""

from dataclasses import replace

from prikke.http.api.fields import Field
from prikke.http.api.kinds import ID, INSTANT, LENGTH, TEXT
from prikke.http.api.operation import (
    LIMIT,
    Asked,
    Operation,
    Shape,
    answers_list,
    call,
    given,
    object_schema,
    whole,
)
from prikke.http.api.things.schedules import BUCKET, PREVIEW, PROPOSAL, RUN
from prikke.http.visit import Answer, Plan, Rows

_PERIOD = (
    Field("since", INSTANT, "From here on; now unless told.", nullable=True),
    Field("until", INSTANT, "Up to here; a day unless told.", nullable=True),
    Field("duration", LENGTH, "How long a run takes; as measured unless told.", "5 minutes"),
    Field("down_from", INSTANT, "An outage begins.", nullable=True),
    Field("down_until", INSTANT, "The outage ends.", nullable=True),
)
_SCHEDULE = (
    Field("cron", TEXT, "A cron expression.", "0 3 * * *", nullable=True),
    Field("every", LENGTH, "A fixed step.", None, nullable=True),
    Field("scheduled_at", INSTANT, "When it runs once.", None, nullable=True),
    Field("timezone", TEXT, "The time zone.", "UTC"),
    Field("catch_up", TEXT, "What happens to missed ones.", None, ("latest", "all", "none")),
    Field("catch_up_window", LENGTH, "How far back.", None, nullable=True),
    Field("overlap", TEXT, "What happens beside another.", None, ("skip", "queue_one", "allow")),
    Field("seed", TEXT, "What H takes its value from.", None, nullable=True),
)
_JOB = Field("id", ID, "A job; then its own schedule is played.", nullable=True)
_FIELDS = (_JOB, *_SCHEDULE, *_PERIOD)


def simulate(asked: Asked) -> Plan:
    """POST /api/simulate: of a job, or of a schedule that no job has yet."""
    fields = (_JOB, *_PERIOD) if "id" in asked.body else (*_SCHEDULE, *_PERIOD)
    return Plan(
        (call("simulate", given(fields, asked.body), asked.body),),
        lambda rows: Answer({"runs": [RUN.show(row) for row in rows[0]]}),
    )


_FORECAST = (
    Field("since", INSTANT, "From here on; now unless told."),
    Field("until", INSTANT, "Up to here; a day unless told."),
    Field("bucket", LENGTH, "Length of each part.", "1 hour"),
)


def forecast(asked: Asked) -> Plan:
    """GET /api/forecast."""
    return Plan(
        (call("forecast", given(_FORECAST, asked.query), asked.query),),
        lambda rows: Answer({"forecast": [BUCKET.show(row) for row in rows[0]]}),
    )


_CRON = (
    Field("cron", TEXT, "A cron expression.", "0 3 * * *", required=True),
    Field("timezone", TEXT, "The time zone.", "Europe/Oslo", default="UTC"),
    Field("seed", TEXT, "What H takes its value from."),
)
_AFTER = Field("after", INSTANT, "Runs after this; after now unless told.")
_COUNT = replace(LIMIT, default=10, example=10)


def describe(asked: Asked) -> Plan:
    """GET /api/schedules/describe: in words, and when it would run."""
    values = {"cron": None, "timezone": "UTC", "limit": _COUNT.default, **asked.query}
    arguments = given((*_CRON, _AFTER, _COUNT), values)
    arguments["expression"] = arguments.pop("cron")
    words = {name: each for name, each in arguments.items() if name not in {"after", "limit"}}
    arguments["count"] = arguments.pop("limit")
    calls = (call("describe_schedule", words, values), call("upcoming_runs", arguments, values))

    def answer(rows: Rows) -> Answer:
        return Answer(
            {
                "description": rows[0][0]["describe_schedule"],
                "upcoming": [row["upcoming_runs"] for row in rows[1]],
            }
        )

    return Plan(calls, answer)


_PREVIEW = (
    *(each for each in _SCHEDULE if each.name in {"cron", "every", "timezone", "seed"}),
    Field("scheduled_at", INSTANT, "When it runs once, or where every begins.", nullable=True),
    Field("job_id", ID, "A job whose seed H has."),
    replace(LIMIT, default=5, example=5, limits={"minimum": 1, "maximum": 100}),
)


def preview(asked: Asked) -> Plan:
    """GET /api/schedules/preview: of a schedule that is being written."""
    values = {"limit": 5, **asked.query}
    arguments = given(_PREVIEW, values)
    arguments["count"] = arguments.pop("limit")
    return Plan(
        (call("preview_schedule", arguments, values),),
        lambda rows: Answer({"previews": [PREVIEW.show(row) for row in rows[0]]}),
    )


def time_zones(_: Asked) -> Plan:
    """GET /api/time-zones."""
    return Plan(
        (call("list_time_zones", {}, {}),),
        lambda rows: Answer({"time_zones": [row["list_time_zones"] for row in rows[0]]}),
    )


OPERATIONS = (
    Operation(
        "GET",
        "/api/schedules/preview",
        "preview_schedule",
        "Show the next runs of a schedule, and what clock changes do to them",
        preview,
        answers_list(PREVIEW),
        query=_PREVIEW,
    ),
    Operation(
        "GET",
        "/api/time-zones",
        "list_time_zones",
        "List the time zones that are accepted",
        time_zones,
        Shape(
            200,
            object_schema({"time_zones": {"type": "array", "items": {"type": "string"}}}),
        ),
    ),
    Operation(
        "GET",
        "/api/schedules/describe",
        "describe_schedule",
        "Say a schedule in words, and when it would run",
        describe,
        Shape(
            200,
            object_schema(
                {
                    "description": {"type": ["string", "null"]},
                    "upcoming": {
                        "type": "array",
                        "items": {"type": "string", "format": "date-time"},
                    },
                }
            ),
        ),
        "Of H there are no words without a seed.",
        query=(*_CRON, _AFTER, _COUNT),
    ),
    Operation(
        "GET",
        "/api/forecast/proposal",
        "forecast_proposal",
        "List schedules that many jobs share, and how to spread them",
        whole(PROPOSAL, "forecast_proposal"),
        answers_list(PROPOSAL),
    ),
    Operation(
        "GET",
        "/api/forecast",
        "forecast",
        "Say what is to come, by time and queue",
        forecast,
        answers_list(BUCKET),
        query=_FORECAST,
    ),
    Operation(
        "POST",
        "/api/simulate",
        "simulate",
        "Say what would run, be skipped or be missed",
        simulate,
        answers_list(RUN),
        "Of a job by its id, or of a schedule. An outage may be played as well.",
        body=_FIELDS,
        problems=(404,),
        example={"cron": "*/5 * * * *", "overlap": "skip", "duration": "7 minutes"},
    ),
)
