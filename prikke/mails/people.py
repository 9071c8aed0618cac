"""Mails to people about their way in. Their links are secrets: nothing keeps them."""

from prikke.mail import Mail, one_line
from prikke.mails.render import render


def sign_in_mail(to: str, link: str, minutes: int = 15) -> Mail:
    """The link that signs in, once."""
    return render("sign_in", to, "Sign in to Prikke", link=link, minutes=minutes)


def address_mail(to: str, link: str, minutes: int = 15) -> Mail:
    """The link that makes this address the one of the person who asked."""
    return render("address", to, "Your new address for Prikke", link=link, minutes=minutes)


def address_changed_mail(to: str, address: str) -> Mail:
    """What the former address is told once a new one took its place."""
    return render("address_changed", to, "Your address for Prikke was changed", address=address)


def invitation_mail(
    to: str, link: str, organization: str, role: str, invited_by: str, days: int = 7
) -> Mail:
    """The link to an invitation, which the invited may accept or decline."""
    return render(
        "invitation",
        to,
        f"Join {organization} on Prikke",
        link=link,
        organization=one_line(organization),
        role=role,
        invited_by=invited_by,
        days=days,
    )


def trial_mail(to: str, where: str) -> Mail:
    """What `prikke doctor --mail` sends."""
    return render("trial", to, "Mail from Prikke arrives", where=where)
