"""Whose events are read together, beside those of a correlation."""

from enum import Enum
from typing import Any

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.payload import Payload


class GroupKey(Enum):
    """A portfolio or a strategy; `expression` is the same in SQL, as the indexes have it."""

    PORTFOLIO = "portfolio"
    STRATEGY = "coalesce(payload ->> 'strategyId', portfolio)"
    """A payload tells its strategy where that is not called like the portfolio."""

    @property
    def expression(self) -> str:
        return self.value

    def of(self, event: AnyEvent) -> str:
        """Return the key of an event; AttributeError for a payload that never tells it."""
        payload: Any = event.payload
        if self is GroupKey.STRATEGY and payload.strategy_id is not None:
            return str(payload.strategy_id)
        return event.key.portfolio

    def is_told_by(self, payload: type[Payload]) -> bool:
        """Return whether events with such a payload have a key of this kind."""
        return self is GroupKey.PORTFOLIO or "strategy_id" in payload.model_fields
