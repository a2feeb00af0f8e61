"""Pools that can be quoted, made of what a decision read, in Rust or in Python alike."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, Protocol

from tradewind.contracts.instruments.pools import MAX_TICK, PoolSnapshot, TickLiquidity
from tradewind.simulation.markets.prices import tick_of
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
NO_ADDRESS: Final = "0x0000000000000000000000000000000000000000"
"""Of a pool that is only quoted."""


class Quotable(Protocol):
    """A pool at one moment."""

    def quote(self, zero_for_one: bool, amount: int, exact_out: bool = False) -> Quote:
        """Return the result of a swap."""
        ...


class MakePool(Protocol):
    """Makes pools that can be quoted."""

    def __call__(self, read: PoolRead, ticks: Ticks) -> Quotable:
        """Return the pool that was read."""
        ...

    def full_range(
        self, fee_pips: int, tick_spacing: int, sqrt_price_x96: int, liquidity: int
    ) -> Quotable:
        """Return a pool whose liquidity is the same at every price."""
        ...


class PoolSet(ABC):
    """The pools of a pair at one moment. A pool is made when it is first quoted."""

    __slots__ = ("_pools", "_reads", "_ticks", "fees", "mid_sqrt_price_x96", "roots")
    fees: tuple[int, ...]
    """Of each pool, in pips."""
    roots: Sequence[int]
    """The square root price of each, Q64.96."""
    mid_sqrt_price_x96: int
    """The mid price of the moment, which the deepest pool says."""
    _pools: list[Quotable | None]
    _reads: tuple[PoolRead, ...] | None
    _ticks: tuple[Ticks, ...]

    @abstractmethod
    def _made(self, place: int) -> Quotable: ...

    @abstractmethod
    def _read(self, place: int) -> tuple[PoolRead, Ticks]: ...

    def release(self) -> None:
        """Forget the pools, which are made again when they are quoted again.

        Trades that are kept hold their sets, of which they need what was read only.
        """
        self._pools = [None] * len(self.fees)

    def __len__(self) -> int:
        return len(self.fees)

    def pool(self, place: int) -> Quotable:
        """Return a pool ready to be quoted."""
        known = self._pools[place]
        if known is None:
            known = self._pools[place] = self._made(place)
        return known

    @property
    def reads(self) -> tuple[PoolRead, ...]:
        """What a decision reads of each pool."""
        if self._reads is None:
            both = [self._read(place) for place in range(len(self.fees))]
            self._reads = tuple(read for read, _ in both)
            self._ticks = tuple(ticks for _, ticks in both)
        return self._reads

    @property
    def ticks(self) -> tuple[Ticks, ...]:
        """The ticks of each pool."""
        assert self.reads is not None
        return self._ticks


def gas_of(quote: Quote) -> int:
    """Return the gas of a single swap through the router contract."""
    crossings = TICK_CROSSING_GAS * quote[TICKS_CROSSED] + WORD_CROSSING_GAS * quote[WORDS_CROSSED]
    return BASE_SWAP_GAS + crossings


class _ReadSet(PoolSet):
    """Pools of what was read."""

    __slots__ = ("_both", "_make")

    def __init__(
        self, both: Sequence[tuple[PoolRead, Ticks]], make: MakePool, deepest: int
    ) -> None:
        self.fees = tuple(read.fee_pips for read, _ in both)
        self.roots = [read.sqrt_price_x96 for read, _ in both]
        self.mid_sqrt_price_x96 = self.roots[deepest]
        self._both = both
        self._make = make
        self._pools = [None] * len(both)
        self._reads = None

    def _made(self, place: int) -> Quotable:
        return self._make(*self._both[place])

    def _read(self, place: int) -> tuple[PoolRead, Ticks]:
        return self._both[place]


def pool_set(reads: Sequence[PoolRead], ticks: Sequence[Ticks], make: MakePool) -> PoolSet:
    """Return pools of what was read; the deepest is the first of the largest liquidity."""
    deepest = max(range(len(reads)), key=lambda place: (reads[place].liquidity, -place))
    return _ReadSet(list(zip(reads, ticks, strict=True)), make, deepest)


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
        block_time=from_milliseconds(moment_ms),
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
        return self._pool.quote(Swap(zero_for_one, amount, exact_out))


class PythonMaker:
    """Implements `MakePool` with the router in Python."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._router = PythonRouter()

    def __call__(self, read: PoolRead, ticks: Ticks) -> Quotable:
        """Return the pool that was read."""
        return _PythonPool(self._router.prepare(snapshot_of(read, ticks, self._pair, 0)))

    def full_range(
        self, fee_pips: int, tick_spacing: int, sqrt_price_x96: int, liquidity: int
    ) -> Quotable:
        """Return a pool whose liquidity is the same at every price."""
        tick = tick_of(sqrt_price_x96)
        read = PoolRead(fee_pips, tick_spacing, sqrt_price_x96, tick, liquidity, NO_ADDRESS)
        return self(read, full_range(tick_spacing, liquidity))


def maker(pair: Pair, *, rust_engine_enabled: bool) -> MakePool:
    """Return what makes the pools of a pair: in Rust where wanted and built, else in Python."""
    if not rust_engine_enabled:
        return PythonMaker(pair)
    try:
        from tradewind.simulation.markets.native_pools import NativeMaker
    except ImportError:
        return PythonMaker(pair)
    return NativeMaker()
