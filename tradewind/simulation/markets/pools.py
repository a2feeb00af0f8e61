"""Pools that can be quoted, made of what a decision read, in Rust or in Python alike."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, NamedTuple, Protocol

from tradewind.contracts.instruments.pools import (
    MAX_TICK,
    PoolSnapshot,
    TickLiquidity,
)
from tradewind.simulation.records import Pair, PoolRead
from tradewind.trading.marketdata.intervals import from_milliseconds
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import (
    BASE_SWAP_GAS,
    TICK_CROSSING_GAS,
    WORD_CROSSING_GAS,
    PreparedPool,
    Router,
    Swap,
)

type Quote = tuple[int, int, int, int, int, int, int, int, bool]
"""The fields of `SwapResult`, in its order."""
type Ticks = tuple[Sequence[int], Sequence[str]]
"""Indexes, ascending, and net liquidities as digits."""
AMOUNT_IN: Final = 0
AMOUNT_OUT: Final = 1
SQRT_PRICE_AFTER: Final = 3
TICKS_CROSSED: Final = 6
WORDS_CROSSED: Final = 7
FILLED: Final = 8
BLOCK_MS: Final = 12_000


class Quotable(Protocol):
    """A pool at one moment."""

    def quote(self, zero_for_one: bool, amount: int, exact_out: bool = False) -> Quote:
        """Return the result of a swap."""
        ...


type MakePool = Callable[[PoolRead, Ticks], Quotable]


class PoolSet(NamedTuple):
    """The pools of a pair at one moment."""

    reads: tuple[PoolRead, ...]
    pools: tuple[Quotable, ...]
    ticks: tuple[Ticks, ...]
    deepest: int
    """The place of the one that says the mid price."""

    @property
    def mid_sqrt_price_x96(self) -> int:
        """The mid price of the moment."""
        return self.reads[self.deepest].sqrt_price_x96


def gas_of(quote: Quote) -> int:
    """Return the gas of a single swap through the router contract."""
    crossings = TICK_CROSSING_GAS * quote[TICKS_CROSSED] + WORD_CROSSING_GAS * quote[WORDS_CROSSED]
    return BASE_SWAP_GAS + crossings


def pool_set(reads: Sequence[PoolRead], ticks: Sequence[Ticks], make: MakePool) -> PoolSet:
    """Return pools ready to be quoted; the deepest is the first of the largest liquidity."""
    pools = tuple(make(read, one) for read, one in zip(reads, ticks, strict=True))
    deepest = max(range(len(reads)), key=lambda place: (reads[place].liquidity, -place))
    return PoolSet(tuple(reads), pools, tuple(ticks), deepest)


def full_range(spacing: int, liquidity: int) -> Ticks:
    """Return the ticks of liquidity that is the same at every price."""
    last = MAX_TICK // spacing * spacing
    return (-last, last), (str(liquidity), str(-liquidity))


def snapshot_of(read: PoolRead, ticks: Ticks, pair: Pair, moment_ms: int) -> PoolSnapshot:
    """Return a pool as the platform observes it; blocks are those of 12 seconds each."""
    token0, token1 = (pair.base, pair.quote)[:: 1 if pair.is_base_token0 else -1]
    indexes, nets = ticks
    return PoolSnapshot(
        chain=pair.base.chain,
        pool=read.address,
        token0=token0,
        token1=token1,
        fee_pips=read.fee_pips,
        tick_spacing=read.tick_spacing,
        sqrt_price_x96=read.sqrt_price_x96,
        tick=read.tick,
        liquidity=read.liquidity,
        ticks=tuple(
            TickLiquidity(index=index, liquidity_net=net)
            for index, net in zip(indexes, nets, strict=True)
        ),
        block_number=moment_ms // BLOCK_MS,
        block_time=from_milliseconds(moment_ms) - timedelta(0),
    )


def prepared(pools: PoolSet, pair: Pair, moment_ms: int, router: Router) -> list[PreparedPool]:
    """Return the pools in the form that the roles' functions take."""
    parts = zip(pools.reads, pools.ticks, strict=True)
    return [router.prepare(snapshot_of(read, ticks, pair, moment_ms)) for read, ticks in parts]


class _PythonPool:
    """A pool of the router in Python behind the calls of the one in Rust."""

    def __init__(self, pool: PreparedPool) -> None:
        self._pool = pool

    def quote(self, zero_for_one: bool, amount: int, exact_out: bool = False) -> Quote:
        return tuple(self._pool.quote(Swap(zero_for_one, amount, exact_out)))  # type: ignore[return-value]


def python_maker(pair: Pair) -> MakePool:
    """Return what makes the pools of a pair in Python."""
    router = PythonRouter()

    def make(read: PoolRead, ticks: Ticks) -> Quotable:
        return _PythonPool(router.prepare(snapshot_of(read, ticks, pair, 0)))

    return make


def maker(pair: Pair, *, rust_engine_enabled: bool) -> MakePool:
    """Return what makes the pools of a pair: in Rust where wanted and built, else in Python."""
    if not rust_engine_enabled:
        return python_maker(pair)
    try:
        from tradewind_router import Pool
    except ImportError:
        return python_maker(pair)

    def make(read: PoolRead, ticks: Ticks) -> Quotable:
        return Pool(
            read.fee_pips,
            read.tick_spacing,
            read.sqrt_price_x96,
            read.tick,
            read.liquidity,
            ticks[0],
            ticks[1],
        )

    return make
