"""The router in Rust. Importing this module fails where the extension is not built."""

from collections.abc import Sequence

import tradewind_router

from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.trading.pricing.swap.router import InvalidSnapshot, InvalidSwap, Swap, SwapResult


class RustRouter:
    """Implements `Router`."""

    def prepare(self, snapshot: PoolSnapshot) -> "RustPool":
        """Return the pool in Rust's memory; InvalidSnapshot when it contradicts itself."""
        return RustPool(snapshot)


class RustPool:
    """Implements `PreparedPool`. Threads may share it."""

    def __init__(self, snapshot: PoolSnapshot) -> None:
        self.snapshot = snapshot
        self._pool = native_pool(snapshot)

    def quote(self, swap: Swap) -> SwapResult:
        """Return the result of `swap`; InvalidSwap when the contract would refuse it."""
        try:
            return SwapResult._make(self._pool.quote(*swap))
        except tradewind_router.InvalidSwap as error:
            raise InvalidSwap(str(error)) from None

    def quote_all(self, swaps: Sequence[Swap]) -> list[SwapResult]:
        """Quote each swap against the same state, without holding the interpreter's lock."""
        try:
            return [SwapResult._make(quote) for quote in self._pool.quote_all(swaps)]
        except tradewind_router.InvalidSwap as error:
            raise InvalidSwap(str(error)) from None


def native_pool(snapshot: PoolSnapshot) -> tradewind_router.Pool:
    """Convert a snapshot to Rust's form; InvalidSnapshot when it contradicts itself."""
    try:
        return tradewind_router.Pool(
            snapshot.fee_pips,
            snapshot.tick_spacing,
            snapshot.sqrt_price_x96,
            snapshot.tick,
            snapshot.liquidity,
            [tick.index for tick in snapshot.ticks],
            [tick.liquidity_net for tick in snapshot.ticks],
        )
    except tradewind_router.InvalidSnapshot as error:
        raise InvalidSnapshot(str(error)) from None
