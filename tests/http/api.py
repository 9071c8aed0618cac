"""A program that speaks to the API with a key."""

import io
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from prikke.http.auth import make_key
from tests.factories import use
from tests.http.conftest import Web


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    content: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The code of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self.content
        return str(self.content["code"])

    @property
    def wrong(self) -> set[str]:
        """The fields that a problem names."""
        return {error["field"] for error in self.content["errors"]}


@dataclass(frozen=True, slots=True)
class Api:
    """Requests with one key; `key` None sends none."""

    web: Web
    key: str | None

    async def ask(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> Reply:
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if content is not None:
            data = json.dumps(content).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        async with self.web.client.request(
            method,
            self.web.url + path,
            data=None if data is None else io.BytesIO(data),
            headers=sent,
            params={name: str(value) for name, value in query.items()},
        ) as answer:
            text = await answer.text()
            found = {name.lower(): value for name, value in answer.headers.items()}
            return Reply(answer.status, json.loads(text) if text else None, found)

    async def get(self, path: str, **more: Any) -> Reply:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, content: Any = None, **more: Any) -> Reply:
        return await self.ask("POST", path, content, **more)

    async def put(self, path: str, content: Any = None, **more: Any) -> Reply:
        return await self.ask("PUT", path, content, **more)

    async def patch(self, path: str, content: Any = None, **more: Any) -> Reply:
        return await self.ask("PATCH", path, content, **more)

    async def delete(self, path: str, **more: Any) -> Reply:
        return await self.ask("DELETE", path, **more)


def give_key(db: psycopg.Connection, *scopes: str, organization: UUID | None = None) -> str:
    """A key of the organization chosen, or of another, in clear."""
    made = make_key()
    if organization is not None:
        use(db, organization)
    db.execute(
        "select prikke.create_key(name => 'tests', public_id => %s, secret_hash => %s,"
        " scopes => %s)",
        (made.credentials.public_id, made.credentials.secret_hash, list(scopes or ["write"])),
    )
    return made.text


def job(**fields: Any) -> dict[str, Any]:
    """A job as a client declares it."""
    return {"name": "Nightly", "url": "https://example.com/hook", "cron": "0 3 * * *", **fields}
