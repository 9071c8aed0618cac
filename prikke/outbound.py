"""The one guarded HTTP client: everything that leaves Prikke goes through it.

`Outbound` dials nothing that its policy refuses. The check is made twice: on every answer of the
resolver (one refused address among several refuses the name, so that a name cannot be made to
point at both) and on the address of each socket, which also covers literals that no resolver sees.
With an egress proxy the sockets only ever see the proxy, so names are resolved and checked here
and the proxy is handed the checked address.

    OutboundError
    ├── TargetRefused      the guard says no; final, never retried (and not an OSError)
    ├── DeadlinePassed     no complete answer before the deadline
    └── ConnectionFailed   no connection, a broken one, or an answer that is not HTTP
"""

import asyncio
import base64
import re
import socket
import ssl
import time
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import aiohttp
from aiohttp import ClientRequest, ClientTimeout, hdrs
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection, TCPConnector
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from prikke import __version__
from prikke.errors import PrikkeError
from prikke.sqlfiles import read_table
from prikke.targets import Network, Policy, Target

# Kept connections go before the five seconds after which many servers drop them.
KEEP_ALIVE_SECONDS = 4.0
URL_BYTES = 2048
ANSWER_BODY_BYTES = 64 * 1024
ANSWER_HEADERS_BYTES = 16 * 1024

_ANSWER_HEADER_COUNT = 320
_READ_BUFFER = 16 * 1024
_INTERIM_ANSWERS = 8
_ROUTES = 4096
_LOOKUPS = 32
_LOOKUP_SECONDS = 10
_TICK = 0.1

_NO_TIMEOUT = ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)
_RESENDABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_PLAIN_URL = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*")
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_FORBIDDEN_IN_URL = re.compile(r"[\x00-\x20\x7f-\x9f\\]|\s")


class OutboundError(PrikkeError):
    """A request that got no complete answer."""


class TargetRefused(OutboundError):
    """The guard refuses this address; trying again is of no use."""


class DeadlinePassed(OutboundError):
    """No complete answer before the deadline."""


class ConnectionFailed(OutboundError):
    """No connection, a connection that broke, or an answer that is not HTTP."""


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


class _Flight:
    """One request in the air, for the sweeper."""

    __slots__ = ("expired", "slot", "task")

    def __init__(self, task: "asyncio.Task[Any]", slot: int) -> None:
        self.task = task
        self.slot = slot
        self.expired = False


