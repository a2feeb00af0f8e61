"""nats-py's client, with what every message passes and what costs most made shorter.

What arrives is read a whole message at a time where it is there as a whole, and headers are parsed
when somebody asks for one. Who asks for it receives messages as they are read, and what is said to
many subjects is written at once. Everything else, and all that is written in another way than
servers do, is left to nats-py, whose results these have to equal; the version of nats-py is fixed
for it.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from nats.aio.client import NATS_HDR_LINE, Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.protocol.parser import AWAITING_MSG_PAYLOAD, CRLF_SIZE, Parser

MAX_KEPT_BYTES: Final = 128 * 1024
"""The beginning of a message that is read again with what follows; of a longer one nats-py gathers
the rest."""

_LINE_END: Final = b"\r\n"
_PLAIN_HEADERS: Final = NATS_HDR_LINE + _LINE_END
_MESSAGE: Final = re.compile(
    rb"MSG (\S+) (\d+) (?:(\S+) )?(\d+)\r\n|HMSG (\S+) (\d+) (?:(\S+) )?(\d+) (\d+)\r\n"
)


class MessageParser(Parser):
    """Takes messages out of what was read, without a copy of what follows each of them."""

    async def parse(self, data: bytes = b"") -> None:
        """Pass on what is whole in the bytes read so far, and keep the rest."""
        if self.state == AWAITING_MSG_PAYLOAD:
            missing = self.needed + CRLF_SIZE - len(self.buf)
            await super().parse(data[:missing])
            data = data[missing:]
        if data:
            await self._take(data)

    async def _take(self, data: bytes) -> None:
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
        """Return the value of a header, `default` where there is none of this name."""
        if self._parsed is None and name.encode() not in self._written:
            return default
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

    async def publish_to_all(self, subjects: Sequence[str], payload: bytes) -> None:
        """Publish the same on several subjects at once, which have to be valid; as `publish`.

        While there is no connection nats-py says of each what becomes of it.
        """
        if not self.is_connected or self.is_draining_pubs or self._flush_queue is None:
            for subject in subjects:
                await self.publish(subject, payload)
            return
        rest = f"  {len(payload)}\r\n{payload.decode()}\r\n"
        commands = "".join([f"PUB {subject}{rest}" for subject in subjects])
        self.stats["out_msgs"] += len(subjects)
        self.stats["out_bytes"] += len(subjects) * len(payload)
        await self._send_command(commands.encode())
        if self._flush_queue.empty():
            await self._flush_pending()
