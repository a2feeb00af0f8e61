"""Pools that are made around a candle's price: of constant depth, or of a recorded shape."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple, Protocol

from Crypto.Hash import keccak

from tradewind.contracts.backtests.model import ConstantMarket, ModelledPool, ShapedMarket
from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.contracts.instruments.pools import MAX_TICK
from tradewind.contracts.precision import EXACT
from tradewind.simulation.errors import InvalidRun, ShapeMissing
from tradewind.simulation.markets.pools import (
    MakePool,
    PoolSet,
    Quotable,
    Ticks,
    full_range,
    pool_set,
)
from tradewind.simulation.markets.prices import (
    liquidity_of_depth,
    spacing_of,
    sqrt_price_of,
    tick_of,
)
from tradewind.simulation.records import Pair, PoolRead
from tradewind.trading.pricing.swap.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO, Q96

MAX_KEPT_SHIFTS: Final = 256
MAX_LIQUIDITY: Final = 2**127 - 1
type Shifts = Mapping[int, int]
"""By the place of a pool: what its own trades still hold its price at, a ratio in Q96."""
NO_SHIFTS: Final[Shifts] = {}


class Model(Protocol):
    """Makes the pools of a pair around a price."""

    def at(self, price: int, price_decimals: int, shifts: Shifts = NO_SHIFTS) -> PoolSet:
        """Return the pools at `price` / 10**price_decimals quote per whole base."""
        ...


class ConstantPools:
    """Implements `Model`: the same liquidity at every price, so that 1 % costs the depth."""

    def __init__(self, pair: Pair, market: ConstantMarket, make: MakePool) -> None:
        self.pair = pair
        self.make = make
        self.tiers = [_tier(pair, place, pool) for place, pool in enumerate(market.pools)]
        self.fees = tuple(tier.fee_pips for tier in self.tiers)
        depths = [tier.depth for tier in self.tiers]
        self.deepest = depths.index(max(depths))
        self._last: tuple[int, PoolSet] | None = None

    def at(self, price: int, price_decimals: int, shifts: Shifts = NO_SHIFTS) -> PoolSet:
        """Return the pools; those of the price before are kept, as opens are closes mostly."""
        if not shifts and self._last is not None and self._last[0] == price:
            return self._last[1]
        root = sqrt_price_of(price, price_decimals, self.pair)
        roots = [root] * len(self.tiers)
        for place, shift in shifts.items():
            roots[place] = _shifted(root, shift)

        made = _ConstantSet(self, root, roots)
        if not shifts:
            self._last = price, made
        return made


class _ConstantSet(PoolSet):
    """The pools of `ConstantPools` at a price, of which each order makes one set."""

    __slots__ = ("_model", "_root")

    def __init__(self, model: ConstantPools, root: int, roots: Sequence[int]) -> None:
        self.fees = model.fees
        self.roots = roots
        self.mid_sqrt_price_x96 = roots[model.deepest]
        self._model = model
        self._root = root
        self._pools = [None] * len(roots)
        self._reads = None

    def _made(self, place: int) -> Quotable:
        tier = self._model.tiers[place]
        liquidity = min(liquidity_of_depth(tier[2], self._root, self._model.pair), MAX_LIQUIDITY)
        return self._model.make.full_range(tier[0], tier[1], self.roots[place], liquidity)

    def _read(self, place: int) -> tuple[PoolRead, Ticks]:
        fee_pips, spacing, depth, address = self._model.tiers[place]
        liquidity = min(liquidity_of_depth(depth, self._root, self._model.pair), MAX_LIQUIDITY)
        root = self.roots[place]
        made = PoolRead(fee_pips, spacing, root, tick_of(root), liquidity, address)
        return made, full_range(spacing, liquidity)


class _Tier(NamedTuple):
    fee_pips: int
    spacing: int
    depth: int
    """Base units of quote."""
    address: str


def _tier(pair: Pair, place: int, pool: ModelledPool) -> _Tier:
    depth = int(pool.depth_usd.scaleb(pair.quote.decimals, context=EXACT))
    if depth == 0:
        raise InvalidRun(f"market.pools.{place}.depth_usd", "is less than a base unit of quote")
    if pool.fee_pips >= 1_000_000:
        raise InvalidRun(f"market.pools.{place}.fee_pips", "must be below 100 %")
    return _Tier(pool.fee_pips, spacing_of(pool.fee_pips), depth, _address(pair, place, pool))


def _address(pair: Pair, place: int, pool: ModelledPool) -> str:
    """Return an address that no contract has, the same in every run."""
    name = f"tradewind modelled pool {pair.instrument}/{pool.fee_pips}/{place}"
    digest = keccak.new(digest_bits=256, data=name.encode()).hexdigest()
    return to_checksum_address("0x" + digest[-40:])


def _shifted(sqrt_price_x96: int, shift_x96: int | None) -> int:
    if shift_x96 is None or shift_x96 == Q96:
        return sqrt_price_x96
    root = sqrt_price_x96 * shift_x96 // Q96
    return min(max(root, MIN_SQRT_RATIO + 1), MAX_SQRT_RATIO - 2)


class ShapedPools:
    """Implements `Model`: a recorded distribution of liquidity, its peak where the price is."""

    def __init__(
        self, pair: Pair, market: ShapedMarket, shapes: Mapping[str, PoolObserved], make: MakePool
    ) -> None:
        self._pair = pair
        self._make = make
        self._shapes = [
            _Shape(one, shapes[one])
            for one in market.shapes
            if one in shapes and _is_of(pair, shapes[one])
        ]
        missing = [one for one in market.shapes if one not in shapes]
        if missing:
            raise InvalidRun("market.shapes", f"{missing[0]} is not among the inputs")
        if not self._shapes:
            raise InvalidRun("market.shapes", f"none is of a pool of {pair.instrument}")

    def at(self, price: int, price_decimals: int, shifts: Shifts = NO_SHIFTS) -> PoolSet:
        """Return the pools, their ticks moved by whole spacings."""
        sqrt_price_x96 = sqrt_price_of(price, price_decimals, self._pair)
        tick = tick_of(sqrt_price_x96)
        reads, ticks = [], []
        for place, shape in enumerate(self._shapes):
            root = _shifted(sqrt_price_x96, shifts.get(place))
            read, moved = shape.read(tick, root, tick_of(root))
            reads.append(read)
            ticks.append(moved)
        return pool_set(reads, ticks, self._make)


class _Moved(NamedTuple):
    indexes: Sequence[int]
    nets: Sequence[str]
    active: Sequence[int]
    """The liquidity above each index."""


class _Shape:
    def __init__(self, identifier: str, observed: PoolObserved) -> None:
        self.identifier = identifier
        self.observed = observed
        self._ticks = [(tick.index, int(tick.liquidity_net)) for tick in observed.ticks]
        self.peak = _peak(self._ticks)
        self._kept: dict[int, _Moved] = {}

    def read(self, tick: int, root: int, its_tick: int) -> tuple[PoolRead, Ticks]:
        spacing = self.observed.tick_spacing
        by = (tick - self.peak) // spacing * spacing
        moved = self._kept.get(by) or self._move(by)
        place = bisect_right(moved.indexes, its_tick) - 1
        liquidity = moved.active[place] if place >= 0 else 0
        shape = f"{self.identifier}@{by}"
        observed = self.observed
        read = PoolRead(observed.fee_pips, spacing, root, its_tick, liquidity, observed.pool, shape)
        return read, (moved.indexes, moved.nets)

    def _move(self, by: int) -> _Moved:
        if len(self._kept) >= MAX_KEPT_SHIFTS:
            self._kept.clear()
        indexes, nets = moved_ticks(self._ticks, by, self.observed.tick_spacing)
        made = _Moved(indexes, [str(net) for net in nets], list(accumulate(nets)))
        self._kept[by] = made
        return made


def moved_ticks(
    ticks: Sequence[tuple[int, int]], by: int, spacing: int
) -> tuple[list[int], list[int]]:
    """Return ticks moved by so many; what would leave the range of ticks stays at its end."""
    last = MAX_TICK // spacing * spacing
    found: dict[int, int] = {}
    for index, net in ticks:
        place = min(max(index + by, -last), last)
        found[place] = found.get(place, 0) + net
    kept = sorted((index, net) for index, net in found.items() if net)
    return [index for index, _ in kept], [net for _, net in kept]


def ticks_of_read(read: PoolRead, shapes: Mapping[str, PoolObserved]) -> Ticks:
    """Return the ticks of a pool that a decision read; ShapeMissing where they are not given."""
    if not read.shape:
        return full_range(read.tick_spacing, read.liquidity)
    identifier, _, by = read.shape.partition("@")
    if identifier not in shapes:
        raise ShapeMissing(f"the shape {identifier} is missing")
    ticks = [(tick.index, int(tick.liquidity_net)) for tick in shapes[identifier].ticks]
    indexes, nets = moved_ticks(ticks, int(by or 0), read.tick_spacing)
    return indexes, [str(net) for net in nets]


def _peak(ticks: Sequence[tuple[int, int]]) -> int:
    """Return the middle of the range with the most liquidity; the first of equal ones."""
    best, peak, liquidity = -1, 0, 0
    for (index, net), (after, _) in pairwise(ticks):
        liquidity += net
        if liquidity > best:
            best, peak = liquidity, (index + after) // 2
    return peak


def _is_of(pair: Pair, observed: PoolObserved) -> bool:
    return {observed.token0, observed.token1} == {pair.base, pair.quote}
