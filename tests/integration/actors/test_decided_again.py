"""What real roles decided on a market that never stands still is decided so again."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from actors.planner import ports as planner_ports
from actors.risk import ports as risk_ports
from research.redecide.rerun import TodaysSettings
from tests.integration.actors.test_roles import LAST_TOPICS, running
from tests.settings import Settings
from tests.support.factories import DAI, LINK, USDC, WBTC, WETH, submitted
from tests.support.recorded import MemorySource, run_again
from tests.support.waiting import PATIENCE_SECONDS
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.inputs import references_of
from tradewind.contracts.instruments.payloads import MarketObserved
from tradewind.contracts.risk.limits import PortfolioLimits
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.wire import Document
from tradewind.runtime import NatsConnection, Publisher
from tradewind.trading.tokens import load_tokens

BLOCK_MS = 50
INTENTS = 80
PAUSE_SECONDS = 0.01
PAIRS = ((WETH, USDC), (WETH, DAI), (WBTC, USDC), (WBTC, WETH), (LINK, WETH), (WETH, LINK))


def orders() -> list[AnyEvent]:
    """Return intents of every size on every pair."""
    return [
        submitted(
            number,
            at=datetime.now(UTC),
            assets=PAIRS[number % len(PAIRS)],
            intent_type=("acquire", "dispose")[number % 2],
            amount=Decimal(number**3) / 20_000,
        )
        for number in range(1, INTENTS + 1)
    ]


async def record(connection: NatsConnection, submissions: list[AnyEvent]) -> list[AnyEvent]:
    """Publish the submissions one after the other; return all events, in the stream's order."""
    publisher, events = Publisher(connection), list[AnyEvent]()
    subscription = await connection.jetstream.subscribe(">", stream=EVENTS_STREAM)
    unended = {one.correlation_id for one in submissions}
    for one in submissions:
        await publisher.publish(one)
        await asyncio.sleep(PAUSE_SECONDS)
    async with asyncio.timeout(30):
        while unended:
            events.append(parse_event((await subscription.next_msg(timeout=PATIENCE_SECONDS)).data))
            if events[-1].topic in LAST_TOPICS:
                unended.discard(events[-1].correlation_id)
    await subscription.unsubscribe()
    await publisher.close()
    return events


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings of a market with many blocks, and without a limit worth mentioning."""
    return settings.model_copy(
        update={
            "market_interval_ms": BLOCK_MS,
            "max_notional_usd": Decimal(50_000_000),
            "simulated_latency_ms": 0,
        }
    )


def todays_by(settings: Settings) -> TodaysSettings:
    limits: dict[str, Document] = {
        Role.RISK: risk_ports.limits_of(settings),
        Role.PORTFOLIO: PortfolioLimits(),
        Role.PLANNER: planner_ports.limits_of(settings),
    }
    return TodaysSettings(limits, load_tokens())


async def test_what_roles_decide_is_decided_again(
    settings: Settings, connection: NatsConnection
) -> None:
    async with running(settings):
        events = await record(connection, orders())

    known = set[str]()
    for event in events:
        assert known.issuperset(references_of(event.payload)), "told before it was kept"
        known.add(event.correlation_id)
    markets = [event for event in events if isinstance(event.payload, MarketObserved)]
    assert len(markets) > 10
    assert len({event.event_id for event in events}) == len(events)
    for todays in (None, todays_by(settings)):
        findings = await run_again(MemorySource(events), todays)
        assert (findings.differences, findings.reasons) == ([], [])
        assert findings.counts.same > INTENTS
