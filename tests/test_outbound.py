"""The guarded client: what it dials, what it brings back, and when it gives up."""

import asyncio
import random
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from prikke import deadlines, lookup
from prikke import outbound as outbound_module
from prikke.outbound import (
    Answer,
    ConnectionFailed,
    DeadlinePassed,
    Outbound,
    OutboundError,
    OutgoingRequest,
    TargetRefused,
    default_policy,
    header_lines,
)
from prikke.targets import Target
from tests.egress_proxy import egress_proxy
from tests.receiver import Receiver

pytestmark = pytest.mark.anyio


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
async def client(receiver: Receiver) -> AsyncIterator[Outbound]:
    """Allowed to reach the receiver and nothing else that is not public."""
    async with Outbound(default_policy(allow=[receiver.target])) as running:
        yield running


async def fetch(
    client: Outbound,
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    seconds: float = 5.0,
) -> Answer:
    request = OutgoingRequest(method, url, "", body)
    return await client.deliver(request, time.monotonic() + seconds)


Addresses = dict[str, list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Addresses:
    """A resolver of our own: names and their addresses. It reads numbers as the real one does."""
    known: Addresses = {}

    def look_up(host: str, port: int, family: int) -> list[Any]:
        if host in known:
            return [
                entry
                for address in known[host]
                for entry in socket.getaddrinfo(
                    address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
                )
            ]
        return socket.getaddrinfo(
            host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )

    monkeypatch.setattr(lookup, "look_up", look_up)
    return known


# What goes out.


async def test_the_request_arrives_exactly_as_it_was_given(
    client: Outbound, receiver: Receiver
) -> None:
    url = receiver.address("/hook/a%2Fb/../c?x=%2B1&y=a+b&z=%7e#part")
    head = header_lines({"Accept": "*/*", "X-Mine": "blå"})

    await client.deliver(OutgoingRequest("POST", url, head, b"\x00body\xff"), time.monotonic() + 5)

    [request] = receiver.requests
    assert (request.method, request.target, request.body) == (
        "POST",
        "/hook/a%2Fb/../c?x=%2B1&y=a+b&z=%7e",
        b"\x00body\xff",
    )
    assert request.headers == {
        "host": receiver.target,
        "accept": "*/*",
        "x-mine": "blå",
        "content-length": "6",
    }


async def test_a_url_that_is_not_plain_ascii_is_encoded(
    client: Outbound, receiver: Receiver
) -> None:
    await fetch(client, receiver.address("/sø?q=å|b"))

    assert receiver.requests[0].target == "/s%C3%B8?q=%C3%A5%7Cb"


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("GET", None, None),
        ("GET", b"x", "1"),
        ("HEAD", None, None),
        ("DELETE", None, None),
        ("OPTIONS", None, None),
        ("POST", None, "0"),
        ("POST", b"", "0"),
        ("PUT", b"", "0"),
        ("PATCH", None, "0"),
        ("DELETE", b"ab", "2"),
    ],
)
async def test_the_length_is_told_where_http_wants_it(
    client: Outbound, receiver: Receiver, method: str, body: bytes | None, length: str | None
) -> None:
    await fetch(client, receiver.url, method, body)

    assert receiver.requests[0].headers.get("content-length") == length


async def test_a_large_body_arrives_whole(client: Outbound, receiver: Receiver) -> None:
    body = random.Random(1).randbytes(256 * 1024)

    await fetch(client, receiver.url, "POST", body)

    assert receiver.requests[0].body == body


async def test_connections_are_kept_and_shared(client: Outbound, receiver: Receiver) -> None:
    for _ in range(5):
        await fetch(client, receiver.url)

    assert {request.connection for request in receiver.requests} == {1}


async def test_no_cookie_is_ever_sent_back(client: Outbound, receiver: Receiver) -> None:
    await fetch(client, receiver.address("/answer?header=Set-Cookie:a=b"))

    await fetch(client, receiver.url)

    assert "cookie" not in receiver.requests[1].headers


