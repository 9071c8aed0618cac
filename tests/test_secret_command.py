"""`prikke secret`, `prikke user` and `prikke organization` as an operator meets them."""

import base64
import io
import json
import os
import re

import psycopg
import pytest

from prikke.cli import main
from prikke.http.cookies import token_hash
from prikke.keyring import Keyring, Sealed, secret_purpose

OLD, NEW = (base64.b64encode(bytes([byte]) * 32).decode() for byte in (1, 2))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, dsn: str) -> pytest.MonkeyPatch:
    """The database of this test, and a keyring."""
    for name in list(os.environ):
        if name.startswith(("PRIKKE_", "DATABASE_URL", "SECRET_KEY", "PORT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("PRIKKE_KEYRING", f"old:{OLD}")
    return monkeypatch


Capture = pytest.CaptureFixture[str]


def said(capsys: Capture, *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def put(environment: pytest.MonkeyPatch, value: str, name: str = "TOKEN") -> None:
    environment.setattr("sys.stdin", io.StringIO(value))
    assert main(["secret", "set", name, "--organization", "acme"]) == 0


def opened(db: psycopg.Connection, keyring: str) -> str:
    row = db.execute(
        "select organization_id, name, keyring_id, sealed from prikke.secret"
    ).fetchone()
    assert row is not None
    organization, name, key, data = row
    return Keyring.from_settings(keyring, None).open(
        Sealed(key, data), organization, secret_purpose(name)
    )


def test_a_secret_is_read_from_standard_input_and_listed_without_its_value(
    environment: pytest.MonkeyPatch, db: psycopg.Connection, organization: object, capsys: Capture
) -> None:
    put(environment, "s3cr3t\n")

    listed = said(capsys, "secret", "list", "--organization", "acme", "--json")

    assert [row["name"] for row in json.loads(listed)["secrets"]] == ["TOKEN"]
    assert "s3cr3t" not in listed
    assert opened(db, f"old:{OLD}") == "s3cr3t"
    said(capsys, "secret", "delete", "TOKEN", "--organization", "acme")
    assert said(capsys, "secret", "list", "--organization", "acme") == ""


def test_an_empty_secret_is_refused(
    environment: pytest.MonkeyPatch, organization: object, capsys: Capture
) -> None:
    environment.setattr("sys.stdin", io.StringIO("\n"))

    assert main(["secret", "set", "TOKEN", "--organization", "acme"]) == 1


def test_the_signing_secret_is_shown_alone_and_rotated(
    environment: pytest.MonkeyPatch, organization: object, capsys: Capture
) -> None:
    first = said(capsys, "secret", "signing", "show", "--organization", "acme")
    again = said(capsys, "secret", "signing", "show", "--organization", "acme")
    second = said(capsys, "secret", "signing", "rotate", "--organization", "acme")

    assert first == again != second
    assert first.startswith("whsec_")
    assert said(capsys, "secret", "signing", "show", "--organization", "acme") == second


def test_resealing_lets_the_old_key_go(
    environment: pytest.MonkeyPatch, db: psycopg.Connection, organization: object, capsys: Capture
) -> None:
    put(environment, "s3cr3t")
    signing = said(capsys, "secret", "signing", "show", "--organization", "acme")
    environment.setenv("PRIKKE_KEYRING", f"new:{NEW},old:{OLD}")

    told = said(capsys, "secret", "reseal")

    environment.setenv("PRIKKE_KEYRING", f"new:{NEW}")
    assert told == "2 values sealed anew; all are under key new.\n"
    assert opened(db, f"new:{NEW}") == "s3cr3t"
    assert said(capsys, "secret", "signing", "show", "--organization", "acme") == signing


def test_another_keyring_is_refused(
    environment: pytest.MonkeyPatch, organization: object, capsys: Capture
) -> None:
    put(environment, "s3cr3t")
    environment.setenv("PRIKKE_KEYRING", f"new:{NEW}")

    assert main(["secret", "signing", "show", "--organization", "acme"]) == 1
    assert "another key" in capsys.readouterr().err


def test_an_operator_makes_a_user_who_owns_an_organization(
    environment: pytest.MonkeyPatch, db: psycopg.Connection, capsys: Capture
) -> None:
    user = said(capsys, "user", "create", "Ann@example.com").strip()
    again = said(capsys, "user", "create", "ann@example.com").strip()
    slug = said(capsys, "organization", "create", "Hers", "--owner", "ann@example.com").strip()

    assert user == again
    owners = db.execute(
        "select o.slug, m.user_id::text, m.role from prikke.member as m"
        " join prikke.organization as o on o.id = m.organization_id"
    ).fetchall()
    assert owners == [(slug, user, "owner")]


def test_a_new_user_gets_a_link_that_signs_in_beside_the_id(
    environment: pytest.MonkeyPatch, db: psycopg.Connection, capsys: Capture
) -> None:
    environment.setenv("PRIKKE_BASE_URL", "https://prikke.example")
    assert main(["user", "create", "Ann@example.com"]) == 0
    said_beside = capsys.readouterr().err
    found = re.search(r"https://prikke\.example/users/log-in/(\S+)", said_beside)
    assert found is not None

    row = db.execute(
        "select email from prikke.complete_sign_in(%s, %s)",
        (token_hash(found[1]), token_hash("session")),
    ).fetchone()

    assert row == ("ann@example.com",)


def test_strangers_who_use_up_the_mails_of_an_address_keep_nobody_from_an_operators_link(
    environment: pytest.MonkeyPatch, db: psycopg.Connection, capsys: Capture
) -> None:
    for number in range(5):
        db.execute(
            "select prikke.request_sign_in(%s, %s, %s)",
            ("ann@example.com", token_hash(f"token {number}"), f"203.0.113.{number}"),
        )

    assert main(["user", "create", "ann@example.com"]) == 0

    assert "/users/log-in/" in capsys.readouterr().err
