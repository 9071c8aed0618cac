"""How pages write values: times, lengths, counts and states, the same everywhere."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from http import HTTPStatus

from markupsafe import Markup, escape

MARKS = {
    "success": ("good", "●", "Success"),
    "enabled": ("good", "●", "Enabled"),
    "healthy": ("good", "●", "Healthy"),
    "closed": ("good", "●", "Closed"),
    "alive": ("good", "●", "Alive"),
    "disabled": ("off", "○", "Disabled"),
    "paused": ("off", "○", "Paused"),
    "cancelled": ("off", "○", "Cancelled"),
    "skipped": ("off", "○", "Skipped"),
    "failed": ("bad", "✗", "Failed"),
    "timeout": ("bad", "✗", "Timeout"),
    "failing": ("bad", "✗", "Failing"),
    "lost": ("bad", "✗", "Lost"),
    "open": ("bad", "✗", "Open"),
    "missed": ("wait", "◐", "Missed"),
    "running": ("wait", "◐", "Running"),
    "pending": ("wait", "◐", "Pending"),
    "accepted": ("wait", "◐", "Accepted"),
    "held": ("wait", "◐", "Held"),
    "late": ("wait", "◐", "Late"),
}
_UNKNOWN = ("off", "○", "")


def mark(status: str | None) -> tuple[str, str, str]:
    """Class, sign and word of a status; its sign and word say what its colour does."""
    return MARKS.get(status or "", (*_UNKNOWN[:2], (status or "never").replace("_", " ").title()))


def number(value: float | Decimal | None) -> str:
    """12345 as 12,345."""
    return "–" if value is None else f"{round(value):,}"


def percent(part: float | None, whole: float | None) -> str:
    """29 of 30 as 96.7 %; a dash where there is nothing to divide."""
    if not whole or part is None:
        return "–"
    share = 100 * part / whole
    # What is not all is never said to be all.
    shown = min(share, 99.9) if part < whole else share
    return f"{shown:.1f} %" if shown < 100 else "100 %"


_UNITS = ((1, "s", 59.5), (60, "min", 3570), (3600, "h", 84600), (86400, "d", float("inf")))


def duration(seconds: float | None) -> str:
    """A length of time in the unit that suits it: 5 ms, 1.2 s, 3 min, 4 h, 2 d."""
    if seconds is None:
        return "–"
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    size, unit = next((size, unit) for size, unit, beyond in _UNITS if seconds < beyond)
    amount = seconds / size
    return f"{round(amount, 1):g} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"


def milliseconds(value: float | None) -> str:
    """A length of time given in milliseconds."""
    return duration(None if value is None else value / 1000)


def interval(value: timedelta | None) -> str:
    """An interval as people write one: 30 s, 1 h, 2 d 12 h."""
    if value is None:
        return "–"
    rest = value.total_seconds()
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        count, rest = divmod(rest, size)
        parts.extend([f"{count:.0f} {unit}"] if count else [])
    if rest or not parts:
        parts.append(f"{rest:g} s")
    return " ".join(parts)


def size(octets: int | None) -> str:
    """A number of bytes: 512 B, 64 KiB, 1.5 MiB."""
    if octets is None:
        return "–"
    amount = float(octets)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def ago(instant: datetime, now: datetime) -> str:
    """How long ago or ahead an instant is: "now", "5 s ago", "in 3 h"."""
    seconds = (now - instant).total_seconds()
    if abs(seconds) < 1:
        return "now"
    size, unit = next((size, unit) for size, unit, beyond in _UNITS if abs(seconds) < beyond)
    words = f"{int(abs(seconds) / size + 0.5)} {unit}"
    return f"{words} ago" if seconds > 0 else f"in {words}"


def exact(instant: datetime, zone: tzinfo | None = None) -> str:
    """An instant to the second, with the day and the zone: Mon 2 Mar 2026, 12:00:00 UTC."""
    local = instant.astimezone(zone or UTC)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} {_zone_name(local)}"


def day(instant: datetime, zone: tzinfo | None = None) -> str:
    """The day of an instant: 2 Mar 2026."""
    local = instant.astimezone(zone or UTC)
    return f"{local.day} {local:%b %Y}"


def clock_time(instant: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """When something will be: "today at 12:00", "tomorrow at 00:00", "Mon 2 Mar at 09:00"."""
    local, today = instant.astimezone(zone or UTC), now.astimezone(zone or UTC).date()
    time = f"{local:%H:%M}" if local.second == 0 else f"{local:%H:%M:%S}"
    days = (local.date() - today).days
    if days in (-1, 0, 1):
        return f"{('yesterday', 'today', 'tomorrow')[days + 1]} at {time}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} at {time}"


def when(instant: datetime | None, now: datetime, zone: tzinfo | None = None) -> Markup:
    """An instant as it is read: how long ago, and exactly on hover and focus."""
    if instant is None:
        return Markup('<span class="quiet">never</span>')
    return Markup('<time class="when" tabindex="0" datetime="{}" data-exact="{}">{}</time>').format(
        instant.astimezone(UTC).isoformat(timespec="milliseconds"),
        exact(instant, zone),
        ago(instant, now),
    )


def bars(statuses: Sequence[str], width: int = 30) -> list[tuple[str, str]]:
    """The strip of the last runs, oldest first, as one path for each class: small in a list."""
    empty = width - len(statuses)
    paths = {"ground": "".join(f"M{number * 6 + 2} 4V20" for number in range(empty))}
    for number, status in enumerate(statuses, empty):
        kind = mark(status)[0]
        top = 0 if kind == "bad" else 4
        paths[kind] = paths.get(kind, "") + f"M{number * 6 + 2} {top}V20"
    return list(paths.items())


def pretty(text: str | None) -> str:
    """JSON laid out; any other text as it is."""
    if not text or text.lstrip()[:1] not in ("{", "["):
        return text or ""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def answer(status_code: int | None) -> str:
    """A status code with its words: 200 OK."""
    if status_code is None:
        return ""
    try:
        return f"{status_code} {HTTPStatus(status_code).phrase}"
    except ValueError:
        return str(status_code)


def breakable(text: str) -> Markup:
    """A long name or URL that may break after its separators."""
    shown = escape(text)
    for sign in ("/", ".", "?", "=", "_", "-"):
        shown = Markup(str(shown).replace(sign, f"{sign}<wbr>"))  # noqa: S704
    return shown


def _zone_name(local: datetime) -> str:
    """UTC, CET or, for zones without letters of their own, +05:30."""
    name = local.tzname() or ""
    if name and name[0].isalpha():
        return name
    offset = local.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:]}"
