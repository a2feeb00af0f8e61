"""Serves one HTTP connection: a request at a time, each within its bounds of bytes and of time."""

import asyncio
from typing import Any, Final
from urllib.parse import unquote

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.utils import get_local_addr, get_remote_addr
from uvicorn.server import ServerState

from gateway.http.limits import (
    BODY_TIMEOUT_SECONDS,
    DRAIN_SECONDS,
    HEAD_TIMEOUT_SECONDS,
    KEEP_ALIVE_SECONDS,
    LINGER_SECONDS,
    MAX_DRAINED_BYTES,
    MAX_WAITING_BYTES,
    REQUEST_TIMEOUT_SECONDS,
    WRITE_TIMEOUT_SECONDS,
)
from gateway.http.problems import Problem, ProblemCode
from gateway.http.protocols.bodies import Body, body_of
from gateway.http.protocols.connections import Connections
from gateway.http.protocols.crowded import CROWDED_ANSWER
from gateway.http.protocols.deadline import Deadline
from gateway.http.protocols.exchange import AnswerWriter, Exchange, refuse
from gateway.http.protocols.handshake import Handshake, check_handshake, wants_websocket
from gateway.http.protocols.head import Head, HeadReader
from gateway.metrics import CONNECTIONS_CUT

_NO_HEAD: Final = Head("GET", b"", b"", b"", "1.1", [], 0, keeps_alive=False)
"""The head of a request whose head is not to be had."""


