"""What people are shown of a trading state, on the command line and by the gateway alike."""

from typing import Self

from pydantic import Field

from tradewind.contracts.payload import is_absent
from tradewind.contracts.system.trading_states import ScopeText, TradingState
from tradewind.contracts.wire import Document, Timestamp
from tradewind.trading.halts.records import KeptState


class TradingStateDocument(Document):
    """The state of a scope. One that is not in force any more forbids nothing."""

    scope: ScopeText
    state: TradingState
    is_in_force: bool
    version: int
    """How often the scope's state was changed; a change can be made of this version alone."""
    reason: str
    by: str
    """The key, the login or the rule that set it."""
    since: Timestamp
    until: Timestamp | None = Field(None, exclude_if=is_absent)
    """When it ends by itself; absent where somebody has to end it."""
    needs_person: bool
    """Whether only an operator may end it, because a loss or a drift is its reason."""

    @classmethod
    def of(cls, one: KeptState) -> Self:
        """Return the document of a state."""
        return cls(
            scope=one.scope,
            state=one.state,
            is_in_force=one.is_in_force,
            version=one.version,
            reason=one.reason,
            by=one.by,
            since=one.since,
            until=one.until,
            needs_person=one.needs_person,
        )
