"""The payment provider as tests need it: what it says of a subscription, its calls, its API."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from prikke.billing import Proofs
from prikke.config import Settings
from tests.receiver import Reader, Received, Receiver, Writer, _reply

STORE, VARIANT = "17", "23"
WEBHOOK_SECRET = "webhook-secret-of-the-shop"
SETTINGS: dict[str, Any] = {
    "secret_key_base": "billing-tests-only-" + "x" * 32,
    "lemonsqueezy_api_key": "key-of-the-shop",
    "lemonsqueezy_webhook_secret": WEBHOOK_SECRET,
    "lemonsqueezy_store_id": STORE,
    "lemonsqueezy_pro_variant_id": VARIANT,
    "plans": True,
}
PROOFS = Proofs.from_settings(Settings(**SETTINGS))


def settings(provider: "Provider | None" = None, **more: Any) -> Settings:
    """Settings of an installation with billing, by way of this provider."""
    by_way: dict[str, Any] = {}
    if provider is not None:
        by_way = {"lemonsqueezy_url": provider.url, "allow_targets": (provider.target,)}
    return Settings(**{**SETTINGS, **by_way, **more})


def subscription(at: datetime, identifier: str = "1", **fields: Any) -> dict[str, Any]:
    """A subscription as the provider describes it at an instant."""
    return {
        "type": "subscriptions",
        "id": identifier,
        "attributes": {
            "store_id": int(STORE),
            "order_id": 2,
            "variant_id": int(VARIANT),
            "user_name": "A buyer",
            "user_email": "buyer@example.com",
            "status": "active",
            "pause": None,
            "cancelled": False,
            "trial_ends_at": None,
            "renews_at": "2026-04-02T12:00:00.000000Z",
            "ends_at": None,
            "updated_at": at.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "test_mode": False,
            "urls": {"customer_portal": "https://shop.example/billing?signature=abc"},
            **fields,
        },
    }


def invoice(at: datetime, subscription_id: str = "1", **fields: Any) -> dict[str, Any]:
    """A payment of a subscription; its id is not that of the subscription."""
    return {
        "type": "subscription-invoices",
        "id": "9001",
        "attributes": {
            "store_id": int(STORE),
            "subscription_id": int(subscription_id),
            "user_email": "buyer@example.com",
            "status": "pending",
            "updated_at": at.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "test_mode": False,
            **fields,
        },
    }


def event(name: str, data: dict[str, Any], organization: UUID | None = None) -> dict[str, Any]:
    """An event; the custom data of the checkout comes back in it."""
    meta: dict[str, Any] = {"event_name": name, "test_mode": False}
    if organization is not None:
        meta["custom_data"] = PROOFS.custom_data(organization)
    return {"meta": meta, "data": data}


def signed(content: object, secret: str = WEBHOOK_SECRET) -> tuple[bytes, dict[str, str]]:
    """A body and its headers as the provider sends them."""
    body = json.dumps(content).encode()
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {"X-Signature": mac, "Content-Type": "application/json"}


class Provider(Receiver):
    """Its API on loopback: a list of subscriptions by pages, checkouts, a subscription."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[list[dict[str, Any]]] = [[]]
        self.status = 200

    async def on_v1(self, request: Received, _: Reader, writer: Writer) -> None:
        content = json.dumps(self._found(request)).encode()
        await _reply(writer, request, self.status, content)

    def _found(self, request: Received) -> object:
        path = urlsplit(request.target).path
        if path == "/v1/subscriptions":
            number = int(request.option("page[number]", "1"))
            return {
                "meta": {"page": {"currentPage": number, "lastPage": len(self.pages)}},
                "data": self.pages[number - 1],
            }
        if path == "/v1/checkouts":
            return {"data": {"attributes": {"url": "https://shop.example/checkout/custom/abc"}}}
        wanted = path.rpartition("/")[2]
        return {"data": next(each for page in self.pages for each in page if each["id"] == wanted)}
