"""The style guide in a browser: it stands for every component that pages are made of."""

from uuid import UUID

import psycopg
import pytest

from prikke.http.pages.styleguide import contrasts
from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.http.conftest import Serve, Web
from tests.people import session_of

_PAGES = ("/dashboard", "/jobs/new", "/executions", "/queues", "/settings/keys")
# What WCAG wants to be possible: 1.4.12.
_SPACED = """() => {
  const wide = new CSSStyleSheet();
  wide.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [wide];
}"""
# Tables and navigations without a name, and headings that leave out a level.
_UNNAMED = """() => {
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].filter(n => n.checkVisibility());
  return [
    ...[...document.querySelectorAll("table, nav")].filter(
      n => !n.getAttribute("aria-label") && !n.getAttribute("aria-labelledby")),
    ...levels.filter((n, i) => n.tagName[1] - (i ? levels[i - 1].tagName[1] : 0) > 1),
  ].map(n => n.outerHTML.slice(0, 100));
}"""


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


async def test_texts_may_be_as_large_and_as_wide_as_readers_need(
    visit: Open, web: Web, db: psycopg.Connection, organization: UUID
) -> None:
    for session in (session_of(db, organization), None):
        # As wide as a desk at 400 %.
        async with visit(session, width=320) as visitor:
            for path in ("/styleguide", *(_PAGES if session else ("/", "/users/register"))):
                await visitor.go(path)
                await visitor.check_width()
                await visitor.page.evaluate(_SPACED)
                await visitor.check_width()
                unnamed = await visitor.page.evaluate(_UNNAMED)
                assert unnamed == [], path


async def test_the_place_and_a_state_are_told_apart_without_our_colours(
    visit: Open, web: Web
) -> None:
    async with visit(forced_colors="active") as visitor:
        await visitor.go("/styleguide")

        [here, elsewhere], badge = await visitor.page.evaluate(
            "[['[aria-current]', ':not([aria-current])'].map(s =>"
            " getComputedStyle(document.querySelector('.tabs a' + s)).borderBottomColor),"
            " getComputedStyle(document.querySelector('.badge')).borderTopStyle]"
        )

        assert here != elsewhere
        assert badge == "solid"
