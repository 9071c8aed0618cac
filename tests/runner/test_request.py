"""What an execution becomes on its way out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from prikke import __version__
from prikke.outbound import OutgoingRequest
from prikke.runner.request import SigningSecrets, Unsendable, build
from prikke.signing import new_signing_secret, sign_body

NEW, OLD = new_signing_secret(), new_signing_secret()
NOW = datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """A claimed execution."""

    id: UUID = field(default_factory=uuid4)
    job_id: UUID | None = None
    attempt: int = 0
    scheduled_for: datetime = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
    url: str = "https://example.com/hook"
    method: str = "POST"
    headers: Mapping[str, str] | None = None
    body: str | bytes | None = '{"order": 42}'
    content_type: str | None = "application/json"
    hop: int = 0


def headers_of(request: OutgoingRequest) -> dict[str, str]:
    assert request.head.endswith("\r\n")
    pairs = [line.partition(": ")[::2] for line in request.head.split("\r\n")[:-1]]
    names = [name.lower() for name, _ in pairs]
    assert len(set(names)) == len(names)
    return dict(pairs)


def test_every_header_of_a_delivery_is_there() -> None:
    row = Row(job_id=uuid4(), attempt=2, hop=1)

    request = build(row, [NEW], NOW, completion_url="https://prikke.example/complete/abc")

    headers = headers_of(request)
    assert headers.pop("webhook-signature").startswith("v1,")
    assert headers == {
        "User-Agent": f"Prikke/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "webhook-id": str(row.id),
        "webhook-timestamp": str(int(NOW.timestamp())),
        "X-Prikke-Signature": sign_body(NEW, b'{"order": 42}'),
        "X-Prikke-Execution-Id": str(row.id),
        "X-Prikke-Attempt": "3",
        "X-Prikke-Scheduled-For": "2026-03-02T12:00:00+00:00",
        "X-Prikke-Job-Id": str(row.job_id),
        "X-Prikke-Completion-Url": "https://prikke.example/complete/abc",
        "X-Prikke-Hop": "1",
    }
    assert (request.method, request.url, request.body) == ("POST", row.url, b'{"order": 42}')


def test_what_does_not_apply_is_left_out() -> None:
    request = build(Row(body=None, content_type=None), [NEW], NOW)

    assert set(headers_of(request)).isdisjoint(
        {"X-Prikke-Job-Id", "X-Prikke-Completion-Url", "X-Prikke-Hop", "Content-Type"}
    )
    assert request.body is None


def test_a_receiver_verifies_it_with_the_standard_library_of_webhooks() -> None:
    request = build(Row(), SigningSecrets((NEW, OLD)), datetime.now(UTC))

    for secret in (NEW, OLD):
        assert Webhook(secret).verify(request.body or b"", headers_of(request)) == {"order": 42}


def test_the_single_signature_uses_the_older_secret_while_two_live() -> None:
    headers = headers_of(build(Row(), SigningSecrets((NEW, OLD)), NOW))

    assert headers["X-Prikke-Signature"] == sign_body(OLD, b'{"order": 42}')


def test_the_id_stays_and_the_timestamp_moves_over_attempts() -> None:
    row = Row()
    later = NOW + timedelta(minutes=1)

    first, second = (headers_of(build(row, [NEW], instant)) for instant in (NOW, later))

    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 60


def test_a_users_headers_replace_ours_whatever_their_case() -> None:
    headers = headers_of(
        build(
            Row(headers={"user-agent": "mine", "ACCEPT": "text/csv", "content-type": "text/csv"}),
            [NEW],
            NOW,
        )
    )

    assert (headers["user-agent"], headers["ACCEPT"], headers["content-type"]) == (
        "mine",
        "text/csv",
        "text/csv",
    )
    assert "Content-Type" not in headers


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-id": "forged"},
        {"X-Prikke-Signature": "forged"},
        {"Host": "elsewhere"},
        {"Content-Length": "5"},
        {"Transfer-Encoding": "chunked"},
        {"X": "a\r\nEvil: 1"},
        {"X\r\nEvil": "1"},
    ],
)
def test_headers_that_must_not_leave_are_not_sent(headers: dict[str, str]) -> None:
    with pytest.raises(Unsendable, match="header"):
        build(Row(headers=headers), [NEW], NOW)


def test_headers_saved_under_a_raised_limit_are_sent() -> None:
    headers = {f"X-{number}": "v" * 5000 for number in range(100)}

    assert headers.items() <= headers_of(build(Row(headers=headers), [NEW], NOW)).items()


def test_a_content_type_cannot_smuggle_a_header() -> None:
    with pytest.raises(Unsendable, match="content type"):
        build(Row(content_type="text/plain\r\nEvil: 1"), [NEW], NOW)


def test_the_bytes_that_are_signed_are_the_bytes_that_are_sent() -> None:
    text = build(Row(body="blåbær"), [NEW], NOW)
    raw = build(Row(body=b"\x00\xff"), [NEW], NOW)

    assert (text.body, raw.body) == ("blåbær".encode(), b"\x00\xff")
    assert headers_of(text)["X-Prikke-Signature"] == sign_body(NEW, "blåbær".encode())
    assert headers_of(raw)["X-Prikke-Signature"] == sign_body(NEW, b"\x00\xff")


def test_the_due_time_is_told_in_utc() -> None:
    oslo = timezone(timedelta(hours=1))

    headers = headers_of(
        build(Row(scheduled_for=datetime(2026, 3, 2, 13, tzinfo=oslo)), [NEW], NOW)
    )

    assert headers["X-Prikke-Scheduled-For"] == "2026-03-02T12:00:00+00:00"


def test_the_same_headers_in_another_order_or_with_other_values_are_not_mixed_up() -> None:
    first = headers_of(build(Row(headers={"A": "1", "B": "2"}), [NEW], NOW))
    second = headers_of(build(Row(headers={"B": "1", "A": "2"}), [NEW], NOW))

    assert json.dumps([first["A"], first["B"], second["A"], second["B"]]) == '["1", "2", "2", "1"]'
