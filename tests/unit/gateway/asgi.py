"""Requests that no HTTP client sends: WebSocket handshakes, and bodies that break off."""

from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp, Message

RawAnswer = tuple[int, dict[str, str], bytes]


async def raw_answer(
    app: ASGIApp,
    kind: str,
    path: str,
    messages: Sequence[Message],
    headers: dict[str, str] | None = None,
    *,
    method: str = "POST",
    server: tuple[str | None, int] | None = None,
) -> RawAnswer:
    """Return status, headers and body of the response to one ASGI scope."""
    given = {"Host": "127.0.0.1"} | (headers or {})
    encoded = [(name.lower().encode(), text.encode()) for name, text in given.items()]
    scope: dict[str, Any] = {
        "type": kind,
        "method": method,
        "server": server,
        "path": path,
        "query_string": b"",
        "headers": encoded,
        "extensions": {"websocket.http.response": {}},
    }
    arriving = iter(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        return next(arriving)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return _response(sent)


def _response(sent: Sequence[Message]) -> RawAnswer:
    start: Any = sent[0]
    assert start["type"].endswith("http.response.start"), start
    answered = {name.decode(): text.decode() for name, text in start["headers"]}
    return start["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])
