"""The run's limits in base units of quote, judged in the order in which the platform judges."""

from decimal import ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.backtests.model import RunLimits
from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk.reasons import RiskRejectionReason

MS_A_DAY = 86_400_000


class Asked(NamedTuple):
    """An order as limits see it; amounts in base units of quote."""

    is_sale: bool
    notional: int
    position_after: int
    """The worth of what would be held after it."""
    day: int
    """Days since 1970."""


class Limits:
    """Judges orders one after the other; it remembers the day's notional and the peak."""

    def __init__(
        self, limits: RunLimits, max_slippage: Decimal, quote_decimals: int, day: tuple[int, int]
    ) -> None:
        def units(value: Decimal | None) -> int | None:
            if value is None:
                return None
            scaled = value.scaleb(quote_decimals, context=EXACT)
            return int(scaled.to_integral_value(ROUND_FLOOR, context=EXACT))

        self._largest = units(limits.max_notional_usd)
        self._smallest = units(limits.min_notional_usd)
        self._position = units(limits.max_position_usd)
        self._daily = units(limits.max_daily_notional_usd)
        self.max_drawdown = limits.max_drawdown
        self.is_slippage_refused = (
            limits.max_slippage is not None and max_slippage > limits.max_slippage
        )
        self.reads_position: Final = self._position is not None
        """Whether it matters what an order's position would be worth."""
        self._day, self._spent = day

    @property
    def bounds(self) -> tuple[int | None, int | None, int | None, int | None]:
        """The least and the most notional, the most of a position and of a day."""
        return self._smallest, self._largest, self._position, self._daily

    def bought(self, day: int, spent: int) -> None:
        """Remember the day of the last purchase and the notional of all that was bought on it."""
        self._day, self._spent = day, spent

    @property
    def day(self) -> tuple[int, int]:
        """The day of the last order, and the notional of what was accepted on it."""
        return self._day, self._spent

    def refusal(self, asked: Asked, drawdown: Decimal | None) -> RiskRejectionReason | None:
        """Return the first limit that an order exceeds; None where it may be traded.

        Sales are not held against the least notional, position, day and drawdown: they reduce.
        """
        reason = RiskRejectionReason
        if not asked.is_sale and self._smallest is not None and asked.notional < self._smallest:
            return reason.NOTIONAL_MINIMUM
        if self._largest is not None and asked.notional > self._largest:
            return reason.NOTIONAL_LIMIT
        if self.is_slippage_refused:
            return reason.SLIPPAGE_LIMIT
        if asked.is_sale:
            return None
        if self._position is not None and asked.position_after > self._position:
            return reason.POSITION_LIMIT
        spent = self._spent if asked.day == self._day else 0
        if self._daily is not None and spent + asked.notional > self._daily:
            return reason.DAILY_BUDGET
        if drawdown is not None and self.max_drawdown is not None and drawdown > self.max_drawdown:
            return reason.DRAWDOWN_LIMIT
        return None

    def accepted(self, asked: Asked) -> None:
        """Count an order that is traded."""
        if asked.is_sale:
            return
        if asked.day != self._day:
            self._day, self._spent = asked.day, 0
        self._spent += asked.notional
