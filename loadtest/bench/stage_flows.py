"""Intents for both stages of risk, and what notes when each stage has decided about them."""

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from loadtest.bench.findings import BenchmarkFailed
from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent, IntentConstraints
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import EventKey, subject_filter
from tradewind.trading.tokens import load_tokens

_DEADLINE_SECONDS: Final = 180.0
_WINDOW: Final = timedelta(hours=1)
_PAIRS: Final = (("WETH", "USDC"), ("WETH", "DAI"), ("WBTC", "USDC"), ("WBTC", "DAI"))


class Seen(NamedTuple):
    """When events of an intent were on the stream, in monotonic nanoseconds."""

    published: dict[str, int]
    screened: dict[str, int]
    accepted: dict[str, int]


def submitted_intents(count: int, portfolios: int, name: str) -> list[AnyEvent]:
    """Return submitted intents of cents, on four instruments, that every limit lets by.

    The portfolios are called after `name`: who has approved much before takes longer.
    """
    tokens, at = load_tokens(), datetime.now(UTC)
    pairs = [tuple(_asset(tokens.by_symbol("ethereum", one)) for one in pair) for pair in _PAIRS]
    return [
        _submitted(pairs[number % len(pairs)], f"{name}-{number % portfolios}", number, at)
        for number in range(count)
    ]


def _asset(registered: object) -> Asset:
    asset: Asset = registered.asset  # type: ignore[attr-defined]
    return asset


def _submitted(pair: Sequence[Asset], strategy: str, number: int, at: datetime) -> AnyEvent:
    intent = Intent(
        strategy_id=strategy,
        intent_type="acquire",
        assets=(pair[0], pair[1]),
        amount=Decimal(number + 1).scaleb(-8),
        constraints=IntentConstraints(max_slippage=Decimal("0.01"), time_window=3_600),
    )
    intent_id = make_ulid(int(at.timestamp() * 1_000), os.urandom(10))
    return first_event(
        IntentSubmitted(intent_id=intent_id, intent=intent, expires_at=at + _WINDOW),
        correlation_id=make_correlation_id(CorrelationKind.INTENT, intent_id),
        key=EventKey(instrument=intent.instrument, portfolio=strategy),
        producer=Role.GATEWAY,
        at=at,
    )


class Watcher:
    """Notes when verdicts are on the stream."""

    def __init__(self, expected: int) -> None:
        self.seen = Seen({}, {}, {})
        self._expected = expected
        self._all = asyncio.Event()

    async def open(self, client: Client) -> None:
        topics = (RiskScreened.topic, IntentAccepted.topic, RiskRejected.topic)
        await client.jetstream().subscribe(
            "",
            stream=EVENTS_STREAM,
            cb=self._on_message,
            manual_ack=True,
            config=ConsumerConfig(
                filter_subjects=[subject_filter(topic) for topic in topics],
                ack_policy=AckPolicy.NONE,
                deliver_policy=DeliverPolicy.NEW,
            ),
        )

    async def wait(self) -> None:
        try:
            await asyncio.wait_for(self._all.wait(), _DEADLINE_SECONDS)
        except TimeoutError:
            accepted = len(self.seen.accepted)
            raise BenchmarkFailed(f"{accepted} of {self._expected} were accepted") from None

    async def _on_message(self, message: Msg) -> None:
        now, event = time.monotonic_ns(), orjson.loads(message.data)
        if event["topic"] == RiskRejected.topic:
            raise BenchmarkFailed(event["payload"]["detail"])
        is_screened = event["topic"] == RiskScreened.topic
        noted = self.seen.screened if is_screened else self.seen.accepted
        noted.setdefault(event["correlationId"], now)
        if len(self.seen.accepted) == self._expected:
            self._all.set()
