"""Who is told of a job's failures: the rules of one job, as a form has them and as SQL does."""

from collections.abc import Mapping
from typing import Any

from prikke.errors import FieldError
from prikke.http.form import Form
from prikke.http.pages.notifications import EVENTS

FIELDS = (
    "notify_after",
    "notify_of",
    "notify_remind_every",
    "notify_recovery",
    "notify_mute",
    "notify_quiet_hours",
    "notify_from",
    "notify_until",
    "notify_timezone",
    *(f"notify_event_{name}" for name in EVENTS),
)
_NUMBERS = ("after", "of")
_CHOICES = ("recovery", "mute")
_WORDS = {True: "yes", False: "no"}


def read_notify(form: Form, problems: list[FieldError]) -> dict[str, Any] | None:
    """The rules; None where the organization's hold."""
    rules: dict[str, Any] = {}
    for name in _NUMBERS:
        text = form.text(f"notify_{name}")
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 10):
            problems.append(FieldError(f"notify_{name}", "wrong_type", "must be a whole number"))
        elif text is not None:
            rules[name] = int(text)
    if text := form.text("notify_remind_every"):
        rules["remind_every"] = text
    for name in _CHOICES:
        if form[f"notify_{name}"] in _WORDS.values():
            rules[name] = form[f"notify_{name}"] == "yes"
    if events := [name for name in EVENTS if form[f"notify_event_{name}"]]:
        rules["events"] = events
    if form["notify_quiet_hours"] == "no":
        rules["quiet_hours"] = False
    elif form["notify_quiet_hours"] == "yes":
        rules["quiet_hours"] = {
            name: form[f"notify_{name}"].strip() for name in ("from", "until", "timezone")
        }
    return rules or None


def show_notify(rules: Mapping[str, Any] | None) -> dict[str, str]:
    """The rules of a job as the fields of its form."""
    rules = {name: value for name, value in (rules or {}).items() if value is not None}
    quiet = rules.get("quiet_hours")
    shown = {name: str(rules[name]) for name in (*_NUMBERS, "remind_every") if name in rules}
    shown |= {name: _WORDS[rules[name]] for name in _CHOICES if name in rules}
    shown |= {f"event_{name}": "yes" for name in rules.get("events", ())}
    if isinstance(quiet, Mapping):
        shown |= {"quiet_hours": "yes", **quiet}
    elif quiet is False:
        shown["quiet_hours"] = "no"
    return {each: shown.get(each.removeprefix("notify_"), "") for each in FIELDS}
