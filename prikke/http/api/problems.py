"""What an answer says when something is wrong, described."""

from typing import Any

Schema = dict[str, Any]

PROBLEMS = {
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
PROBLEM: Schema = {
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


def problem_response(status: int) -> Schema:
    """The answer of one status."""
    code, about = PROBLEMS[status]
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
