"""One path of the API: reads the request, has it done, replies."""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from psycopg.types.json import Jsonb
from starlette.requests import Request
from starlette.responses import Response

from prikke.config import Settings
from prikke.errors import FieldError, PrikkeError, Refused
from prikke.http.api.executions import read_sends
from prikke.http.api.fields import Reading, Values, read_object, read_query
from prikke.http.api.kinds import Wrong
from prikke.http.api.operation import Asked, Operation, renamed
from prikke.http.auth import client_address, only_header, read_credentials
from prikke.http.body import parse_json, read_body, require_json
from prikke.http.export import send_document
from prikke.http.replies import on_prikke_error, reply
from prikke.http.visit import Answer, Call, Claim, Plan, Visit, answered_before

# Names of SQL's that are others in REST.
_NAMES = {"page_size": "limit", "clear": "body", "count": "limit"}


class Endpoint:
    """All methods of one path."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = {operation.method: operation for operation in operations}
        self.path = operations[0].path
        self.methods = list(self._operations)

    async def serve(self, request: Request) -> Response:
        """Read, call, reply."""
        settings: Settings = request.app.state.settings
        operation = self._operations["GET" if request.method == "HEAD" else request.method]
        address = client_address(request, settings.trusted_proxies)
        visit = None
        try:
            visit = Visit(read_credentials(request), operation.function, address)
            # A request that a hook led to hands on how far it is from the first.
            visit.hop = request.headers.get("x-prikke-hop") if operation.writes else None
            if operation.streams:
                response = await _stream(request, settings, operation, visit)
            else:
                response = reply_with(await _perform(request, settings, operation, visit))
        except PrikkeError as error:
            response = await on_prikke_error(request, error)
        if visit is not None and visit.rate is not None:
            response.headers["RateLimit-Limit"] = str(visit.rate["most"])
            response.headers["RateLimit-Remaining"] = str(visit.rate["remaining"])
            response.headers["RateLimit-Reset"] = str(visit.rate["full_in"])
        return response


async def _perform(
    request: Request, settings: Settings, operation: Operation, visit: Visit
) -> Answer:
    """The answer. What cannot be read is refused only once the key is known to hold."""
    database = request.app.state.database
    try:
        asked, problems, claim = await _read(request, settings, operation)
        plan = operation.plan(asked)
    except Refused as refusal:
        await visit.perform(database, Plan((), lambda _: Answer(None)))
        raise refusal from None
    if problems:
        plan = refusing(plan, problems)
    try:
        return await visit.perform(database, plan, _kept, claim)
    except Refused as refusal:
        if answered_before(refusal):
            return _answer_before(refusal)
        raise with_all(refusal, problems) from None


async def _stream(
    request: Request, settings: Settings, operation: Operation, visit: Visit
) -> Response:
    """The rows of an operation's only call, as a list."""
    asked, _, _ = await _read(request, settings, operation)
    [call] = operation.plan(asked).calls
    rows = visit.stream(request.app.state.database, call)
    name = operation.path.rpartition("/")[2]
    document = await request.app.state.exports.document(name, rows)
    headers = {"Content-Disposition": f'attachment; filename="prikke-{name}.json"'}
    return send_document(document, headers)


async def _read(
    request: Request, settings: Settings, operation: Operation
) -> tuple[Asked, tuple[FieldError, ...], Claim | None]:
    path = _read_path(request, operation)
    query = read_query(operation.query, request.query_params.multi_items())
    data = b""
    reading, items = Reading({}), None
    if operation.writes:
        limits = settings.limits
        data = await read_body(
            request, limits.sync_bytes if operation.large else limits.request_bytes
        )
        reading, items = _read_content(request, settings, operation, data)
    asked = Asked(
        settings=settings,
        path=path,
        query=query.values,
        body=reading.values,
        emptied=reading.emptied,
        items=items,
        version=_read_version(request, operation),
    )
    return asked, query.problems + reading.problems, _read_claim(request, settings, operation, data)


