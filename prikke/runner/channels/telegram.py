"""Telegram: plain text without a parse mode, in which no name becomes a mention or a command."""

import re
from urllib.parse import parse_qs, urlsplit

from prikke.runner.channels.notification import Notification, Outgoing, shortened

_MARKS = {"bad": "🔴", "wait": "🟠", "good": "🟢"}
# What Telegram finds by itself: @names, /commands and #tags.
_FOUND = re.compile(r"([@/#])(?=\w)")


def outgoing(notification: Notification, target: str) -> Outgoing:
    """The request of the bot's sendMessage; the chat stands in the address."""
    parts = urlsplit(target)
    [chat] = parse_qs(parts.query)["chat_id"][:1]
    title = f"{_MARKS[notification.tone]} {escaped(notification.title)}"
    lines = [escaped(line) for line in notification.lines()]
    text = "\n".join([title, *lines, f"({escaped(notification.organization)})"])
    return Outgoing.of_json(
        f"{parts.scheme}://{parts.netloc}{parts.path}",
        {
            "chat_id": chat,
            "text": f"{shortened(text, 3500)}\n{notification.link}",
            "link_preview_options": {"is_disabled": True},
        },
    )


def escaped(text: str) -> str:
    """A word joiner behind what Telegram would make a mention, command or tag of."""
    return _FOUND.sub("\\1\u2060", text)
