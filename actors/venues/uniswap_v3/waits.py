"""What orders wait for at the venue, so that one that expires can say so."""

from typing import Final

import structlog

from tradewind.errors import TradewindError
from tradewind.trading.wallet.records import StepKey

MAX_ORDERS: Final = 10_000

logger = structlog.get_logger("venue")


class Waits:
    """The last reason each order waited for, as this process saw it; the oldest are forgotten.

    Memory suffices: an order that another process takes over finds out anew what it waits for.
    """

    def __init__(self) -> None:
        self._reasons: dict[StepKey, str] = {}

    def note(self, key: StepKey, error: TradewindError) -> None:
        """Keep a reason; the first one of an order is logged."""
        if key not in self._reasons:
            logger.warning(
                "an order waits", plan=key.plan_id, step=key.step_index, reason=str(error)
            )
        self._reasons.pop(key, None)
        self._reasons[key] = f"{error.code}: {error}"
        if len(self._reasons) > MAX_ORDERS:
            del self._reasons[next(iter(self._reasons))]

    def last(self, key: StepKey) -> str:
        """Return the last reason of an order; empty when this process never saw it wait."""
        return self._reasons.get(key, "")
