"""A pool's past as the router needs it: a snapshot for each block, made when it is asked for."""

from collections.abc import Sequence
from typing import overload

from tradewind.contracts.instruments.pools import PoolSnapshot, TickLiquidity
from tradewind.datasets.columns import PoolPast
from tradewind.trading.marketdata.intervals import from_milliseconds


class PoolSnapshots(Sequence[PoolSnapshot]):
    """The states of a pool in the order of `past.times_ms`. Asking in that order is cheap."""

    def __init__(self, past: PoolPast) -> None:
        self._past = past
        self._ladder_number = -1
        self._ladder: tuple[TickLiquidity, ...] = ()

    def __len__(self) -> int:
        return len(self._past)

    @overload
    def __getitem__(self, index: int) -> PoolSnapshot: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[PoolSnapshot]: ...
    def __getitem__(self, index: int | slice) -> PoolSnapshot | Sequence[PoolSnapshot]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        past, pool = self._past, self._past.pool
        return PoolSnapshot(
            chain=pool.token0.chain,
            pool=pool.address,
            token0=pool.token0,
            token1=pool.token1,
            fee_pips=pool.fee_pips,
            tick_spacing=pool.tick_spacing,
            sqrt_price_x96=past.sqrt_prices_x96[index],
            tick=int(past.ticks[index]),
            liquidity=past.liquidity[index],
            ticks=self._ticks(int(past.ladder_numbers[index])),
            block_number=int(past.block_numbers[index]),
            block_time=from_milliseconds(int(past.times_ms[index])),
        )

    def _ticks(self, number: int) -> tuple[TickLiquidity, ...]:
        if number != self._ladder_number:
            self._ladder_number = number
            self._ladder = tuple(
                TickLiquidity(index=tick, liquidity_net=str(net))
                for tick, net in self._past.ladders[number]
            )
        return self._ladder