async def test_the_environment_proxy_is_ignored(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async with Outbound(default_policy(allow=[receiver.target])) as client:
        answer = await fetch(client, receiver.url)

    assert answer.status == 200


# What comes back.


async def test_the_answer_is_brought_back(client: Outbound, receiver: Receiver) -> None:
    answer = await fetch(
        client, receiver.address("/answer?status=418&body=tea&header=X-A:1&header=x-b:2")
    )

    assert answer == Answer(
        418,
        {"X-A": "1", "x-b": "2", "Content-Type": "text/plain", "Content-Length": "3"},
        b"tea",
        truncated=False,
    )


async def test_repeated_headers_are_joined(client: Outbound, receiver: Receiver) -> None:
    headers = (await fetch(client, receiver.address("/headers?count=2&length=3"))).headers

    assert headers["X-Extra-0"] == "hhh"


async def test_a_redirect_is_not_followed(client: Outbound, receiver: Receiver) -> None:
    answer = await fetch(client, receiver.address("/redirect?to=/elsewhere"))

    assert (answer.status, answer.headers["Location"]) == (302, "/elsewhere")
    assert len(receiver.requests) == 1


async def test_head_has_headers_and_no_body(client: Outbound, receiver: Receiver) -> None:
    answer = await fetch(client, receiver.address("/large?bytes=100"), "HEAD")
    after = await fetch(client, receiver.url)

    assert (answer.body, answer.headers["Content-Length"], after.body) == (b"", "100", b"ok")


async def test_a_body_is_read_to_the_cap_and_the_rest_left(
    client: Outbound, receiver: Receiver
) -> None:
    exact = await fetch(client, receiver.address("/large?bytes=65536"))
    over = await fetch(client, receiver.address("/large?bytes=65537"))
    flood = await fetch(client, receiver.address("/flood"))

    assert [(len(a.body), a.truncated) for a in (exact, over, flood)] == [
        (65536, False),
        (65536, True),
        (65536, True),
    ]


async def test_gzip_is_neither_asked_for_nor_unpacked(client: Outbound, receiver: Receiver) -> None:
    answer = await fetch(client, receiver.address("/gzip-bomb"))

    assert (len(answer.body), answer.body[:2], answer.truncated) == (65536, b"\x1f\x8b", True)


async def test_three_hundred_headers_are_kept_up_to_the_cap(
    client: Outbound, receiver: Receiver
) -> None:
    many = await fetch(client, receiver.address("/headers?count=300&length=20"))
    long = await fetch(client, receiver.address("/headers?count=300&length=4000"))

    assert (len(many.headers), many.truncated) == (301, False)
    assert long.truncated
    assert sum(len(n) + len(v) + 4 for n, v in long.headers.items()) <= 16 * 1024


async def test_more_headers_than_anyone_needs_are_not_an_answer(
    client: Outbound, receiver: Receiver
) -> None:
    with pytest.raises(ConnectionFailed, match="not HTTP"):
        await fetch(client, receiver.address("/headers?count=2000"))


async def test_headers_that_are_not_utf8_can_be_stored(
    client: Outbound, receiver: Receiver
) -> None:
    answer = await fetch(client, receiver.address("/latin"))

    assert answer.headers["X-Latin"] == "bl�b�r"


async def test_interim_answers_are_passed_over(client: Outbound, receiver: Receiver) -> None:
    answer = await fetch(client, receiver.address("/interim?count=3"))

    assert answer.status == 200


# What goes wrong.


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/garbage", "not HTTP"),
        ("/wrong-length", "ended early"),
        ("/truncated", "ended early"),
        ("/close", "closed the connection without an answer"),
        ("/close-after-head", "ended early"),
        ("/reset", "the connection failed"),
        ("/interim?count=1000", "not an answer"),
        ("/upgrade", "not an answer"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_broken_answer_is_told_in_words(
    client: Outbound, receiver: Receiver, path: str, words: str, method: str
) -> None:
    with pytest.raises(ConnectionFailed, match=words):
        await fetch(client, receiver.address(path), method)

    assert len(receiver.requests) == 1


@pytest.mark.parametrize("path", ["/never", "/drip", "/slow-head", "/answer?delay=30"])
async def test_nothing_outlasts_the_deadline(
    client: Outbound, receiver: Receiver, path: str
) -> None:
    began = time.monotonic()

    with pytest.raises(DeadlinePassed):
        await fetch(client, receiver.address(path), seconds=0.3)

    assert 0.3 <= time.monotonic() - began < 5.0


async def test_a_thousand_deadlines_pass_together(client: Outbound, receiver: Receiver) -> None:
    began = time.monotonic()

    results = await asyncio.gather(
        *[fetch(client, receiver.address("/never"), seconds=1.0) for _ in range(1000)],
        return_exceptions=True,
    )

    assert {type(result) for result in results} == {DeadlinePassed}
    assert time.monotonic() - began < 20


async def test_a_deadline_that_passed_before_is_noticed(
    client: Outbound, receiver: Receiver
) -> None:
    with pytest.raises(DeadlinePassed):
        await fetch(client, receiver.address("/never"), seconds=-1)


async def test_a_name_that_takes_forever_ends_at_the_deadline(
    client: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    def look_up(*_: object) -> list[Any]:
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
        raise socket.gaierror

    monkeypatch.setattr(lookup, "look_up", look_up)

    with pytest.raises(DeadlinePassed):
        await fetch(client, "http://slow.example/", seconds=0.2)

    released.set()


async def test_cancelling_the_caller_cancels_and_is_not_a_timeout(
    client: Outbound, receiver: Receiver
) -> None:
    task = asyncio.create_task(fetch(client, receiver.address("/never")))
    await receiver.arrived(1)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_task_is_usable_after_a_deadline(client: Outbound, receiver: Receiver) -> None:
    with pytest.raises(DeadlinePassed):
        await fetch(client, receiver.address("/never"), seconds=0.1)

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    assert (await fetch(client, receiver.url)).status == 200


async def test_a_refused_connection_is_a_failure(receiver: Receiver) -> None:
    async with Outbound(default_policy(allow=["127.0.0.0/8"])) as client:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]

            with pytest.raises(ConnectionFailed, match="cannot connect"):
                await fetch(client, f"http://127.0.0.1:{port}/")


async def test_an_unknown_name_is_a_failure(client: Outbound, names: Addresses) -> None:
    with pytest.raises(ConnectionFailed, match="cannot be resolved"):
        await fetch(client, "http://nowhere.example/")


async def test_a_kept_connection_that_died_is_replaced_where_http_allows(
    client: Outbound, receiver: Receiver
) -> None:
    await fetch(client, receiver.address("/stale"))

    answer = await fetch(client, receiver.address("/echo"))

    assert answer.status == 200


async def test_a_post_is_never_sent_twice(client: Outbound, receiver: Receiver) -> None:
    await fetch(client, receiver.address("/stale"))

    with pytest.raises(ConnectionFailed):
        await fetch(client, receiver.address("/echo"), "POST", b"x")

    assert receiver.of("/echo") == []


async def test_every_failure_leaves_no_connection_behind(
    client: Outbound, receiver: Receiver
) -> None:
    for path in ("/never", "/drip", "/garbage", "/flood", "/reset", "/close", "/upgrade", "/"):
        try:
            await fetch(client, receiver.address(path), seconds=0.2)
        except OutboundError:
            continue

    assert len(client._connector._acquired) == 0
    assert client._deadlines._slots == {}


async def test_an_idle_client_keeps_no_timer(client: Outbound, receiver: Receiver) -> None:
    await fetch(client, receiver.url)
    assert not client._deadlines.idle

    # One tick later it finds nothing to watch.
    await asyncio.sleep(3 * deadlines.TICK)

    assert client._deadlines.idle


# What is dialled.

REFUSED = [
    "http://127.0.0.1/",
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::]:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:ffff:7f00:0001]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://１２７.0.0.1:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://evil.example:{port}/",
    "http://mixed.example:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.example/",
    "http://[fd00:ec2::254]/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://172.16.0.1/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://user:secret@127.0.0.1:{port}/",
    "http://user@evil.example:{port}/",
    "http://evil.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://example.com\r\nHost: evil/",
    "http://exam ple.com/",
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "unix:///run/x.sock",
    "gopher://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}",
    "http://",
    "http:///x",
    "http://[::1:{port}/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:99999/",
    "http://example.com/" + "x" * 16384,
    "",
]


