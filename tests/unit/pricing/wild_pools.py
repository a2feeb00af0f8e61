"""Random pool states at the edges of what the contract allows, and the swaps that hurt there."""

from collections.abc import Iterator
from random import Random

from tests.unit.pricing.pools import SPACINGS, Position, snapshot_of, ticks_of
from tradewind.contracts.instruments.pools import MAX_TICK, MIN_TICK, PoolSnapshot
from tradewind.trading.pricing.swap.router import PreparedPool, Swap
from tradewind.trading.pricing.swap.tick_math import (
    MAX_SQRT_RATIO,
    MIN_SQRT_RATIO,
    sqrt_ratio_at_tick,
    tick_at_sqrt_ratio,
)

MAX_POSITION_LIQUIDITY = 2**120
MAX_AMOUNT = 2**255 - 1


def wild_snapshot(random: Random) -> PoolSnapshot:
    """Return a pool of any fee tier, anywhere in the range, with up to 24 initialised ticks."""
    fee_pips = random.choice(sorted(SPACINGS))
    spacing = SPACINGS[fee_pips]
    lowest, highest = -(-MIN_TICK // spacing), MAX_TICK // spacing
    centre = random.choice([0, random.randint(lowest, highest), lowest + 2, highest - 2])
    reach = random.choice([2, 40, 600, highest])
    positions = list(_positions(random, spacing, centre, reach, (lowest, highest)))
    ticks = ticks_of(positions)
    inside = centre * spacing + random.randint(-reach, reach) * spacing // 2
    indexes = [index for index, _ in ticks] or [0]
    tick = random.choice([inside, *indexes, *indexes])
    tick = min(max(tick, MIN_TICK), MAX_TICK - 1)
    return _priced(random, ticks, tick, fee_pips)


def _positions(
    random: Random, spacing: int, centre: int, reach: int, ends: tuple[int, int]
) -> Iterator[Position]:
    for _ in range(random.choice([0, 1, 2, 5, 12])):
        near, far = sorted(random.sample(range(centre - reach, centre + reach + 1), 2))
        lower, upper = max(near, ends[0]), min(far, ends[1])
        if lower < upper:
            liquidity = random.randint(1, 2 ** random.randint(1, 120))
            yield lower * spacing, upper * spacing, liquidity


def _priced(random: Random, ticks: list[tuple[int, int]], tick: int, fee_pips: int) -> PoolSnapshot:
    """Place the price at the tick's edge, a wei beside it, or anywhere within the tick."""
    low, high = sqrt_ratio_at_tick(tick), sqrt_ratio_at_tick(tick + 1)
    price_x96 = random.choice([low, low + 1, high - 1, high, random.randint(low, high)])
    if price_x96 == high and random.random() < 0.5 and high < MAX_SQRT_RATIO:
        return snapshot_of(ticks, price_x96, tick=tick, fee_pips=fee_pips)
    price_x96 = min(price_x96, MAX_SQRT_RATIO - 1)
    return snapshot_of(ticks, price_x96, fee_pips=fee_pips)


def wild_swaps(random: Random, pool: PreparedPool) -> Iterator[Swap]:
    """Yield swaps of every size and kind, and those that end a wei beside a tick's edge."""
    for _ in range(4):
        amount = random.randint(1, 2 ** random.choice([1, 20, 60, 90, 128, 200, 255]))
        swap = Swap(random.random() < 0.5, min(amount, MAX_AMOUNT), random.random() < 0.5)
        yield swap
        yield from _with_limit(random, pool.snapshot, swap)
    for zero_for_one in (True, False):
        yield from _to_an_edge(random, pool, zero_for_one)


def _with_limit(random: Random, snapshot: PoolSnapshot, swap: Swap) -> Iterator[Swap]:
    low, high = (
        (MIN_SQRT_RATIO + 1, snapshot.sqrt_price_x96 - 1)
        if swap.zero_for_one
        else (snapshot.sqrt_price_x96 + 1, MAX_SQRT_RATIO - 1)
    )
    if low <= high:
        limit_x96 = random.choice([low, high, random.randint(low, high)])
        yield swap._replace(sqrt_price_limit_x96=limit_x96)


def _to_an_edge(random: Random, pool: PreparedPool, zero_for_one: bool) -> Iterator[Swap]:
    """Yield what just does, just does not and more than reaches an initialised tick."""
    snapshot = pool.snapshot
    price_x96 = snapshot.sqrt_price_x96
    edges = [sqrt_ratio_at_tick(tick.index) for tick in snapshot.ticks]
    edges += [sqrt_ratio_at_tick(tick_at_sqrt_ratio(price_x96))]
    ahead = [
        edge
        for edge in edges
        if (MIN_SQRT_RATIO < edge < price_x96 if zero_for_one else price_x96 < edge)
        and edge < MAX_SQRT_RATIO
    ]
    if not ahead:
        return
    edge = random.choice(ahead)
    to_edge = pool.quote(Swap(zero_for_one, MAX_AMOUNT, sqrt_price_limit_x96=edge))
    for exact_out, amount in ((False, to_edge.amount_in), (True, to_edge.amount_out)):
        for near in (amount - 1, amount, amount + 1):
            if near > 0:
                yield Swap(zero_for_one, near, exact_out)
                yield Swap(zero_for_one, near, exact_out, edge)