class HttpConnection(asyncio.Protocol):
    """Reads requests one after the other, and gives each to the application.

    The next request is not looked at before the last one is answered, so what a client sends ahead
    costs its bytes and nothing else. Every way out of here is an answer, or an end within a bounded
    time: a connection whose client does nothing, or does it too slowly, does not last.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
    ) -> None:
        if not config.loaded:
            config.load()
        self._config = config
        self._state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._connections = connections
        self._reading = Deadline(self._loop, self._read_too_long)
        self._writing = Deadline(self._loop, self._wrote_too_long)
        self._unread = bytearray()
        self._head = HeadReader()
        self._began_at = 0.0
        self._body: Body | None = None
        self._exchange: Exchange | None = None
        self._drained_bytes: int | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head, if there is room for one more connection."""
        self._transport = transport
        self._flow = FlowControl(transport)
        self._writer = AnswerWriter(transport, self._end)
        self._server = get_local_addr(transport)
        self._client = get_remote_addr(transport)
        self._state.connections.add(self)  # type: ignore[arg-type]
        if self._connections.admit(self, self._client[0] if self._client else None):
            self._reading.set(HEAD_TIMEOUT_SECONDS)
            return
        self._drained_bytes = 0
        transport.write(CROWDED_ANSWER)
        self._close()

    def connection_lost(self, _: Exception | None) -> None:
        """Let go of everything."""
        self._reading.cancel()
        self._writing.cancel()
        self._connections.leave(self)
        self._state.connections.discard(self)
        self._unread.clear()
        if self._exchange is not None:
            self._exchange.disconnect()
        self._flow.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Go on with the request that arrives."""
        if self._drained_bytes is not None:
            self._drain(len(data))
            return
        self._unread += data
        try:
            self._advance()
        except Problem as problem:
            self._refuse(problem)

    def pause_writing(self) -> None:
        """Have answers wait for the client, but not for ever."""
        self._flow.pause_writing()
        self._writing.set(WRITE_TIMEOUT_SECONDS)

    def resume_writing(self) -> None:
        self._writing.clear()
        self._flow.resume_writing()

    def shutdown(self) -> None:
        """End after the answer that is on its way; uvicorn calls this when the server stops."""
        if self._is_answering:
            assert self._exchange is not None
            self._exchange.keep_alive = False
        else:
            self._close()

    def cut_off(self, reason: str) -> None:
        """End at once."""
        CONNECTIONS_CUT.labels(reason).inc()
        self._transport.abort()

    @property
    def _is_answering(self) -> bool:
        return self._exchange is not None and not self._exchange.response_complete

    def _advance(self) -> None:
        if self._body is None:
            if self._is_answering:
                self._hold()
                return
            self._read_head()
        if self._body is not None:
            self._read_body(self._body)

    def _hold(self) -> None:
        """Keep what the client sends ahead, up to a limit; who sends more loses it."""
        assert self._exchange is not None
        if len(self._unread) > MAX_WAITING_BYTES:
            self._exchange.keep_alive = False
            self._unread.clear()
        self._flow.pause_reading()

    def _read_head(self) -> None:
        had_begun, had_line = self._head.has_begun, self._head.has_line
        head = self._head.take(self._unread)
        if not had_begun and self._head.has_begun:
            self._began_at = self._loop.time()
            self._reading.tighten(HEAD_TIMEOUT_SECONDS)
        if not had_line and self._head.has_line:
            self._reading.set(self._left_of(HEAD_TIMEOUT_SECONDS))
        if head is not None:
            self._begin(head)

    def _begin(self, head: Head) -> None:
        """Give a request to the application, or the connection to a WebSocket."""
        try:
            body = body_of(head.version, head.headers, head.size_bytes)
            handshake = check_handshake(head, body) if wants_websocket(head) else None
        except Problem as problem:
            self._refuse(problem, head)
            return
        if handshake is not None:
            self._upgrade(handshake)
            return
        self._body = body
        self._reading.set(self._left_of(REQUEST_TIMEOUT_SECONDS))
        self._start(self._scope_of(head), head)

    def _read_body(self, body: Body) -> None:
        assert self._exchange is not None
        content = body.take(self._unread)
        if body.is_complete:
            self._body = None
            self._reading.clear()
            self._connections.works(self)
        if content or body.is_complete:
            self._exchange.add(content, is_complete=body.is_complete)
        if len(self._exchange.body) > HIGH_WATER_LIMIT:
            self._flow.pause_reading()
        if self._unread and body.is_complete:
            self._hold()

    def _start(self, scope: Scope, head: Head) -> None:
        self._exchange = Exchange(
            scope,
            self._writer,
            self._flow,
            self._state.default_headers,
            expects_continue=head.tokens(b"expect") == [b"100-continue"],
            keeps_alive=head.keeps_alive,
            answered=self._answered,
        )
        task = self._loop.create_task(self._exchange.run_asgi(self._config.loaded_app))
        task.add_done_callback(self._state.tasks.discard)
        self._state.tasks.add(task)

    def _answered(self) -> None:
        """Turn to the next request, which may have arrived already."""
        self._state.total_requests += 1
        if self._drained_bytes is not None or self._transport.is_closing():
            return
        self._head = HeadReader()
        self._reading.set(KEEP_ALIVE_SECONDS)
        self._connections.waits(self)
        self._flow.resume_reading()
        if self._unread:
            self._loop.call_soon(self.data_received, b"")

    def _refuse(self, problem: Problem, head: Head = _NO_HEAD) -> None:
        """Answer with a problem; what follows on this connection has no meaning."""
        self._unread.clear()
        self._reading.clear()
        self._drained_bytes = 0
        if self._is_answering:
            assert self._exchange is not None
            self._exchange.fail(problem)
            return
        scope = self._scope_of(head)
        refuse(scope, problem)
        self._start(scope, head)

    def _scope_of(self, head: Head) -> Scope:
        return {
            "type": "http",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.3"},
            "http_version": head.version,
            "method": head.method,
            "scheme": "http",
            "path": unquote(head.path.decode("ascii")),
            "raw_path": head.path,
            "query_string": head.query,
            "root_path": "",
            "headers": head.headers,
            "client": self._client,
            "server": self._server,
            "state": self._app_state.copy(),
        }

    def _upgrade(self, handshake: Handshake) -> None:
        """Go on as a WebSocket, which gets what has arrived behind the handshake as well."""
        self._reading.cancel()
        self._writing.cancel()
        self._state.connections.discard(self)
        protocol: Any = self._config.ws_protocol_class
        stream = protocol(config=self._config, server_state=self._state, app_state=self._app_state)
        early, self._unread, self._drained_bytes = self._unread, bytearray(), 0
        self._connections.hand_over(self, stream)
        stream.take_over(self._transport, handshake, early, self._connections)

    def _left_of(self, seconds: float) -> float:
        return self._began_at + seconds - self._loop.time()

    def _read_too_long(self) -> None:
        """Say what did not arrive; nobody who has sent nothing is told anything."""
        if self._drained_bytes is not None:
            self._close()
        elif self._body is not None:
            detail = f"no complete body within {BODY_TIMEOUT_SECONDS:.0f} s"
            self._refuse(Problem(ProblemCode.BODY_TIMEOUT, detail))
        elif self._head.has_begun:
            detail = f"no complete head within {HEAD_TIMEOUT_SECONDS:.0f} s"
            self._refuse(Problem(ProblemCode.HEAD_TIMEOUT, detail))
        else:
            self._close()

    def _wrote_too_long(self) -> None:
        self.cut_off("not_reading")

    def _end(self) -> None:
        """End after an answer. What its client still sends is read for a moment and forgotten.

        A socket that is closed with unread bytes resets the connection, and the client may never
        see the answer.
        """
        if self._drained_bytes is None and self._body is None and not self._unread:
            self._close()
            return
        self._drained_bytes = self._drained_bytes or 0
        self._unread.clear()
        self._reading.set(DRAIN_SECONDS)
        if not self._transport.is_closing():
            self._transport.write_eof()
            self._flow.resume_reading()

    def _drain(self, size_bytes: int) -> None:
        assert self._drained_bytes is not None
        self._drained_bytes += size_bytes
        if self._drained_bytes <= MAX_DRAINED_BYTES:
            return
        if self._is_answering:
            self._flow.pause_reading()
        else:
            self._close()

    def _close(self) -> None:
        self._reading.clear()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._writing.tighten(LINGER_SECONDS)
