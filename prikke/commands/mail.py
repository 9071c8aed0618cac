"""`prikke doctor --mail ADDRESS`: a mail on its way, to see whether mails arrive."""

import asyncio

from prikke.config import Settings
from prikke.errors import ConfigurationError
from prikke.mail import Mailer
from prikke.mails.people import trial_mail


def send_trial(settings: Settings, address: str) -> int:
    """Send one mail; what goes wrong is said in a sentence."""
    asyncio.run(_send(settings, address))
    print(f"The mail server took a mail to {address}. Look whether it arrives.")
    return 0


async def _send(settings: Settings, address: str) -> None:
    mailer = Mailer.from_settings(settings)
    if mailer is None:
        raise ConfigurationError(
            "no mail is configured: set SMTP_URL, or MAILJET_API_KEY and MAILJET_SECRET_KEY"
        )
    try:
        await mailer.send(trial_mail(address, settings.public_url))
    finally:
        await mailer.close()
