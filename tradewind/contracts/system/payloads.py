"""The events that record an operator's decision on a dead letter."""

from pydantic import Field

from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload, is_absent

MAX_OPERATOR_LENGTH = 128


class DeadLetterRetried(Payload):
    """An operator published the message of a dead letter on its subject again."""

    topic = "system.dead_letter_retried"
    ends_history = True
    dead_letter_id: str = Field(max_length=128)
    requested_by: str | None = Field(None, max_length=MAX_OPERATOR_LENGTH, exclude_if=is_absent)
    """The key that asked for it; absent where it was done on the command line."""


class DeadLetterResolved(Payload):
    """An operator closed a dead letter; `note` says why."""

    topic = "system.dead_letter_resolved"
    ends_history = True
    dead_letter_id: str = Field(max_length=128)
    note: str = Field(max_length=MAX_DETAIL_LENGTH)
    requested_by: str | None = Field(None, max_length=MAX_OPERATOR_LENGTH, exclude_if=is_absent)
    """The key that asked for it; absent where it was done on the command line."""
