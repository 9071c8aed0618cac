"""`/styleguide`: type, spacing, colours and every component, in development only."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from prikke.http.static import static_files
from prikke.http.templating import page

# Text and the ground it stands on, as the style sheet uses them.
_PAIRS = (
    ("text", "ground"),
    ("text", "raised"),
    ("text", "sunk"),
    ("quiet", "ground"),
    ("quiet", "raised"),
    ("quiet", "sunk"),
    ("link", "ground"),
    ("link", "raised"),
    ("on-accent", "accent"),
    ("good", "good-ground"),
    ("bad", "bad-ground"),
    ("bad", "raised"),
    ("wait", "wait-ground"),
    ("off", "off-ground"),
)


async def show(request: Request) -> Response:
    """The page."""
    now = datetime.now(UTC)
    return page(
        request,
        "styleguide.html",
        {"contrasts": contrasts(), "now": now, "earlier": now - timedelta(minutes=125)},
    )


@cache
def contrasts() -> dict[str, list[tuple[str, str, float]]]:
    """The contrast of each pair, light and dark, by the formula of WCAG 2.2."""
    css = static_files()["prikke.css"].content.decode()
    light, dark = re.findall(r":root \{(.*?)\}", css, re.S)[:2]
    themes = {"light": _colours(light), "dark": _colours(light) | _colours(dark)}
    return {
        theme: [(text, ground, _ratio(found[text], found[ground])) for text, ground in _PAIRS]
        for theme, found in themes.items()
    }


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def _ratio(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
