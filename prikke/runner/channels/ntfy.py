"""ntfy: published as JSON, whose message is plain text."""

from urllib.parse import urlsplit

from prikke.runner.channels.notification import Notification, Outgoing, shortened

_PRIORITIES = {"bad": 4, "wait": 3, "good": 3}
_TAGS = {"bad": "red_circle", "wait": "orange_circle", "good": "green_circle"}


def outgoing(notification: Notification, target: str) -> Outgoing:
    """The request; the topic stands in the address."""
    parts = urlsplit(target)
    return Outgoing.of_json(
        f"{parts.scheme}://{parts.netloc}/",
        {
            "topic": parts.path.strip("/"),
            "title": shortened(notification.title, 250),
            "message": shortened("\n".join(notification.lines()), 3500),
            "priority": _PRIORITIES[notification.tone],
            "tags": [_TAGS[notification.tone]],
            "click": notification.link,
        },
    )
