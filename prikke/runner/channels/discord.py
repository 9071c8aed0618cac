"""Discord: an embed, with Markdown escaped and every mention switched off."""

import re

from prikke.runner.channels.notification import Notification, Outgoing, shortened

_COLOURS = {"bad": 0xD0453A, "wait": 0xC98A13, "good": 0x2F9A72}
_MARKUP = re.compile(r"([\\*_~`|>#\[\]()<@:+-])")


def outgoing(notification: Notification, target: str) -> Outgoing:
    """The request of a webhook."""
    return Outgoing.of_json(
        target,
        {
            "username": "Prikke",
            "allowed_mentions": {"parse": []},
            "embeds": [
                {
                    "title": shortened(escaped(notification.title), 256),
                    "description": shortened(
                        "\n".join(escaped(line) for line in notification.lines()), 4000
                    ),
                    "url": notification.link,
                    "color": _COLOURS[notification.tone],
                    "timestamp": notification.at.isoformat(),
                    "footer": {"text": shortened(notification.organization, 2000)},
                }
            ],
        },
    )


def escaped(text: str) -> str:
    """Text that Discord shows as it is."""
    return _MARKUP.sub(r"\\\1", text)
