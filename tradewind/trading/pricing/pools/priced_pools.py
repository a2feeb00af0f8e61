"""The pools of one moment by token, with what prices need of each computed once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.trading.pricing.pools.mid_price import depth, mid_price
from tradewind.trading.pricing.pools.tradable_depth import tradable_depth


class PoolState(NamedTuple):
    """A pool, and where its price stood in the last minutes, where that is known."""

    snapshot: PoolSnapshot
    past_tick: int | None = None

    @property
    def moved_ticks(self) -> int:
        """How far the price is from there."""
        return 0 if self.past_tick is None else abs(self.snapshot.tick - self.past_tick)


class Side:
    """A pool as it looks to a holder of one of its tokens; depths are whole units of the other."""

    def __init__(self, state: PoolState, *, is_token0: bool) -> None:
        pool = state.snapshot
        self.state = state
        tokens = (pool.token0, pool.token1)
        self.token, self.other = tokens if is_token0 else tokens[::-1]

    @cached_property
    def price(self) -> Decimal:
        """The other token per whole token, before fees."""
        return mid_price(self.state.snapshot, self.token)

    @cached_property
    def virtual_depth(self) -> Decimal:
        """The virtual reserve, which concentrated liquidity makes as large as one likes."""
        return depth(self.state.snapshot, self.other)

    @cached_property
    def tradable_depth(self) -> Decimal:
        """What can be traded near the price."""
        return tradable_depth(self.state.snapshot, self.other)


class PricedPools:
    """The pools that have liquidity. A side is computed when it is first asked for."""

    def __init__(self, states: Iterable[PoolState]) -> None:
        found: defaultdict[tuple[str, str], list[tuple[PoolState, bool]]] = defaultdict(list)
        self._sides: dict[Asset, list[Side]] = {}
        for state in states:
            pool = state.snapshot
            if pool.liquidity:
                found[pool.chain, pool.token0.address].append((state, True))
                found[pool.chain, pool.token1.address].append((state, False))
        self._by_token = found

    def sides(self, token: Asset) -> Sequence[Side]:
        """Return the pools that trade exactly this token, as its holder sees them."""
        if token not in self._sides:
            found = self._by_token.get((token.chain, token.address), ())
            self._sides[token] = [
                side
                for state, is_token0 in found
                if (side := Side(state, is_token0=is_token0)).token == token
            ]
        return self._sides[token]
