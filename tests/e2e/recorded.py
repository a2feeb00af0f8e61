"""Serves the dashboard without a platform: its files, and answers that were written down.

The browser asks nobody but these functions, so a page is looked at with exactly what a test says.
"""

import json
import mimetypes
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Request, Route, WebSocketRoute

from gateway.dashboard.dashboard import CONTENT_SECURITY_POLICY
from tests.e2e.window import DIST, WIDE, Window, open_window
from tradewind.contracts.envelope import AnyEvent

ADDRESS: Final = "http://localhost:9"
"""Nothing listens there; the browser trusts it as it does the operator's own machine."""
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
}
NOBODY_KNOWS: Final = {
    "status": 404,
    "json": {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": "nothing is recorded for this address",
        "code": "NOT_FOUND",
        "request_id": "01M8G5E8C33SMXKYM4C561G409",
        "errors": [],
    },
}

Query = Mapping[str, str]
Answer = Callable[[re.Match[str], Query, Any], Any]


@dataclass
class RecordedGateway:
    """Answers by method and path; the newest of those that fit counts."""

    answers: list[tuple[re.Pattern[str], Answer]] = field(default_factory=list)
    asked: list[tuple[str, Query, Any]] = field(default_factory=list)
    """Every question with its path, its query and its body."""
    _streams: list[WebSocketRoute] = field(default_factory=list)
    _sent: int = 0

    def answer(self, operation: str, answer: Answer | Any) -> None:
        """Answer an operation such as `GET /backtests/(\\w+)` with a value, or a function."""
        found = answer if callable(answer) else lambda *_: answer
        self.answers.append((re.compile(operation), found))

    def publish(self, *events: AnyEvent) -> None:
        """Send events to every page that listens."""
        for event in events:
            self._sent += 1
            frame = json.loads(event.to_bytes()) | {"streamSequence": self._sent}
            for stream in self._streams:
                stream.send(json.dumps(frame))

    async def handle(self, route: Route) -> None:
        """Answer a request of the page."""
        request = route.request
        path = urlsplit(request.url).path
        if request.headers.get("accept", "").startswith("text/html"):
            await route.fulfill(path=DIST / "index.html", headers=HEADERS, content_type="text/html")
        elif (file := DIST / path.lstrip("/")).is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            await route.fulfill(path=file, content_type=kind)
        else:
            await route.fulfill(**self._found(request, path))

    def listen(self, stream: WebSocketRoute) -> None:
        """Take a page's subscription."""
        self._streams.append(stream)
        subscribed = {"type": "subscribed", "stream": "events", "sequence": self._sent}
        stream.on_message(lambda _: stream.send(json.dumps(subscribed)))

    def _found(self, request: Request, path: str) -> dict[str, Any]:
        query = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query).items()}
        body = request.post_data_json
        self.asked.append((f"{request.method} {path}", query, body))
        for pattern, answer in reversed(self.answers):
            if found := pattern.fullmatch(f"{request.method} {path}"):
                value = answer(found, query, body)
                return {"status": 204} if value is None else {"status": 200, "json": value}
        return dict(NOBODY_KNOWS)


@asynccontextmanager
async def recorded_window(
    gateway: RecordedGateway, size: tuple[int, int] = WIDE, theme: str = "dark"
) -> AsyncIterator[Window]:
    """Yield a window that knows no other gateway."""
    async with open_window(ADDRESS, size, theme) as window:
        await window.page.route("**/*", gateway.handle)
        await window.page.route_web_socket("**/stream", gateway.listen)
        yield window
