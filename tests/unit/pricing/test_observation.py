"""A market that was written down is read again as it was."""

from datetime import timedelta
from random import Random

import pytest

from tests.support.factories import BLOCK_NUMBER, CHAIN, MARKET, NOW, REGISTRY, cache_of
from tests.unit.pricing.wild_pools import wild_snapshot
from tradewind.contracts.envelope import MAX_EVENT_BYTES
from tradewind.contracts.inputs import is_authentic, observation_event
from tradewind.contracts.instruments.payloads import MarketObserved, PoolObserved, TokensObserved
from tradewind.contracts.instruments.pools import (
    ChainHead,
    ObservedPool,
    PoolSnapshot,
    TickLiquidity,
)
from tradewind.trading.pricing.pools.observation import MarketObserver, Observation, restore_cache
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_keys import head_key, snapshot_key
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.tokens import TokenRegistry

SNAPSHOTS = MARKET.snapshots(BLOCK_NUMBER)
HEAD = ChainHead(
    chain=CHAIN,
    chain_id=31_337,
    block_number=BLOCK_NUMBER,
    block_hash="0x" + "ab" * 32,
    block_time=NOW,
    base_fee_per_gas_wei=7,
    priority_fee_per_gas_wei=1,
)


def take(cache: SnapshotCache, snapshot: PoolSnapshot) -> None:
    cache.apply(snapshot_key(snapshot), snapshot.model_dump_json().encode())


def take_head(cache: SnapshotCache, head: ChainHead) -> None:
    cache.apply(head_key(head.chain), head.model_dump_json().encode())


def observe(cache: SnapshotCache) -> Observation:
    return MarketObserver(cache, REGISTRY).observe()


def restored(observation: Observation) -> SnapshotCache:
    """Read what was written, as events that travelled."""
    payloads = {one.identifier: one.payload for one in observation.parts}
    assert observation.market is not None
    market = payloads[observation.market]
    assert isinstance(market, MarketObserved)
    shapes = {name: one for name, one in payloads.items() if isinstance(one, PoolObserved)}
    return restore_cache(market, shapes, PythonRouter())


def test_a_market_is_read_again_in_the_same_order_with_its_heads() -> None:
    cache = cache_of(list(reversed(SNAPSHOTS)))
    take_head(cache, HEAD)
    again = restored(observe(cache))
    assert again.all() == cache.all()
    assert again.heads == (HEAD,)
    assert observe(again) == observe(cache)


@pytest.mark.parametrize("seed", range(40))
def test_any_pool_is_read_again(seed: int) -> None:
    snapshot = wild_snapshot(Random(seed))
    cache = cache_of([snapshot])
    assert cache.all() == [snapshot]
    assert restored(observe(cache)).all() == [snapshot]


def test_where_prices_stood_is_read_again_and_not_forgotten_while_it_is_not_known() -> None:
    cache = cache_of(SNAPSHOTS)
    assert "pastTick" not in observe(cache).parts[-1].payload.model_dump_json()
    for second in range(5, 125, 5):
        for snapshot in SNAPSHOTS:
            time = snapshot.block_time + timedelta(seconds=second)
            take(cache, snapshot.model_copy(update={"block_time": time}))
    again = restored(observe(cache))
    for snapshot in SNAPSHOTS:
        past = cache.past_tick(snapshot_key(snapshot))
        assert past is not None
        assert abs(past - snapshot.tick) <= 50
        assert past % 100 == 0
        assert again.past_tick(snapshot_key(snapshot)) == past
    assert observe(again) == observe(cache)


def test_tokens_are_kept_too() -> None:
    (tokens,) = (
        one.payload
        for one in observe(cache_of(SNAPSHOTS)).parts
        if isinstance(one.payload, TokensObserved)
    )
    assert TokenRegistry(tokens.tokens).tokens == REGISTRY.tokens


