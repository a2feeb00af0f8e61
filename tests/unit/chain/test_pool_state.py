"""Liquidity by ticks, as positions come and go and the price moves."""

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import USDC, WETH
from tradewind.trading.chain.contract_interface import Event
from tradewind.trading.chain.pool_state import InconsistentLog, Pool, PoolState, Tick
from tradewind.trading.chain.uniswap_v3 import BURN, INITIALIZE, MINT, SWAP

POOL = Pool(WETH.address, USDC, WETH, 500, 10)
EMPTY = PoolState(POOL, 2**96, 0, 0, {})
OWNER = WETH.address


def log_of(event: Event, **values: Any) -> dict[str, Any]:
    """Return a log as a node would send it."""
    named = {field.name: values.get(field.name, 0) for field in event.fields}
    named |= {name: OWNER for name in ("sender", "owner", "recipient") if name in named}
    indexed = [field for field in event.fields if field.indexed]
    plain = [field for field in event.fields if not field.indexed]
    return {
        "topics": [
            event.topic,
            *("0x" + encode([field.type], [named[field.name]]).hex() for field in indexed),
        ],
        "data": "0x"
        + encode([field.type for field in plain], [named[field.name] for field in plain]).hex(),
    }


def mint(lower: int, upper: int, amount: int) -> dict[str, Any]:
    return log_of(MINT, tick_lower=lower, tick_upper=upper, amount=amount)


def burn(lower: int, upper: int, amount: int) -> dict[str, Any]:
    return log_of(BURN, tick_lower=lower, tick_upper=upper, amount=amount)


bounds = st.integers(-20, 20)
ranges = st.tuples(bounds, bounds).filter(lambda pair: pair[0] < pair[1])
positions = st.dictionaries(ranges, st.integers(1, 2**100), max_size=6)


@given(positions, st.data())
def test_ticks_are_the_sum_of_the_positions(
    held: dict[tuple[int, int], int], data: st.DataObject
) -> None:
    """Given positions added and partly taken out again, then every tick adds up."""
    tick = data.draw(st.integers(-25, 25))
    state = PoolState(POOL, 2**96, tick, 0, {})
    left = {}
    for (lower, upper), amount in held.items():
        taken = data.draw(st.integers(0, amount))
        state = state.apply(mint(lower, upper, amount)).apply(burn(lower, upper, taken))
        left[lower, upper] = amount - taken
    ticks: dict[int, Tick] = {}
    for (lower, upper), amount in left.items():
        for index, net in ((lower, amount), (upper, -amount)):
            before = ticks.get(index, Tick(0, 0))
            ticks[index] = Tick(before.gross + amount, before.net + net)
    assert state.ticks == {index: one for index, one in ticks.items() if one.gross}
    assert state.liquidity == sum(
        amount for (lower, upper), amount in left.items() if lower <= tick < upper
    )


def test_a_tick_whose_net_is_nothing_stays() -> None:
    """Two positions that meet at a tick cancel out there, and a swap still stops at it."""
    state = EMPTY.apply(mint(-10, 0, 5)).apply(mint(0, 10, 5))
    assert state.ticks[0] == Tick(10, 0)
    state = state.apply(burn(-10, 0, 5)).apply(burn(0, 10, 5))
    assert state.ticks == {}


def test_a_swap_sets_price_tick_and_liquidity() -> None:
    swap = log_of(SWAP, sqrt_price_x96=2**95, tick=-13_864, liquidity=7)
    moved = EMPTY.apply(swap)
    assert (moved.sqrt_price_x96, moved.tick, moved.liquidity) == (2**95, -13_864, 7)


def test_a_poke_and_another_log_change_nothing() -> None:
    assert EMPTY.apply(burn(-10, 10, 0)) == EMPTY
    assert EMPTY.apply({"topics": ["0x" + "00" * 32], "data": "0x"}) == EMPTY


def test_a_burn_of_what_was_never_minted_is_noticed() -> None:
    with pytest.raises(InconsistentLog):
        EMPTY.apply(mint(-10, 10, 5)).apply(burn(-10, 10, 6))


def test_a_pool_gets_its_first_price_and_then_liquidity() -> None:
    """Given a pool without a price, then liquidity counts against the tick it is given."""
    bare = PoolState(POOL, 0, 0, 0, {})
    with pytest.raises(InconsistentLog, match="has liquidity and no price"):
        bare.apply(mint(-10, 10, 5))
    priced = bare.apply(log_of(INITIALIZE, sqrt_price_x96=2**97, tick=13_863))
    assert priced.is_initialized
    assert priced.apply(mint(-10, 10, 5)).liquidity == 0
    assert priced.apply(mint(13_860, 13_870, 5)).liquidity == 5
