"""What a decision refers to is kept before it is told, once, and again when it may be lost."""

import asyncio

import pytest

from actors.observation_publisher import KEEP_TIMEOUT_SECONDS, NotKeptYet, ObservationPublisher
from actors.planner.actors import plan_intent
from actors.planner.ports import PlannerPorts
from actors.risk.actors import assess_intent
from actors.risk.ports import RiskPorts
from tests.support.factories import (
    BLOCK_NUMBER,
    MARKET,
    NOW,
    REGISTRY,
    accepted,
    cache_of,
    market_view,
    submitted,
)
from tests.support.limits import PLAN_LIMITS, RISK_LIMITS
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.inputs import correlation_of, references_of
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key

POOLS = len(MARKET.snapshots(BLOCK_NUMBER))
PARTS = POOLS + 2
"""Every pool, the tokens, and the market that refers to them."""


class Sink:
    """Takes events, unless it is away."""

    def __init__(self) -> None:
        self.taken: list[AnyEvent] = []
        self.is_away = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def publish_all(self, events: list[AnyEvent]) -> None:
        await asyncio.sleep(0)
        await self.answers.wait()
        if self.is_away:
            raise TransientError("away")
        self.taken += events


async def test_an_observation_is_kept_once_whoever_asks_at_the_same_time() -> None:
    sink, observation = Sink(), market_view().observe()
    publisher = ObservationPublisher(sink)
    await asyncio.gather(*(publisher.keep(observation) for _ in range(5)))
    assert len(sink.taken) == PARTS
    assert observation.market is not None
    assert sink.taken[-1].correlation_id == correlation_of(observation.market)


async def test_what_did_not_change_is_not_kept_again() -> None:
    sink, cache = Sink(), cache_of(MARKET.snapshots(BLOCK_NUMBER))
    view, publisher = PoolView(cache, REGISTRY), ObservationPublisher(sink)
    await publisher.keep(view.observe())
    for snapshot in MARKET.snapshots(BLOCK_NUMBER + 1):
        cache.apply(snapshot_key(snapshot), snapshot.model_dump_json().encode())
    await publisher.keep(view.observe())
    assert [event.topic for event in sink.taken[PARTS:]] == ["instrument.market_observed"]


async def test_two_processes_keep_the_same_bytes() -> None:
    first, second = Sink(), Sink()
    await ObservationPublisher(first).keep(market_view().observe())
    await ObservationPublisher(second).keep(market_view().observe())
    assert [event.to_bytes() for event in first.taken] == [
        event.to_bytes() for event in second.taken
    ]


async def test_what_could_not_be_kept_is_kept_the_next_time() -> None:
    sink, observation = Sink(), market_view().observe()
    publisher, sink.is_away = ObservationPublisher(sink), True
    with pytest.raises(TransientError):
        await publisher.keep(observation)
    sink.is_away = False
    await publisher.keep(observation)
    assert len(sink.taken) == PARTS


async def test_a_broker_that_hangs_is_waited_for_and_not_given_up_on() -> None:
    sink = Sink()
    publisher = ObservationPublisher(sink, timeout_seconds=0.01)
    sink.answers.clear()
    with pytest.raises(NotKeptYet):
        await publisher.keep(market_view().observe())
    assert issubclass(NotKeptYet, UnknownOutcome)
    assert (
        min(assess_intent.time_limit_ms, plan_intent.time_limit_ms) > KEEP_TIMEOUT_SECONDS * 1_000
    )
    sink.answers.set()
    await publisher.keep(market_view().observe())
    assert len(sink.taken) == PARTS


async def test_a_connection_lost_meanwhile_counts_for_nothing() -> None:
    sink, observation = Sink(), market_view().observe()
    publisher = ObservationPublisher(sink)
    sink.answers.clear()
    keeping = asyncio.create_task(publisher.keep(observation))
    await asyncio.sleep(0.01)
    publisher.forget()
    sink.answers.set()
    await keeping
    await publisher.keep(observation)
    assert len(sink.taken) == 2 * PARTS


async def test_on_a_new_connection_everything_is_kept_again() -> None:
    sink, observation = Sink(), market_view().observe()
    publisher = ObservationPublisher(sink)
    await publisher.keep(observation)
    publisher.forget()
    await publisher.keep(observation)
    assert len(sink.taken) == 2 * PARTS


async def test_decisions_name_the_market_that_was_kept_and_the_limits() -> None:
    sink = Sink()
    keep = ObservationPublisher(sink).keep
    view = market_view()
    (screened,) = await assess_intent(submitted(), RiskPorts(view, RISK_LIMITS, lambda: NOW, keep))
    (created,) = await plan_intent(accepted(), PlannerPorts(view, PLAN_LIMITS, lambda: NOW, keep))
    kept = [event.correlation_id for event in sink.taken]
    assert references_of(screened.payload) == references_of(created.payload) == kept[-1:]
    assert screened.payload.inputs.limits == RISK_LIMITS
    assert created.payload.inputs.limits == PLAN_LIMITS


async def test_a_decision_whose_market_cannot_be_kept_is_not_told() -> None:
    sink = Sink()
    sink.is_away = True
    ports = RiskPorts(market_view(), RISK_LIMITS, lambda: NOW, ObservationPublisher(sink).keep)
    with pytest.raises(TransientError):
        await assess_intent(submitted(), ports)
