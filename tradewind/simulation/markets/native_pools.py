"""Pools of the router in Rust. Importing this module fails where the extension is not built."""

from typing import Final

from tradewind_router import Pool

from tradewind.simulation.markets.pools import Quotable, Ticks
from tradewind.simulation.records import PoolRead


class NativeMaker:
    """Implements `MakePool`."""

    full_range: Final = staticmethod(Pool.full_range)
    """Returns a pool whose liquidity is the same at every price; Rust finds its tick."""

    def __call__(self, read: PoolRead, ticks: Ticks) -> Quotable:
        """Return the pool that was read."""
        return Pool(*read[:5], *ticks)
