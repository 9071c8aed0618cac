"""POST /complete/{token}: a receiver that answered 202 reports the end."""

from starlette.requests import Request
from starlette.responses import Response

from prikke.completion import Completions
from prikke.config import Settings
from prikke.db import Caller, Database
from prikke.errors import ConfigurationError, Refused, Unavailable
from prikke.http.api.fields import Field, read_object
from prikke.http.api.kinds import TEXT
from prikke.http.body import parse_json, read_body, require_json
from prikke.http.replies import reply
from prikke.keyring import Keyring

FIELDS = (
    Field("status", TEXT, "How it ended.", "success", ("success", "failed"), required=True),
    Field("message", TEXT, "What went wrong.", "out of paper", nullable=True),
)
_BYTES = 64 * 1024
_CALLER = Caller(statement_timeout="10s", lock_timeout="2s")


async def complete(request: Request) -> Response:
    """The token is the key: it proves which claim it ends, and that we gave it."""
    database: Database = request.app.state.database
    found = _completions(request.app.state.settings).read(str(request.path_params["token"]))
    if found is None:
        raise Refused(404, "not_found", "This is no completion address of ours.")
    data = await read_body(request, _BYTES)
    require_json(request.headers.get("content-type"))
    reading = read_object(FIELDS, parse_json(data) if data else {"status": "success"})
    if reading.problems:
        first = reading.problems[0]
        raise Refused(422, "invalid", f"{first.field}: {first.message}", reading.problems)
    await database.call(
        "select prikke.report_completion(%s, %s, %s, %s)",
        (*found, reading.values.get("status"), reading.values.get("message")),
        _CALLER,
    )
    return reply({"status": reading.values["status"]})


def _completions(settings: Settings) -> Completions:
    try:
        keyring = Keyring.from_settings(settings.keyring, settings.secret_key_base)
    except ConfigurationError:
        raise Unavailable("This process has no keyring: SECRET_KEY_BASE is not set.") from None
    return Completions.of(settings.public_url, keyring)
