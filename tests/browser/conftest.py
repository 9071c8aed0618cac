"""A real browser on the running application: signed in, with or without script, wide or narrow."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.http.conftest import Web, runner, serve, web  # noqa: F401

PHONE, DESKTOP = 390, 1440
_CHROMIUM = os.environ.get("PRIKKE_TEST_CHROMIUM") or shutil.which("chromium")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; without it these tests are left out, and say so."""
    if _CHROMIUM is None:
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    return _CHROMIUM


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        try:
            yield running
        finally:
            await running.close()


@dataclass(slots=True)
class Visitor:
    """Somebody at a browser. What the page complains of fails the test."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str, status: int = 200) -> None:
        """Open a page of ours."""
        answer = await self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"

    async def text(self) -> str:
        """What is to be read."""
        return await self.page.inner_text("body")

    async def check_accessibility(self) -> None:
        """WCAG 2.2 AA as far as axe can tell."""
        found = await Axe().run(
            self.page,
            options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
        )
        assert found.violations_count == 0, found.generate_report()

    async def check_width(self) -> None:
        """Nothing sticks out at the side."""
        wide = await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{wide} px too wide"

    async def check_targets(self) -> None:
        """On a phone nothing that is pressed is lower than a finger is wide."""
        small = await self.page.evaluate(
            "[...document.querySelectorAll('#main button, #main summary, #main .button')]"
            ".filter(n => n.offsetHeight && n.offsetHeight < 44).map(n => n.outerHTML)"
        )
        assert small == [], self.page.url


Open = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture
def visit(browser: Browser, web: Web) -> Open:  # noqa: F811
    """`async with visit(session, script=False, width=PHONE, dark=True) as visitor`."""

    @asynccontextmanager
    async def opened(
        session: str | None = None,
        *,
        script: bool = True,
        width: int = DESKTOP,
        dark: bool = False,
        **more: Any,
    ) -> AsyncIterator[Visitor]:
        context: BrowserContext = await browser.new_context(
            java_script_enabled=script,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            **more,
        )
        context.set_default_timeout(15_000)
        if session is not None:
            await context.add_cookies(
                [{"name": "prikke_session", "value": session, "url": web.url}]
            )
        page = await context.new_page()
        visitor = Visitor(page, web.url)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                visitor.complaints.append(message.text)
                if message.type == "error" and "Content Security Policy" in message.text
                else None
            ),
        )
        try:
            yield visitor
        finally:
            await context.close()
        assert visitor.complaints == []

    return opened


@pytest.fixture
def shots() -> Path:
    """Where pictures go that somebody is to look at: an ignored folder."""
    folder = Path("screenshots")
    folder.mkdir(exist_ok=True)
    return folder
