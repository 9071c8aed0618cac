"""Settings: the only reader of the environment."""

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

from prikke.errors import ConfigurationError
from prikke.targets import Target

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on everything that comes in or back; each is set by PRIKKE_LIMIT_<NAME>."""

    name_length: int = 200
    key_length: int = 100
    slug_min_length: int = 2
    slug_max_length: int = 50
    url_bytes: int = 2048
    headers: int = 64
    header_name_length: int = 128
    header_value_length: int = 4096
    headers_bytes: int = 16 * 1024
    body_bytes: int = 256 * 1024
    request_bytes: int = 1024 * 1024
    sync_bytes: int = 16 * 1024 * 1024
    sync_jobs: int = 10_000
    send_list: int = 1000
    answer_body_bytes: int = 64 * 1024
    answer_headers_bytes: int = 16 * 1024
    timeout_min_ms: int = 1000
    timeout_max_ms: int = 300_000
    max_attempts: int = 20
    unwritten_bytes: int = 64 * 1024 * 1024
    api_per_second: int = 100
    api_burst: int = 200
    anonymous_per_second: int = 10
    anonymous_burst: int = 50
    sign_in_per_address: int = 5
    sign_in_per_ip: int = 20
    invitations_per_hour: int = 50
    channel_tests_per_hour: int = 50
    tests_per_hour: int = 200
    notifications_per_hour: int = 60
    host_requests: int = 200
    replays: int = 100_000
    organizations: int = 50
    channels: int = 50
    shutdown_seconds: int = 25
    poll_seconds: int = 5
    lease_seconds: int = 30
    heartbeat_seconds: int = 10
    search_hours: int = 24
    due_age_seconds: int = 300
    all_well_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says, checked."""

    database_url: str | None = field(default=None, repr=False)
    listen_url: str | None = field(default=None, repr=False)
    listen: bool = True
    secret_key_base: str | None = field(default=None, repr=False)
    keyring: str | None = field(default=None, repr=False)
    base_url: str | None = None
    port: int = 8000
    health_port: int | None = None
    metrics_token: str | None = field(default=None, repr=False)
    allow_targets: tuple[Target, ...] = ()
    deny_targets: tuple[Target, ...] = ()
    egress_proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    sign_up: str = "open"
    plans: bool = False
    retention_days: int = 30
    store_bodies: bool = True
    heartbeat_url: str | None = field(default=None, repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    mailjet_api_key: str | None = field(default=None, repr=False)
    mailjet_secret_key: str | None = field(default=None, repr=False)
    lemonsqueezy_api_key: str | None = field(default=None, repr=False)
    lemonsqueezy_webhook_secret: str | None = field(default=None, repr=False)
    lemonsqueezy_store_id: str | None = None
    lemonsqueezy_pro_variant_id: str | None = None
    lemonsqueezy_test_mode: bool = False
    pro_price: str | None = None
    # No variable: only tests have another.
    lemonsqueezy_url: str = "https://api.lemonsqueezy.com"
    log: str = "text"
    # Made by `prikke up` with its own database: a mailbox and the style guide, for this machine.
    development: bool = False
    url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)
    # For the pool behind a transaction pooler: None never prepares, 0 prepares at once.
    prepare_threshold: int | None = 5

    @property
    def public_url(self) -> str:
        """The base of every link, without a slash at its end."""
        return self.base_url or f"http://localhost:{self.port}"

    @property
    def direct_url(self) -> str | None:
        """Where to connect for what a transaction pooler breaks: LISTEN and installing."""
        return self.listen_url or self.database_url

    @property
    def billing(self) -> bool:
        """Whether a payment provider is configured."""
        return self.lemonsqueezy_api_key is not None

    def published(self) -> dict[str, object]:
        """The settings that SQL needs, by their name in table `setting`."""
        return {
            "limits": asdict(self.limits),
            "plans": self.plans,
            "billing": {
                "store_id": self.lemonsqueezy_store_id,
                "variant_id": self.lemonsqueezy_pro_variant_id,
                "test_mode": self.lemonsqueezy_test_mode,
            },
            "sign_up": self.sign_up,
            "retention_days": self.retention_days,
            "allow_targets": [str(target) for target in self.allow_targets],
            "deny_targets": [str(target) for target in self.deny_targets],
            "store_bodies": self.store_bodies,
        }

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings of this process; every wrong variable is named at once."""
        source = os.environ if environ is None else environ
        problems: list[str] = []
        values = _read(_SETTINGS, source, problems)
        limits = _read(_limit_variables(), source, problems)
        known = {variable.name for variable in _limit_variables().values()}
        problems.extend(
            f"{name} is not a limit"
            for name in sorted(source)
            if name.startswith("PRIKKE_LIMIT_") and name not in known
        )
        if problems:
            raise ConfigurationError("; ".join(problems))
        if values.get("lemonsqueezy_api_key"):
            values.setdefault("plans", True)
        return cls(**values, limits=Limits(**limits))


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its name, how it is read, and whether it is a secret."""

    name: str
    read: Callable[[str], Any]
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """One setting as `prikke doctor --settings` lists it."""

    name: str
    value: str
    source: str
    default: str


