"""Pools around a candle: what depth means, shapes that move, pools replayed from events."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.simulation.factories import TOKENS, WETH, Ran, inputs_of, manifest_of, of_closes
from tests.unit.simulation.test_flows import FLOWS
from tests.unit.simulation.test_runs import at
from tradewind.contracts.backtests.model import ConstantMarket
from tradewind.contracts.backtests.results import Exactness, Outcome
from tradewind.contracts.inputs import content_id, content_of, day_of
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.simulation.errors import InvalidRun
from tradewind.simulation.histories import events_of
from tradewind.simulation.inputs import PoolHistory
from tradewind.simulation.markets.modelled import ConstantPools
from tradewind.simulation.markets.pools import AMOUNT_IN, SQRT_PRICE_AFTER, maker
from tradewind.simulation.markets.prices import spacing_of, sqrt_price_of
from tradewind.simulation.records import Pair
from tradewind.simulation.sampling import decide_again

POOL = FLOWS[0].decision_pools[0]
SHAPE = PoolObserved(
    day=day_of(POOL.block_time),
    **{name: getattr(POOL, name) for name in PoolObserved.model_fields if name != "day"},
)
IDENTIFIER = content_id(content_of(SHAPE))
CANDLES = of_closes([300_000, 300_000, 310_000, 250_000, 250_000, 400_000, 400_000])
TRADES = at([0, 2, 3, 4], ["acquire", "dispose", "acquire", "close"], ["0.3", "0.5", "0.3", "1"])
RUN_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.mark.parametrize("symbol", ["WETH", "WBTC", "LINK"])
def test_depth_is_what_moves_the_price_by_one_percent(symbol: str) -> None:
    base, quote = TOKENS.by_symbol("ethereum", symbol), TOKENS.by_symbol("ethereum", "USDC")
    assert base is not None
    assert quote is not None
    pair = Pair(base.asset, quote.asset)
    market = ConstantMarket.model_validate(
        {"kind": "constant", "pools": ({"fee_pips": 500, "depth_usd": "1000000"},)}
    )
    pools = ConstantPools(pair, market, maker(pair, rust_engine_enabled=True)).at(250_000, 2)
    paid = 1_000_000 * 10**6 * 1_000_000 // 999_500
    quote_of = pools.pool(0).quote(not pair.is_base_token0, paid)
    ratio = Decimal(quote_of[SQRT_PRICE_AFTER]) / pools.roots[0]

    moved = ratio**2 if pair.is_base_token0 else 1 / ratio**2
    assert quote_of[AMOUNT_IN] == paid
    assert abs(moved - Decimal("1.01")) < Decimal("0.00001")


def test_a_shape_moves_with_the_price() -> None:
    manifest = manifest_of(
        [CANDLES],
        {"name": "given"},
        market={"kind": "shape", "shapes": (IDENTIFIER,)},
        execution={"max_slippage": "0.5"},
    )
    run = Ran(manifest, inputs_of([CANDLES], strategy=TRADES, shapes={IDENTIFIER: SHAPE}))
    filled = [one for one in run.trades if one.outcome is Outcome.FILLED]

    assert len(filled) == 4
    assert decide_again(manifest, filled, {IDENTIFIER: SHAPE}) == 4
    assert run.results.guards["sampled_trades"].startswith("not made")
    assert len({one.decision[0].shape for one in filled}) > 1, "moved by another number of ticks"
    assert all(one.decision[0].liquidity > 0 for one in filled)
    shapes = {IDENTIFIER: SHAPE}
    assert events_of(RUN_ID, manifest, filled[0], shapes)[-1].topic == "exec.completed"


def test_a_shape_that_is_missing_or_of_another_pair_is_named() -> None:
    market = {"kind": "shape", "shapes": (IDENTIFIER,)}
    manifest = manifest_of([CANDLES], {"name": "given"}, market=market)

    with pytest.raises(InvalidRun) as refused:
        Ran(manifest, inputs_of([CANDLES], strategy=TRADES))
    assert refused.value.field == "market.shapes"


def test_pools_of_events_are_met_as_they_were() -> None:
    manifest = manifest_of(
        [CANDLES],
        {"name": "given"},
        data={"kind": "pool_events", "dataset": "ds-0123456789abcdef"},
        market={"kind": "recorded"},
        execution={"max_slippage": "0.5", "gas_price_wei": "0"},
    )
    times = CANDLES.open_times_ms[[0, 3]]
    states = [FLOWS[0].decision_pools[0], FLOWS[9].decision_pools[0]]
    history = PoolHistory(np.asarray(times, np.int64), states)
    run = Ran(manifest, inputs_of([CANDLES], strategy=TRADES, pools={WETH: [history]}))
    roots = [one.decision[0].sqrt_price_x96 for one in run.trades]

    assert roots == [states[0].sqrt_price_x96] + [states[1].sqrt_price_x96] * 3
    assert run.results.exactness is Exactness.EXACT
    assert history.at(int(times[0]) - 1) is None


@settings(max_examples=40, deadline=None)
@given(
    fee_pips=st.sampled_from([10, 100, 500, 3_000, 10_000]),
    price=st.integers(10, 10**9),
    liquidity=st.integers(1, 2**127 - 1),
    share=st.integers(1, 10**9),
    zero_for_one=st.booleans(),
    exact_out=st.booleans(),
)
def test_constant_liquidity_is_quoted_alike_in_rust_and_in_python(
    fee_pips: int, price: int, liquidity: int, share: int, zero_for_one: bool, exact_out: bool
) -> None:
    base, quote = TOKENS.by_symbol("ethereum", "WETH"), TOKENS.by_symbol("ethereum", "USDC")
    assert base is not None
    assert quote is not None
    pair = Pair(base.asset, quote.asset)
    root = sqrt_price_of(price, 2, pair)
    amount = max(liquidity * share // 10**10, 1)
    swap = (zero_for_one, amount, exact_out)
    quotes = {
        maker(pair, rust_engine_enabled=rust)
        .full_range(fee_pips, spacing_of(fee_pips), root, liquidity)
        .quote(*swap)
        for rust in (True, False)
    }

    assert len(quotes) == 1
