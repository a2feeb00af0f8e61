"""Pools as they were recorded, or replayed from their own events."""

from collections.abc import Sequence

from tradewind.contracts.inputs import content_id, content_of, day_of
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.simulation.inputs import PoolHistory
from tradewind.simulation.markets.pools import MakePool, PoolSet, Ticks, pool_set
from tradewind.simulation.records import PoolRead


class RecordedPools:
    """Makes pool sets of snapshots; the hash of a shape is computed once."""

    def __init__(self, make: MakePool) -> None:
        self._make = make
        self._shapes: dict[tuple[str, int, object], tuple[str, Ticks, object]] = {}

    def of(self, snapshots: Sequence[PoolSnapshot]) -> PoolSet | None:
        """Return the pools; None where there is none."""
        if not snapshots:
            return None
        reads, ticks = [], []
        for one in snapshots:
            identifier, its_ticks = self._shape(one)
            reads.append(
                PoolRead(
                    one.fee_pips,
                    one.tick_spacing,
                    one.sqrt_price_x96,
                    one.tick,
                    one.liquidity,
                    one.pool,
                    f"{identifier}@0",
                )
            )
            ticks.append(its_ticks)
        return pool_set(reads, ticks, self._make)

    def at(self, histories: Sequence[PoolHistory], moment_ms: int) -> PoolSet | None:
        """Return the pools that existed at a moment."""
        found = [state for one in histories if (state := one.at(moment_ms)) is not None]
        return self.of(found)

    def _shape(self, snapshot: PoolSnapshot) -> tuple[str, Ticks]:
        day = day_of(snapshot.block_time)
        key = (snapshot.pool, id(snapshot.ticks), day)
        known = self._shapes.get(key)
        if known is None:
            observed = PoolObserved(
                day=day,
                chain=snapshot.chain,
                pool=snapshot.pool,
                token0=snapshot.token0,
                token1=snapshot.token1,
                fee_pips=snapshot.fee_pips,
                tick_spacing=snapshot.tick_spacing,
                ticks=snapshot.ticks,
            )
            ticks = [t.index for t in snapshot.ticks], [t.liquidity_net for t in snapshot.ticks]
            # The ticks are kept with it, or another tuple might get their identity.
            known = content_id(content_of(observed)), ticks, snapshot.ticks
            self._shapes[key] = known
        return known[0], known[1]
