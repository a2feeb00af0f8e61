"""Computes how a pool opens: its price, and its positions in ticks and base units."""

import math
from math import isqrt
from typing import Final, NamedTuple

from tradewind.contracts.instruments.pools import MAX_TICK
from tradewind.operations.embedded.devchain.blueprint import (
    TOKENS,
    PoolPlan,
    PositionPlan,
    TokenPlan,
)

TICK_SPACINGS: Final = {100: 1, 500: 10, 3_000: 60, 10_000: 200}
BPS: Final = 10_000
THOUSANDTHS: Final = 1_000
Q96: Final = 1 << 96


class Position(NamedTuple):
    """Arguments of the position manager's `mint`; amounts are the most it may take."""

    lower_tick: int
    upper_tick: int
    amount0: int
    amount1: int


class Opening(NamedTuple):
    """The parameters of a new pool."""

    token0: TokenPlan
    token1: TokenPlan
    fee_pips: int
    sqrt_price_x96: int
    positions: tuple[Position, ...]


def open_pool(plan: PoolPlan) -> Opening:
    """Compute the opening of a pool, with its tokens in the order of their addresses."""
    token0, token1 = sorted(
        (TOKENS[plan.symbol_a], TOKENS[plan.symbol_b]), key=lambda token: int(token.address, 16)
    )
    sqrt_price_x96 = _sqrt_price_x96(token0, token1, plan.shift_bps)
    positions = tuple(
        _position(plan, part, sqrt_price_x96, token0, token1) for part in plan.positions
    )
    return Opening(token0, token1, plan.fee_pips, sqrt_price_x96, positions)


def _sqrt_price_x96(token0: TokenPlan, token1: TokenPlan, shift_bps: int) -> int:
    amount1 = token0.usd * 10**token1.decimals * (BPS + shift_bps)
    amount0 = token1.usd * 10**token0.decimals * BPS
    return isqrt((amount1 << 192) // amount0)


def _position(
    plan: PoolPlan, part: PositionPlan, sqrt_price_x96: int, token0: TokenPlan, token1: TokenPlan
) -> Position:
    spacing = TICK_SPACINGS[plan.fee_pips]
    centre = math.floor(2 * math.log(sqrt_price_x96 / Q96) / math.log(1.0001))
    worth_usd = plan.depth_usd * part.share // THOUSANDTHS
    return Position(
        _on_spacing(centre + part.below, spacing),
        _on_spacing(centre + part.above, spacing),
        worth_usd * 10**token0.decimals // token0.usd,
        worth_usd * 10**token1.decimals // token1.usd,
    )


def _on_spacing(tick: int, spacing: int) -> int:
    highest = MAX_TICK // spacing * spacing
    return min(max(tick // spacing * spacing, -highest), highest)
