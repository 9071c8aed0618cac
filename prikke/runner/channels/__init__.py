"""How each kind of channel is told: a notification into that service's request, a file each."""

from collections.abc import Callable

from prikke.runner.channels import discord, ntfy, pagerduty, slack, teams, telegram, webhook
from prikke.runner.channels.notification import Notification, Outgoing

Formatter = Callable[[Notification, str], Outgoing]

# Mail is no request; email.py stands beside these.
FORMATTERS: dict[str, Formatter] = {
    "discord": discord.outgoing,
    "ntfy": ntfy.outgoing,
    "pagerduty": pagerduty.outgoing,
    "slack": slack.outgoing,
    "teams": teams.outgoing,
    "telegram": telegram.outgoing,
    "webhook": webhook.outgoing,
}
