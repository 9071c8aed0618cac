"""Lemon Squeezy's API, as far as we need it: its subscriptions, a checkout, the customer portal."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from prikke.config import Settings
from prikke.errors import ConfigurationError, OutboundError, PrikkeError
from prikke.outbound import Outbound, OutgoingRequest, default_policy, header_lines

_SECONDS = 20.0
_BODY = 8 * 1024 * 1024
_PAGE = 100
_MOST_PAGES = 10_000
_TYPE = "application/vnd.api+json"

Subscription = dict[str, Any]


class ProviderFailed(PrikkeError):
    """It does not answer, or not as its documentation says."""


class LemonSqueezy:
    """One conversation with it; an asynchronous context manager."""

    def __init__(self, settings: Settings) -> None:
        """Must be made inside a running event loop."""
        if not settings.lemonsqueezy_api_key or not settings.lemonsqueezy_store_id:
            raise ConfigurationError(
                "billing is not configured: set LEMONSQUEEZY_API_KEY and LEMONSQUEEZY_STORE_ID"
            )
        self._settings = settings
        self._head = header_lines(
            {
                "Authorization": f"Bearer {settings.lemonsqueezy_api_key}",
                "Accept": _TYPE,
                "Content-Type": _TYPE,
            }
        )
        self._outbound = Outbound(
            default_policy(settings.allow_targets, settings.deny_targets),
            proxy=settings.egress_proxy,
            ca_file=settings.ca_file,
            body_cap=_BODY,
        )

    async def __aenter__(self) -> "LemonSqueezy":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._outbound.close()

    async def subscriptions(self) -> AsyncIterator[list[Subscription]]:
        """All subscriptions of our store, a page at a time."""
        for number in range(1, _MOST_PAGES):
            query = urlencode(
                {
                    "filter[store_id]": self._settings.lemonsqueezy_store_id,
                    "page[number]": number,
                    "page[size]": _PAGE,
                }
            )
            found = await self._ask("GET", f"/v1/subscriptions?{query}")
            yield _part(found, "data", list)
            if number >= _part(found, "meta", "page", "lastPage", int):
                return

    async def checkout(self, custom_data: Mapping[str, str], back: str) -> str:
        """The address of a checkout for the plan pro, which leads back to ours."""
        content = {
            "data": {
                "type": "checkouts",
                "attributes": {
                    "product_options": {"redirect_url": back},
                    "checkout_data": {"custom": dict(custom_data)},
                    "test_mode": self._settings.lemonsqueezy_test_mode,
                },
                "relationships": {
                    "store": _named("stores", self._settings.lemonsqueezy_store_id),
                    "variant": _named("variants", self._settings.lemonsqueezy_pro_variant_id),
                },
            }
        }
        found = await self._ask("POST", "/v1/checkouts", content)
        return _address(_part(found, "data", "attributes", "url", str))

    async def portal(self, subscription_id: str) -> str:
        """Where the customer changes card, pauses or cancels; the address is good for a day."""
        found = await self._ask("GET", f"/v1/subscriptions/{quote(subscription_id, safe='')}")
        return _address(_part(found, "data", "attributes", "urls", "customer_portal", str))

    async def _ask(self, method: str, path: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = OutgoingRequest(method, self._settings.lemonsqueezy_url + path, self._head, body)
        try:
            answer = await self._outbound.deliver(request, time.monotonic() + _SECONDS)
        except OutboundError as error:
            raise ProviderFailed(f"Lemon Squeezy: {error}") from None
        if answer.status >= 300:
            raise ProviderFailed(f"Lemon Squeezy answered with {answer.status}")
        try:
            return json.loads(answer.body)
        except ValueError:
            raise ProviderFailed("Lemon Squeezy's answer is no JSON") from None


def _named(kind: str, identifier: str | None) -> dict[str, Any]:
    return {"data": {"type": kind, "id": identifier}}


def _part(found: Any, *path: Any) -> Any:
    """What stands there in an answer; the last word is the type that it must have."""
    *names, kind = path
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, kind):
        raise ProviderFailed(f"Lemon Squeezy's answer has no {'.'.join(names)}")
    return found


def _address(url: str) -> str:
    """Where a browser is sent: only over https."""
    if not url.startswith("https://"):
        raise ProviderFailed("Lemon Squeezy's answer names no address")
    return url
