"""Values sealed at rest."""

import base64
import secrets
from uuid import uuid4

import pytest

from prikke.errors import ConfigurationError
from prikke.keyring import DERIVED, CannotOpen, Keyring, Sealed, derive

BASE = "a secret key base of more than thirty-two characters"
ORGANIZATION = uuid4()


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def test_a_sealed_value_opens_again() -> None:
    keyring = Keyring.from_settings(None, BASE)

    sealed = keyring.seal("whsec_å", ORGANIZATION, "signing secret")

    assert b"whsec" not in sealed.data
    assert keyring.open(sealed, ORGANIZATION, "signing secret") == "whsec_å"


def test_the_same_value_is_sealed_differently_each_time() -> None:
    keyring = Keyring.from_settings(None, BASE)

    sealed = {keyring.seal("same", ORGANIZATION, "a").data for _ in range(100)}

    assert len(sealed) == 100


def test_a_value_does_not_open_elsewhere() -> None:
    keyring = Keyring.from_settings(None, BASE)
    sealed = keyring.seal("value", ORGANIZATION, "secret TOKEN")

    for organization, purpose in [(uuid4(), "secret TOKEN"), (ORGANIZATION, "secret OTHER")]:
        with pytest.raises(CannotOpen):
            keyring.open(sealed, organization, purpose)


@pytest.mark.parametrize("at", [0, 12, -1])
def test_a_changed_value_does_not_open(at: int) -> None:
    keyring = Keyring.from_settings(None, BASE)
    sealed = keyring.seal("value", ORGANIZATION, "p")
    data = bytearray(sealed.data)
    data[at] ^= 1

    with pytest.raises(CannotOpen):
        keyring.open(Sealed(sealed.keyring_id, bytes(data)), ORGANIZATION, "p")


@pytest.mark.parametrize("data", [b"", b"short", b"x" * 12])
def test_a_torn_value_does_not_open(data: bytes) -> None:
    with pytest.raises(CannotOpen):
        Keyring.from_settings(None, BASE).open(Sealed(DERIVED, data), ORGANIZATION, "p")


def test_the_derived_key_depends_on_the_base_and_the_purpose() -> None:
    keys = {derive(BASE, "keyring"), derive(BASE, "completion"), derive(BASE + "x", "keyring")}

    assert len(keys) == 3
    assert derive(BASE, "keyring") == derive(BASE, "keyring")


def test_the_first_key_of_the_keyring_seals_and_all_open() -> None:
    old, new = f"old:{key()}", f"new:{key()}"
    before = Keyring.from_settings(old, BASE).seal("value", ORGANIZATION, "p")

    after = Keyring.from_settings(f"{new}, {old}", BASE)

    assert (before.keyring_id, after.current) == ("old", "new")
    assert after.open(before, ORGANIZATION, "p") == "value"
    assert after.seal("value", ORGANIZATION, "p").keyring_id == "new"


def test_values_of_the_derived_key_stay_readable_under_a_keyring() -> None:
    sealed = Keyring.from_settings(None, BASE).seal("value", ORGANIZATION, "p")

    assert Keyring.from_settings(f"k:{key()}", BASE).open(sealed, ORGANIZATION, "p") == "value"


def test_a_missing_key_is_named() -> None:
    sealed = Keyring.from_settings(f"gone:{key()}", None).seal("value", ORGANIZATION, "p")

    with pytest.raises(CannotOpen, match="gone"):
        Keyring.from_settings(f"other:{key()}", None).open(sealed, ORGANIZATION, "p")


def test_a_check_value_fits_the_keyring_that_holds_its_key() -> None:
    old, new = f"old:{key()}", f"new:{key()}"
    check = Keyring.from_settings(old, None).check_value()

    assert Keyring.from_settings(old, None).fits(check)
    assert Keyring.from_settings(f"{new},{old}", None).fits(check)
    assert not Keyring.from_settings(new, None).fits(check)
    assert not Keyring.from_settings(f"old:{key()}", None).fits(check)
    assert not Keyring.from_settings(None, BASE).fits("")


def test_another_secret_key_base_does_not_fit() -> None:
    check = Keyring.from_settings(None, BASE).check_value()

    assert not Keyring.from_settings(None, BASE + "x").fits(check)


@pytest.mark.parametrize(
    "text",
    [
        "nokey",
        "id:",
        ":" + "A" * 44,
        "id:not base64",
        "id:" + base64.b64encode(b"short").decode(),
        "a b:" + "A" * 43 + "=",
        f"twice:{'A' * 43}=,twice:{'B' * 43}=",
    ],
)
def test_a_wrong_keyring_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PRIKKE_KEYRING"):
        Keyring.from_settings(text, BASE)


def test_no_key_at_all_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="SECRET_KEY_BASE"):
        Keyring.from_settings(None, None)
