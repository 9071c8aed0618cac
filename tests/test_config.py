"""Settings: read once, checked at once, listed for people."""

from dataclasses import FrozenInstanceError
from ipaddress import ip_network

import pytest

from prikke.config import Limits, Settings, describe
from prikke.errors import ConfigurationError
from prikke.targets import Target

SECRET = "s" * 32


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})

    assert settings == Settings()
    assert settings.public_url == "http://localhost:8000"
    assert settings.limits == Limits()


def test_every_wrong_variable_is_named_at_once() -> None:
    environ = {
        "PORT": "eighty",
        "PRIKKE_SIGN_UP": "maybe",
        "PRIKKE_ALLOW_TARGETS": "10.0.0.0/8, here",
        "PRIKKE_LIMIT_TYPO": "1",
        "PRIKKE_LIMIT_API_BURST": "0",
        "SECRET_KEY_BASE": "short",
    }

    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment(environ)

    assert all(name in str(refused.value) for name in environ)


@pytest.mark.parametrize("value", ["short", "x" * 31])
def test_a_wrong_secret_is_not_repeated_in_the_message(value: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment({"SECRET_KEY_BASE": value})

    assert value not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("PRIKKE_LISTEN", "off", "listen", False),
        ("PRIKKE_STORE_BODIES", "off", "store_bodies", False),
        ("PRIKKE_PLANS", "on", "plans", True),
        ("PORT", "8080", "port", 8080),
        ("PRIKKE_BASE_URL", "https://prikke.example/", "base_url", "https://prikke.example"),
        (
            "PRIKKE_ALLOW_TARGETS",
            "127.0.0.1:8123, 10.0.0.0/8",
            "allow_targets",
            (Target.parse("127.0.0.1:8123"), Target.parse("10.0.0.0/8")),
        ),
        ("PRIKKE_DENY_TARGETS", "192.0.2.7", "deny_targets", (Target.parse("192.0.2.7"),)),
        (
            "PRIKKE_TRUSTED_PROXIES",
            "10.0.0.0/8,fd00::/8",
            "trusted_proxies",
            (ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        ),
        ("PRIKKE_PREPARE_THRESHOLD", "off", "prepare_threshold", None),
        ("PRIKKE_RETENTION_DAYS", " 90 ", "retention_days", 90),
        ("PRIKKE_STORE_BODIES", "", "store_bodies", True),
    ],
)
def test_a_variable_becomes_a_value(name: str, text: str, attribute: str, value: object) -> None:
    settings = Settings.from_environment({name: text})

    assert getattr(settings, attribute) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PRIKKE_BASE_URL", "prikke.example"),
        ("PRIKKE_BASE_URL", "ftp://prikke.example"),
        ("PRIKKE_ALLOW_TARGETS", "10.0.0.1/8"),
        ("PRIKKE_RETENTION_DAYS", "0"),
        ("PRIKKE_LISTEN", "perhaps"),
        ("PORT", "65536"),
        ("PORT", "١"),
        ("SMTP_URL", "mail.example:25"),
        ("PRIKKE_LOG", "xml"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment({name: text})


def test_plans_apply_where_billing_is_configured() -> None:
    configured = {"LEMONSQUEEZY_API_KEY": "k"}

    assert Settings.from_environment(configured).plans
    assert not Settings.from_environment({**configured, "PRIKKE_PLANS": "off"}).plans


def test_each_limit_can_be_set() -> None:
    for name in Limits.__dataclass_fields__:
        settings = Settings.from_environment({f"PRIKKE_LIMIT_{name.upper()}": "3"})

        assert getattr(settings.limits, name) == 3


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_secrets_do_not_show_when_settings_are_printed_or_listed() -> None:
    environ = {
        "DATABASE_URL": "postgresql://u:hidden-1@h/d",
        "SECRET_KEY_BASE": f"hidden-2{SECRET}",
        "SMTP_URL": "smtp://u:hidden-3@mail.example",
        "PRIKKE_EGRESS_PROXY": "http://u:hidden-4@proxy.example:3128",
        "PRIKKE_HEARTBEAT_URL": "https://beat.example/hidden-5",
        "PRIKKE_KEYRING": "hidden-6",
        "MAILJET_SECRET_KEY": "hidden-7",
        "LEMONSQUEEZY_WEBHOOK_SECRET": "hidden-8",
    }
    settings = Settings.from_environment(environ)

    shown = repr(settings) + repr(describe(settings, environ))

    assert "hidden" not in shown


def test_the_list_says_where_each_value_comes_from() -> None:
    environ = {"PORT": "8080"}

    rows = {row.name: row for row in describe(Settings.from_environment(environ), environ)}

    assert (rows["PORT"].value, rows["PORT"].source, rows["PORT"].default) == (
        "8080",
        "environment",
        "8000",
    )
    assert rows["PRIKKE_LOG"].source == "default"
    assert rows["PRIKKE_LIMIT_API_BURST"].value == "200"


# What operators were told they can set.
PROMISED = set(
    """
DATABASE_URL PRIKKE_LISTEN_URL PRIKKE_LISTEN SECRET_KEY_BASE PRIKKE_KEYRING PRIKKE_BASE_URL PORT
PRIKKE_HEALTH_PORT PRIKKE_METRICS_TOKEN PRIKKE_ALLOW_TARGETS PRIKKE_DENY_TARGETS
PRIKKE_EGRESS_PROXY PRIKKE_CA_FILE PRIKKE_TRUSTED_PROXIES PRIKKE_SIGN_UP PRIKKE_PLANS
PRIKKE_RETENTION_DAYS PRIKKE_STORE_BODIES PRIKKE_HEARTBEAT_URL SMTP_URL MAIL_FROM MAILJET_API_KEY
MAILJET_SECRET_KEY LEMONSQUEEZY_API_KEY LEMONSQUEEZY_WEBHOOK_SECRET LEMONSQUEEZY_STORE_ID
LEMONSQUEEZY_PRO_VARIANT_ID LEMONSQUEEZY_TEST_MODE PRIKKE_LOG PRIKKE_URL PRIKKE_API_KEY
PRIKKE_LIMIT_API_PER_SECOND PRIKKE_LIMIT_API_BURST
""".split()
)


def test_every_promised_variable_is_listed() -> None:
    listed = {row.name for row in describe(Settings(), {})}

    assert listed >= PROMISED
