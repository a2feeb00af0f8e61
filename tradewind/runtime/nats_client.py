"""nats-py's client, with what every message passes and what costs most made shorter.

What arrives is read a whole message at a time where it is there as a whole, and headers are looked
for when somebody asks for one. Who asks for it receives messages as they are read, and what is said
in a turn of the loop is sent together. Everything else, and all that is written in another way than
servers and we do, is left to nats-py, whose results these have to equal; the version of nats-py is
fixed for it.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from nats.aio.client import NATS_HDR_LINE, Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.aio.transport import TcpTransport
from nats.protocol.parser import AWAITING_MSG_PAYLOAD, CRLF_SIZE, Parser

MAX_KEPT_BYTES: Final = 128 * 1024
"""The beginning of a message that is read again with what follows; of a longer one nats-py gathers
the rest."""

MAX_UNSENT_BYTES: Final = 64 * 1024
"""So much may wait here for the end of a turn of the loop, and as much in the connection for its
server. What comes beyond is nats-py's, which has a limit for it and waits."""

_LINE_END: Final = b"\r\n"
_PLAIN_HEADERS: Final = NATS_HDR_LINE + _LINE_END
_MESSAGE: Final = re.compile(
    rb"MSG (\S+) (\d+) (?:(\S+) )?(\d+)\r\n|HMSG (\S+) (\d+) (?:(\S+) )?(\d+) (\d+)\r\n"
)
_TAKING: Final = (Client.CONNECTED, Client.DRAINING_SUBS)
"""While it is in one of these, nats-py sends what is published."""
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)


class MessageParser(Parser):
    """Takes messages out of what was read, without a copy of what follows each of them."""

    async def parse(self, data: bytes = b"") -> None:
        """Pass on what is whole in the bytes read so far, and keep the rest."""
        if self.state == AWAITING_MSG_PAYLOAD:
            missing = self.needed + CRLF_SIZE - len(self.buf)
            await super().parse(data[:missing])
            data = data[missing:]
        if data:
            await self._pass_on(data)

    async def _pass_on(self, data: bytes) -> None:
        kept = self.buf
        if kept:
            data = bytes(kept) + data
            kept.clear()
        place, deliver = 0, self.nc._process_msg
        while place < len(data):
            found = _MESSAGE.match(data, place)
            if found is None:
                end = data.find(_LINE_END, place) + CRLF_SIZE
                if end < CRLF_SIZE:
                    break
                await super().parse(data[place:end])
                if self.buf is not kept:
                    return  # the connection was lost and this parser reset
                if self.state == AWAITING_MSG_PAYLOAD:
                    return await self.parse(data[end:])
                place = end
                continue
            begin = found.end()
            subject, sid, reply, size, *headed = found.groups()
            body = begin
            if size is None:
                subject, sid, reply, header_size, size = headed
                body += int(header_size)
            end = begin + int(size)
            if end + CRLF_SIZE > len(data):
                break
            headers = data[begin:body] or None
            await deliver(int(sid), subject, reply or b"", data[body:end], headers)
            if self.buf is not kept:
                return  # what received it lost the connection: the rest is of the old one
            place = end + CRLF_SIZE
        if len(data) - place > MAX_KEPT_BYTES:
            await super().parse(data[place:])
        elif self.buf is kept:
            kept.extend(data[place:])


