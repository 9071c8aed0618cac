"""The style guide in a browser: it stands for every component that pages are made of."""

import pytest

from prikke.http.pages.styleguide import contrasts
from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.http.conftest import Serve, Web


@pytest.fixture
async def web(serve: Serve):  # type: ignore[no-untyped-def]
    async with serve(development=True) as running:
        yield running


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
async def test_components_are_accessible_at_every_width(
    visit: Open, width: int, dark: bool
) -> None:
    async with visit(width=width, dark=dark) as visitor:
        await visitor.go("/styleguide")

        await visitor.check_accessibility()
        await visitor.check_width()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag(theme: str) -> None:
    for text, ground, ratio in contrasts()[theme]:
        assert ratio >= 4.5, f"{text} on {ground}"


async def test_there_is_none_outside_development(serve: Serve) -> None:
    async with serve() as plain, plain.get("/styleguide") as answer:
        assert answer.status == 404


async def test_a_menu_closes_with_escape_and_gives_the_focus_back(visit: Open, web: Web) -> None:
    async with visit() as visitor:
        await visitor.go("/styleguide")
        summary = visitor.page.locator("summary[aria-label='Actions of this job']")
        await summary.click()
        assert await visitor.page.locator(".quick .menu-items").is_visible()

        await visitor.page.keyboard.press("Escape")

        assert not await visitor.page.locator(".quick .menu-items").is_visible()
        assert await summary.evaluate("node => node === document.activeElement")
