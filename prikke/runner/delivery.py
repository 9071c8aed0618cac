"""One request through the guarded client, and what is to be written of it."""

import base64
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from json.encoder import encode_basestring
from time import monotonic
from typing import Any
from uuid import UUID

from prikke.completion import Completions
from prikke.errors import PrikkeError
from prikke.outbound import Answer, Outbound, OutboundError
from prikke.runner.claimed import Claimed
from prikke.runner.meter import Meter
from prikke.runner.named import mask_body, mask_text
from prikke.runner.notifier import CONTENT_TYPE as NOTIFICATION
from prikke.runner.notifier import Notifier, Told
from prikke.runner.outcome import Kind, Outcome, judge, judge_error
from prikke.runner.request import SigningSecrets, Unsendable, build

log = logging.getLogger(__name__)

_STATUS = {
    Kind.SUCCESS: "success",
    Kind.RETRY: "failed",
    Kind.FAILED: "failed",
    Kind.TIMEOUT: "timeout",
    Kind.REFUSED: "failed",
    Kind.ACCEPTED: "accepted",
}


class Courier:
    """Delivers claims; the result of each as the JSON text that complete_executions reads."""

    def __init__(
        self,
        outbound: Outbound,
        meter: Meter,
        completions: Completions,
        store_bodies: bool = True,
        notifier: Notifier | None = None,
    ) -> None:
        self._notifier = notifier
        self._outbound = outbound
        self._meter = meter
        self._completions = completions
        self._store_bodies = store_bodies

    async def deliver(self, claim: Claimed, secrets: SigningSecrets) -> str:
        """Make one attempt. Only cancellation leaves this function as an exception."""
        begun = monotonic()
        started_at = claim.instant(begun)
        answer: Answer | None = None
        if claim.content_type == NOTIFICATION and claim.kind == "notification":
            return await self._tell(claim, secrets, started_at, begun)
        try:
            callback = claim.completion == "callback"
            address = (
                self._completions.url(UUID(claim.id), claim.claim_number) if callback else None
            )
            request = build(claim, secrets, started_at, address)
            answer = await self._outbound.deliver(request, begun + claim.timeout_ms / 1000)
            ended = monotonic()
            outcome = judge(
                answer,
                now=claim.instant(ended),
                expected_status=claim.expected_status,
                expected_body=claim.expected_body,
                callback=callback,
            )
        except (OutboundError, Unsendable) as error:
            ended = monotonic()
            outcome = judge_error(error)
        except Exception:
            # Whatever this row holds, it must not stop the others.
            log.exception("delivery broke execution=%s", claim.id)
            ended = monotonic()
            outcome = Outcome(Kind.RETRY, error_message="an error inside Prikke, see its log")
        if secrets.named:
            answer, outcome = _masked(answer, outcome, secrets.named)
        self._count(claim, outcome, started_at, ended - begun)
        return result(claim, outcome, answer, started_at, ended - begun, self._store_bodies)

    async def _tell(
        self, claim: Claimed, secrets: SigningSecrets, started_at: datetime, begun: float
    ) -> str:
        """Make one attempt to tell a channel; of its address nothing is written."""
        assert self._notifier is not None  # noqa: S101
        try:
            told = await self._notifier.tell(claim, secrets, started_at)
        except (OutboundError, Unsendable) as error:
            told = Told(judge_error(error))
        except Exception as error:
            # Its message might hold the address.
            log.error("notification broke execution=%s error=%s", claim.id, type(error).__name__)
            message = "an error inside Prikke, see its log"
            told = Told(Outcome(Kind.RETRY, error_message=message))
        answer, outcome = _masked(told.answer, told.outcome, told.secrets)
        seconds = monotonic() - begun
        self._count(claim, outcome, started_at, seconds)
        return result(claim, outcome, answer, started_at, seconds, self._store_bodies)

    def _count(
        self, claim: Claimed, outcome: Outcome, started_at: datetime, seconds: float
    ) -> None:
        meter = self._meter
        meter.delivered += 1
        meter.duration.add(seconds)
        if claim.attempt == 0:
            meter.lateness.add((started_at - claim.scheduled_for).total_seconds())
        if outcome.kind is Kind.SUCCESS or outcome.kind is Kind.ACCEPTED:
            log.debug(
                "delivered execution=%s status=%s ms=%d",
                claim.id,
                outcome.status_code,
                seconds * 1000,
            )
            return
        if outcome.kind is Kind.TIMEOUT:
            meter.timed_out += 1
        elif outcome.kind is Kind.REFUSED:
            meter.refused += 1
        else:
            meter.failed += 1
        log.info(
            "not delivered execution=%s job=%s attempt=%d kind=%s status=%s ms=%d error=%s",
            claim.id,
            claim.job_id,
            claim.attempt + 1,
            outcome.kind,
            outcome.status_code,
            seconds * 1000,
            outcome.error_message,
        )


