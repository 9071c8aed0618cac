"""Microsoft Teams: an Adaptive Card of text runs, which know no Markdown and no mentions."""

from typing import Any

from prikke.runner.channels.notification import Notification, Outgoing, shortened

_COLOURS = {"bad": "Attention", "wait": "Warning", "good": "Good"}


def outgoing(notification: Notification, target: str) -> Outgoing:
    """The request of a workflow's webhook."""
    body = [
        _text(
            shortened(notification.title, 500),
            size="Large",
            weight="Bolder",
            color=_COLOURS[notification.tone],
        ),
        *(_text(shortened(line, 1000)) for line in notification.lines()),
        _text(shortened(notification.organization, 300), isSubtle=True),
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [
            {"type": "Action.OpenUrl", "title": "Open in Prikke", "url": notification.link}
        ],
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    return Outgoing.of_json(
        target,
        {"type": "message", "attachments": [{"contentType": content_type, "content": card}]},
    )


def _text(text: str, **how: object) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **how}]}
