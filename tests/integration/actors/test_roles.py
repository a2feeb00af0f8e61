"""Market, both stages of risk, planner and orchestrator on the real broker."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal

from actors.__main__ import serve
from tests.settings import Settings
from tests.support.factories import LINK, WETH, submitted
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.execution.demo_strategies import DemoStrategy
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.redis import open_redis
from tradewind.runtime import NatsConnection, Publisher

ROLES = (
    Role.MARKET,
    Role.RISK,
    Role.PORTFOLIO,
    Role.PLANNER,
    Role.ORCHESTRATOR,
    Role.COORDINATOR,
)
LAST_TOPICS = {"exec.completed", "exec.failed", "risk.rejected", "plan.rejected", "intent.expired"}


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    roles = asyncio.create_task(serve(ROLES, settings, stopped))
    try:
        yield
    finally:
        stopped.set()
        await roles


async def histories_of(
    connection: NatsConnection, submissions: list[AnyEvent]
) -> dict[str, list[AnyEvent]]:
    """Publish the submissions and return every history once all have come to an end."""
    publisher = Publisher(connection)
    histories: dict[str, list[AnyEvent]] = {one.correlation_id: [] for one in submissions}
    subscription = await connection.jetstream.subscribe(">", stream=EVENTS_STREAM)
    await publisher.publish_all(submissions)
    open_histories = set(histories)
    async with asyncio.timeout(20):
        while open_histories:
            event = parse_event((await subscription.next_msg(timeout=PATIENCE_SECONDS)).data)
            if event.correlation_id not in histories:
                continue  # what decisions refer to
            histories[event.correlation_id].append(event)
            if event.topic in LAST_TOPICS:
                open_histories.discard(event.correlation_id)
    await subscription.unsubscribe()
    await publisher.close()
    return histories


async def test_a_fill_for_a_portfolio_is_its_strategys(
    settings: Settings, connection: NatsConnection
) -> None:
    now = datetime.now(UTC)
    trades = [("alpha", "fund"), ("beta", "fund"), ("alpha", "other"), ("alpha", None)]
    submissions: list[AnyEvent] = [
        submitted(number, at=now, strategy_id=strategy_id, portfolio_id=portfolio_id)
        for number, (strategy_id, portfolio_id) in enumerate(trades, 1)
    ]
    async with (
        open_redis(settings.redis_url.get_secret_value()) as redis,
        running(settings),
    ):

        async def fills_shown() -> dict[str, int]:
            keys = await redis.keys("positions:*")
            documents = [json.loads(text or b"{}") for text in await redis.mget(keys or [""])]
            return {
                f"positions:{one['strategy_id']}": one["positions"][0]["fills"]
                for one in documents
                if one
            }

        histories = await histories_of(connection, submissions)
        assert {one[-1].topic for one in histories.values()} == {"exec.completed"}
        fills = Counter(
            f"positions:{history[0].payload.intent.strategy_id}"
            for history in histories.values()
            for event in history
            if event.topic == "exec.step_filled"
        )
        await wait_until(lambda: holds(fills_shown, fills), "positions by strategy")
    assert {event.key.portfolio for history in histories.values() for event in history} == {
        "fund",
        "other",
        "alpha",
    }


async def holds(shown: Callable[[], Awaitable[dict[str, int]]], expected: dict[str, int]) -> bool:
    return await shown() == expected


async def test_intents_reach_their_end(settings: Settings, connection: NatsConnection) -> None:
    now = datetime.now(UTC)
    submissions = [
        submitted(1, at=now),
        submitted(2, at=now, intent_type="dispose"),
        submitted(3, at=now, strategy_id=DemoStrategy.PARTIAL_FILLS.value),
        submitted(4, at=now, strategy_id=DemoStrategy.FAILING_VENUE.value),
        submitted(5, at=now, strategy_id=DemoStrategy.TIMEOUT_VENUE.value),
        submitted(6, at=now, amount=Decimal(100)),
        submitted(7, at=now, assets=(WETH, LINK)),
        submitted(8, at=now, assets=(LINK, WETH)),
    ]

    async with running(settings):
        histories = list((await histories_of(connection, submissions)).values())

    ends = [history[-1].topic for history in histories]
    assert ends == [
        "exec.completed",
        "exec.completed",
        "exec.completed",
        "exec.failed",
        "exec.completed",
        "risk.rejected",
        "plan.rejected",
        "risk.rejected",
    ]
    refused = [histories[number][-1].payload.reason for number in (3, 5, 6, 7)]
    assert refused == ["VENUE_UNAVAILABLE", "NOTIONAL_LIMIT", "NO_POOL", "PRICE_UNAVAILABLE"]
    for history in histories:
        assert [event.sequence for event in history] == list(range(1, len(history) + 1))