@pytest.mark.parametrize("url", REFUSED)
async def test_what_is_not_public_is_refused_and_never_reached(
    receiver: Receiver, names: Addresses, url: str
) -> None:
    names["localhost"] = names["LOCALHOST."] = names["localhost."] = ["::1", "127.0.0.1"]
    names["evil.example"] = ["127.0.0.1"]
    names["mixed.example"] = ["93.184.216.34", "127.0.0.1"]
    names["metadata.example"] = ["169.254.169.254"]

    async with Outbound(default_policy()) as client:
        with pytest.raises(TargetRefused):
            await fetch(client, url.replace("{port}", str(receiver.port)))

    assert receiver.connections == 0


async def test_a_refusal_is_no_oserror_and_tells_no_inner_address(
    names: Addresses,
) -> None:
    names["inner.example"] = ["10.20.30.40"]

    async with Outbound(default_policy()) as client:
        with pytest.raises(TargetRefused) as caught:
            await fetch(client, "http://inner.example/")

    assert not isinstance(caught.value, OSError)
    assert str(caught.value) == "the address is not public (private)"


async def test_a_name_that_moves_inside_is_refused_at_its_next_look_up(
    client: Outbound, receiver: Receiver, names: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound_module, "LOOKUP_SECONDS", 0)
    async with Outbound(default_policy(allow=["127.0.0.2"])) as rebound:
        with Receiver("127.0.0.2") as allowed:
            names["moving.example"] = ["127.0.0.2"]
            url = f"http://moving.example:{allowed.port}/answer?close=1"
            first = await fetch(rebound, url)
            names["moving.example"] = ["127.0.0.1"]

            with pytest.raises(TargetRefused):
                await fetch(rebound, url)

    assert first.status == 200
    assert receiver.connections == 0


