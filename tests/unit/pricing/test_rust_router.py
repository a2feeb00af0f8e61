"""The router in Rust equals the one in Python, which equals the contract."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given

from tests.unit.pricing.pools import snapshot_of, snapshots, swaps, ticks_of
from tests.unit.pricing.wild_pools import wild_snapshot, wild_swaps
from tradewind.contracts.instruments.pools import MAX_TICK, PoolSnapshot, TickLiquidity
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import (
    InvalidSnapshot,
    InvalidSwap,
    Router,
    Swap,
    SwapResult,
)
from tradewind.trading.pricing.swap.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO, Q96

pytest.importorskip("tradewind_router", reason="the Rust extension is not built")

from tradewind.trading.pricing.swap.rust_router import RustRouter

WILD_POOLS = 600
RECORDED = json.loads(Path(__file__).with_name("uniswap_v3_swaps.json").read_text())


def refusal(action: Callable[[Router], object], router: Router) -> tuple[type[Exception], str]:
    try:
        action(router)
    except ValueError as error:
        return type(error), str(error)
    pytest.fail("was not refused")


def assert_refused_alike(action: Callable[[Router], object]) -> None:
    assert refusal(action, RustRouter()) == refusal(action, PythonRouter())


def assert_quotes_alike(snapshot: PoolSnapshot, asked: Sequence[Swap]) -> None:
    ours, theirs = RustRouter().prepare(snapshot), PythonRouter().prepare(snapshot)
    expected = [theirs.quote(swap) for swap in asked]
    # In the order asked and backwards: what was quoted before must not matter.
    assert [ours.quote(swap) for swap in asked] == expected, snapshot
    again = RustRouter().prepare(snapshot)
    assert again.quote_all(asked[::-1]) == expected[::-1], snapshot


@pytest.mark.parametrize("seed", range(5))
def test_equals_python_on_wild_pools(seed: int) -> None:
    random = Random(seed)
    kinds = set()
    for _ in range(WILD_POOLS // 5):
        snapshot = wild_snapshot(random)
        oracle = PythonRouter().prepare(snapshot)
        asked = list(wild_swaps(random, oracle))
        assert_quotes_alike(snapshot, asked)
        results = oracle.quote_all(asked)
        kinds |= {(result.filled, min(result.ticks_crossed, 3)) for result in results}
    assert len(kinds) == 8, "every kind of swap must have been among them"


@given(snapshots(), swaps)
def test_equals_python_on_ordinary_pools(snapshot: PoolSnapshot, swap: Swap) -> None:
    assert_quotes_alike(snapshot, [swap])


@pytest.mark.parametrize("pool", RECORDED, ids=lambda pool: f"fee {pool['fee']} at {pool['tick']}")
def test_equals_the_contracts_to_the_wei(pool: Any) -> None:
    ticks = [(index, int(net)) for index, net in pool["ticks"]]
    prepared = RustRouter().prepare(
        snapshot_of(ticks, int(pool["sqrt_price"]), tick=pool["tick"], fee_pips=pool["fee"])
    )
    for zero_for_one, exact_out, amount, limit, *expected in pool["cases"]:
        swap = Swap(zero_for_one, int(amount), exact_out, int(limit) or None)
        result = prepared.quote(swap)
        assert [
            result.amount_in,
            result.amount_out,
            result.sqrt_price_x96_after,
            result.liquidity_after,
            result.tick_after,
        ] == [int(value) for value in expected]


@pytest.mark.parametrize("amount", [0, -1, -(2**300), 2**255, 2**256, 2**300])
def test_refuses_an_amount_as_python_does(amount: int) -> None:
    snapshot = snapshot_of([], Q96)
    assert_refused_alike(lambda router: router.prepare(snapshot).quote(Swap(True, amount)))
    assert_refused_alike(lambda router: router.prepare(snapshot).quote_all([Swap(True, amount)]))
    prepared = RustRouter().prepare(snapshot)
    assert refusal(lambda _: prepared.quote(Swap(True, amount)), RustRouter())[0] is InvalidSwap


@pytest.mark.parametrize("zero_for_one", [True, False])
@pytest.mark.parametrize(
    "limit_x96", [-1, -(2**300), MIN_SQRT_RATIO, Q96, MAX_SQRT_RATIO, 2**160, 2**256, 2**300]
)
def test_refuses_a_limit_as_python_does(zero_for_one: bool, limit_x96: int) -> None:
    snapshot = snapshot_of([], Q96)
    swap = Swap(zero_for_one, 1, sqrt_price_limit_x96=limit_x96)
    assert_refused_alike(lambda router: router.prepare(snapshot).quote(swap))


@pytest.mark.parametrize(
    "changes",
    [
        {"sqrt_price_x96": 0},
        {"sqrt_price_x96": MIN_SQRT_RATIO - 1},
        {"sqrt_price_x96": MAX_SQRT_RATIO},
        {"sqrt_price_x96": 2**256 - 1},
        {"tick": 60},
        {"tick": MAX_TICK},
        {"liquidity": 7},
        {"liquidity": 2**128},
        {"liquidity": 2**256 - 1},
        {"fee_pips": 1_000_000},
        {"tick_spacing": 7},
        {"ticks": (TickLiquidity(index=60, liquidity_net="1"),) * 2},
        {"ticks": (TickLiquidity(index=-60, liquidity_net="-1"),)},
        {"ticks": (TickLiquidity(index=-60, liquidity_net="1"),), "liquidity": 1},
        {"ticks": (TickLiquidity(index=-60, liquidity_net=str(2**127)),)},
        {"ticks": (TickLiquidity(index=-60, liquidity_net="9" * 39),)},
    ],
)
def test_refuses_a_snapshot_as_python_does(changes: dict[str, Any]) -> None:
    snapshot = snapshot_of(ticks_of([(-60, 60, 10**6)]), Q96).model_copy(update=changes)
    assert_refused_alike(lambda router: router.prepare(snapshot))
    assert refusal(lambda router: router.prepare(snapshot), RustRouter())[0] is InvalidSnapshot


def test_threads_may_share_a_pool() -> None:
    snapshot = snapshot_of(ticks_of([(-60 * n, 60 * n, 10**18) for n in range(1, 60)]), Q96)
    asked = [Swap(zero, 10**size) for size in range(1, 22) for zero in (True, False)]
    expected = PythonRouter().prepare(snapshot).quote_all(asked)
    pool = RustRouter().prepare(snapshot)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(pool.quote_all, [asked] * 50))
    assert answers == [expected] * 50


def test_a_quote_is_a_swap_result_and_knows_its_gas() -> None:
    pool = RustRouter().prepare(snapshot_of(ticks_of([(-60, 60, 10**6)]), Q96))
    result = pool.quote(Swap(True, 10**9))
    assert isinstance(result, SwapResult)
    assert result.gas_estimate == 115_000 + 40_000 + 5_000
