"""Every mail in a browser: as wide as a phone and a desk, light and dark, and for everybody."""

from datetime import UTC, datetime

import pytest

from prikke.mail import Mail
from prikke.mails.alert import Entry, alert_mail
from prikke.mails.people import (
    address_changed_mail,
    address_mail,
    invitation_mail,
    sign_in_mail,
    trial_mail,
)
from tests.browser.conftest import DESKTOP, PHONE, Open

_TO = "reader@example.com"
_LINK = "https://prikke.example.com/users/log-in/" + "t" * 43
_LONG = "<img src=x onerror=alert(1)> 🎉 مرحبا " + "long" * 35


def alert(title: str, *tones: str) -> Mail:
    """A mail about so many changes, with names of any length."""
    at = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    entries = [Entry(tone, f"{_LONG} changed", "answered 503", _LINK, at) for tone in tones]
    return alert_mail(
        _TO,
        title=title,
        summary="What there is to know.",
        organization=_LONG,
        tone=tones[0],
        entries=entries,
        left_out=3 if len(entries) > 2 else 0,
        link=_LINK,
        settings_link=_LINK,
    )


MAILS = {
    "sign-in": sign_in_mail(_TO, _LINK),
    "address": address_mail(_TO, _LINK),
    "former address": address_changed_mail(_TO, f"{'m' * 60}@{'long.' * 20}example.com"),
    "invitation": invitation_mail(_TO, _LINK, _LONG, "viewer", "boss@example.com"),
    "trial": trial_mail(_TO, "https://prikke.example.com"),
    "failure": alert("Nightly is failing", "bad"),
    "recovery": alert("Nightly works again", "good"),
    "usage": alert("80 % of this month's executions are used", "wait"),
    "digest": alert("20 jobs are failing", *["bad", "wait", "good"] * 7),
}


@pytest.mark.parametrize(
    ("width", "dark"), [(PHONE, True), (DESKTOP, False)], ids=["phone-dark", "desktop-light"]
)
async def test_every_mail_fits_and_is_for_everybody(visit: Open, width: int, dark: bool) -> None:
    async with visit(width=width, dark=dark) as visitor:
        for name, mail in MAILS.items():
            await visitor.page.set_content(mail.html)

            assert await visitor.page.locator("img").count() == 0, name
            await visitor.check_width()
            await visitor.check_accessibility()
