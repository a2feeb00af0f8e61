"""Derives a pool's state from its logs (whitepaper section 6), without any call to the pool.

A tick is initialised while some position refers to it, so the gross liquidity is kept beside the
net: a swap stops, and rounds, even at a tick whose net liquidity is zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot, TickLiquidity
from tradewind.trading.chain.uniswap_v3 import BURN, INITIALIZE, MINT, SWAP


class InconsistentLog(Exception):
    """A log does not fit the state, because an earlier one is missing. Load the state again."""


class Pool(NamedTuple):
    """The immutable parameters of a pool."""

    address: str
    token0: Asset
    token1: Asset
    fee_pips: int
    tick_spacing: int


class Block(NamedTuple):
    """A block by number and hash; time is UTC."""

    number: int
    hash: str
    time: datetime


class Tick(NamedTuple):
    """Gross liquidity of the positions at a tick, and the net added when the price rises."""

    gross: int
    net: int


@dataclass(frozen=True, slots=True)
class PoolState:
    """slot0, liquidity and initialised ticks; immutable."""

    pool: Pool
    sqrt_price_x96: int
    tick: int
    liquidity: int
    ticks: Mapping[int, Tick]

    @property
    def is_initialized(self) -> bool:
        """Whether the pool has a price; until then nobody can trade in it."""
        return self.sqrt_price_x96 > 0

    def apply(self, log: dict[str, Any]) -> "PoolState":
        """Return the state after a log of the pool; InconsistentLog when it does not fit."""
        if INITIALIZE.matches(log):
            return replace(self, **INITIALIZE.decode(log))
        if SWAP.matches(log):
            swap = SWAP.decode(log)
            return self.swapped(swap["sqrt_price_x96"], swap["tick"], swap["liquidity"])
        if MINT.matches(log):
            mint = MINT.decode(log)
            return self.moved(mint["tick_lower"], mint["tick_upper"], mint["amount"])
        if BURN.matches(log):
            burn = BURN.decode(log)
            return self.moved(burn["tick_lower"], burn["tick_upper"], -burn["amount"])
        return self

    def swapped(self, sqrt_price_x96: int, tick: int, liquidity: int) -> "PoolState":
        """Return the state after a swap."""
        return replace(self, sqrt_price_x96=sqrt_price_x96, tick=tick, liquidity=liquidity)

    def moved(self, lower: int, upper: int, amount: int) -> "PoolState":
        """Return the state with liquidity added between two ticks, or taken away.

        InconsistentLog when there is not so much of it.
        """
        if not amount:
            return self
        if not self.is_initialized:
            raise InconsistentLog(f"pool {self.pool.address} has liquidity and no price")
        ticks = dict(self.ticks)
        for index, net in ((lower, amount), (upper, -amount)):
            held = ticks.get(index, Tick(0, 0))
            moved = Tick(held.gross + amount, held.net + net)
            if moved.gross < 0:
                raise InconsistentLog(f"tick {index} of pool {self.pool.address}")
            if moved.gross:
                ticks[index] = moved
            else:
                del ticks[index]
        liquidity = self.liquidity + (amount if lower <= self.tick < upper else 0)
        if liquidity < 0:
            raise InconsistentLog(f"liquidity of pool {self.pool.address}")
        return replace(self, ticks=ticks, liquidity=liquidity)

    def snapshot(self, block: Block) -> PoolSnapshot:
        """Return the state at a block in the form that is published."""
        pool = self.pool
        return PoolSnapshot(
            chain=pool.token0.chain,
            pool=pool.address,
            token0=pool.token0,
            token1=pool.token1,
            fee_pips=pool.fee_pips,
            tick_spacing=pool.tick_spacing,
            sqrt_price_x96=self.sqrt_price_x96,
            tick=self.tick,
            liquidity=self.liquidity,
            ticks=tuple(
                TickLiquidity(index=index, liquidity_net=str(self.ticks[index].net))
                for index in sorted(self.ticks)
            ),
            block_number=block.number,
            block_time=block.time,
        )
