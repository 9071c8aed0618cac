"""Checks of the environment, which need no database."""

from collections.abc import Iterator
from difflib import get_close_matches
from urllib.parse import urlsplit

from prikke import open_files
from prikke.config import Settings, describe, known_variables, unknown_variables
from prikke.doctor.finding import Finding, ok, warn
from prikke.errors import ConfigurationError
from prikke.mail import sender_of

_LOCAL = {"localhost", "127.0.0.1", "::1"}


def check_configuration(settings: Settings, embedded: bool) -> Iterator[Finding]:
    """Variables, base URL, targets, mail, billing, heartbeat, open files."""
    yield from _variables(settings)
    yield from _base_url(settings, embedded)
    yield from _targets(settings)
    yield from _mail(settings, embedded)
    yield from _billing(settings)
    yield from _heartbeat(settings, embedded)
    yield from _open_files()


def _billing(settings: Settings) -> Iterator[Finding]:
    needed = {
        "LEMONSQUEEZY_API_KEY": settings.lemonsqueezy_api_key,
        "LEMONSQUEEZY_WEBHOOK_SECRET": settings.lemonsqueezy_webhook_secret,
        "LEMONSQUEEZY_STORE_ID": settings.lemonsqueezy_store_id,
        "LEMONSQUEEZY_PRO_VARIANT_ID": settings.lemonsqueezy_pro_variant_id,
    }
    missing = [name for name, value in needed.items() if value is None]
    if len(missing) == len(needed):
        return
    if missing:
        yield warn("billing", f"is configured in part: without {', '.join(missing)}", "set all")
    elif settings.lemonsqueezy_test_mode:
        yield warn("billing", "is in test mode: nobody pays", "unset LEMONSQUEEZY_TEST_MODE")
    else:
        yield ok("billing", f"by Lemon Squeezy, store {settings.lemonsqueezy_store_id}")


def _heartbeat(settings: Settings, embedded: bool) -> Iterator[Finding]:
    if settings.heartbeat_url is not None:
        seconds = settings.limits.all_well_seconds
        host = urlsplit(settings.heartbeat_url).hostname
        yield ok("heartbeat", f"runners call {host} every {seconds} s while all is well")
    elif embedded:
        yield ok("heartbeat", "none: nobody hears it when this machine falls silent")
    else:
        yield warn(
            "heartbeat",
            "PRIKKE_HEARTBEAT_URL is not set: if everything stops, nothing tells you",
            "set it to an address of a dead man's switch, which raises the alarm at silence",
        )


def _open_files() -> Iterator[Finding]:
    allowed = open_files.allowed()
    if allowed >= open_files.NEEDED:
        yield ok("open files", f"up to {allowed:,} a process")
    else:
        yield warn(
            "open files",
            f"a process may open {allowed:,} only: requests and pages beyond that are refused",
            f"raise the hard limit to {open_files.NEEDED:,} or more (ulimit -Hn, LimitNOFILE)",
        )


def _mail(settings: Settings, embedded: bool) -> Iterator[Finding]:
    how = "SMTP" if settings.smtp_url else "Mailjet" if settings.mailjet_secret_key else None
    try:
        sender = sender_of(settings)
    except ConfigurationError as error:
        yield warn("mail", str(error), "mend it: mails have no sender")
        return
    if bool(settings.mailjet_api_key) != bool(settings.mailjet_secret_key):
        yield warn("mail", "of MAILJET_API_KEY and MAILJET_SECRET_KEY one is missing", "set both")
    elif how is None and embedded:
        yield ok("mail", "none: links to sign in are shown on this machine")
    elif how is None:
        yield warn(
            "mail",
            "nothing is configured: no sign-in links, no notifications by mail",
            "set SMTP_URL and MAIL_FROM",
        )
    elif settings.mail_from is None:
        yield warn(
            "mail",
            f"by {how}, and MAIL_FROM is not set: mails come from {sender.addr_spec}",
            "set MAIL_FROM: whose mails?",
        )
    else:
        yield ok("mail", f"by {how} as {sender}; try it: prikke doctor --mail ADDRESS")


def _variables(settings: Settings) -> Iterator[Finding]:
    unknown = unknown_variables()
    for name in unknown:
        near = get_close_matches(name, known_variables(), n=1)
        yield warn(
            "configuration",
            f"{name} is set and means nothing",
            f"did you mean {near[0]}?" if near else "see `prikke doctor --settings`",
        )
    if not unknown:
        count = sum(row.source == "environment" for row in describe(settings))
        yield ok("configuration", f"{count} variables set, the rest are defaults")


def _base_url(settings: Settings, embedded: bool) -> Iterator[Finding]:
    base = settings.base_url
    if base is None:
        if embedded:
            yield ok("base URL", f"{settings.public_url}, for this machine only")
            return
        yield warn(
            "base URL",
            f"PRIKKE_BASE_URL is not set: links say {settings.public_url}, and the pages answer "
            "this machine only",
            "set it to the address people use, for example https://prikke.example.com",
        )
    elif urlsplit(base).scheme == "http" and urlsplit(base).hostname not in _LOCAL:
        yield warn(
            "base URL",
            f"{base} is not encrypted: keys and sign-ins can be read on the way",
            "put a proxy with TLS before it, and set PRIKKE_BASE_URL to https://…",
        )
    else:
        yield ok("base URL", base)


def _targets(settings: Settings) -> Iterator[Finding]:
    wide = [str(t) for t in settings.allow_targets if t.network.prefixlen < 8]
    if wide:
        yield warn(
            "targets",
            f"PRIKKE_ALLOW_TARGETS allows {', '.join(wide)}: anyone who may make a job reaches "
            "your internal network through Prikke",
            "allow only the addresses that are meant to be called",
        )
    elif settings.allow_targets:
        allowed = ", ".join(str(target) for target in settings.allow_targets)
        yield ok("targets", f"besides public addresses: {allowed}")
