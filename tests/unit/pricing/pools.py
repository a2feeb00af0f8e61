"""Pools to quote: built from positions, by hand or by Hypothesis."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import strategies as st

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot, TickLiquidity
from tradewind.trading.pricing.swap.router import Swap, SwapResult
from tradewind.trading.pricing.swap.tick_math import sqrt_ratio_at_tick, tick_at_sqrt_ratio

TOKEN0 = Asset(symbol="AAA", chain="ethereum", address="0x" + "0" * 39 + "1", decimals=18)
TOKEN1 = Asset(symbol="BBB", chain="ethereum", address="0x" + "0" * 39 + "2", decimals=6)
BLOCK_TIME = datetime(2026, 1, 1, tzinfo=UTC)
SPACINGS = {100: 1, 500: 10, 3_000: 60, 10_000: 200}

Position = tuple[int, int, int]
"""Lower tick, upper tick, liquidity."""


def snapshot_of(
    ticks: Sequence[tuple[int, int]],
    sqrt_price_x96: int,
    *,
    tick: int | None = None,
    fee_pips: int = 3_000,
) -> PoolSnapshot:
    """Return the pool with these ticks (index, net liquidity) at this price."""
    current = tick_at_sqrt_ratio(sqrt_price_x96) if tick is None else tick
    return PoolSnapshot(
        chain="ethereum",
        pool="0x" + "1" * 40,
        token0=TOKEN0,
        token1=TOKEN1,
        fee_pips=fee_pips,
        tick_spacing=SPACINGS[fee_pips],
        sqrt_price_x96=sqrt_price_x96,
        tick=current,
        liquidity=sum(net for index, net in ticks if index <= current),
        ticks=tuple(TickLiquidity(index=index, liquidity_net=str(net)) for index, net in ticks),
        block_number=1,
        block_time=BLOCK_TIME,
    )


def ticks_of(positions: Sequence[Position]) -> list[tuple[int, int]]:
    """Return the initialised ticks of these positions."""
    net: dict[int, int] = {}
    for lower, upper, liquidity in positions:
        net[lower] = net.get(lower, 0) + liquidity
        net[upper] = net.get(upper, 0) - liquidity
    return sorted((index, change) for index, change in net.items() if change)


def after(snapshot: PoolSnapshot, result: SwapResult) -> PoolSnapshot:
    """Return the pool as the swap leaves it."""
    return snapshot.model_copy(
        update={
            "sqrt_price_x96": result.sqrt_price_x96_after,
            "tick": result.tick_after,
            "liquidity": result.liquidity_after,
        }
    )


@st.composite
def snapshots(draw: st.DrawFn) -> PoolSnapshot:
    """Pools of every fee tier, with positions around the price and sometimes gaps."""
    fee_pips = draw(st.sampled_from(sorted(SPACINGS)))
    spacing = SPACINGS[fee_pips]
    centre = draw(st.integers(-200_000, 200_000)) // spacing
    reach = st.integers(1, 400)
    positions = [
        ((centre - below) * spacing, (centre + above) * spacing, liquidity)
        for below, above, liquidity in draw(
            st.lists(st.tuples(reach, reach, st.integers(10**9, 10**22)), min_size=1, max_size=6)
        )
    ]
    low = sqrt_ratio_at_tick((centre - 1) * spacing)
    high = sqrt_ratio_at_tick((centre + 1) * spacing)
    return snapshot_of(ticks_of(positions), draw(st.integers(low, high)), fee_pips=fee_pips)


amounts = st.integers(0, 90).flatmap(lambda bits: st.integers(1, 2**bits))
swaps = st.builds(
    Swap,
    zero_for_one=st.booleans(),
    amount=amounts,
    exact_out=st.booleans(),
    sqrt_price_limit_x96=st.none(),
)
