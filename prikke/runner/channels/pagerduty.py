"""PagerDuty: an event for each job or host, which its recovery resolves."""

from urllib.parse import parse_qs, urlsplit

from prikke.runner.channels.notification import Notification, Outgoing, shortened

_SEVERITIES = {"bad": "error", "wait": "warning", "good": "info"}


def outgoing(notification: Notification, target: str) -> Outgoing:
    """The request of the Events API v2; the routing key stands in the address."""
    parts = urlsplit(target)
    [key] = parse_qs(parts.query)["routing_key"][:1]
    item = notification.items[0] if notification.items else None
    ends = item is not None and item.tone == "good"
    event: dict[str, object] = {
        "routing_key": key,
        "event_action": "resolve" if ends else "trigger",
        "dedup_key": f"prikke:{item.subject if item else notification.id}",
    }
    if not ends:
        event |= {
            "client": "Prikke",
            "client_url": notification.base_url,
            "links": [{"href": notification.link, "text": "Open in Prikke"}],
            "payload": {
                "summary": shortened(notification.title, 1000),
                "source": shortened(notification.organization, 250),
                "severity": "info" if notification.test else _SEVERITIES[notification.tone],
                "timestamp": notification.at.isoformat(),
                "custom_details": {"explanation": notification.summary},
            },
        }
    return Outgoing.of_json(f"{parts.scheme}://{parts.netloc}{parts.path}", event)
