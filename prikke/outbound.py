"""The one guarded HTTP client: everything that leaves Prikke goes through it.

`Outbound` dials nothing that its policy refuses. The check is made twice: on every answer of the
resolver, and on the address of each socket, which also covers literals that no resolver sees.
With an egress proxy the sockets only ever see the proxy, so names are resolved and checked before
and the proxy is handed the checked address.
"""

import asyncio
import socket
import ssl
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, NamedTuple, cast

import aiohttp
from aiohttp import ClientTimeout
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection, TCPConnector
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from prikke.deadlines import Deadlines
from prikke.errors import ConnectionFailed, DeadlinePassed, OutboundError, TargetRefused
from prikke.lookup import Resolver, check, look_up
from prikke.routes import LOOKUP_SECONDS, Route, Routes, origin, parsed
from prikke.sqlfiles import read_table
from prikke.targets import Network, Policy, Target

__all__ = [
    "Answer",
    "ConnectionFailed",
    "DeadlinePassed",
    "Outbound",
    "OutboundError",
    "OutgoingRequest",
    "TargetRefused",
    "connect_own",
    "default_policy",
    "header_lines",
]

# Kept connections go before the five seconds after which many servers drop them.
KEEP_ALIVE_SECONDS = 4.0
ANSWER_BODY_BYTES = 64 * 1024
ANSWER_HEADERS_BYTES = 16 * 1024

_ANSWER_HEADER_COUNT = 320
_READ_BUFFER = 16 * 1024
_INTERIM_ANSWERS = 8

_NO_TIMEOUT = ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)
_RESENDABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})


# Tuples, since one is made for each delivery and a frozen dataclass takes four times as long.
class OutgoingRequest(NamedTuple):
    """A request ready to be sent.

    `head` holds the header lines, each ended by CRLF, checked, without Host and Content-Length,
    which are written here. `body` is None where there is none.
    """

    method: str
    url: str
    head: str
    body: bytes | None = None


