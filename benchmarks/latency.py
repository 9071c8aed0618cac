"""From the commit of a send to its arrival (P4), and how late due times are requested (P8).

    python -m benchmarks latency

The receiver is in this process, so that commit and arrival are read off one clock.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from benchmarks import frame
from benchmarks.frame import Figure, Options

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok"


class Arrivals:
    """A receiver that notes when each webhook id came first."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self._server = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        data = b""
        with peer:
            while chunk := peer.recv(65536):
                now = time.time()
                data += chunk
                while b"\r\n\r\n" in data:
                    head, _, data = data.partition(b"\r\n\r\n")
                    lines = head.decode("latin-1").lower().split("\r\n")
                    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
                    self.at.setdefault(fields.get("webhook-id", ""), now)
                    data = data[int(fields.get("content-length", "0")) :]
                    peer.sendall(_ANSWER)

    def close(self) -> None:
        self._server.close()


@contextmanager
def arrivals() -> Iterator[Arrivals]:
    receiver = Arrivals()
    try:
        yield receiver
    finally:
        receiver.close()


def _await(wanted: set[str], receiver: Arrivals, pause: float) -> None:
    """Until all of them have come."""
    frame.until(lambda: wanted <= receiver.at.keys(), "sends are missing", pause)


def _idle(conn: psycopg.Connection, receiver: Arrivals, count: int) -> list[float]:
    """Milliseconds from commit to arrival, one send at a time on an idle system."""
    took = []
    for _ in range(count):
        row = conn.execute("select prikke.send(url => %s)", (receiver.url,)).fetchone()
        committed = time.time()
        assert row is not None
        identifier = str(row[0])
        _await({identifier}, receiver, 0.0005)
        took.append((receiver.at[identifier] - committed) * 1000)
        time.sleep(0.03)
    return took


def _busy(dsn: str, receiver: Arrivals, count: int) -> list[float]:
    """The same with a hundred sends a second, each committing 10 ms after the call."""
    committed: dict[str, float] = {}
    lock = threading.Lock()

    def client(number: int) -> None:
        with psycopg.connect(dsn, prepare_threshold=0) as conn:
            conn.execute("select prikke.use_organization('bench')")
            conn.commit()
            for _ in range(count // 4):
                began = time.time()
                row = conn.execute("select prikke.send(url => %s)", (receiver.url,)).fetchone()
                time.sleep(0.01)
                conn.commit()
                assert row is not None
                with lock:
                    committed[str(row[0])] = time.time()
                time.sleep(max(0.0, 0.04 - (time.time() - began)))

    clients = [threading.Thread(target=client, args=(number,)) for number in range(4)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    _await(set(committed), receiver, 0.01)
    return [(receiver.at[identifier] - at) * 1000 for identifier, at in committed.items()]


def _late(conn: psycopg.Connection, receiver: Arrivals, count: int, rounds: int) -> list[float]:
    """Milliseconds between a due time and the request, for so many due at once."""
    late: list[float] = []
    for _ in range(rounds):
        row = conn.execute(
            "select extract(epoch from due)::float8, array_agg(prikke.send(url => %s,"
            " scheduled_at => due)) from (select date_trunc('milliseconds', clock_timestamp()"
            " + interval '1.5 seconds') as due) as d, generate_series(1, %s) group by due",
            (receiver.url, count),
        ).fetchone()
        assert row is not None
        due, identifiers = row[0], [str(identifier) for identifier in row[1]]
        _await(set(identifiers), receiver, 0.01)
        late += [(receiver.at[one] - due) * 1000 for one in identifiers]
    return late


def measure(options: Options) -> list[Figure]:
    scale = 4 if options.small else 1
    with (
        frame.installed() as dsn,
        frame.connected(dsn) as conn,
        arrivals() as receiver,
        frame.runners(dsn, 1),
    ):
        frame.wait_for_runners(conn, 1)
        _idle(conn, receiver, 30)
        idle = _idle(conn, receiver, 400 // scale)
        busy = _busy(dsn, receiver, 1000 // scale)
        one = _late(conn, receiver, 1, 40 // scale)
        thousand = _late(conn, receiver, 1000, 3)
    early = min(one + thousand)
    if early < -1:
        raise SystemExit(f"a request came {-early:.1f} ms before its time")
    p50, p99 = frame.percentile(idle, 0.5), frame.percentile(idle, 0.99)
    busy99 = frame.percentile(busy, 0.99)
    return [
        Figure(
            "P4",
            "commit of send to arrival, idle system",
            f"p50 {p50:.2f}, p99 {p99:.2f} ms",
            "p50 ≤ 1.0, p99 ≤ 2 ms",
            p50 <= 1 and p99 <= 2,
        ),
        Figure(
            "P4",
            "the same, 100 sends/s each committing 10 ms after the call",
            f"p50 {frame.percentile(busy, 0.5):.2f}, p99 {busy99:.2f} ms",
            "p99 ≤ 25 ms",
            busy99 <= 25,
        ),
        Figure(
            "P8",
            "lateness of the request, one due",
            f"p50 {frame.percentile(one, 0.5):.1f}, p99 {frame.percentile(one, 0.99):.1f} ms",
            "p99 ≤ 10 ms",
            frame.percentile(one, 0.99) <= 10,
        ),
        Figure(
            "P8",
            "lateness of the request, 1,000 due",
            f"last {max(thousand):.0f} ms",
            "last ≤ 250 ms",
            max(thousand) <= 250,
        ),
    ]