def _masked(
    answer: Answer | None, outcome: Outcome, named: Mapping[str, str]
) -> tuple[Answer | None, Outcome]:
    """What came back, without the values of secrets that a receiver repeats."""
    if outcome.error_message is not None:
        outcome = outcome._replace(error_message=mask_text(outcome.error_message, named))
    if answer is None:
        return None, outcome
    headers = {name: mask_text(value, named) for name, value in answer.headers.items()}
    return answer._replace(headers=headers, body=mask_body(answer.body, named)), outcome


def unsigned(claim: Claimed) -> str:
    """The result for a claim whose organization's secrets cannot be opened here."""
    outcome = Outcome(
        Kind.RETRY,
        error_message="the signing secret cannot be opened: is the keyring the right one?",
        reason="unsigned",
    )
    return result(claim, outcome, None, claim.instant(monotonic()), 0.0)


def result(
    claim: Claimed,
    outcome: Outcome,
    answer: Answer | None,
    started_at: datetime,
    seconds: float,
    store_bodies: bool = True,
) -> str:
    """One result as JSON; what is absent or false is left out.

    Put together by hand: this is done for each delivery, and a dict would cost five times as much.
    """
    kind = outcome.kind
    text = (
        f'{{"organization_id":"{claim.organization_id}","id":"{claim.id}",'
        f'"claim_number":{claim.claim_number},"status":"{_STATUS[kind]}",'
        f'"started_at":"{started_at.isoformat()}","duration_ms":{round(seconds * 1000)}'
    )
    if kind is not Kind.SUCCESS:
        text += _of_failure(outcome, answer)
    if answer is not None:
        headers = _encode(answer.headers)
        text += f',"status_code":{answer.status},"response_headers":{headers}'
        if store_bodies and answer.body:
            text += _of_body(answer.body)
        if answer.truncated:
            text += ',"truncated":true'
    return text + "}"


_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def _of_failure(outcome: Outcome, answer: Answer | None) -> str:
    fields: dict[str, Any] = {}
    if outcome.kind is Kind.RETRY or outcome.kind is Kind.TIMEOUT:
        fields["retry"] = True
        if outcome.retry_after is not None:
            fields["retry_after_ms"] = round(outcome.retry_after.total_seconds() * 1000)
    if outcome.kind is Kind.ACCEPTED and answer is not None:
        seconds_left = completes_within(answer.headers)
        if seconds_left is not None:
            fields["completes_within_ms"] = seconds_left * 1000
    if outcome.reason is not None:
        fields["reason"] = outcome.reason
    if outcome.error_message is not None:
        fields["error_message"] = outcome.error_message.replace("\0", "\ufffd")
    return "".join([f",{_encode(name)}:{_encode(value)}" for name, value in fields.items()])


def _of_body(body: bytes) -> str:
    """As text where JSON and Postgres can hold it."""
    if b"\0" not in body:
        try:
            return f',"response_body":{encode_basestring(body.decode())}'
        except UnicodeDecodeError:
            pass
    return f',"response_body_base64":"{base64.b64encode(body).decode("ascii")}"'


def completes_within(headers: Mapping[str, str]) -> int | None:
    """Seconds the receiver says it needs until it reports; None where it does not say."""
    for name, value in headers.items():
        if name.lower() == "x-prikke-completes-within" and value.isascii() and value.isdigit():
            return max(1, int(value[:9]))
    return None


def bare(claim: Claimed, refusal: PrikkeError | Exception) -> str:
    """What is written when the database cannot take the whole result of this one."""
    message = f"the answer cannot be stored: {refusal}".replace("\0", "\ufffd")
    outcome = Outcome(Kind.FAILED, error_message=message, reason="unstorable")
    return result(claim, outcome, None, claim.instant(monotonic()), 0.0)
