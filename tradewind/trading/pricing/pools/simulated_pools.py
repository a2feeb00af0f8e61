"""Simulates a market without state: the same seed and block always give the same pools.

Prices drift a little around a fixed level, liquidity stays where it is, so swaps of a few thousand
dollars cross ticks and no two fee tiers quote the same.
"""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from math import isqrt
from typing import NamedTuple

from Crypto.Hash import keccak

from tradewind.contracts.instruments.assets import Asset, to_checksum_address
from tradewind.contracts.instruments.pools import PoolSnapshot, TickLiquidity
from tradewind.trading.pricing.swap.tick_math import Q96, sqrt_ratio_at_tick, tick_at_sqrt_ratio
from tradewind.trading.tokens import TokenRegistry

DRIFT_PERIOD_BLOCKS = 120
MILLITICKS = 1_000
POSITIONS_PER_POOL = 40
WIDEST_REACH_TICKS = 3_000
TICK_SPACINGS = {500: 10, 3_000: 60, 10_000: 200}


class _Level(NamedTuple):
    """A token's price in US dollars, and how far it drifts (1,000 milliticks are 0.01 %)."""

    usd: Decimal
    drift_milliticks: int


class _Listing(NamedTuple):
    """A pool the simulated market has."""

    symbol_a: str
    symbol_b: str
    fee_pips: int
    depth_usd: int
    """The value of all positions together, in US dollars."""


_LEVELS = {
    "WETH": _Level(Decimal(3_000), 100 * MILLITICKS),
    "WBTC": _Level(Decimal(60_000), 80 * MILLITICKS),
    "USDC": _Level(Decimal(1), 0),
    "DAI": _Level(Decimal(1), MILLITICKS),
}
_LISTINGS = (
    _Listing("WETH", "USDC", 500, 5_000_000),
    _Listing("WETH", "USDC", 3_000, 12_000_000),
    _Listing("WETH", "USDC", 10_000, 2_000_000),
    _Listing("WETH", "DAI", 3_000, 2_000_000),
    _Listing("WBTC", "WETH", 3_000, 8_000_000),
    _Listing("USDC", "DAI", 500, 6_000_000),
)


class _Pool(NamedTuple):
    """The parts of a pool that are the same at every block."""

    address: str
    token0: Asset
    token1: Asset
    fee_pips: int
    sqrt_level_x96: int
    ticks: tuple[tuple[int, int], ...]
    """Index and net liquidity, ascending."""


