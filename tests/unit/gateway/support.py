"""A gateway on ports in memory, and intents to send to it."""

import copy
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx2
from pydantic import SecretStr

from gateway.app import create_app
from gateway.ports import ConsumerLag, StoredMessage, StreamBounds
from gateway.recent import RecentSubmissions
from gateway.state import Gateway
from gateway.stream.hub import StreamHub
from gateway.stream.topic_patterns import parse_allowed
from gateway.submission import Submitter, submitted_event
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.model import Intent
from tradewind.errors import TransientError
from tradewind.ledger.upkeep.ingress import KeyUsed
from tradewind.ledger.upkeep.ingress import Request as KeptRequest
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument
from tradewind.readmodels.reader import NO_FILTER, Page
from tradewind.settings import Settings
from tradewind.trading.tokens import load_tokens

WETH = {
    "symbol": "WETH",
    "chain": "ethereum",
    "address": "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
    "decimals": 18,
}
USDC = {
    "symbol": "USDC",
    "chain": "ethereum",
    "address": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    "decimals": 6,
}
BODY: dict[str, Any] = {
    "strategy_id": "demo",
    "intent_type": "acquire",
    "assets": [WETH, USDC],
    "amount": "1.0",
    "constraints": {"max_slippage": "0.01", "time_window": 300, "execution_style": "aggressive"},
}
JSON = {"Content-Type": "application/json"}
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def body_with(path: str, value: Any) -> dict[str, Any]:
    """Return the sample body with one value replaced: `assets.0.address`."""
    body = copy.deepcopy(BODY)
    *parents, last = path.split(".")
    target: Any = body
    for part in parents:
        target = target[int(part)] if part.isdigit() else target[part]
    target[int(last) if last.isdigit() else last] = value
    return body


@cache
def make_event(number: int = 0) -> AnyEvent:
    """Return an `intent.submitted`; another number, another intent."""
    intent = Intent.model_validate_json(json.dumps(BODY))
    return submitted_event(intent, at=NOW, entropy=number.to_bytes(10))


def stored(event: AnyEvent, sequence: int) -> StoredMessage:
    """Return the event as the stream has it."""
    return StoredMessage(sequence, event.subject, event.to_bytes(), NOW.timestamp())


class RecordingPublisher:
    """Keeps what is published; `failures` are raised first, one per attempt."""

    def __init__(self, failures: Iterable[Exception] = ()) -> None:
        self.published: list[AnyEvent] = []
        self.attempts: list[str] = []
        self._failures = list(failures)

    async def publish(self, event: AnyEvent) -> None:
        self.attempts.append(event.event_id)
        if self._failures:
            raise self._failures.pop(0)
        self.published.append(event)


class MemoryJournal:
    """Keeps accepted events in a dictionary; `error` is raised instead."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.by_key: dict[str, tuple[bytes, bytes]] = {}
        self.error: Exception | None = None

    async def accept(self, event: AnyEvent, request: KeptRequest) -> bytes | None:
        if self.error is not None:
            raise self.error
        if request.idempotency_key in self.by_key:
            body, digest = self.by_key[request.idempotency_key]
            if digest != request.sha256:
                raise KeyUsed
            return body
        self.kept[event.event_id] = event.to_bytes()
        if request.idempotency_key is not None:
            self.by_key[request.idempotency_key] = (event.to_bytes(), request.sha256)
        return None

    async def withdraw(self, event_id: str) -> bool:
        return self.kept.pop(event_id, None) is not None


class MemoryReadModels:
    """Documents by id; `away` makes every read fail like a missing database."""

    def __init__(self) -> None:
        self.documents: dict[str, ReadModelDocument] = {}
        self.asked: list[tuple[str | None, str | None, str | None, int]] = []
        self.away = False

    def _check(self) -> None:
        if self.away:
            raise TransientError("PostgreSQL: no password for user secret at 10.0.0.7")

    async def read[D: ReadModelDocument](
        self, read_model: ReadModel[D], identifier: str
    ) -> D | None:
        self._check()
        document = self.documents.get(read_model.key(identifier))
        assert document is None or isinstance(document, read_model.document)
        return document

    async def page[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Mapping[str, str | None] = NO_FILTER,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[D]:
        self._check()
        self.asked.append((where.get("state"), where.get("strategy_id"), cursor, limit))
        return Page(items=())


class Recorded:
    """An event of MemoryHistory."""

    def __init__(self, event: AnyEvent) -> None:
        self.event = event
        self.body = event.to_bytes()


class MemoryHistory:
    """Histories in a list."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []

    async def history(
        self, correlation_id: str, after_sequence: int = 0, limit: int = 500
    ) -> Sequence[Recorded]:
        found = [
            Recorded(event)
            for event in self.events
            if event.correlation_id == correlation_id and event.sequence > after_sequence
        ]
        return found[:limit]


class MemoryStore:
    """A stream in a list; sequences up to `expired` are gone."""

    def __init__(self) -> None:
        self.messages: list[StoredMessage] = []
        self.expired = 0
        self.away = False

    async def bounds(self) -> StreamBounds:
        last = self.messages[-1].sequence if self.messages else 0
        return StreamBounds(self.expired + 1, last, "first")

    async def read(self, after: int, limit: int) -> Sequence[StoredMessage]:
        if self.away:
            raise TransientError("away")
        start = max(after, self.expired)
        return [message for message in self.messages if message.sequence > start][:limit]


class NoLag:
    """Knows one consumer that lags and one that does not exist."""

    async def lags(self) -> Sequence[ConsumerLag]:
        return (ConsumerLag("coordinator", 3, 1), ConsumerLag("risk-workers", None, None))


class FakeDependency:
    """Up, or down with `error`."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.name = name
        self.error = error

    async def check(self) -> None:
        if self.error is not None:
            raise self.error


class FakeGateway:
    """Everything in memory, and the parts a test looks at."""

    def __init__(
        self, *, failures: Iterable[Exception] = (), allowed: str = "*", **settings: Any
    ) -> None:
        self.publisher = RecordingPublisher(failures)
        self.journal = MemoryJournal()
        self.read_models = MemoryReadModels()
        self.history = MemoryHistory()
        self.store = MemoryStore()
        self.recent = RecentSubmissions()
        self.dependencies = [FakeDependency("nats"), FakeDependency("redis")]
        self.state = Gateway(
            registry=load_tokens(),
            submitter=Submitter(
                self.journal,
                self.publisher,
                self.recent,
                clock=lambda: NOW,
                deadline_seconds=0.2,
            ),
            recent=self.recent,
            read_models=self.read_models,
            history=self.history,
            hub=StreamHub(),
            event_store=self.store,
            allowed_topics=parse_allowed(allowed),
            lag=NoLag(),
            dependencies=self.dependencies,
        )
        self.settings = Settings(
            nats_url="nats://127.0.0.1:1",
            postgres_dsn=SecretStr("postgresql://nobody"),
            redis_url=SecretStr("redis://nobody"),
            **settings,
        )
        self.app = create_app(self.settings, self.state)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx2.AsyncClient]:
        """Yield an HTTP client of the application."""
        transport = httpx2.ASGITransport(self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield client


def check_problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Assert the shape every problem has; return the document."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["code"] == code
    assert document["request_id"] == response.headers["x-request-id"]
    assert document["type"] == f"urn:tradewind:problem:{code.lower().replace('_', '-')}"
    assert document["title"]
    assert document["detail"]
    assert document["instance"] == response.request.url.path
    for error in document["errors"]:
        assert {"field", "message"} <= set(error) <= {"field", "message", "limit"}
    return document
