"""Signing secrets: made when asked for, changed in use, and refused with a wrong keyring."""

import asyncio
from dataclasses import replace

import psycopg
import pytest

from prikke.config import Settings
from prikke.errors import ConfigurationError
from prikke.keyring import SIGNING_SECRET, Keyring, Sealed
from prikke.signing import sign, sign_body
from tests.factories import make_organization, use
from tests.receiver import Receiver
from tests.runner.conftest import SECRET_KEY_BASE, Start, past, send, until


async def test_the_first_delivery_makes_the_secret_that_was_asked_for(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    await start()

    send(db, receiver.address())
    [request] = await receiver.arrived(1)

    [secret] = _secrets(db)
    assert request.headers["webhook-signature"] == sign(
        [secret],
        request.headers["webhook-id"],
        int(request.headers["webhook-timestamp"]),
        request.body,
    )


async def test_after_a_rotation_both_secrets_sign_and_the_old_one_signs_the_body(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    await start()
    send(db, receiver.address())
    await receiver.arrived(1)
    [old] = _secrets(db)

    db.execute("select prikke.rotate_signing_secret()")
    send(db, receiver.address())
    request = (await receiver.arrived(2))[-1]

    new, kept = _secrets(db)
    assert kept == old
    assert request.headers["webhook-signature"] == sign(
        [new, old],
        request.headers["webhook-id"],
        int(request.headers["webhook-timestamp"]),
        request.body,
    )
    assert request.headers["x-prikke-signature"] == sign_body(old, request.body)


async def test_a_secret_that_has_ended_signs_no_more(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    await start()
    send(db, receiver.address())
    await receiver.arrived(1)

    db.execute("select prikke.rotate_signing_secret(overlap => interval '0.6 seconds')")
    send(db, receiver.address())
    both = (await receiver.arrived(2))[-1].headers["webhook-signature"]
    await until(lambda: len(_secrets(db)) == 1)
    send(db, receiver.address())
    alone = (await receiver.arrived(3))[-1].headers["webhook-signature"]

    assert len(both.split()) == 2
    assert len(alone.split()) == 1


async def test_two_runners_that_meet_a_wish_at_once_sign_with_one_secret(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    send(db, receiver.address(), 40)

    await asyncio.gather(start(concurrency=10), start(concurrency=10))
    requests = await receiver.arrived(40)

    [secret] = _secrets(db)
    for request in requests:
        assert request.headers["x-prikke-signature"] == sign_body(secret, request.body)


async def test_a_secret_that_cannot_be_opened_stops_only_its_organization(
    db: psycopg.Connection, acme: object, receiver: Receiver, start: Start
) -> None:
    other = make_organization(db)
    db.execute(
        "update prikke.signing_secret set sealed = '\\x00', keyring_id = 'lost'"
        " where organization_id = %s",
        (acme,),
    )
    await start()

    send(db, receiver.address("/unsigned"), max_attempts="1")
    use(db, other)
    send(db, receiver.address("/signed"))
    await until(lambda: len(past(db)) == 2)

    assert {(row[0], row[1]) for row in past(db, "status, reason")} == {
        ("failed", "unsigned"),
        ("success", None),
    }
    assert not receiver.of("/unsigned")


async def test_a_runner_with_another_keyring_refuses_to_start(
    db: psycopg.Connection, acme: object, settings: Settings, start: Start
) -> None:
    await start()

    with pytest.raises(ConfigurationError, match="sealed with another key"):
        await start(replace(settings, secret_key_base="x" * 40))


def _secrets(db: psycopg.Connection) -> list[str]:
    """The living secrets of the only organization that has any, newest first."""
    keyring = Keyring.from_settings(None, SECRET_KEY_BASE)
    rows = db.execute(
        "select organization_id, sealed, keyring_id from prikke.signing_secret"
        " where sealed is not null and coalesce(expires_at > clock_timestamp(), true)"
        " order by created_at desc"
    ).fetchall()
    return [
        keyring.open(Sealed(key, bytes(data)), organization, SIGNING_SECRET)
        for organization, data, key in rows
    ]
