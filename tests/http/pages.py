"""Somebody at a browser without script: pages, forms, and cookies that are kept."""

import re
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.http.conftest import Web


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, or where it leads."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers["location"]

    @property
    def words(self) -> str:
        """What is to be read, without marks and extra blanks."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())


@dataclass(slots=True)
class Reader:
    """Somebody, signed in or not. Leads are not followed unless asked."""

    web: Web
    session: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.session is not None:
            self.cookies["prikke_session"] = self.session

    async def get(self, path: str, **headers: str) -> Shown:
        return await self._ask("GET", path, None, headers)

    async def post(
        self, path: str, fields: dict[str, str] | list[tuple[str, str]] | None = None, **more: str
    ) -> Shown:
        """Send a form from a page of ours; `Origin` or `Referer` may be given."""
        return await self._ask("POST", path, urlencode(fields or {}), more)

    async def follow(self, shown: Shown) -> Shown:
        """Where it leads."""
        assert shown.status == 303, (shown.status, shown.words)
        return await self.get(shown.location)

    async def _ask(
        self, method: str, path: str, content: str | None, more: dict[str, str]
    ) -> Shown:
        headers = {"Accept": "text/html", **more}
        if content is not None:
            headers.setdefault("Origin", self.web.url)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self.web.client.request(
            method, self.web.url + path, data=content, headers=headers, allow_redirects=False
        ) as answer:
            for line in answer.headers.getall("Set-Cookie", []):
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
            found = {name.lower(): value for name, value in answer.headers.items()}
            return Shown(answer.status, await answer.text(), found)


async def link_in(reader: Reader) -> str:
    """The path of the newest link in the mailbox."""
    mailbox = await reader.get("/mailbox")
    found = re.search(r'href="http://localhost:\d+(/[^"]+)">Open the link', mailbox.text)
    assert found is not None, mailbox.words
    return found[1]
