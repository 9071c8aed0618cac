"""Pages by keyboard alone: all is reached, in the order it is read, and seen where it is."""

from asyncio import gather
from uuid import UUID

import psycopg
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, Open
from tests.factories import call, make_job, make_send
from tests.http.test_pages_settings import TABS
from tests.people import session_of
from tests.virtual_runner import VirtualRunner

_SETTINGS = (*TABS, "/notifications", "/billing")
_FOR_ALL = ("/", "/users/log-in", "/docs", "/docs/cron", "/status")

# Numbers what can be reached within `root`; notes each focus, whether it is seen, where it stands.
# A group of radio buttons is one stop, at the one that is checked.
_NUMBER = """(root) => {
  const selector = 'a[href], button, summary, input, select, textarea, [tabindex="0"]';
  const reached = [...document.querySelector(root).querySelectorAll(selector)]
    .filter((n) => n.checkVisibility({ visibilityProperty: true }))
    .filter((n) => !n.disabled && n.tabIndex >= 0 && (n.type !== 'radio' || n.checked));
  const places = new Map(reached.map((n, i) => [n, i]));
  const names = reached.map((n) => n.outerHTML.slice(0, 100));
  scrollTo(0, 0);
  const boxes = reached.map((n) => n.getBoundingClientRect())
    .map((b) => [b.left, b.top, b.right, b.bottom]);
  window.walked = [];
  window.unseen = [];
  document.addEventListener('focusin', ({ target }) => {
    const style = getComputedStyle(target);
    const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    if (!seen) window.unseen.push(target.outerHTML.slice(0, 100));
    const place = places.get(target);
    if (place !== undefined && window.walked.at(-1) !== place) window.walked.push(place);
  });
  return [boxes, names];
}"""


async def walk(page: Page, root: str = "body") -> None:
    """Go with Tab from the beginning past the end: each once, in the order of the page, seen."""
    boxes, names = await page.evaluate(_NUMBER, root)
    count = len(names)
    walked: list[int] = []
    for _ in range(6):
        await gather(*(page.keyboard.down("Tab") for _ in range(count // 2 + 2)))
        walked = await page.evaluate("window.walked")
        if 0 in walked and walked.index(0) + count <= len(walked):
            break

    start = walked.index(0)
    assert walked[start : start + count] == list(range(count)), (page.url, names, walked)
    assert await page.evaluate("window.unseen") == [], page.url
    for before, after, name in zip(boxes, boxes[1:], names[1:], strict=False):
        assert not _is_read_before(after, before), (page.url, name)


def _is_read_before(one: list[float], other: list[float]) -> bool:
    """Whether it stands above and not in a column to the right, or left on the same line."""
    left, top, right, bottom = one
    above = bottom <= other[1] and left < other[2]
    beside = right <= other[0] and abs((top + bottom) - (other[1] + other[3])) < 8
    return above or beside


async def open_menus(page: Page) -> None:
    """Each menu opens with Enter and with the space bar, is gone into, and gives the focus back."""
    for menu in await page.locator("details[data-menu] > summary:visible").all():
        items = menu.locator("xpath=../*[2]")
        for key in ("Enter", "Space"):
            await menu.focus()
            await page.keyboard.press(key)
            await expect(items).to_be_visible()
            await page.keyboard.press("Tab")
            assert await items.evaluate("node => node.contains(document.activeElement)")
            await page.keyboard.press("Escape")
            await expect(items).to_be_hidden()
            await expect(menu).to_be_focused()


async def skip(page: Page) -> None:
    """The first stop leads past the navigation."""
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.querySelector('#main').contains(document.activeElement)")


async def still(page: Page) -> None:
    """Nothing comes while somebody walks: what is told live is another matter."""
    await page.route(
        "**/*",
        lambda route: (
            route.abort()
            if route.request.resource_type in ("fetch", "eventsource")
            else route.continue_()
        ),
    )


def failures(db: psycopg.Connection, runner: VirtualRunner) -> dict[str, UUID]:
    """A job that failed twice, one that waits, what notifications go to; the ids of it."""
    job = make_job(db, name="send-reports", cron="0 9 * * *", max_attempts=1)
    for _ in range(2):
        call(db, "run_now", id=job)
        for claim in runner.work():
            runner.complete(claim, status="failed", status_code=500, response_body="full")
            failed = claim.id
    make_send(db)
    runner.conn.execute("select prikke.fold_outcomes()")
    call(db, "set_queue", name="mail", max_running=1)
    call(db, "invite_member", email="new@example.com")
    call(db, "store_secret", name="TOKEN", sealed=b"x", keyring_id="x")
    channel = call(db, "create_channel", target="ops@example.com", name="Operations")
    return {"job": job, "execution": failed, "channel": channel["id"]}


async def test_every_page_is_used_by_keyboard_alone(
    visit: Open, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    ids = failures(db, runner)
    pages = (
        "/dashboard",
        "/jobs",
        "/jobs/{job}",
        "/jobs/{job}/edit",
        "/executions/{execution}",
        "/executions",
        "/executions?status=failed,timeout",
        "/executions/replay?status=failed,timeout",
        "/queues",
        "/queues/edit?name=mail",
        "/forecast",
        *(f"/settings{tab}" for tab in _SETTINGS),
        "/settings/notifications/{channel}",
        "/account",
        "/organizations/new",
    )
    async with visit(session_of(db, organization)) as visitor:
        page = visitor.page
        await still(page)
        for path in pages:
            await visitor.go(path.format(**ids))
            await walk(page)
        for path in ("/dashboard", "/jobs", f"/jobs/{ids['job']}"):
            await visitor.go(path)
            await open_menus(page)
        await visitor.go("/jobs")
        await skip(page)


async def test_what_anybody_may_see_is_used_by_keyboard_alone(visit: Open) -> None:
    async with visit() as visitor:
        for path in _FOR_ALL:
            await visitor.go(path)
            await walk(visitor.page)
            await visitor.go(path)
            await skip(visitor.page)


async def test_details_beside_a_list_and_the_navigation_of_a_phone_take_and_return_the_focus(
    visit: Open, db: psycopg.Connection, organization: UUID, runner: VirtualRunner
) -> None:
    failures(db, runner)
    async with visit(session_of(db, organization)) as visitor:
        page = visitor.page
        await visitor.go("/executions?status=failed,timeout")
        link = page.get_by_role("link", name="Details of send-reports").first
        panel = page.get_by_role("dialog")
        await link.focus()
        await page.keyboard.press("Enter")
        await expect(panel).to_contain_text("full")
        assert await panel.evaluate("node => node.contains(document.activeElement)")
        await still(page)
        await walk(page, "dialog")
        await page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()
        await expect(link).to_be_focused()

        await page.set_viewport_size({"width": PHONE, "height": 800})
        button = page.get_by_role("button", name="Menu", exact=True)
        await button.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#nav")).to_be_visible()
        await page.keyboard.press("Tab")
        assert await page.locator("#nav").evaluate("node => node.contains(document.activeElement)")
        await page.keyboard.press("Escape")
        await expect(page.locator("#nav")).to_be_hidden()
        await expect(button).to_be_focused()