class SimulatedPools:
    """Snapshots of every listed pool whose two tokens are in the registry."""

    def __init__(self, seed: int, registry: TokenRegistry, chain: str, block_ms: int) -> None:
        self._seed = seed
        self._chain = chain
        self._block_ms = block_ms
        self._pools = tuple(
            self._open(listing, token_a.asset, token_b.asset)
            for listing in _LISTINGS
            if (token_a := registry.by_symbol(chain, listing.symbol_a))
            and (token_b := registry.by_symbol(chain, listing.symbol_b))
        )

    def block_number_at(self, moment: datetime) -> int:
        """Return the newest block at a moment; it grows across restarts, as the clock does."""
        return int(moment.timestamp() * 1_000) // self._block_ms

    def snapshots(self, block_number: int) -> list[PoolSnapshot]:
        """Return the state of every pool at a block."""
        return [self._snapshot(pool, block_number) for pool in self._pools]

    def _open(self, listing: _Listing, token_a: Asset, token_b: Asset) -> _Pool:
        token0, token1 = sorted((token_a, token_b), key=lambda token: int(token.address, 16))
        level_x96 = _sqrt_level_x96(token0, token1)
        name = f"{self._chain}/{token0.address}/{token1.address}/{listing.fee_pips}"
        ticks = _positions(self._seed, name, listing, level_x96, token1)
        return _Pool(_address(name), token0, token1, listing.fee_pips, level_x96, ticks)

    def _snapshot(self, pool: _Pool, block_number: int) -> PoolSnapshot:
        drift = self._drift(pool.token0, block_number) - self._drift(pool.token1, block_number)
        sqrt_price_x96 = pool.sqrt_level_x96 * _sqrt_ratio_of_milliticks(drift) // Q96
        tick = tick_at_sqrt_ratio(sqrt_price_x96)
        return PoolSnapshot(
            chain=self._chain,
            pool=pool.address,
            token0=pool.token0,
            token1=pool.token1,
            fee_pips=pool.fee_pips,
            tick_spacing=TICK_SPACINGS[pool.fee_pips],
            sqrt_price_x96=sqrt_price_x96,
            tick=tick,
            liquidity=sum(net for index, net in pool.ticks if index <= tick),
            ticks=tuple(
                TickLiquidity(index=index, liquidity_net=str(net)) for index, net in pool.ticks
            ),
            block_number=block_number,
            block_time=datetime.fromtimestamp(block_number * self._block_ms / 1_000, UTC),
        )

    def _drift(self, token: Asset, block_number: int) -> int:
        """Return the drift from the level in milliticks, interpolated between seeded points."""
        period, position = divmod(block_number, DRIFT_PERIOD_BLOCKS)
        start, end = (self._drift_point(token, period + step) for step in (0, 1))
        return start + (end - start) * position // DRIFT_PERIOD_BLOCKS

    def _drift_point(self, token: Asset, period: int) -> int:
        reach = _LEVELS[token.symbol].drift_milliticks
        return _pseudo_random(self._seed, token.symbol, period) % (2 * reach + 1) - reach


def _pseudo_random(*parts: object) -> int:
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _address(name: str) -> str:
    digest = keccak.new(digest_bits=256, data=f"tradewind simulated pool {name}".encode())
    return to_checksum_address("0x" + digest.hexdigest()[-40:])


def _sqrt_level_x96(token0: Asset, token1: Asset) -> int:
    usd0, usd1 = (_LEVELS[token.symbol].usd for token in (token0, token1))
    numerator = int(usd0) * 10**token1.decimals
    return isqrt((numerator << 192) // (int(usd1) * 10**token0.decimals))


def _sqrt_ratio_of_milliticks(milliticks: int) -> int:
    tick, fraction = divmod(milliticks, MILLITICKS)
    low, high = sqrt_ratio_at_tick(tick), sqrt_ratio_at_tick(tick + 1)
    return low + (high - low) * fraction // MILLITICKS


def _positions(
    seed: int, name: str, listing: _Listing, level_x96: int, token1: Asset
) -> tuple[tuple[int, int], ...]:
    """Return the ticks of positions around the level; narrow positions outnumber wide ones."""
    spacing = TICK_SPACINGS[listing.fee_pips]
    centre = tick_at_sqrt_ratio(level_x96) // spacing
    worth = listing.depth_usd * 10**token1.decimals // int(_LEVELS[token1.symbol].usd)
    squares = POSITIONS_PER_POOL * (POSITIONS_PER_POOL + 1) * (2 * POSITIONS_PER_POOL + 1) // 6
    net: dict[int, int] = {}
    for number in range(1, POSITIONS_PER_POOL + 1):
        reach = max(1, WIDEST_REACH_TICKS * number**2 // POSITIONS_PER_POOL**2 // spacing)
        below = reach + _pseudo_random(seed, name, number, "below") % reach
        above = reach + _pseudo_random(seed, name, number, "above") % reach
        lower, upper = (centre - below) * spacing, (centre + above) * spacing
        liquidity = _liquidity(worth * number**2 // squares, level_x96, lower)
        net[lower] = net.get(lower, 0) + liquidity
        net[upper] = net.get(upper, 0) - liquidity
    return tuple(sorted((index, change) for index, change in net.items() if change))


def _liquidity(worth: int, level_x96: int, lower: int) -> int:
    """Return the liquidity of a position worth this much token1, half of it below the level."""
    return (worth // 2 << 96) // (level_x96 - sqrt_ratio_at_tick(lower))
