"""The router's interface: prepare a pool once, quote it many times.

A quote equals what QuoterV2 returns for the same pool state, to the wei. An engine in another
language implements these two protocols and nothing else.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from tradewind.contracts.instruments.pools import PoolSnapshot

BASE_SWAP_GAS = 115_000
TICK_CROSSING_GAS = 40_000
WORD_CROSSING_GAS = 5_000


class InvalidSnapshot(ValueError):
    """The snapshot contradicts itself and is no possible state of a pool; the text says where."""


class InvalidSwap(ValueError):
    """The pool would refuse the swap: it has no amount, or its limit is on the wrong side."""


class Swap(NamedTuple):
    """A swap of `amount` base units of input, or of output when `exact_out`."""

    zero_for_one: bool
    """True sells token0 for token1 and moves the price down."""
    amount: int
    exact_out: bool = False
    sqrt_price_limit_x96: int | None = None
    """The price at which the swap stops; None means the end of the tick range."""


class SwapResult(NamedTuple):
    """The result of a swap. Amounts are the base units that really move."""

    amount_in: int
    """Input consumed, fee included."""
    amount_out: int
    fee_amount: int
    sqrt_price_x96_after: int
    tick_after: int
    liquidity_after: int
    ticks_crossed: int
    """Initialised ticks crossed."""
    words_crossed: int
    """Words of the tick bitmap the swap passed, each of which costs a storage read."""
    filled: bool
    """False when liquidity or the price limit stopped the swap before `amount` was reached."""

    @property
    def gas_estimate(self) -> int:
        """Gas of a single swap through the router contract."""
        crossings = TICK_CROSSING_GAS * self.ticks_crossed + WORD_CROSSING_GAS * self.words_crossed
        return BASE_SWAP_GAS + crossings


class Block(NamedTuple):
    """The block a state is of."""

    number: int
    time: datetime


class PreparedPool(Protocol):
    """A pool state in the engine's own form."""

    @property
    def snapshot(self) -> PoolSnapshot:
        """The state; of one that `at` made it is built when it is first asked for."""
        ...

    @property
    def shape(self) -> PoolSnapshot:
        """The pool at some state, at no cost: only what no swap changes may be read from it."""
        ...

    @property
    def sqrt_price_x96(self) -> int:
        """The square root of the price, which is the snapshot's."""
        ...

    def quote(self, swap: Swap) -> SwapResult:
        """Return the result of `swap`; InvalidSwap when the contract would refuse it."""
        ...

    def quote_all(self, swaps: Sequence[Swap]) -> list[SwapResult]:
        """Quote each swap against the same state, in one call of the engine."""
        ...

    @staticmethod
    def quote_each(pools: Sequence[Any], swaps: Sequence[Swap]) -> list[SwapResult]:
        """Quote one swap in each of as many pools of this engine, in one call of it."""
        ...

    def at(
        self, sqrt_price_x96: int, tick: int, liquidity: int, block: Block | None = None
    ) -> "PreparedPool":
        """Return the same pool, with the same positions, at another state.

        The ticks are shared and not looked at again; InvalidSnapshot when the state is impossible
        or not one of them. Without a block it is that of `shape`.
        """
        ...


class Router(Protocol):
    """A quoting engine."""

    def prepare(self, snapshot: PoolSnapshot) -> PreparedPool:
        """Return the pool ready to be quoted; InvalidSnapshot when it contradicts itself."""
        ...


def quote_each(pools: Sequence[PreparedPool], swaps: Sequence[Swap]) -> list[SwapResult]:
    """Quote one swap in each of as many pools of one router, in one call of its engine.

    InvalidSwap when a contract would refuse one of them.
    """
    return pools[0].quote_each(pools, swaps) if pools else []