def test_what_swaps_change_is_small_and_the_rest_is_the_same_all_day() -> None:
    cache = cache_of(SNAPSHOTS)
    first = observe(cache)
    for snapshot in MARKET.snapshots(BLOCK_NUMBER + 1):
        take(cache, snapshot)
    second = observe(cache)
    assert first.parts[:-1] == second.parts[:-1]
    assert first.market != second.market


def test_the_next_day_everything_is_kept_anew() -> None:
    cache = cache_of(SNAPSHOTS)
    before = {one.identifier for one in observe(cache).parts}
    for snapshot in SNAPSHOTS:
        later = snapshot.model_copy(update={"block_time": snapshot.block_time + timedelta(days=1)})
        take(cache, later)
    assert not before & {one.identifier for one in observe(cache).parts}


def test_every_change_makes_another_market() -> None:
    cache = cache_of(SNAPSHOTS)
    seen = {observe(cache).market}
    pool = SNAPSHOTS[0]
    changes: list[dict[str, object]] = [
        {"block_number": pool.block_number + 1},
        {"block_time": pool.block_time + timedelta(milliseconds=1)},
        {"sqrt_price_x96": pool.sqrt_price_x96 + 1},
        {"ticks": pool.ticks[1:-1]},
    ]
    for number, change in enumerate(changes, 2):
        take(cache, pool.model_copy(update=change))
        seen.add(observe(cache).market)
        assert len(seen) == number or "ticks" in change
    take_head(cache, HEAD)
    seen.add(observe(cache).market)
    take_head(cache, HEAD.model_copy(update={"base_fee_per_gas_wei": 8}))
    assert observe(cache).market not in seen


def test_an_observer_sees_what_a_new_one_would() -> None:
    cache = cache_of(SNAPSHOTS)
    observer = MarketObserver(cache, REGISTRY)
    for block_number in range(BLOCK_NUMBER, BLOCK_NUMBER + 3):
        for snapshot in MARKET.snapshots(block_number):
            take(cache, snapshot)
            assert observer.observe() == observe(cache)
    cache.remove(snapshot_key(SNAPSHOTS[0]))
    assert observer.observe() == observe(cache)


def test_a_pool_too_large_for_an_event_leaves_the_market_unnamed() -> None:
    spacing, liquidity = SNAPSHOTS[0].tick_spacing, 10**30
    ticks = tuple(
        TickLiquidity(
            index=index * spacing, liquidity_net=str(-liquidity if index % 2 else liquidity)
        )
        for index in range(-4_000, 4_000)
    )
    huge = SNAPSHOTS[0].model_copy(
        update={"ticks": ticks, "liquidity": liquidity, "tick": 0, "sqrt_price_x96": 2**96}
    )
    assert len(huge.model_dump_json()) > MAX_EVENT_BYTES
    cache = cache_of(SNAPSHOTS)
    observer = MarketObserver(cache, REGISTRY)
    assert observer.observe().market is not None
    take(cache, huge)
    assert cache.skipped_total == 0
    assert observer.observe() == Observation(None, ())
    take(cache, SNAPSHOTS[0])
    assert observer.observe().market is not None


def test_an_observation_proves_itself() -> None:
    for part in observe(cache_of(SNAPSHOTS)).parts:
        event = observation_event(*part)
        assert is_authentic(event)
        other = part.payload.model_copy(update={"day": part.payload.day + timedelta(days=1)})
        assert not is_authentic(event.model_copy(update={"payload": other}))


def test_pools_made_without_validation_are_the_validated_ones_byte_for_byte() -> None:
    random = Random(7)
    wild = [wild_snapshot(random) for _ in range(50)]
    for snapshot in (*SNAPSHOTS, *wild):
        (market,) = (
            part.payload
            for part in observe(cache_of([snapshot])).parts
            if isinstance(part.payload, MarketObserved)
        )
        (made,) = market.pools
        validated = ObservedPool.model_validate_json(made.model_dump_json())
        assert made == validated
        assert made.model_dump_json() == validated.model_dump_json()
