"""Ticks are published when they say something new; candles begin and end where they should."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.factories import BLOCK_NUMBER, MARKET
from tests.support.ticks import INSTRUMENTS, make_tick
from tradewind.contracts.market.model import ObservedContext, PerpContext
from tradewind.contracts.market.ticks import MAX_TICK_BYTES, TICK, TICK_INTERVALS_SECONDS
from tradewind.trading.ticks.candles import LENGTHS, Candle, begin_of, gaps_of, is_due, longer
from tradewind.trading.ticks.perpetual_ticks import perpetual_tick
from tradewind.trading.ticks.pool_ticks import pool_ticks
from tradewind.trading.ticks.publisher import TickPublisher, message_id
from tradewind.trading.tokens import load_tokens

NOW = datetime(2026, 11, 29, 10, 0, 5, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Broker:
    """Keeps what is published; raises while it is away."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.is_away = False

    async def publish(self, subject: str, payload: bytes, **_: Any) -> None:
        if self.is_away:
            raise TimeoutError
        assert len(payload) <= MAX_TICK_BYTES
        assert subject.startswith("market.tick.")
        self.kept.append(json.loads(payload))


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def publisher(broker: Broker) -> TickPublisher:
    return TickPublisher(SimpleNamespace(jetstream=broker))  # type: ignore[arg-type]


async def test_a_price_is_said_when_it_changes_and_once_a_minute(
    publisher: TickPublisher, broker: Broker
) -> None:
    for seconds, price in ((0, "1"), (1, "1"), (2, "2"), (3, "3"), (4, "3"), (50, "3")):
        publisher.take(make_tick(NOW + seconds * SECOND, price))
        await publisher.flush()
    assert [one["price"] for one in broker.kept] == ["1", "2", "3"]
    publisher.confirm(NOW + MINUTE)
    await publisher.flush()
    await publisher.flush()
    assert [one["time"][14:19] for one in broker.kept] == ["00:05", "00:07", "00:08", "01:05"]
    publisher.forget()
    publisher.confirm(NOW + 2 * MINUTE)
    await publisher.flush()
    assert len(broker.kept) == 4


async def test_volume_adds_up_until_the_broker_has_it(
    publisher: TickPublisher, broker: Broker
) -> None:
    broker.is_away = True
    for volume in (1, 2):
        publisher.take(make_tick(NOW, "5", volume=Decimal(volume)))
        with pytest.raises(TimeoutError):
            await publisher.flush()
    broker.is_away = False
    publisher.take(make_tick(NOW, "5", volume=Decimal(4)))
    await publisher.flush()
    await publisher.flush()
    publisher.take(make_tick(NOW + SECOND, "5", volume=Decimal(8)))
    await publisher.flush()
    assert [one["volume"] for one in broker.kept] == ["7", "8"]


def test_two_who_follow_one_chain_say_a_block_with_one_id() -> None:
    tick = make_tick(NOW, volume=Decimal(0))
    assert message_id(tick) == message_id(tick.model_copy(update={"time": NOW + SECOND}))
    assert message_id(tick) != message_id(tick.model_copy(update={"time": NOW + MINUTE}))
    assert message_id(tick) != message_id(tick.model_copy(update={"block_number": 8}))
    assert message_id(make_tick(NOW)) != message_id(make_tick(NOW + SECOND))


def test_a_pair_has_one_tick_of_its_deepest_pool() -> None:
    pools = MARKET.snapshots(BLOCK_NUMBER)
    swapped = {pool.pool: (2 * 10**18, 6 * 10**18) for pool in pools}
    ticks = {one.symbol: one for one in pool_ticks(pools, load_tokens(), NOW, swapped)}
    assert len(ticks) == len({(pool.token0, pool.token1) for pool in pools})
    weth = ticks["WETH/USDC"]
    assert weth.instrument == INSTRUMENTS[0]
    assert 2_900 < weth.price < 3_100
    traded = [one for one in pools if {one.token0.symbol, one.token1.symbol} == {"WETH", "USDC"}]
    is_first = traded[0].token0.symbol == "WETH"
    assert weth.volume == len(traded) * (2 if is_first else 6)
    assert all(one.volume is None for one in pool_ticks(pools, load_tokens(), NOW))
    empty = [pool.model_copy(update={"liquidity": 0}) for pool in pools]
    assert pool_ticks(empty, load_tokens(), NOW) == []


@pytest.mark.parametrize(("mark", "is_price"), [("3000.5", True), ("0", False)])
def test_a_perpetual_is_an_instrument_of_its_own(mark: str, is_price: bool) -> None:
    context = PerpContext(
        coin="ETH",
        mark_price=Decimal(mark),
        oracle_price=Decimal(1),
        funding_hourly=Decimal(0),
        open_interest=Decimal(1),
        day_volume_usd=Decimal(1),
        previous_day_price=Decimal(1),
    )
    tick = perpetual_tick(ObservedContext(context=context, observed_at=NOW, provider="hyperliquid"))
    assert (tick is not None) is is_price
    assert tick is None or (tick.instrument, tick.symbol) == (INSTRUMENTS[1], "ETH-PERP")


@pytest.mark.parametrize(
    "change",
    [
        {"price": "0"},
        {"price": 1.5},
        {"price": "NaN"},
        {"volume": "-1"},
        {"instrument": "a.b"},
        {"source": "A"},
        {"symbol": "<b>"},
        {"block_number": -1},
        {"time": "2026-11-29T10:00:05"},
        {"more": 1},
    ],
)
def test_what_is_no_tick_is_refused(change: dict[str, Any]) -> None:
    tick = json.loads(make_tick(NOW, volume=Decimal(1)).model_dump_json())
    TICK.validate_json(json.dumps(tick))
    with pytest.raises(ValidationError):
        TICK.validate_json(json.dumps(tick | change))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
@settings(max_examples=50)
def test_a_time_is_in_one_candle_of_each_length(naive: datetime) -> None:
    time = naive.replace(tzinfo=UTC)
    for seconds in TICK_INTERVALS_SECONDS.values():
        begin = begin_of(time, seconds)
        assert begin <= time < begin + timedelta(seconds=seconds)
        assert (begin - datetime(2000, 1, 3, tzinfo=UTC)) % timedelta(seconds=seconds) == 0 * SECOND
    for shorter, length in LENGTHS:
        (found,) = longer([Candle("a", begin_of(time, shorter))], length)
        assert found == Candle("a", begin_of(time, length))


@given(st.sets(st.integers(0, 30)), st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=100)
def test_gaps_and_candles_are_the_whole_stretch(there: set[int], first: int, last: int) -> None:
    first, last = sorted((first, last))
    begins = [NOW + number * MINUTE for number in sorted(there) if first <= number < last]
    since, until = NOW + first * MINUTE, NOW + last * MINUTE
    missing = {
        begin + number * MINUTE
        for begin, end in gaps_of(begins, since, until, 60)
        for number in range((end - begin) // MINUTE)
    }
    assert not missing & set(begins)
    assert missing | set(begins) == {NOW + number * MINUTE for number in range(first, last)}


def test_a_minute_is_due_two_seconds_after_its_end() -> None:
    minute = NOW.replace(second=0)
    assert not is_due(minute, minute + MINUTE + SECOND)
    assert is_due(minute, minute + MINUTE + 2 * SECOND)
