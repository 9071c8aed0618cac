"""Slack: blocks of plain text, so that no name in them pings, links or formats."""

from typing import Any

from prikke.runner.channels.notification import Notification, Outgoing, shortened

_MARKS = {"bad": "🔴", "wait": "🟠", "good": "🟢"}


def outgoing(notification: Notification, target: str) -> Outgoing:
    """The request of an incoming webhook."""
    title = f"{_MARKS[notification.tone]} {notification.title}"
    text = "\n".join(notification.lines())
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(title, 150)},
        {"type": "section", "text": _plain(text, 3000)},
        {
            "type": "context",
            "elements": [
                _plain(notification.organization, 300),
                {"type": "mrkdwn", "text": f"<{escaped(notification.link)}|Open in Prikke>"},
            ],
        },
    ]
    # What notifications of the system show is read as Slack's markup.
    return Outgoing.of_json(target, {"text": escaped(shortened(title, 3000)), "blocks": blocks})


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": shortened(text, most), "emoji": False}


def escaped(text: str) -> str:
    """Text that Slack shows as it is: `<!channel>` and links need their angle brackets."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
