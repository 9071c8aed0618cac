"""Templates into the two parts of a mail."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from prikke.mail import Mail, one_line

_FOLDER = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, to: str, subject: str, **data: Any) -> Mail:
    """The mail that `name`.txt and `name`.html make of the data."""
    subject = one_line(subject)
    text, html = (
        _environment().get_template(f"{name}.{part}").render(data, subject=subject)
        for part in ("txt", "html")
    )
    return Mail(to, subject, f"{text.strip()}\n", f"{html.strip()}\n")
