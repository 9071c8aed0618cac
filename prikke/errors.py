"""The exceptions that cross module borders, and what a SQLSTATE of ours becomes.

PrikkeError
├── ConfigurationError      the environment, or the server, is not fit to start with
├── NotReady                the database lacks this release, or is not one of ours
├── Unavailable             the database cannot be reached, or gave up waiting
├── Refused                 a function said no: status, code, message, fields
└── OutboundError           a request that we sent got no complete answer
    ├── TargetRefused       the guard says no; final, never retried, and not an OSError
    ├── DeadlinePassed      no complete answer before the deadline
    └── ConnectionFailed    no connection, a broken one, or an answer that is not HTTP
"""

import json
from dataclasses import dataclass, field

import psycopg


class PrikkeError(Exception):
    """Anything Prikke says no to, in a sentence fit for the person who asked."""


class ConfigurationError(PrikkeError):
    """The environment or the server is not fit to start with."""


class NotReady(PrikkeError):
    """The database does not fit this release."""


class Unavailable(PrikkeError):
    """The database cannot be reached, or a lock was not had in time."""


class OutboundError(PrikkeError):
    """A request that got no complete answer."""


class TargetRefused(OutboundError):
    """The guard refuses this address; trying again is of no use."""


class DeadlinePassed(OutboundError):
    """No complete answer before the deadline."""


class ConnectionFailed(OutboundError):
    """No connection, a connection that broke, or an answer that is not HTTP."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field of a request."""

    field: str
    code: str
    message: str
    hint: str | None = None


# Not frozen: Python itself sets the traceback of an exception on its way.
@dataclass(eq=False)
class Refused(PrikkeError):
    """A function refused: its HTTP status, a code for programs, and every wrong field."""

    status: int
    code: str
    message: str
    errors: tuple[FieldError, ...] = field(default=())
    hint: str | None = None
    detail: str | None = None

    def __str__(self) -> str:
        return self.message


_CODES = {
    400: "bad_request",
    401: "unauthorized",
    402: "limit_reached",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    410: "gone",
    412: "version_conflict",
    413: "too_large",
    415: "unsupported_type",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}

# What Postgres itself refuses in an argument: its cast, range, length and size errors.
_BAD_ARGUMENT = ("22", "23514", "23502", "54")


def translate(error: psycopg.Error) -> PrikkeError:
    """The exception of ours for a database error; unknown ones are raised on as they are."""
    state = error.sqlstate or ""
    message = error.diag.message_primary or str(error).strip() or type(error).__name__
    if state.startswith("PK") and state[2:].isdigit():
        return _refused(int(state[2:]), message, error)
    if state.startswith(_BAD_ARGUMENT):
        return Refused(422, "invalid", message)
    if state == "42501":
        return Refused(403, "forbidden", message)
    if state in {"55P03", "57014", "40001", "40P01"} or state.startswith(("08", "53", "57P")):
        return Unavailable(message)
    if not state and isinstance(error, psycopg.OperationalError):
        return Unavailable(message)
    if not state and isinstance(error, psycopg.DataError):
        # What came is no value of Python's, such as an instant after the year 9999.
        return Refused(422, "invalid", message)
    raise error


def _refused(status: int, message: str, error: psycopg.Error) -> Refused:
    """A refusal. A function names its code by `constraint`, its fields as JSON in the detail."""
    detail = error.diag.message_detail
    errors = _fields(detail)
    named = errors[0].code if errors and status != 422 else None
    return Refused(
        status=status,
        code=error.diag.constraint_name or named or _CODES.get(status, "refused"),
        message=message,
        errors=errors,
        hint=error.diag.message_hint,
        detail=detail,
    )


def _fields(detail: str | None) -> tuple[FieldError, ...]:
    try:
        entries = json.loads(detail or "[]")
    except json.JSONDecodeError:
        return ()
    if not isinstance(entries, list):
        return ()
    return tuple(
        FieldError(
            field=str(entry.get("field", "")),
            code=str(entry.get("code", "invalid")),
            message=str(entry.get("message", "")),
            hint=entry.get("hint"),
        )
        for entry in entries
        if isinstance(entry, dict)
    )
