"""A pool at another state is the pool that is made there, in Python and in Rust."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.pricing.pools import BLOCK_TIME, snapshot_of, snapshots, swaps, ticks_of
from tests.unit.pricing.wild_pools import wild_snapshot, wild_swaps
from tradewind.contracts.instruments.pools import MAX_TICK, PoolSnapshot
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import (
    Block,
    InvalidSnapshot,
    InvalidSwap,
    PreparedPool,
    Router,
    Swap,
    quote_each,
)
from tradewind.trading.pricing.swap.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO, Q96

pytest.importorskip("tradewind_router", reason="the Rust extension is not built")

from tradewind.trading.pricing.swap.rust_router import RustRouter

ROUTERS = [PythonRouter(), RustRouter()]
BLOCK = Block(9, BLOCK_TIME + timedelta(seconds=12))
WILD_POOLS = 120


def elsewhere(snapshot: PoolSnapshot, random: Random) -> PoolSnapshot:
    """Return the same positions at the price where some swap ends."""
    pool = PythonRouter().prepare(snapshot)
    result = pool.quote(random.choice(list(wild_swaps(random, pool))))
    state = {
        "sqrt_price_x96": result.sqrt_price_x96_after,
        "tick": result.tick_after,
        "liquidity": result.liquidity_after,
        "block_number": BLOCK.number,
        "block_time": BLOCK.time,
    }
    return snapshot.model_copy(update=state)


def moved(pool: PreparedPool, to: PoolSnapshot) -> PreparedPool:
    return pool.at(to.sqrt_price_x96, to.tick, to.liquidity, BLOCK)


@pytest.mark.parametrize("router", ROUTERS, ids=["python", "rust"])
def test_a_moved_pool_is_the_one_that_is_made_there(router: Router) -> None:
    random = Random(5)
    for _ in range(WILD_POOLS):
        here = wild_snapshot(random)
        there = elsewhere(here, random)
        pool = moved(router.prepare(here), there)
        oracle = PythonRouter().prepare(there)
        asked = list(wild_swaps(random, oracle))
        assert pool.quote_all(asked) == oracle.quote_all(asked)
        assert (pool.snapshot, pool.sqrt_price_x96) == (there, there.sqrt_price_x96)
        assert pool.snapshot.model_dump_json() == there.model_dump_json()
        assert pool.shape.ticks is here.ticks


@pytest.mark.parametrize("router", ROUTERS, ids=["python", "rust"])
def test_a_pool_moves_on_from_wherever_it_is(router: Router) -> None:
    random = Random(6)
    here = wild_snapshot(random)
    pool, at = router.prepare(here), here
    for _ in range(20):
        at = elsewhere(at, random)
        pool = moved(pool, at)
        assert pool.snapshot == at
    back = pool.at(here.sqrt_price_x96, here.tick, here.liquidity)
    assert back.quote(Swap(True, 1)) == router.prepare(here).quote(Swap(True, 1))
    assert back.snapshot == here


def refusal(action: Callable[[Router], object], router: Router) -> tuple[type[Exception], str]:
    with pytest.raises((InvalidSnapshot, InvalidSwap)) as refused:
        action(router)
    return refused.type, str(refused.value)


@pytest.mark.parametrize(
    "state",
    [
        {"sqrt_price_x96": 0},
        {"sqrt_price_x96": -1},
        {"sqrt_price_x96": MIN_SQRT_RATIO - 1},
        {"sqrt_price_x96": MAX_SQRT_RATIO},
        {"sqrt_price_x96": 2**256},
        {"tick": 60},
        {"tick": -2},
        {"tick": MAX_TICK},
        {"tick": -(2**40)},
        {"tick": 2**70},
        {"liquidity": 0},
        {"liquidity": 7},
        {"liquidity": 2**128},
    ],
)
def test_an_impossible_state_is_refused_alike(state: dict[str, Any]) -> None:
    snapshot = snapshot_of(ticks_of([(-60, 60, 10**6)]), Q96)
    asked = {"sqrt_price_x96": Q96, "tick": 0, "liquidity": 10**6} | state
    refused = [refusal(lambda one: one.prepare(snapshot).at(**asked), one) for one in ROUTERS]
    assert refused[0] == refused[1]
    assert refused[0][0] is InvalidSnapshot


@settings(max_examples=40)
@given(st.lists(st.tuples(snapshots(), swaps), max_size=20))
def test_one_quote_of_each_pool_is_the_quotes_of_all(
    asked: list[tuple[PoolSnapshot, Swap]],
) -> None:
    """Given more pools than are quoted without the interpreter's lock, and fewer, and none."""
    expected = [PythonRouter().prepare(snapshot).quote(swap) for snapshot, swap in asked]
    for router in ROUTERS:
        pools = [router.prepare(snapshot) for snapshot, _ in asked]
        assert quote_each(pools, [swap for _, swap in asked]) == expected


@pytest.mark.parametrize("router", ROUTERS, ids=["python", "rust"])
def test_one_swap_that_a_contract_would_refuse_refuses_all(router: Router) -> None:
    pool = router.prepare(snapshot_of(ticks_of([(-60, 60, 10**6)]), Q96))
    with pytest.raises(InvalidSwap):
        quote_each([pool, pool], [Swap(True, 1), Swap(True, 0)])
    with pytest.raises(ValueError, match=r"argument|swaps"):
        quote_each([pool, pool], [Swap(True, 1)])
