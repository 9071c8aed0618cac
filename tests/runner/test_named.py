"""Named secrets are filled in when a request is sent, and masked in what comes back."""

import psycopg
import pytest

from prikke.keyring import Keyring, secret_purpose
from prikke.runner.named import CannotFill, fill_body, fill_head, mask_body, mask_text
from tests.receiver import Receiver
from tests.runner.conftest import SECRET_KEY_BASE, Start, past, until

NAMED = {"TOKEN": "s3cr3t-value", "QUOTED": 'say "hi"\\', "LINES": "one\ntwo"}


@pytest.mark.parametrize(
    ("body", "content_type", "filled"),
    [
        ("plain", None, "plain"),
        ("a={{secret.TOKEN}}&b={{secret.TOKEN}}", None, "a=s3cr3t-value&b=s3cr3t-value"),
        ('{"a": "{{secret.QUOTED}}"}', "application/json", '{"a": "say \\"hi\\"\\\\"}'),
        ("{{secret.QUOTED}}", "text/plain", 'say "hi"\\'),
        ("{{secret.LINES}}", "text/plain", "one\ntwo"),
        ("{{other.TOKEN}}", None, "{{other.TOKEN}}"),
    ],
)
def test_a_body_is_filled(body: str, content_type: str | None, filled: str) -> None:
    assert fill_body(body, content_type, NAMED) == filled


def test_a_value_is_not_filled_in_a_second_time() -> None:
    named = {"A": "{{secret.B}}", "B": "b"}

    assert fill_body("{{secret.A}}", None, named) == "{{secret.B}}"


@pytest.mark.parametrize("head", ["X: {{secret.NO}}\r\n", "X: {{secret.LINES}}\r\n"])
def test_what_cannot_be_filled_into_a_header_is_refused(head: str) -> None:
    with pytest.raises(CannotFill):
        fill_head(head, NAMED)


def test_values_are_masked_as_they_are_and_as_json_has_them() -> None:
    text = 's3cr3t-value, {"a": "say \\"hi\\"\\\\"}'

    assert mask_text(text, NAMED) == '••••••, {"a": "••••••"}'
    assert mask_body(b"\xffs3cr3t-value\xff", NAMED) == b"\xff" + "••••••".encode() + b"\xff"


def test_the_longer_of_two_values_is_masked_whole() -> None:
    assert mask_text("abcdef", {"A": "abcd", "B": "abcdef"}) == "••••••"


def _store(db: psycopg.Connection, organization: object, name: str, value: str) -> None:
    keyring = Keyring.from_settings(None, SECRET_KEY_BASE)
    sealed = keyring.seal(value, organization, secret_purpose(name))  # type: ignore[arg-type]
    db.execute("select prikke.store_secret(%s, %s, %s)", (name, sealed.data, sealed.keyring_id))


async def test_a_delivery_carries_the_value_and_history_does_not(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    _store(db, acme, "TOKEN", "s3cr3t-value")
    await start()

    db.execute(
        "select prikke.send(%s, body => 'x {{secret.TOKEN}}', headers => %s)",
        (receiver.address("/echo"), '{"X-Token": "{{secret.TOKEN}}"}'),
    )
    [request] = await receiver.arrived(1)
    await until(lambda: past(db))

    assert request.headers["x-token"] == "s3cr3t-value"
    assert request.body == b"x s3cr3t-value"
    [(body,)] = past(db, "convert_from(response_body, 'utf8')")
    assert "••••••" in body
    assert "s3cr3t" not in str(db.execute("select * from prikke.past_execution").fetchall())


async def test_a_changed_value_goes_out_with_the_next_delivery(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    _store(db, acme, "TOKEN", "first-value")
    await start()
    db.execute("select prikke.send(%s, body => '{{secret.TOKEN}}')", (receiver.address(),))
    await receiver.arrived(1)

    _store(db, acme, "TOKEN", "second-value")
    db.execute("select prikke.send(%s, body => '{{secret.TOKEN}}')", (receiver.address(),))
    requests = await receiver.arrived(2)

    assert [request.body for request in requests] == [b"first-value", b"second-value"]
