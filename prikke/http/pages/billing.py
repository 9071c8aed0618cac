"""`/settings/billing`: the plan, what was used of it, and the ways to the payment provider."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from prikke.config import Settings
from prikke.errors import Refused
from prikke.http.billing_hooks import proofs
from prikke.http.person import call, visit
from prikke.http.templating import page
from prikke.http.visit import Row
from prikke.lemonsqueezy import LemonSqueezy, ProviderFailed

_PATH = "/settings/billing"


async def show(request: Request) -> Response:
    """What the organization has, used, and will use."""
    settings: Settings = request.app.state.settings
    _, [[usage], [forecast], [subscription]] = await visit(
        request,
        call("select prikke.usage() as usage"),
        call("select prikke.usage_forecast() as forecast"),
        call("select * from prikke.get_subscription()"),
        function="usage",
    )
    used, expected = usage["usage"], forecast["forecast"]
    return page(
        request,
        "settings/billing.html",
        {
            "usage": used,
            "resets_at": datetime.fromisoformat(used["resets_at"]),
            "forecast": expected,
            "today": _spoken(used["days"][-1]["day"]),
            "limit_reached_on": _spoken(expected["limit_reached_on"]),
            "subscription": subscription if subscription["id"] is not None else None,
            "days": _days(used["days"], expected["days"]),
            "months": _months(used["months"]),
            "billing": settings.billing,
            "price": settings.pro_price,
        },
    )


async def check_out(request: Request) -> Response:
    """On to a checkout that is made for this organization."""
    settings: Settings = request.app.state.settings
    row = await _let_through(request)
    if row["pays"]:
        raise Refused(409, "subscription_runs", "The plan is paid for already.")
    carried = proofs(settings).custom_data(row["organization_id"])
    back = f"{settings.public_url}{_PATH}?notice=subscribed"
    return await _on(settings, lambda provider: provider.checkout(carried, back))


async def portal(request: Request) -> Response:
    """On to where the subscription is changed; the address is asked for anew each time."""
    settings: Settings = request.app.state.settings
    subscription = (await _let_through(request))["subscription_id"]
    if subscription is None:
        raise Refused(404, "not_found", "This organization has no subscription.")
    return await _on(settings, lambda provider: provider.portal(subscription))


async def _let_through(request: Request) -> Row:
    settings: Settings = request.app.state.settings
    if not settings.billing:
        raise Refused(404, "not_found", "Billing is not configured here.")
    _, [[row]] = await visit(
        request,
        call("select * from prikke.manage_subscription()"),
        function="manage_subscription",
    )
    return row


async def _on(settings: Settings, ask: Callable[[LemonSqueezy], Awaitable[str]]) -> Response:
    try:
        async with LemonSqueezy(settings) as provider:
            return RedirectResponse(await ask(provider), 303)
    except ProviderFailed as error:
        raise Refused(
            502,
            "provider_failed",
            "The payment provider does not answer just now.",
            hint="Try again in a minute. Nothing was bought or changed.",
        ) from error


def _days(used: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The days of the month as columns: what was used, then what the schedules will use."""
    today = used[-1]["day"]
    return [_column(each["day"], each["executions"], "used") for each in used] + [
        _column(each["day"], each["executions"], "expected", expected=True)
        for each in expected
        if each["day"] > today
    ]


def _months(used: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_column(each["month"], each["executions"], "used") for each in used]


def _spoken(when: str | None) -> str | None:
    """A day or a month as people read it."""
    if when is None:
        return None
    if len(when) == len("2026-03"):
        return f"{date.fromisoformat(f'{when}-01'):%b %Y}"
    day = date.fromisoformat(when)
    return f"{day.day} {day:%b}"


def _column(when: str, count: int, word: str, expected: bool = False) -> dict[str, Any]:
    said = _spoken(when)
    return {
        "when": said,
        "count": count,
        "bad": 0,
        "expected": expected,
        "title": f"{said}: {count:,} {word}",
    }


ROUTES = (
    Route(_PATH, show),
    Route(f"{_PATH}/checkout", check_out),
    Route(f"{_PATH}/portal", portal),
)