class _Sweeper:
    """Ends requests whose deadline has passed, by one timer for all of them.

    A timer for each request costs more than the rest of its bookkeeping together.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[int, set[_Flight]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, deadline: float) -> _Flight:
        """Watch the current task until `remove`; it is cancelled at the deadline."""
        task = cast("asyncio.Task[Any]", asyncio.current_task(self._loop))
        flight = _Flight(task, int(deadline / _TICK) + 1)
        flights = self._slots.get(flight.slot)
        if flights is None:
            flights = self._slots[flight.slot] = set()
            if self._timer is None:
                self._timer = self._loop.call_later(_TICK, self._sweep)
        flights.add(flight)
        return flight

    def remove(self, flight: _Flight) -> None:
        flights = self._slots.get(flight.slot)
        if flights is not None:
            flights.discard(flight)
            if not flights:
                del self._slots[flight.slot]

    def _sweep(self) -> None:
        now = int(time.monotonic() / _TICK)
        for slot in [slot for slot in self._slots if slot <= now]:
            for flight in self._slots.pop(slot):
                flight.expired = True
                flight.task.cancel()
        self._timer = self._loop.call_later(_TICK, self._sweep) if self._slots else None

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Resolver(AbstractResolver):
    """Names into addresses, each of them checked, by threads that only look up names."""

    def __init__(self, policy: Policy | None) -> None:
        self._policy = policy
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        infos = await asyncio.get_running_loop().run_in_executor(
            self._threads, _look_up, host, port, family
        )
        if self._policy is not None:
            for info in infos:
                _check(self._policy, str(info[4][0]), port)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in infos
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: int) -> list[Any]:
    return socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )


def _check(policy: Policy, address: str, port: int) -> None:
    reason = policy.refusal(address, port)
    if reason is not None:
        # Without the address: what names mean inside our network is nobody's business.
        raise TargetRefused(f"the address is not public ({reason})")


class _Dial(ClientRequest):
    """What the connector is told about a connection; one serves every request of its route."""

    key: ConnectionKey

    @property
    def connection_key(self) -> ConnectionKey:
        return self.key


@dataclass(frozen=True, slots=True)
class _Route:
    """What a URL means for the wire: whom to dial, what to ask for, the line of its host."""

    dial: _Dial
    target: str
    lines: str


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
        self._loop = asyncio.get_running_loop()
        self._sweeper = _Sweeper(self._loop)
        self._body_cap = body_cap
        self._headers_cap = headers_cap
        self._tls = ssl.create_default_context()
        if ca_file is not None:
            self._tls.load_verify_locations(ca_file)
        self._tls.set_alpn_protocols(["http/1.1"])
        self._own_origins = frozenset(_origin(url) for url in own)
        self._proxy = URL(proxy) if proxy is not None else None
        self._resolver = _Resolver(policy)
        self._own_resolver = _Resolver(None)
        # Behind a proxy every socket goes to the proxy, which the operator set.
        self._connector = self._connector_for(
            self._resolver if self._proxy is None else self._own_resolver,
            self._guarded_socket if self._proxy is None else None,
        )
        self._own_connector = self._connector_for(self._own_resolver, None)
        self._routes: dict[str, _Route] = {}
        self._looked_up: dict[tuple[str, int], tuple[str, float]] = {}

    def _connector_for(self, resolver: AbstractResolver, factory: Any) -> TCPConnector:
        return TCPConnector(
            limit=0,
            ssl=self._tls,
            resolver=resolver,
            ttl_dns_cache=_LOOKUP_SECONDS,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            socket_factory=factory,
        )

    async def __aenter__(self) -> "Outbound":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        self._sweeper.stop()
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
        return self._deliver(request, deadline, own=_origin(request.url) in self._own_origins)

    async def _deliver(self, request: OutgoingRequest, deadline: float, own: bool) -> Answer:
        flight = self._sweeper.add(deadline)
        try:
            connector = self._connector
            if own and await self._is_direct(request.url):
                connector = self._own_connector
                route = self._routes.get(request.url) or self._route(request.url)
            elif self._proxy is not None:
                route = await self._proxied_route(request.url)
            else:
                route = self._routes.get(request.url) or self._route(request.url)
            return await self._exchange(connector, route, request)
        except asyncio.CancelledError:
            if flight.expired and flight.task.uncancel() == 0:
                raise DeadlinePassed("no complete answer in time") from None
            raise
        except _BROKEN as error:
            raise _translated(error) from error
        finally:
            self._sweeper.remove(flight)

    async def _is_direct(self, text: str) -> bool:
        """Whether an address of the operator's is reached without the proxy: where it is local."""
        if self._proxy is None:
            return True
        url = _parsed(text)
        port = cast(int, url.port)
        results = await self._own_resolver.resolve(cast(str, url.raw_host), port)
        return self._policy.refusal(results[0]["host"], port) is not None

    async def _exchange(
        self, connector: TCPConnector, route: _Route, request: OutgoingRequest
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

    def _route(self, text: str) -> _Route:
        url = _parsed(text)
        route = _Route(self._dial(url), url.raw_path_qs, _host_line(url))
        _remember(self._routes, text, route)
        return route

    def _dial(self, url: URL, proxy: URL | None = None, name: str | None = None) -> _Dial:
        dial = _Dial("GET", url, loop=self._loop, server_hostname=name)
        if proxy is not None:
            dial.proxy = proxy.with_user(None)
            dial.proxy_headers = CIMultiDict({hdrs.USER_AGENT: f"Prikke/{__version__}"})
            if proxy.user is not None:
                dial.proxy_headers[hdrs.PROXY_AUTHORIZATION] = _basic(proxy)
        dial.key = ClientRequest.connection_key.fget(dial)  # type: ignore[attr-defined]
        return dial

    async def _proxied_route(self, text: str) -> _Route:
        """A route whose name has been looked up and checked here; the proxy gets the address."""
        proxy = cast(URL, self._proxy)
        url = _parsed(text)
        host, port = cast(str, url.raw_host), cast(int, url.port)
        address, until = self._looked_up.get((host, port), ("", 0.0))
        now = time.monotonic()
        if now >= until:
            results = await self._resolver.resolve(host, port)
            address = results[0]["host"]
            _remember(self._looked_up, (host, port), (address, now + _LOOKUP_SECONDS))
        key = f"{address} {text}"
        route = self._routes.get(key)
        if route is None:
            checked = URL.build(
                scheme=url.scheme,
                host=address,
                port=port,
                path=url.raw_path,
                query_string=url.raw_query_string,
                encoded=True,
            )
            dial = self._dial(checked, proxy, host.rstrip("."))
            if url.scheme == "https":
                route = _Route(dial, url.raw_path_qs, _host_line(url))
            else:
                lines = _host_line(url)
                if proxy.user is not None:
                    lines += f"{hdrs.PROXY_AUTHORIZATION}: {_basic(proxy)}\r\n"
                route = _Route(dial, str(checked), lines)
            _remember(self._routes, key, route)
        return route

    def _guarded_socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        _check(self._policy, str(address[0]), int(address[1]))
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


def _parsed(text: str) -> URL:
    """The URL as it will be sent; refused when it is not one of ours to call."""
    if len(text.encode("utf-8", "replace")) > URL_BYTES or _FORBIDDEN_IN_URL.search(text):
        raise TargetRefused("the address is too long or holds characters that a URL cannot")
    parts = _AUTHORITY.match(text)
    if parts is None or "%" in parts[0]:
        raise TargetRefused("the address is not a valid URL")
    text = parts[0].lower() + text[parts.end() :]
    try:
        # What is already plain is sent exactly as it was written.
        url = URL(text, encoded=_PLAIN_URL.fullmatch(text) is not None)
        port = url.port
    except ValueError:
        raise TargetRefused("the address is not a valid URL") from None
    if url.scheme not in {"http", "https"}:
        raise TargetRefused("only http and https addresses are called")
    if url.raw_user is not None or url.raw_password is not None:
        raise TargetRefused("an address must not hold a user name or password")
    if not url.raw_host or not port:
        raise TargetRefused("the address has no host or no valid port")
    return url.with_fragment(None) if url.raw_fragment else url


def _origin(text: str) -> str:
    try:
        url = URL(text)
        return f"{url.scheme}://{url.raw_host}:{url.port}"
    except ValueError:
        return ""


def _host_line(url: URL) -> str:
    return f"Host: {url.host_port_subcomponent}\r\n"


def _basic(proxy: URL) -> str:
    pair = f"{proxy.user or ''}:{proxy.password or ''}".encode()
    return "Basic " + base64.b64encode(pair).decode("ascii")


def _remember(memory: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep a value in a bounded memory; the oldest goes first."""
    if len(memory) >= _ROUTES:
        del memory[next(iter(memory))]
    memory[key] = value


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
