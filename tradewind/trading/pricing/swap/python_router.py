"""The router in Python: reference implementation, fallback and test oracle."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tradewind.contracts.instruments.pools import MAX_TICK, MIN_TICK, PoolSnapshot
from tradewind.trading.pricing.swap.pool_states import at_state
from tradewind.trading.pricing.swap.router import (
    Block,
    InvalidSnapshot,
    InvalidSwap,
    PreparedPool,
    Swap,
    SwapResult,
)
from tradewind.trading.pricing.swap.swap_math import swap_step_exact_in, swap_step_exact_out
from tradewind.trading.pricing.swap.tick_math import (
    MAX_SQRT_RATIO,
    MIN_SQRT_RATIO,
    sqrt_ratio_at_tick,
    tick_at_sqrt_ratio,
)

WORD_TICKS = 256
MAX_AMOUNT = (1 << 255) - 1
"""The largest amount, because the contract takes amounts as int256."""
INT128_MAX = (1 << 127) - 1
UINT128_MAX = (1 << 128) - 1


@dataclass(slots=True)
class _Progress:
    """The state of a swap between two steps."""

    sqrt_price_x96: int
    tick: int
    liquidity: int
    remaining: int
    amount_in: int = 0
    amount_out: int = 0
    fee_amount: int = 0
    ticks_crossed: int = 0
    words_crossed: int = 0


class PythonRouter:
    """Implements `Router`."""

    def prepare(self, snapshot: PoolSnapshot) -> "PythonPool":
        """Return the pool with sorted ticks; InvalidSnapshot when it contradicts itself."""
        return PythonPool(snapshot)


class PythonPool:
    """Implements `PreparedPool`."""

    def __init__(self, snapshot: PoolSnapshot) -> None:
        _check(snapshot)
        self.snapshot = self.shape = snapshot
        self._table = _TickTable(snapshot)

    @property
    def sqrt_price_x96(self) -> int:
        """The snapshot's."""
        return self.snapshot.sqrt_price_x96

    def at(
        self, sqrt_price_x96: int, tick: int, liquidity: int, block: Block | None = None
    ) -> "PythonPool":
        """Return the pool at another state, with the same ticks."""
        _check_price(sqrt_price_x96)
        _check_tick(sqrt_price_x96, tick)
        if self._table.active_at(tick) != liquidity:
            raise _contradiction(liquidity, self._table.active_at(tick))
        moved = PythonPool.__new__(PythonPool)
        moved.shape = self.shape
        moved.snapshot = at_state(self.shape, sqrt_price_x96, tick, liquidity, block)
        moved._table = self._table
        return moved

    @staticmethod
    def quote_each(pools: "Sequence[PreparedPool]", swaps: Sequence[Swap]) -> list[SwapResult]:
        """Quote one swap in each pool."""
        return [pool.quote(swap) for pool, swap in zip(pools, swaps, strict=True)]

    def quote_all(self, swaps: Sequence[Swap]) -> list[SwapResult]:
        """Quote each swap against the same state; none changes it."""
        return [self.quote(swap) for swap in swaps]

    def quote(self, swap: Swap) -> SwapResult:
        """Return the result of `swap`; InvalidSwap when the contract would refuse it."""
        limit_x96 = self._limit(swap)
        progress = _Progress(
            self.snapshot.sqrt_price_x96, self.snapshot.tick, self.snapshot.liquidity, swap.amount
        )
        while progress.remaining and progress.sqrt_price_x96 != limit_x96:
            self._advance(progress, swap, limit_x96)
        return SwapResult(
            progress.amount_in,
            progress.amount_out,
            progress.fee_amount,
            progress.sqrt_price_x96,
            progress.tick,
            progress.liquidity,
            progress.ticks_crossed,
            progress.words_crossed,
            filled=progress.remaining == 0,
        )

    def _limit(self, swap: Swap) -> int:
        if not 0 < swap.amount <= MAX_AMOUNT:
            raise InvalidSwap("a swap needs an amount above 0 and below 2^255")
        price_x96 = self.snapshot.sqrt_price_x96
        if swap.zero_for_one:
            limit_x96 = swap.sqrt_price_limit_x96 or MIN_SQRT_RATIO + 1
            is_ahead = MIN_SQRT_RATIO < limit_x96 < price_x96
        else:
            limit_x96 = swap.sqrt_price_limit_x96 or MAX_SQRT_RATIO - 1
            is_ahead = price_x96 < limit_x96 < MAX_SQRT_RATIO
        # A pool whose price is at the end of the range takes the swap, but fills nothing.
        if not is_ahead and swap.sqrt_price_limit_x96:
            raise InvalidSwap("the price limit is not ahead of the price in this direction")
        return limit_x96 if is_ahead else price_x96

    def _advance(self, progress: _Progress, swap: Swap, limit_x96: int) -> None:
        tick_next, initialized = self._next_tick(progress, swap.zero_for_one)
        edge_x96 = sqrt_ratio_at_tick(tick_next)
        target_x96 = max(edge_x96, limit_x96) if swap.zero_for_one else min(edge_x96, limit_x96)
        started_x96 = progress.sqrt_price_x96
        self._step(progress, swap, target_x96)
        if progress.sqrt_price_x96 == edge_x96:
            progress.words_crossed += self._words_to(tick_next, progress.tick, swap.zero_for_one)
            if initialized:
                self._cross(progress, tick_next, swap.zero_for_one)
            else:
                progress.words_crossed += 1
            progress.tick = tick_next - 1 if swap.zero_for_one else tick_next
        elif progress.sqrt_price_x96 != started_x96:
            progress.tick = tick_at_sqrt_ratio(progress.sqrt_price_x96)

    def _step(self, progress: _Progress, swap: Swap, target_x96: int) -> None:
        compute = swap_step_exact_out if swap.exact_out else swap_step_exact_in
        step = compute(
            progress.sqrt_price_x96,
            target_x96,
            progress.liquidity,
            progress.remaining,
            self.snapshot.fee_pips,
        )
        progress.sqrt_price_x96 = step.sqrt_price_next_x96
        progress.amount_in += step.amount_in + step.fee_amount
        progress.amount_out += step.amount_out
        progress.fee_amount += step.fee_amount
        progress.remaining -= (
            step.amount_out if swap.exact_out else step.amount_in + step.fee_amount
        )

    def _cross(self, progress: _Progress, tick: int, zero_for_one: bool) -> None:
        net = self._table.liquidity_net[tick]
        progress.liquidity += -net if zero_for_one else net
        progress.ticks_crossed += 1

    def _words_to(self, stop: int, tick: int, zero_for_one: bool) -> int:
        """Return how many bitmap words are between that of `tick` and that of the stop."""
        spacing = self.snapshot.tick_spacing
        first = tick // spacing if zero_for_one else tick // spacing + 1
        return abs(first // WORD_TICKS - stop // spacing // WORD_TICKS)

    def _next_tick(self, progress: _Progress, zero_for_one: bool) -> tuple[int, bool]:
        """Return the next tick to stop at and whether it is initialised.

        The contract reads one bitmap word at a time, so a swap stops, and rounds, at the word's
        edge. Without liquidity there is nothing to round, and the edge is skipped.
        """
        spacing, ticks = self.snapshot.tick_spacing, self._table.ticks
        if zero_for_one:
            compressed = progress.tick // spacing
            edge = (
                compressed // WORD_TICKS * WORD_TICKS * spacing if progress.liquidity else MIN_TICK
            )
            found = bisect_right(ticks, compressed * spacing) - 1
            if found >= 0 and ticks[found] >= edge:
                return ticks[found], True
            return max(edge, MIN_TICK), False
        compressed = progress.tick // spacing + 1
        word = compressed // WORD_TICKS * WORD_TICKS
        edge = (word + WORD_TICKS - 1) * spacing if progress.liquidity else MAX_TICK
        found = bisect_left(ticks, compressed * spacing)
        if found < len(ticks) and ticks[found] <= edge:
            return ticks[found], True
        return min(edge, MAX_TICK), False


class _TickTable:
    """The initialised ticks of a pool, which are the same at every price."""

    def __init__(self, snapshot: PoolSnapshot) -> None:
        self.ticks = [tick.index for tick in snapshot.ticks]
        self.liquidity_net = {tick.index: int(tick.liquidity_net) for tick in snapshot.ticks}
        self._active = [0, *accumulate(self.liquidity_net.values())]

    def active_at(self, tick: int) -> int:
        """Return the liquidity in range at a tick."""
        return self._active[bisect_right(self.ticks, tick)]


def _check(snapshot: PoolSnapshot) -> None:
    _check_price(snapshot.sqrt_price_x96)
    if snapshot.fee_pips >= 1_000_000:
        raise InvalidSnapshot("feePips must be below 100 %")
    _check_tick(snapshot.sqrt_price_x96, snapshot.tick)
    _check_ticks(snapshot)


def _check_price(sqrt_price_x96: int) -> None:
    if not MIN_SQRT_RATIO <= sqrt_price_x96 < MAX_SQRT_RATIO:
        raise InvalidSnapshot("sqrtPriceX96 is outside the range of ticks")


def _check_tick(sqrt_price_x96: int, tick: int) -> None:
    if not MIN_TICK <= tick < MAX_TICK:
        raise InvalidSnapshot("tick is outside the range of ticks")
    lower, upper = sqrt_ratio_at_tick(tick), sqrt_ratio_at_tick(tick + 1)
    # A price that fell exactly to a tick's ratio belongs to the tick below.
    if not lower <= sqrt_price_x96 <= upper:
        raise InvalidSnapshot("tick does not belong to sqrtPriceX96")


def _contradiction(claimed: int, active: int) -> InvalidSnapshot:
    return InvalidSnapshot(f"liquidity is {claimed}, its ticks say {active}")


def _check_ticks(snapshot: PoolSnapshot) -> None:
    active = liquidity = 0
    previous = MIN_TICK - 1
    for tick in snapshot.ticks:
        if tick.index <= previous or tick.index % snapshot.tick_spacing:
            raise InvalidSnapshot(f"ticks: {tick.index} is out of order or off the spacing")
        previous = tick.index
        net = int(tick.liquidity_net)
        liquidity += net
        if abs(net) > INT128_MAX or not 0 <= liquidity <= UINT128_MAX:
            raise InvalidSnapshot(f"ticks: liquidity at {tick.index} is out of range")
        active = liquidity if tick.index <= snapshot.tick else active
    if active != snapshot.liquidity:
        raise _contradiction(snapshot.liquidity, active)
    if liquidity:
        raise InvalidSnapshot(f"liquidity is {liquidity} after the last tick")