async def test_the_socket_is_checked_even_if_the_resolver_is_not(
    receiver: Receiver, names: Addresses
) -> None:
    names["evil.example"] = ["127.0.0.1", "127.0.0.2"]

    async with Outbound(default_policy()) as client:
        client._resolver.policy = None
        with pytest.raises(TargetRefused):
            await fetch(client, f"http://evil.example:{receiver.port}/")

    assert receiver.connections == 0


async def test_an_allowed_name_is_reached_and_named(receiver: Receiver, names: Addresses) -> None:
    names["inside.example"] = ["127.0.0.1"]

    async with Outbound(default_policy(allow=["127.0.0.0/8"])) as client:
        answer = await fetch(client, f"http://Inside.Example:{receiver.port}/x")

    assert answer.status == 200
    assert receiver.requests[0].headers["host"] == f"inside.example:{receiver.port}"


async def test_an_allowed_port_does_not_allow_the_others(receiver: Receiver) -> None:
    async with Outbound(default_policy(allow=[f"127.0.0.1:{receiver.port + 1}"])) as client:
        with pytest.raises(TargetRefused):
            await fetch(client, receiver.url)


async def test_what_the_operator_denies_is_refused_though_allowed(receiver: Receiver) -> None:
    policy = default_policy(allow=["127.0.0.0/8"], deny=[receiver.target])

    async with Outbound(policy) as client:
        with pytest.raises(TargetRefused, match="denied by the operator"):
            await fetch(client, receiver.url)


async def test_an_operators_own_address_is_reached_by_its_own_door_alone(
    receiver: Receiver,
) -> None:
    request = OutgoingRequest("GET", receiver.address("/beat"), "")

    async with Outbound(default_policy(), own=[receiver.url]) as client:
        answer = await client.deliver_own(request, time.monotonic() + 5)
        with pytest.raises(TargetRefused):
            await client.deliver(request, time.monotonic() + 5)

    assert answer.status == 200
    assert len(receiver.requests) == 1


async def test_the_own_door_guards_what_is_not_the_operators(receiver: Receiver) -> None:
    request = OutgoingRequest("GET", receiver.url, "")

    async with Outbound(default_policy(), own=["http://127.0.0.1:1/"]) as client:
        with pytest.raises(TargetRefused):
            await client.deliver_own(request, time.monotonic() + 5)


