"""POST /webhooks/lemonsqueezy: what the payment provider tells us."""

import hashlib
import logging

from psycopg.types.json import Jsonb
from starlette.requests import Request
from starlette.responses import Response

from prikke.billing import Proofs, is_from_provider
from prikke.config import Settings
from prikke.db import Caller, Database
from prikke.errors import ConfigurationError, Refused, Unavailable
from prikke.http.body import parse_json, read_body
from prikke.http.replies import reply

log = logging.getLogger(__name__)

_BYTES = 256 * 1024
_CALLER = Caller(actor="billing", statement_timeout="10s", lock_timeout="5s")


async def lemonsqueezy(request: Request) -> Response:
    """The signature first, over the bytes as they came; nobody else's are parsed."""
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    secret = settings.lemonsqueezy_webhook_secret
    if secret is None:
        raise Refused(404, "not_found", "Billing is not configured here.")
    body = await read_body(request, _BYTES)
    if not is_from_provider(secret, request.headers.get("x-signature", ""), body):
        raise Refused(401, "bad_signature", "This is not signed by the payment provider.")
    content = parse_json(body)
    meta = content.get("meta") if isinstance(content, dict) else None
    if not isinstance(meta, dict):
        raise Refused(400, "bad_request", "This is no event.")
    rows = await database.call(
        "select prikke.receive_billing_event(%s, %s, %s) as outcome",
        (
            hashlib.sha256(body).digest(),
            Jsonb(content),
            proofs(settings).organization(meta.get("custom_data")),
        ),
        _CALLER,
    )
    outcome = rows[0]["outcome"]
    level = logging.INFO if outcome in {"applied", "duplicate", "ignored"} else logging.WARNING
    log.log(level, "billing event name=%s outcome=%s", str(meta.get("event_name"))[:100], outcome)
    return reply({"outcome": outcome})


def proofs(settings: Settings) -> Proofs:
    """Those of this process, if it has a keyring."""
    try:
        return Proofs.from_settings(settings)
    except ConfigurationError:
        raise Unavailable("This process has no keyring: SECRET_KEY_BASE is not set.") from None
