"""The command as a client: over the API with a key, or straight on the database."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import quote, urlencode
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from prikke.commands.database import direct_url
from prikke.config import Settings
from prikke.errors import FieldError, OutboundError, PrikkeError, Refused, Unavailable, translate
from prikke.http.api.endpoint import refusing, reply_with, with_all
from prikke.http.api.fields import read_object, read_query
from prikke.http.api.kinds import Wrong
from prikke.http.api.operation import Asked, Operation
from prikke.http.api.routes import OPERATIONS
from prikke.outbound import Outbound, OutgoingRequest, default_policy, header_lines

_SECONDS = 30.0
_DEFAULT = "default"
_BODY = 64 * 1024 * 1024


class Client(Protocol):
    """Whoever carries out an operation of the API."""

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        place: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """The content of the answer; a refusal is raised."""


@contextmanager
def client(settings: Settings, organization: str | None) -> Iterator[Client]:
    """PRIKKE_URL and PRIKKE_API_KEY where both are set, else the database."""
    if settings.url is not None and settings.api_key is not None:
        found = OverApi(settings, settings.url, settings.api_key)
        if organization is not None:
            _require_slug(found, organization)
        yield found
        return
    if settings.url is not None or settings.api_key is not None:
        raise PrikkeError("set both PRIKKE_URL and PRIKKE_API_KEY, or neither and DATABASE_URL")
    try:
        with psycopg.connect(direct_url(settings), autocommit=True) as conn:
            conn.execute("select set_config('timezone', 'UTC', false)")
            conn.execute("select prikke.use_organization(%s)", (organization or _DEFAULT,))
            yield OnDatabase(settings, conn)
    except psycopg.Error as error:
        ours = translate(error)
        raise ours from error


def _require_slug(found: Client, organization: str) -> None:
    slug = found.ask("GET", "/api/organization")["organization"]["slug"]
    if slug != organization:
        raise PrikkeError(f'PRIKKE_API_KEY is a key of "{slug}", not of "{organization}"')


class OverApi:
    """By HTTP, through the one client that everything leaves by."""

    def __init__(self, settings: Settings, url: str, key: str) -> None:
        self._settings = settings
        self._url = url
        self._head = header_lines(
            {
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            }
        )

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        place: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        for name, value in (place or {}).items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        if query:
            path += "?" + urlencode(query)
        data = None if body is None else json.dumps(body).encode()
        request = OutgoingRequest(method, self._url + path, self._head, data)
        return asyncio.run(self._send(request))

    async def _send(self, request: OutgoingRequest) -> Any:
        settings = self._settings
        outbound = Outbound(
            default_policy(settings.allow_targets, settings.deny_targets),
            proxy=settings.egress_proxy,
            ca_file=settings.ca_file,
            own=[self._url],
            body_cap=_BODY,
        )
        try:
            async with outbound:
                answer = await outbound.deliver_own(request, time.monotonic() + _SECONDS)
        except OutboundError as error:
            raise Unavailable(f"{self._url}: {error}") from None
        content = _content(answer.body)
        if answer.status >= 300:
            raise _refusal(answer.status, content)
        return content


def _content(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        raise Unavailable("the answer is no JSON: is PRIKKE_URL the address of Prikke?") from None


def _refusal(status: int, content: Any) -> Refused:
    found = content if isinstance(content, dict) else {}
    errors = tuple(
        FieldError(error["field"], error["code"], error["message"], error.get("hint"))
        for error in found.get("errors", [])
    )
    code = str(found.get("code", "refused"))
    message = str(found.get("detail", f"answered with {status}"))
    if status == 401:
        return Refused(status, code, "PRIKKE_API_KEY is no key that holds", hint=message)
    return Refused(status, code, message, errors, found.get("hint"))


class OnDatabase:
    """The same operations, without a web process between."""

    def __init__(self, settings: Settings, conn: psycopg.Connection[Any]) -> None:
        self._settings = settings
        self._conn = conn

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        place: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        operation = _operation(method, path)
        reading = read_object(operation.body or (), {} if body is None else body)
        asked_for = read_query(
            operation.query, [(name, str(value)) for name, value in (query or {}).items()]
        )
        problems = reading.problems + asked_for.problems
        plan = operation.plan(
            Asked(
                settings=self._settings,
                path=_place(operation, place or {}),
                query=asked_for.values,
                body=reading.values,
                emptied=reading.emptied,
            )
        )
        if problems:
            plan = refusing(plan, problems)
        try:
            with self._conn.transaction(), self._conn.cursor(row_factory=dict_row) as cursor:
                rows = []
                for call in plan.calls:
                    rows.append(cursor.execute(call.query, call.parameters).fetchall())
        except psycopg.Error as error:
            ours = translate(error)
            raise (with_all(ours, problems) if isinstance(ours, Refused) else ours) from error
        return _content(bytes(reply_with(plan.answer(rows)).body))


def _operation(method: str, path: str) -> Operation:
    return next(each for each in OPERATIONS if (each.method, each.path) == (method, path))


def _place(operation: Operation, place: Mapping[str, str]) -> dict[str, str | UUID]:
    try:
        return {each.name: each.kind.read(place[each.name]) for each in operation.path_fields}
    except Wrong as wrong:
        raise Refused(404, "not_found", f"{wrong}") from None