def _spelled(generator: random.Random, address: IPv4Address) -> str:
    """One of the many ways in which clients let an IPv4 address be written."""
    number = int(address)
    count = generator.randint(1, 4)
    parts = [(number >> shift) & 255 for shift in (24, 16, 8, 0)][: count - 1]
    parts.append(number & ((1 << (8 * (5 - count))) - 1))
    forms: list[Callable[[int], str]] = [str, hex, lambda n: f"0{n:o}", lambda n: f"0X{n:X}"]
    text = ".".join(generator.choice(forms)(part) for part in parts)
    if generator.random() < 0.2:
        text = text.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    if generator.random() < 0.2:
        text = text.replace(".", generator.choice([".", "。", "．", "｡"]))
    if generator.random() < 0.1:
        text = "".join(f"%{ord(c):02x}" if ord(c) < 128 else c for c in text)
    return text + generator.choice(["", "", "."])


async def test_no_spelling_of_loopback_reaches_it(receiver: Receiver, names: Addresses) -> None:
    generator = random.Random()
    seed = generator.getrandbits(32)
    generator.seed(seed)
    async with Outbound(default_policy()) as client:
        for _ in range(500):
            host = _spelled(generator, IPv4Address(generator.choice(["127.0.0.1", "0.0.0.0"])))

            with pytest.raises(OutboundError):
                await fetch(client, f"http://{host}:{receiver.port}/")

            assert receiver.connections == 0, f"{host!r} got through (seed {seed})"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.5", "10.0.0.5/32"),
        ("127.0.0.1:8123", "127.0.0.1:8123"),
        ("10.0.0.0/8:80", "10.0.0.0/8:80"),
        ("[::1]:8123", "[::1]:8123"),
        ("fd00::/8", "fd00::/8"),
        ("[fd00::1]", "fd00::1/128"),
    ],
)
def test_targets_are_read_and_shown(text: str, shown: str) -> None:
    assert str(Target.parse(text)) == shown
    assert Target.parse(shown) == Target.parse(text)


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.0/33", "10.0.0.1:0", "1.2.3.4:x"])
def test_wrong_targets_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Target.parse(text)


# Behind an egress proxy.


async def test_the_proxy_gets_the_checked_address_and_the_receiver_the_name(
    receiver: Receiver, names: Addresses
) -> None:
    names["public.example"] = ["93.184.216.34"]

    async with (
        egress_proxy(receiver.port) as proxy,
        Outbound(default_policy(), proxy=proxy.url) as client,
    ):
        answers = [
            await fetch(client, "http://public.example/a?b=c", "POST", b"x") for _ in range(2)
        ]

    assert proxy.lines == ["POST http://93.184.216.34/a?b=c HTTP/1.1"]
    assert [answer.status for answer in answers] == [200, 200]
    assert receiver.requests[0].headers["host"] == "public.example"


async def test_the_guard_holds_behind_a_proxy(receiver: Receiver, names: Addresses) -> None:
    names["evil.example"] = ["10.0.0.1"]
    names["mixed.example"] = ["93.184.216.34", "10.0.0.1"]
    urls = [url.replace("{port}", str(receiver.port)) for url in REFUSED if "localhost" not in url]

    async with (
        egress_proxy(receiver.port) as proxy,
        Outbound(default_policy(), proxy=proxy.url) as client,
    ):
        for url in [*urls, "http://evil.example/", "https://mixed.example/"]:
            with pytest.raises(OutboundError):
                await fetch(client, url)

    assert (proxy.heads, receiver.connections) == ([], 0)


async def test_the_proxy_is_given_its_password(receiver: Receiver, names: Addresses) -> None:
    names["public.example"] = ["93.184.216.34"]

    async with egress_proxy(receiver.port) as proxy:
        secret = proxy.url.replace("http://", "http://me:p%40ss@")
        async with Outbound(default_policy(), proxy=secret) as client:
            await fetch(client, "http://public.example/")

    assert "Proxy-Authorization: Basic bWU6cEBzcw==" in proxy.heads[0]


async def test_a_proxy_that_refuses_a_tunnel_is_a_failure(
    receiver: Receiver, names: Addresses
) -> None:
    names["public.example"] = ["93.184.216.34"]

    async with (
        egress_proxy(receiver.port, refuse=True) as proxy,
        Outbound(default_policy(), proxy=proxy.url) as client,
    ):
        with pytest.raises(ConnectionFailed, match="proxy answered 403"):
            await fetch(client, "https://public.example/")

    assert proxy.lines == ["CONNECT 93.184.216.34:443 HTTP/1.1"]