class Answer(NamedTuple):
    """What came back: the body up to its cap, `truncated` when there was more of it or of headers.

    Header names are as they came, repeated ones joined by a comma.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    truncated: bool = False


def header_lines(headers: Mapping[str, str]) -> str:
    """Header lines for `OutgoingRequest.head` from names and values that were checked."""
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])


def default_policy(
    allow: Iterable[str | Network | Target] = (), deny: Iterable[str | Network | Target] = ()
) -> Policy:
    """The refused ranges that SQL also uses, with what the operator allows and denies."""
    refused = {row["network"]: row["reason"] for row in read_table("refused_range.tsv")}
    return Policy(refused, allow, deny)


async def connect_own(host: str, port: int) -> socket.socket:
    """A connection to a host that the operator set and that speaks no HTTP: a mail server.

    Whatever its name resolves to may be dialled; the addresses are tried one after the other.
    """
    loop = asyncio.get_running_loop()
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in await asyncio.to_thread(look_up, host, port, 0):
        dialled = socket.socket(family, kind, protocol)
        try:
            dialled.setblocking(False)
            await loop.sock_connect(dialled, address)
        except OSError as error:
            dialled.close()
            failure = error
        except BaseException:
            dialled.close()
            raise
        else:
            return dialled
    raise failure


class Outbound:
    """Sends requests and hands back answers, within the policy and the deadline.

    `own` are addresses that the operator set (heartbeat, Prikke itself): `deliver_own` reaches
    their hosts, whatever they resolve to, over connections that no other request can use.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        proxy: str | None = None,
        ca_file: str | None = None,
        own: Iterable[str] = (),
        body_cap: int = ANSWER_BODY_BYTES,
        headers_cap: int = ANSWER_HEADERS_BYTES,
    ) -> None:
        """Must be made inside a running event loop, and closed there."""
        self._policy = policy
        self._deadlines = Deadlines()
        self._body_cap = body_cap
        self._headers_cap = headers_cap
        self._tls = ssl.create_default_context()
        if ca_file is not None:
            self._tls.load_verify_locations(ca_file)
        self._tls.set_alpn_protocols(["http/1.1"])
        self._own_origins = frozenset(origin(url) for url in own)
        self._proxy = URL(proxy) if proxy is not None else None
        self._resolver = Resolver(policy)
        self._own_resolver = Resolver(None)
        # Behind a proxy every socket goes to the proxy, which the operator set.
        self._connector = self._connector_for(
            self._resolver if self._proxy is None else self._own_resolver,
            self._guarded_socket if self._proxy is None else None,
        )
        self._own_connector = self._connector_for(self._own_resolver, None)
        self._routes = Routes(self._resolver, self._proxy)

    def _connector_for(self, resolver: AbstractResolver, factory: Any) -> TCPConnector:
        return TCPConnector(
            limit=0,
            ssl=self._tls,
            resolver=resolver,
            ttl_dns_cache=LOOKUP_SECONDS,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            socket_factory=factory,
        )

    async def __aenter__(self) -> "Outbound":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        self._deadlines.stop()
        await self._connector.close()
        await self._own_connector.close()
        await self._resolver.close()
        await self._own_resolver.close()

    def deliver(self, request: OutgoingRequest, deadline: float) -> Coroutine[Any, Any, Answer]:
        """Send a request; its complete answer, or one of OutboundError.

        `deadline` is an instant of `time.monotonic()` and bounds everything: name, connection,
        TLS, sending, and reading the last byte.
        """
        return self._deliver(request, deadline, own=False)

    def deliver_own(self, request: OutgoingRequest, deadline: float) -> Coroutine[Any, Any, Answer]:
        """Like `deliver`, for an address that the operator set; any other is guarded as ever."""
        return self._deliver(request, deadline, own=origin(request.url) in self._own_origins)

    async def _deliver(self, request: OutgoingRequest, deadline: float, own: bool) -> Answer:
        flight = self._deadlines.start(deadline)
        try:
            connector = self._connector
            if own and await self._is_direct(request.url):
                connector = self._own_connector
                route = self._routes.direct(request.url)
            elif self._proxy is not None:
                route = await self._routes.proxied(request.url)
            else:
                route = self._routes.direct(request.url)
            return await self._exchange(connector, route, request)
        except asyncio.CancelledError:
            if flight.landed_late():
                raise DeadlinePassed("no complete answer in time") from None
            raise
        except _BROKEN as error:
            raise _translated(error) from error
        finally:
            self._deadlines.end(flight)

    async def _is_direct(self, text: str) -> bool:
        """Whether an address of the operator's is reached without the proxy: where it is local."""
        if self._proxy is None:
            return True
        url = parsed(text)
        port = cast(int, url.port)
        results = await self._own_resolver.resolve(cast(str, url.raw_host), port)
        return self._policy.refusal(results[0]["host"], port) is not None

    async def _exchange(
        self, connector: TCPConnector, route: Route, request: OutgoingRequest
    ) -> Answer:
        body = request.body
        head = f"{request.method} {route.target} HTTP/1.1\r\n{route.lines}{request.head}"
        if body:
            data = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        elif body is not None or request.method in {"POST", "PUT", "PATCH"}:
            data = f"{head}Content-Length: 0\r\n\r\n".encode()
        else:
            data = f"{head}\r\n".encode()
        while True:
            conn = await connector.connect(route.dial, [], _NO_TIMEOUT)
            # A kept connection may have been closed by the other side while our request was
            # on its way; such a request is sent once more where HTTP says that it may be.
            kept = getattr(conn.protocol, "prikke_kept", False)
            try:
                return await self._talk(conn, request.method == "HEAD", data)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not kept or request.method not in _RESENDABLE:
                    raise
            finally:
                # Does nothing after a release.
                conn.close()

    async def _talk(self, conn: Connection, headless: bool, data: bytes) -> Answer:
        protocol = cast(ResponseHandler, conn.protocol)
        protocol.set_response_params(
            skip_payload=headless,
            read_until_eof=True,
            auto_decompress=False,
            read_bufsize=_READ_BUFFER,
            max_headers=_ANSWER_HEADER_COUNT,
        )
        cast(asyncio.Transport, protocol.transport).write(data)
        message, payload = await protocol.read()
        interim = 0
        while message.code < 200:
            interim += 1
            if message.code == 101 or interim > _INTERIM_ANSWERS:
                raise ConnectionFailed("the answer is not an answer to this request")
            message, payload = await protocol.read()
        truncated = False
        if payload.is_eof():
            body = payload.read_nowait()
        else:
            body = await payload.readany()
            if not payload.at_eof():
                parts = [body]
                size = len(body)
                while size <= self._body_cap and not payload.at_eof():
                    part = await payload.readany()
                    parts.append(part)
                    size += len(part)
                body = b"".join(parts)
        if len(body) > self._body_cap:
            body = body[: self._body_cap]
            truncated = True
        headers, cut = _kept_headers(message.headers.items(), self._headers_cap)
        if payload.is_eof():
            protocol.prikke_kept = True  # type: ignore[attr-defined]
            conn.release()
        return Answer(message.code, headers, body, truncated or cut)

    def _guarded_socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        check(self._policy, str(address[0]), int(address[1]))
        return socket.socket(family, kind, protocol)


# The race between several addresses loses what its sockets were refused for, and then finds no
# reason at all: an IndexError.
_BROKEN = (
    aiohttp.ClientError,
    HttpProcessingError,
    IndexError,
    OSError,
    RuntimeError,
    ValueError,
)


def _translated(error: Exception) -> OutboundError:
    """Words for a person, without what is only known inside."""
    if isinstance(error, IndexError):
        return TargetRefused("the address is not public")
    if isinstance(error, aiohttp.InvalidURL):
        return TargetRefused("the address is not a valid URL")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return ConnectionFailed(f"the certificate is not valid: {error.certificate_error}")
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror):
        return ConnectionFailed("the name of the host cannot be resolved")
    if isinstance(error, aiohttp.ClientConnectorError):
        return ConnectionFailed(f"cannot connect: {error.strerror or error.os_error}")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return ConnectionFailed("the server closed the connection without an answer")
    if isinstance(error, aiohttp.ClientPayloadError):
        return ConnectionFailed("the answer ended early or is broken")
    if isinstance(error, HttpProcessingError):
        return ConnectionFailed("the answer is not HTTP")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return ConnectionFailed(f"the egress proxy answered {error.status}")
    return ConnectionFailed(f"the connection failed: {str(error) or type(error).__name__}")


def _kept_headers(items: Iterable[tuple[str, str]], cap: int) -> tuple[dict[str, str], bool]:
    """Headers up to the cap, fit to be stored, and whether some were left out."""
    kept: dict[str, str] = {}
    size = 0
    for name, value in items:
        size += len(name) + len(value) + 4
        if size > cap:
            return kept, True
        if not (value.isascii() and name.isascii()):
            name, value = _storable(name), _storable(value)
        kept[name] = f"{kept[name]}, {value}" if name in kept else value
    return kept, False


def _storable(text: str) -> str:
    """Bytes that are not UTF-8 arrive as lone surrogates, which neither JSON nor Postgres take."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
