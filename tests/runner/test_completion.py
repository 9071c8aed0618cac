"""Receivers that answer 202 and report later."""

import psycopg

from prikke.completion import Completions
from prikke.config import Settings
from prikke.keyring import Keyring
from prikke.runner.delivery import completes_within
from tests.factories import make_send
from tests.receiver import Receiver
from tests.runner.conftest import Start, past, until


async def test_a_202_runs_on_until_its_receiver_reports(
    db: psycopg.Connection, acme: object, receiver: Receiver, settings: Settings, start: Start
) -> None:
    runner = await start()
    keyring = Keyring.from_settings(settings.keyring, settings.secret_key_base)
    send = make_send(db, url=receiver.address("/accepted"), completion="callback")
    await receiver.arrived(1)
    address = receiver.requests[0].headers["x-prikke-completion-url"]
    claim = Completions.of(settings.public_url, keyring).read(address.rpartition("/")[2])

    def waits_for_the_report() -> bool:
        return bool(
            db.execute(
                "select 1 from prikke.live_execution where status = 'running' and runner_id is null"
            ).fetchone()
        )

    await until(waits_for_the_report)
    assert claim == (send, 1)
    db.execute("select prikke.report_completion(%s, %s, 'success', 'done')", claim)

    await until(lambda: past(db))

    [(status, attempt)] = past(db, "status, attempt")
    assert (status, attempt) == ("success", 1)
    await until(lambda: not runner.process.runner.claims)


def test_a_token_names_its_claim_under_every_key_of_the_ring(db: psycopg.Connection) -> None:
    row = db.execute("select gen_random_uuid()").fetchone()
    assert row is not None
    old = Keyring({"a": b"1" * 32})
    both = Keyring({"b": b"2" * 32, "a": b"1" * 32})
    url = Completions.of("https://prikke.example", old).url(row[0], 3)

    read = Completions.of("https://prikke.example", both).read(url.rpartition("/")[2])

    assert url.startswith("https://prikke.example/complete/")
    assert read == (row[0], 3)


def test_a_token_of_another_installation_is_nobodys(db: psycopg.Connection) -> None:
    row = db.execute("select gen_random_uuid()").fetchone()
    assert row is not None
    url = Completions.of("https://prikke.example", Keyring({"a": b"1" * 32})).url(row[0], 3)

    read = Completions.of("", Keyring({"a": b"2" * 32})).read(url.rpartition("/")[2])

    assert read is None


def test_the_receiver_may_say_how_long_it_needs() -> None:
    assert completes_within({"X-Prikke-Completes-Within": "7200"}) == 7200
    assert completes_within({"x-prikke-completes-within": "soon"}) is None
    assert completes_within({}) is None