class ReceivedHeaders(Mapping[str, str]):
    """The headers of a message, parsed when one is asked for that may be among them."""

    __slots__ = ("_parsed", "_written")

    def __init__(self, written: bytes) -> None:
        """`written` is the block of headers without its first line."""
        self._written = written
        self._parsed: dict[str, str] | None = None

    def _all(self) -> dict[str, str]:
        if self._parsed is None:
            self._parsed = Client._parse_header_lines(self._written)
        return self._parsed

    def __getitem__(self, name: str) -> str:
        if self._parsed is None and name.encode() not in self._written:
            raise KeyError(name)
        return self._all()[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a header, `default` where there is none of this name.

        The name of a header that stands once, at the beginning of a line, needs no parser.
        """
        written, sought = self._written, name.encode()
        begin = written.find(sought)
        if begin < 0:
            return default
        end = begin + len(sought)
        begins_line = not begin or written[begin - 2 : begin] == _LINE_END
        is_once = written.find(sought, end) < 0
        if begins_line and is_once and written[end : end + 1] == b":" and _is_name(name):
            return written[end + 1 :].partition(_LINE_END)[0].strip().decode(errors="replace")
        return self._all().get(name, default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return repr(self._all())


class NatsClient(Client):
    """A client that reads with these."""

    def __init__(self) -> None:
        super().__init__()
        self._ps = MessageParser(self)
        self._receivers: dict[int, Callable[[Msg], Awaitable[None]]] = {}
        self._is_sent_soon = False

    async def subscribe_directly(
        self, subject: str, cb: Callable[[Msg], Awaitable[None]]
    ) -> Subscription:
        """Subscribe as nats-py does with a callback and no limits, but call it while reading.

        A queue and a task of each subscription are a detour of every message. Nothing else is read
        before `cb` returns, so it must not wait for an answer of the server.
        """
        subscription = await self.subscribe(
            subject, cb=cb, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        self._receivers[subscription._id] = cb
        return subscription

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        self._receivers.pop(sid, None)
        super()._remove_sub(sid, max_msgs)

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes | None
    ) -> None:
        receive, subscription = self._receivers.get(sid), self._subs.get(sid)
        if receive is None or subscription is None:
            return await super()._process_msg(sid, subject, reply, data, headers or b"")
        self.stats["in_msgs"] += 1
        self.stats["in_bytes"] += len(data)
        subscription._received += 1
        told: Any = await self._process_headers(headers) if headers else None
        try:
            await receive(Msg(self, subject.decode(), reply.decode(), data, told, None, False, sid))
        except Exception as error:  # as of any callback
            await self._error_cb(error)

    async def _process_headers(  # type: ignore[override]
        self, headers: bytes | None
    ) -> Mapping[str, str] | None:
        if headers and headers.startswith(_PLAIN_HEADERS):
            lines = headers[len(_PLAIN_HEADERS) :]
            return ReceivedHeaders(lines) if len(lines) > CRLF_SIZE else None
        parsed: Mapping[str, str] | None = await super()._process_headers(headers)
        return parsed

    async def publish(
        self,
        subject: str,
        payload: bytes = b"",
        reply: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Publish as nats-py does, which judges what is not plain, or has to wait for a server."""
        head = _head_of(subject, len(payload), reply, headers)
        if head is None or not self._may_take(len(payload)):
            told = None if headers is None else dict(headers)
            return await super().publish(subject, payload, reply, told)
        self._take(head + payload + _LINE_END, 1, len(payload))

    async def publish_to_all(self, subjects: Sequence[str], payload: bytes) -> None:
        """Publish the same on several subjects, which have to be valid, in one command of many.

        What `publish` leaves to nats-py is left to it here, too: one by one.
        """
        if not self._may_take(len(payload)):
            for subject in subjects:
                await super().publish(subject, payload)
            return
        rest = b"  %d\r\n" % len(payload) + payload + _LINE_END
        commands = b"".join([b"PUB " + subject.encode() + rest for subject in subjects])
        self._take(commands, len(subjects), len(subjects) * len(payload))

    def _may_take(self, payload_bytes: int) -> bool:
        return (
            self._status in _TAKING
            and self._has_flusher
            and payload_bytes <= self._max_payload
            and self._pending_data_size < MAX_UNSENT_BYTES
        )

    @property
    def _has_flusher(self) -> bool:
        """Whether nats-py's task runs, which waits for a server; else nats-py writes at once."""
        return self._flusher_task is not None and not self._flusher_task.done()

    def _take(self, command: bytes, messages: int, payload_bytes: int) -> None:
        self.stats["out_msgs"] += messages
        self.stats["out_bytes"] += payload_bytes
        self._pending.append(command)
        self._pending_data_size += len(command)
        self._send_soon()

    async def _flush_pending(self, force_flush: bool = False) -> Any:
        if force_flush or not self._has_flusher:
            return await super()._flush_pending(force_flush)
        self._send_soon()

    def _send_soon(self) -> None:
        """Send in the next turn of the loop, at once, all that is said in this one."""
        if not self._is_sent_soon:
            self._is_sent_soon = True
            asyncio.get_running_loop().call_soon(self._send_pending)

    def _send_pending(self) -> None:
        """Write what waits; nats-py's task waits with it for a server that does not read."""
        self._is_sent_soon = False
        if not self.is_connected or not self._pending_data_size:
            return
        writer: Any = None
        if isinstance(self._transport, TcpTransport) and self._transport._io_writer is not None:
            writer = self._transport._io_writer.transport
        is_full = writer is None or writer.get_write_buffer_size() >= MAX_UNSENT_BYTES
        if is_full and self._has_flusher:
            assert self._flush_queue is not None, "there is one with a connection"
            if self._flush_queue.empty():
                self._flush_queue.put_nowait(asyncio.get_running_loop().create_future())
        elif writer is not None and not writer.is_closing():
            # Otherwise it is sent over the next connection.
            writer.write(b"".join(self._pending))
            self._pending, self._pending_data_size = [], 0


def _head_of(
    subject: str, payload_bytes: int, reply: str, headers: Mapping[str, str] | None
) -> bytes | None:
    """Return what nats-py writes before a payload; None where it may refuse or change something."""
    if not _is_word(subject) or (reply and not _is_word(reply)):
        return None
    if headers is None:
        return f"PUB {subject} {reply} {payload_bytes}\r\n".encode()
    lines = "NATS/1.0\r\n"
    for name, value in headers.items():
        if not _is_name(name) or not _is_word(value):
            return None
        lines += name + ": " + value + "\r\n"  # formatted, a name of nats-py's enum is another
    size = len(lines) + CRLF_SIZE
    return f"HPUB {subject} {reply} {size} {size + payload_bytes}\r\n{lines}\r\n".encode()


def _is_word(text: object) -> bool:
    if not isinstance(text, str) or not text:
        return False
    return text.isascii() and text.isprintable() and " " not in text


@lru_cache(maxsize=64)
def _is_name(text: object) -> bool:
    return isinstance(text, str) and _NAME.fullmatch(text) is not None
