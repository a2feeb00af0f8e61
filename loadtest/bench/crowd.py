"""`python -m loadtest.bench.crowd HOST PORT`: very many WebSocket clients that cost very little.

The subscriptions come as JSON lines on standard input, one for each client, and an empty line after
them. Whatever has to be said is said in JSON lines: first how long all took to be subscribed. A
line may then have some clients follow a history more; an empty object ends it, and what every
client has seen is said. Nothing but system calls and a look at
the heads of frames is done for a frame: other clients cost more than the server they measure.
"""

import json
import os
import select
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

READ_BYTES: Final = 262_144
PATIENCE_SECONDS: Final = 60.0
"""How long all clients together may take to be subscribed."""
LATENCY_CLIENTS: Final = 100
"""How many clients note when each event came; the others only count."""

_REQUEST: Final = (
    "GET /stream HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)
_HEAD_END: Final = b"\r\n\r\n"
_SEQUENCE: Final = b'"streamSequence":'
_PING: Final = 0x89
_CLOSE: Final = 0x88
_LIVE: Final = (b'"type":"live"', b'"type":"subscribed"')


class CrowdClient:
    """One client: how many events it has seen, up to which, and whether it was closed."""

    def __init__(self, address: tuple[str, int], subscription: Mapping[str, Any]) -> None:
        self.events = 0
        self.last = 0
        self.backwards = 0
        self.closed: str | None = None
        self.is_subscribed = False
        self.arrivals: list[tuple[int, int]] | None = None
        self._ready_word = _LIVE[0] if "resumeFrom" in subscription else _LIVE[1]
        self._message = _masked(0x81, json.dumps(subscription).encode())
        self._is_open = False
        self._pending = b""
        self.socket = socket.create_connection(address, PATIENCE_SECONDS)
        host, port = address
        self.socket.sendall(_REQUEST.format(host=host, port=port).encode())
        self.socket.setblocking(False)

    def read(self) -> None:
        """Take in what has come."""
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            data, self.closed = b"", self.closed or str(error)
        if not data:
            self.closed = self.closed or "the connection ended"
            return
        self._pending += data
        if not self._is_open and not self._open():
            return
        for first, payload in self._frames():
            self._take(first, payload)

    def _open(self) -> bool:
        head, end, rest = self._pending.partition(_HEAD_END)
        if not end:
            return False
        if b" 101 " not in head[:16]:
            self.closed = head.partition(b"\r\n")[0].decode()
            return False
        self._pending, self._is_open = rest, True
        self.socket.send(self._message)
        return True

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        data, position = self._pending, 0
        while len(data) >= position + 2:
            length, begin = data[position + 1], position + 2
            if length == 126:
                length, begin = int.from_bytes(data[begin : begin + 2]), begin + 2
            elif length == 127:
                length, begin = int.from_bytes(data[begin : begin + 8]), begin + 8
            if len(data) < begin + length:
                break
            yield data[position], data[begin : begin + length]
            position = begin + length
        self._pending = data[position:]

    def _take(self, first: int, payload: bytes) -> None:
        if (found := payload.rfind(_SEQUENCE)) >= 0:
            sequence = int(payload[found + len(_SEQUENCE) : -1])
            self.events += 1
            self.backwards += sequence <= self.last
            self.last = sequence
            if self.arrivals is not None:
                self.arrivals.append((sequence, time.time_ns()))
        elif first == _PING:
            self.socket.send(_masked(0x8A, payload))
        elif first == _CLOSE:
            self.closed = payload[2:].decode()
        elif self._ready_word in payload:
            self.is_subscribed = True


def _masked(first: int, payload: bytes) -> bytes:
    """Return a frame of a client; a mask of zeros leaves it readable."""
    length = len(payload)
    size = bytes((0x80 | length,)) if length < 126 else b"\xfe" + length.to_bytes(2)
    return bytes((first,)) + size + bytes(4) + payload


class Crowd:
    """All clients, read whenever something has come."""

    def __init__(self, address: tuple[str, int], subscriptions: Sequence[Mapping[str, Any]]):
        self._epoll = select.epoll()
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._by_descriptor: dict[int, CrowdClient] = {}
        self.clients: list[CrowdClient] = []
        for number, subscription in enumerate(subscriptions):
            client = CrowdClient(address, subscription)
            if number % max(1, len(subscriptions) // LATENCY_CLIENTS) == 0:
                client.arrivals = []
            self.clients.append(client)
            self._by_descriptor[client.socket.fileno()] = client
            self._epoll.register(client.socket.fileno(), select.EPOLLIN)

    def obey(self, words: Mapping[str, Any]) -> bool:
        """Have clients follow a history; return False when there is nothing to do any more."""
        if "follow" not in words:
            return False
        subscription = {"action": "subscribe", "topics": ["*"], "correlationId": words["follow"]}
        for number in words["clients"]:
            client = self.clients[number]
            if client.closed is None:
                client.socket.send(_masked(0x81, json.dumps(subscription).encode()))
        return True

    def read(self, timeout_seconds: float) -> bool:
        """Read what has come; return whether standard input has something to say."""
        is_told = False
        for descriptor, _ in self._epoll.poll(timeout_seconds):
            client = self._by_descriptor.get(descriptor)
            if client is None:
                is_told = True
                continue
            client.read()
            if client.closed is not None:
                self._epoll.unregister(descriptor)
                del self._by_descriptor[descriptor]
                client.socket.close()
        return is_told


def main() -> None:
    """Connect all, read until told to stop, and say what came."""
    address = (sys.argv[1], int(sys.argv[2]))
    subscriptions = []
    while line := _next_line():
        subscriptions.append(json.loads(line))
    began = time.monotonic()
    crowd = Crowd(address, subscriptions)
    while not all(one.is_subscribed or one.closed for one in crowd.clients):
        crowd.read(0.1)
        if time.monotonic() - began > PATIENCE_SECONDS:
            break
    subscribed = sum(one.is_subscribed for one in crowd.clients)
    say(subscribed=subscribed, seconds=time.monotonic() - began)
    while not crowd.read(1.0) or crowd.obey(json.loads(_next_line())):
        pass
    say(
        events=[one.events for one in crowd.clients],
        last=[one.last for one in crowd.clients],
        backwards=sum(one.backwards for one in crowd.clients),
        closed=[one.closed for one in crowd.clients if one.closed is not None],
        arrivals=[one for client in crowd.clients for one in client.arrivals or ()],
        cpu_seconds=time.process_time(),
    )


def _next_line() -> bytes:
    """Return a line of standard input, and leave what follows it to epoll."""
    line = b""
    while not line.endswith(b"\n"):
        if not (read := os.read(sys.stdin.fileno(), 1)):
            break
        line += read
    return line.strip()


def say(**words: Any) -> None:
    """Print a line of JSON."""
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main()