def _read_path(request: Request, operation: Operation) -> Values:
    values: Values = {}
    for each in operation.path_fields:
        text = str(request.path_params[each.name])
        try:
            values[each.name] = each.kind.read(text)
        except Wrong:
            raise Refused(404, "not_found", "There is nothing under this id.") from None
        if "\0" in text:
            raise Refused(404, "not_found", "There is nothing under this name.")
    return values


def _read_content(
    request: Request, settings: Settings, operation: Operation, data: bytes
) -> tuple[Reading, list[Any] | None]:
    if not data:
        return read_object(operation.body or (), {}), None
    require_json(request.headers.get("content-type"))
    content = parse_json(data)
    if operation.items is not None and isinstance(content, list):
        if len(content) > settings.limits.send_list:
            raise Refused(
                413, "too_large", f"At most {settings.limits.send_list} sends in one request."
            )
        items, reading = read_sends(content)
        return reading, items
    reading = read_object(operation.body or (), content)
    if operation.check is not None:
        reading = replace(reading, problems=reading.problems + operation.check(reading.values))
    return reading, None


def _read_version(request: Request, operation: Operation) -> int | None:
    """The version that If-Match demands; None without one, and for any."""
    text = only_header(request, "If-Match")
    if not operation.guarded or text is None or text.strip() == "*":
        return None
    version = text.strip().removeprefix("W/").strip('"')
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Refused(
            412, "version_conflict", "If-Match must hold the ETag that was read.", hint='"3"'
        )
    return int(version)


def _read_claim(
    request: Request, settings: Settings, operation: Operation, data: bytes
) -> Claim | None:
    key = only_header(request, "Idempotency-Key")
    if key is None or not operation.writes:
        return None
    if not 1 <= len(key) <= 200 or not key.isascii() or not key.isprintable():
        error = FieldError(
            "Idempotency-Key", "invalid", "must have 1 to 200 printable ASCII characters"
        )
        raise Refused(422, "invalid", f"{error.field}: {error.message}", (error,))
    url = request.url
    said = f"{request.method}\0{url.path}?{url.query}\0".encode()
    # Keyed, since a body may hold a secret that could be guessed.
    known_here = (settings.secret_key_base or settings.keyring or "").encode()
    return Claim(key, hmac.digest(known_here, said + data, "sha256"))


def _kept(answer: Answer) -> str:
    """What a repeat is answered, as text."""
    content = answer.content if answer.kept is None else answer.kept
    return bytes(reply(content).body).decode()


def _answer_before(refusal: Refused) -> Answer:
    before = json.loads(refusal.detail or "{}")
    return Answer(json.loads(before["answer"]), before["status"], {"Idempotency-Replayed": "true"})


def refusing(plan: Plan, problems: Sequence[FieldError]) -> Plan:
    """A plan whose other faults are looked for as well, and of which nothing stays."""
    refuse = Call(
        "select prikke.refuse(%(problems)s)",
        {"problems": Jsonb([_as_json(problem) for problem in problems])},
    )
    return Plan((*plan.calls, refuse), plan.answer)


def with_all(refusal: Refused, problems: Sequence[FieldError]) -> Refused:
    """A refusal with what we found ourselves, and under the names of REST."""
    if refusal.status != 422:
        return refusal
    ours = {problem.field for problem in problems}
    errors = renamed([each for each in refusal.errors if each.field not in ours], _NAMES)
    every = (*problems, *errors)
    if not every:
        return refusal
    others = f" (and {len(every) - 1} more)" if len(every) > 1 else ""
    message = f"{every[0].field}: {every[0].message}{others}"
    return Refused(422, refusal.code, message, every, every[0].hint)


def _as_json(problem: FieldError) -> Mapping[str, str | None]:
    return {
        "field": problem.field,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
    }


def reply_with(answer: Answer) -> Response:
    """An answer as a response; of a job its version is the ETag."""
    headers = dict(answer.headers)
    if answer.status == 204:
        return Response(status_code=204, headers=headers)
    if isinstance(answer.content, dict):
        version = (answer.content.get("job") or {}).get("version")
        if version is not None:
            headers["ETag"] = f'"{version}"'
    return reply(answer.content, answer.status, headers)
