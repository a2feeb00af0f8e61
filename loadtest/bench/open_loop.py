"""Posts intents at a steady rate, whatever the platform does, and follows each to its end."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import nats
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from loadtest.pace import paced
from loadtest.platform import Platform
from tradewind.contracts.execution.payloads import ExecutionCompleted, ExecutionFailed
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.payloads import IntentCancelled, IntentExpired
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import subject_filter

PLANNED: Final = PlanCreated.topic
COMPLETED: Final = ExecutionCompleted.topic
TERMINAL: Final = frozenset(
    payload.topic
    for payload in (
        ExecutionCompleted,
        ExecutionFailed,
        RiskRejected,
        PlanRejected,
        IntentExpired,
        IntentCancelled,
    )
)
_REQUEST_TIMEOUT_SECONDS = 30.0
_MAX_CONNECTIONS = 64
_STRATEGIES = 16
_WETH = {
    "symbol": "WETH",
    "chain": "ethereum",
    "address": "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
    "decimals": 18,
}
_USDC = {
    "symbol": "USDC",
    "chain": "ethereum",
    "address": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    "decimals": 6,
}


@dataclass
class Journey:
    """One intent; times in monotonic nanoseconds, `due_ns` is when it should have been sent."""

    due_ns: int
    answered_ns: int | None = None
    status: int | None = None
    correlation_id: str | None = None
    planned_ns: int | None = None
    ended_ns: int | None = None
    terminal_topic: str | None = None
    events: int | None = None
    """Sequence of the terminal event, which is how many events the history has."""


class _Watcher:
    """Notes when plans and ends of histories are stored, by correlation."""

    def __init__(self, expected: int) -> None:
        self.planned_ns: dict[str, int] = {}
        self.ended: dict[str, tuple[int, str, int]] = {}
        self.all_ended = asyncio.Event()
        self._expected = expected

    async def on_message(self, message: Msg) -> None:
        now = time.monotonic_ns()
        event = orjson.loads(message.data)
        correlation_id = event["correlationId"]
        if event["topic"] == PLANNED:
            self.planned_ns.setdefault(correlation_id, now)
        else:
            self.ended.setdefault(correlation_id, (now, event["topic"], event["sequence"]))
            if len(self.ended) == self._expected:
                self.all_ended.set()


async def drive(
    platform: Platform,
    *,
    count: int,
    per_second: float,
    strategy: str = "load",
    patience_seconds: float = 30,
) -> list[Journey]:
    """Post `count` intents of a few strategies open-loop and return their journeys.

    Waits at most `patience_seconds` after the last one for all of them to end.
    """
    watcher = _Watcher(count)
    async with await nats.connect(platform.nats_url, name="bench-watch") as client:
        await _watch(client, watcher)
        journeys = await _post_all(platform.url, count, per_second, strategy)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await watcher.all_ended.wait()
    for journey in journeys:
        _complete(journey, watcher)
    return journeys


async def _watch(client: Client, watcher: _Watcher) -> None:
    subjects = [subject_filter(topic) for topic in sorted({PLANNED, *TERMINAL})]
    await client.jetstream().subscribe(
        "",
        stream=EVENTS_STREAM,
        cb=watcher.on_message,
        manual_ack=True,
        config=ConsumerConfig(
            filter_subjects=subjects,
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.NEW,
        ),
    )


async def _post_all(url: str, count: int, per_second: float, strategy: str) -> list[Journey]:
    limits = httpx2.Limits(max_connections=_MAX_CONNECTIONS)
    journeys: list[Journey] = []
    async with (
        httpx2.AsyncClient(base_url=url, limits=limits, timeout=_REQUEST_TIMEOUT_SECONDS) as client,
        asyncio.TaskGroup() as posts,
    ):
        async for number, due_ns in paced(count, per_second):
            journey = Journey(due_ns)
            journeys.append(journey)
            posts.create_task(_post(client, journey, intent_body(number, strategy)))
    return journeys


async def _post(client: httpx2.AsyncClient, journey: Journey, body: dict[str, Any]) -> None:
    try:
        response = await client.post("/intents", json=body)
    except httpx2.TransportError:
        return
    journey.answered_ns = time.monotonic_ns()
    journey.status = response.status_code
    if response.status_code == httpx2.codes.CREATED:
        intent_id = response.json()["intent_id"]
        journey.correlation_id = make_correlation_id(CorrelationKind.INTENT, intent_id)


def _complete(journey: Journey, watcher: _Watcher) -> None:
    if journey.correlation_id is None:
        return
    journey.planned_ns = watcher.planned_ns.get(journey.correlation_id)
    if end := watcher.ended.get(journey.correlation_id):
        journey.ended_ns, journey.terminal_topic, journey.events = end


def intent_body(number: int, strategy: str) -> dict[str, Any]:
    """Return a well-formed intent of a few hundred dollars that every limit lets through."""
    return {
        "strategy_id": f"{strategy}-{number % _STRATEGIES}",
        "intent_type": "acquire" if number % 2 else "dispose",
        "assets": [_WETH, _USDC],
        "amount": f"0.{1000 + number % 1000}",
        "constraints": {
            "max_slippage": "0.01",
            "time_window": 300,
            "execution_style": "balanced",
        },
    }
