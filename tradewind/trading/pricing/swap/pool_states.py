"""Makes the snapshot of a pool at another state, unchecked, because an engine has checked it."""

from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.unchecked import copy_unchecked
from tradewind.trading.pricing.swap.router import Block


def at_state(
    shape: PoolSnapshot, sqrt_price_x96: int, tick: int, liquidity: int, block: Block | None
) -> PoolSnapshot:
    """Return a snapshot with other values of the five fields that blocks change.

    Validating it anew would take the time of dozens of quotes. The engine has held the three
    numbers against the ticks, and a block comes from another snapshot.
    """
    number, time = (shape.block_number, shape.block_time) if block is None else block
    return copy_unchecked(
        shape,
        {
            "sqrt_price_x96": sqrt_price_x96,
            "tick": tick,
            "liquidity": liquidity,
            "block_number": number,
            "block_time": time,
        },
    )
