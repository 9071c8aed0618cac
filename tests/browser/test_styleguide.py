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


async def test_everything_is_reached_by_keyboard_with_its_focus_seen(visit: Open, web: Web) -> None:
    async with visit() as visitor:
        await visitor.go("/styleguide")
        wanted = await visitor.page.evaluate(
            "[...document.querySelectorAll('a[href], button, summary, input, select, textarea')]"
            ".filter(n => n.checkVisibility() && !n.disabled && n.type !== 'radio')"
            ".map((n, i) => (n.dataset.n = i, i))"
        )
        reached, hidden = set(), []
        for _ in range(len(wanted) * 2):
            await visitor.page.keyboard.press("Tab")
            number, outline, html = await visitor.page.evaluate(
                "(n => [n.dataset.n, getComputedStyle(n).outlineStyle, n.outerHTML.slice(0, 80)])"
                "(document.activeElement)"
            )
            if number is None:
                continue
            reached.add(int(number))
            if outline == "none":
                hidden.append(html)

        assert hidden == []
        assert reached == set(wanted)


async def test_nothing_moves_where_less_motion_is_wanted(visit: Open, web: Web) -> None:
    async with visit(reduced_motion="reduce") as visitor:
        await visitor.go("/styleguide")

        longest = await visitor.page.evaluate(
            "Math.max(...[...document.querySelectorAll('*')].map(n => getComputedStyle(n))"
            ".flatMap(s => [parseFloat(s.animationDuration), parseFloat(s.transitionDuration)]))"
        )

        assert longest < 0.001
