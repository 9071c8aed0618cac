"""Mail: a notification in words, each change with a link."""

from prikke.mail import Mail
from prikke.mails.alert import Entry, alert_mail
from prikke.runner.channels.notification import Notification


def mail(notification: Notification) -> Mail:
    """The mail to the address that the notification names."""
    base = notification.base_url
    return alert_mail(
        notification.to or "",
        title=notification.title,
        summary=notification.summary,
        organization=notification.organization,
        tone=notification.tone,
        entries=[
            Entry(item.tone, item.headline, item.explanation, item.link(base), item.at)
            for item in notification.items
        ],
        left_out=notification.left_out,
        link=notification.link,
        settings_link=f"{base}/settings/notifications",
        identifier=notification.id,
    )