async def test_a_local_address_of_the_operators_goes_past_the_proxy(
    receiver: Receiver, names: Addresses
) -> None:
    names["beat.example"] = ["93.184.216.34"]

    async with (
        egress_proxy(receiver.port) as proxy,
        Outbound(
            default_policy(), proxy=proxy.url, own=[receiver.url, "http://beat.example"]
        ) as client,
    ):
        for url in (receiver.address("/here"), "http://beat.example/there"):
            await client.deliver_own(OutgoingRequest("GET", url, ""), time.monotonic() + 5)

    assert proxy.lines == ["GET http://93.184.216.34/there HTTP/1.1"]
    assert [request.path for request in receiver.requests] == ["/here", "/there"]


# TLS.


class Authority:
    """A certificate authority, and server contexts with certificates of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
        self.file = folder / "ca.pem"
        self.certificate = self._signed(self.name, self.key, [], authority=True)
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, *hosts: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        certificate = self._signed(name, key, list(hosts), authority=False)
        path = self.folder / f"{hosts[0]}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        hosts: list[str],
        authority: bool,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
                critical=False,
            )
        )
        if authority:
            builder = builder.add_extension(identifier, critical=False).add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=True,
                    crl_sign=True,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        else:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]),
                critical=False,
            )
        return builder.sign(self.key, hashes.SHA256())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_https_is_spoken_with_a_certificate_that_fits(
    authority: Authority, names: Addresses
) -> None:
    names["secure.example"] = ["127.0.0.1"]
    names["other.example"] = ["127.0.0.1"]
    with Receiver(tls=authority.server("secure.example")) as receiver:
        policy = default_policy(allow=[receiver.target])
        async with Outbound(policy, ca_file=str(authority.file)) as client:
            answer = await fetch(client, f"https://secure.example:{receiver.port}/")
            with pytest.raises(ConnectionFailed, match="certificate"):
                await fetch(client, f"https://other.example:{receiver.port}/")

    assert answer.status == 200


async def test_an_unknown_authority_is_not_trusted(authority: Authority, names: Addresses) -> None:
    names["secure.example"] = ["127.0.0.1"]
    with Receiver(tls=authority.server("secure.example")) as receiver:
        async with Outbound(default_policy(allow=[receiver.target])) as client:
            with pytest.raises(ConnectionFailed, match="certificate"):
                await fetch(client, f"https://secure.example:{receiver.port}/")

    assert receiver.requests == []


async def test_plain_http_is_not_taken_for_https(client: Outbound, receiver: Receiver) -> None:
    with pytest.raises(OutboundError):
        await fetch(client, receiver.url.replace("http:", "https:"), seconds=0.3)


async def test_https_goes_through_a_tunnel_to_the_checked_address(
    authority: Authority, names: Addresses
) -> None:
    names["secure.example"] = ["93.184.216.34"]
    with Receiver(tls=authority.server("secure.example")) as receiver:
        async with AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(egress_proxy(receiver.port))
            client = await stack.enter_async_context(
                Outbound(default_policy(), proxy=proxy.url, ca_file=str(authority.file))
            )
            answers = [await fetch(client, "https://secure.example/x") for _ in range(2)]

    assert proxy.lines == ["CONNECT 93.184.216.34:443 HTTP/1.1"]
    assert [answer.status for answer in answers] == [200, 200]
    assert [request.headers["host"] for request in receiver.requests] == ["secure.example"] * 2


# Memory.

_MEMORY = """
import asyncio, sys, time, uvloop
from prikke.outbound import Outbound, OutboundError, OutgoingRequest, default_policy

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

async def main(url):
    async with Outbound(default_policy(allow=[url.removeprefix("http://")])) as client:
        async def once(path):
            request = OutgoingRequest("GET", url + path, "")
            try:
                await client.deliver(request, time.monotonic() + 1)
            except OutboundError:
                pass
        await once("/gzip-bomb")
        before = resident()
        paths = "/gzip-bomb /flood /headers?length=8000 /large?bytes=9999999 /interim".split()
        for _ in range(5):
            await asyncio.gather(*[once(path) for path in paths])
        print(resident() - before)

uvloop.run(main(sys.argv[1]))
"""


async def test_hostile_answers_leave_memory_flat(receiver: Receiver) -> None:
    run = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _MEMORY, receiver.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert int(run.stdout) < 40 * 1024 * 1024
