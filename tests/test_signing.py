"""Signatures as receivers check them, and completion tokens."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from prikke.signing import (
    TOLERANCE_SECONDS,
    completion_token,
    new_signing_secret,
    read_completion_token,
    sign,
    sign_body,
    verify,
)

OLD, NEW, OTHER = new_signing_secret(), new_signing_secret(), new_signing_secret()
BODY = b'{"order": 42}'
NOW = int(datetime.now(UTC).timestamp())


def test_a_secret_is_whsec_and_32_random_bytes() -> None:
    secrets = {new_signing_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(base64.b64decode(secret.removeprefix("whsec_"))) for secret in secrets} == {32}


def test_the_signature_is_the_example_of_the_standard() -> None:
    signature = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", [OLD, NEW], ids=["old", "new"])
def test_a_receiver_with_either_live_secret_accepts(secret: str) -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign([NEW, OLD], "msg_1", now, BODY),
    }

    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)


@pytest.mark.parametrize(
    ("secret", "message_id", "timestamp", "body"),
    [
        (OTHER, "msg_1", NOW, BODY),
        (NEW, "msg_2", NOW, BODY),
        (NEW, "msg_1", NOW + 1, BODY),
        (NEW, "msg_1", NOW, BODY + b" "),
    ],
    ids=["secret", "id", "timestamp", "body"],
)
def test_anything_changed_is_not_accepted(
    secret: str, message_id: str, timestamp: int, body: bytes
) -> None:
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign([NEW, OLD], "msg_1", NOW, BODY),
    }

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)
    assert not verify([secret], message_id, str(timestamp), headers["webhook-signature"], body, NOW)


def test_our_own_check_accepts_what_we_signed() -> None:
    signature = sign([NEW, OLD], "msg_1", NOW, BODY)

    assert verify([OTHER, OLD], "msg_1", str(NOW), signature, BODY, NOW)


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [
        (-TOLERANCE_SECONDS, True),
        (TOLERANCE_SECONDS, True),
        (-TOLERANCE_SECONDS - 1, False),
        (TOLERANCE_SECONDS + 1, False),
    ],
)
def test_a_message_is_good_for_five_minutes(seconds: int, accepted: bool) -> None:
    timestamp = str(NOW + seconds)
    signature = sign([NEW], "msg_1", int(timestamp), BODY)

    assert verify([NEW], "msg_1", timestamp, signature, BODY, NOW) is accepted


@given(timestamp=st.text(max_size=20), signature=st.text(max_size=80))
def test_nonsense_is_not_accepted_and_breaks_nothing(timestamp: str, signature: str) -> None:
    assert not verify([NEW], "msg_1", timestamp, signature, BODY, NOW)


@given(key=st.binary(min_size=0, max_size=200), body=st.binary(max_size=300))
def test_our_hmac_is_the_standard_librarys(key: bytes, body: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()

    assert (
        sign_body(secret, body)
        == "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    )
    assert (
        sign([secret], "i", 1, body).removeprefix("v1,")
        == base64.b64encode(hmac.digest(key, b"i.1." + body, hashlib.sha256)).decode()
    )


def test_a_secret_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        sign(["whsec_not base64"], "msg_1", NOW, BODY)


def test_a_completion_token_names_its_claim() -> None:
    execution = uuid4()

    token = completion_token(b"k" * 32, execution, 7)

    assert read_completion_token(b"k" * 32, token) == (execution, 7)
    assert token.replace("-", "").replace("_", "").isalnum()


def test_a_completion_token_of_another_key_is_nothing() -> None:
    token = completion_token(b"k" * 32, uuid4(), 7)

    assert read_completion_token(b"x" * 32, token) is None


def test_no_changed_character_of_a_completion_token_passes() -> None:
    token = completion_token(b"k" * 32, UUID(int=1), 1)

    changed = [
        token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        for at in range(len(token) - 1)
    ]

    assert [read_completion_token(b"k" * 32, each) for each in changed] == [None] * len(changed)


@given(token=st.text(max_size=80))
def test_a_completion_token_of_nonsense_is_nothing(token: str) -> None:
    assert read_completion_token(b"k" * 32, token) is None
