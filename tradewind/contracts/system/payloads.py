"""The events that record what was decided about the platform itself."""

from pydantic import Field

from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload, is_absent
from tradewind.contracts.system.trading_states import ScopeText, StateReason, TradingState
from tradewind.contracts.wire import Timestamp

MAX_OPERATOR_LENGTH = 128


class DeadLetterRetried(Payload):
    """An operator published the message of a dead letter on its subject again."""

    topic = "system.dead_letter_retried"
    ends_history = True
    dead_letter_id: str = Field(max_length=128)
    requested_by: str | None = Field(None, max_length=MAX_OPERATOR_LENGTH, exclude_if=is_absent)
    """The key that asked for it; absent where it was done on the command line."""
    note: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)
    """Why it will be handled this time, where that was said."""


class DeadLetterResolved(Payload):
    """An operator closed a dead letter; `note` says why."""

    topic = "system.dead_letter_resolved"
    ends_history = True
    dead_letter_id: str = Field(max_length=128)
    note: str = Field(max_length=MAX_DETAIL_LENGTH)
    requested_by: str | None = Field(None, max_length=MAX_OPERATOR_LENGTH, exclude_if=is_absent)
    """The key that asked for it; absent where it was done on the command line."""


class TradingStateChanged(Payload):
    """The trading state of a scope was changed, which was in force before this was published.

    A scope has one history, so the event's sequence is the version of its state, and its timestamp
    is since when the state is in force, by the clock of the database.
    """

    topic = "system.trading_state_changed"
    awaits_nobody = True
    scope: ScopeText
    state: TradingState
    reason: StateReason
    by: str = Field(min_length=1, max_length=MAX_OPERATOR_LENGTH)
    """The key, the login or the rule that changed it."""
    until: Timestamp | None = Field(None, exclude_if=is_absent)
    """When the scope is active again by itself; absent where somebody has to say so."""
    needs_person: bool = False
    """Whether a rule set it that found a loss or a drift: only an operator lifts it."""
