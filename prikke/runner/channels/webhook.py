"""A webhook of the organization's own: the notification as JSON, signed like any delivery."""

from typing import Any

from prikke.runner.channels.notification import Item, Notification, Outgoing


def outgoing(notification: Notification, target: str) -> Outgoing:
    """The request."""
    return Outgoing.of_json(
        target,
        {
            "type": "test" if notification.test else "notification",
            "id": notification.id,
            "at": notification.at.isoformat(),
            "organization": {"name": notification.organization, "slug": notification.slug},
            "title": notification.title,
            "total": notification.total,
            "counts": dict(notification.counts),
            "items": [_shown(item, notification.base_url) for item in notification.items],
        },
    )


def _shown(item: Item, base: str) -> dict[str, Any]:
    shown = {
        "kind": item.kind,
        "at": item.at.isoformat(),
        "headline": item.headline,
        "explanation": item.explanation,
        "host": item.host,
        "execution_id": item.execution_id,
        "link": item.link(base),
        "detail": dict(item.detail),
    }
    if item.job_id is not None:
        shown["job"] = {"id": item.job_id, "key": item.job_key, "name": item.job_name}
    return {name: value for name, value in shown.items() if value is not None}