def describe(settings: Settings, environ: Mapping[str, str] | None = None) -> list[Described]:
    """Every variable with its value, where that comes from, and the default; secrets masked."""
    source = os.environ if environ is None else environ
    return [
        *_describe(settings, _SETTINGS, source),
        *_describe(settings.limits, _limit_variables(), source),
    ]


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Variables that look like ours and are none: most likely a slip of the pen."""
    source = os.environ if environ is None else environ
    return sorted(
        name
        for name, value in source.items()
        if name.startswith("PRIKKE_") and value and name not in known_variables()
    )


def known_variables() -> list[str]:
    """Names of all variables that Prikke reads."""
    return [v.name for v in (*_SETTINGS.values(), *_limit_variables().values())]


def _describe(
    owner: Settings | Limits, variables: Mapping[str, Variable], source: Mapping[str, str]
) -> list[Described]:
    defaults = {f.name: f.default for f in fields(owner)}
    return [
        Described(
            name=variable.name,
            value=_shown(getattr(owner, attribute), variable.secret),
            source="environment" if source.get(variable.name, "").strip() else "default",
            default=_shown(defaults[attribute], secret=False),
        )
        for attribute, variable in variables.items()
    ]


def _shown(value: object, secret: bool) -> str:
    if value is None or value is MISSING:
        return ""
    if secret:
        return "********"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return str(value)


def _read(
    variables: Mapping[str, Variable], source: Mapping[str, str], problems: list[str]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for attribute, variable in variables.items():
        text = source.get(variable.name, "").strip()
        if not text:
            continue
        try:
            values[attribute] = variable.read(text)
        except ValueError as error:
            problems.append(f"{variable.name}: {error}")
    return values


def _switch(text: str) -> bool:
    if text.lower() in {"on", "true", "yes", "1"}:
        return True
    if text.lower() in {"off", "false", "no", "0"}:
        return False
    raise ValueError("must be on or off")


def _choice(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be {' or '.join(words)}")
        return text

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def _threshold(text: str) -> int | None:
    return None if text == "off" else _whole(0, 1_000_000)(text)


def _networks(text: str) -> tuple[Network, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(ip_network(part) for part in parts)
    except ValueError as error:
        raise ValueError(f"must be addresses or CIDR ranges between commas ({error})") from None


def _targets(text: str) -> tuple[Target, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(Target.parse(part) for part in parts)
    except ValueError as error:
        raise ValueError(
            f"must be addresses or CIDR ranges, with or without :port, between commas ({error})"
        ) from None


def _address(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"must be an address that begins with {schemes[0]}://")
        return text.rstrip("/")

    return read


def _text(text: str) -> str:
    return text


def _secret_key(text: str) -> str:
    if len(text) < 32:
        raise ValueError("must have at least 32 characters")
    return text


_web = _address("https", "http")

_SETTINGS: dict[str, Variable] = {
    "database_url": Variable("DATABASE_URL", _text, secret=True),
    "listen_url": Variable("PRIKKE_LISTEN_URL", _text, secret=True),
    "listen": Variable("PRIKKE_LISTEN", _switch),
    "secret_key_base": Variable("SECRET_KEY_BASE", _secret_key, secret=True),
    "keyring": Variable("PRIKKE_KEYRING", _text, secret=True),
    "base_url": Variable("PRIKKE_BASE_URL", _web),
    "port": Variable("PORT", _whole(0, 65535)),
    "health_port": Variable("PRIKKE_HEALTH_PORT", _whole(0, 65535)),
    "metrics_token": Variable("PRIKKE_METRICS_TOKEN", _text, secret=True),
    "allow_targets": Variable("PRIKKE_ALLOW_TARGETS", _targets),
    "deny_targets": Variable("PRIKKE_DENY_TARGETS", _targets),
    "egress_proxy": Variable("PRIKKE_EGRESS_PROXY", _web, secret=True),
    "ca_file": Variable("PRIKKE_CA_FILE", _text),
    "trusted_proxies": Variable("PRIKKE_TRUSTED_PROXIES", _networks),
    "sign_up": Variable("PRIKKE_SIGN_UP", _choice("open", "closed")),
    "plans": Variable("PRIKKE_PLANS", _switch),
    "retention_days": Variable("PRIKKE_RETENTION_DAYS", _whole(1, 3650)),
    "store_bodies": Variable("PRIKKE_STORE_BODIES", _switch),
    "heartbeat_url": Variable("PRIKKE_HEARTBEAT_URL", _web, secret=True),
    "smtp_url": Variable("SMTP_URL", _address("smtp", "smtps"), secret=True),
    "mail_from": Variable("MAIL_FROM", _text),
    "mailjet_api_key": Variable("MAILJET_API_KEY", _text, secret=True),
    "mailjet_secret_key": Variable("MAILJET_SECRET_KEY", _text, secret=True),
    "lemonsqueezy_api_key": Variable("LEMONSQUEEZY_API_KEY", _text, secret=True),
    "lemonsqueezy_webhook_secret": Variable("LEMONSQUEEZY_WEBHOOK_SECRET", _text, secret=True),
    "lemonsqueezy_store_id": Variable("LEMONSQUEEZY_STORE_ID", _text),
    "lemonsqueezy_pro_variant_id": Variable("LEMONSQUEEZY_PRO_VARIANT_ID", _text),
    "lemonsqueezy_test_mode": Variable("LEMONSQUEEZY_TEST_MODE", _switch),
    "pro_price": Variable("PRIKKE_PRO_PRICE", _text),
    "log": Variable("PRIKKE_LOG", _choice("text", "json")),
    "development": Variable("PRIKKE_DEVELOPMENT", _switch),
    "url": Variable("PRIKKE_URL", _web),
    "api_key": Variable("PRIKKE_API_KEY", _text, secret=True),
    "prepare_threshold": Variable("PRIKKE_PREPARE_THRESHOLD", _threshold),
}


def _limit_variables() -> dict[str, Variable]:
    return {
        f.name: Variable(f"PRIKKE_LIMIT_{f.name.upper()}", _whole(1, 2**31 - 1))
        for f in fields(Limits)
    }
