"""The events that record an operator's decision on a dead letter."""

from pydantic import Field

from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload


class DeadLetterRetried(Payload):
    """An operator published the message of a dead letter on its subject again."""

    topic = "system.dead_letter_retried"
    ends_history = True
    dead_letter_id: str = Field(max_length=128)


class DeadLetterResolved(Payload):
    """An operator closed a dead letter; `note` says why."""

    topic = "system.dead_letter_resolved"
    ends_history = True
    dead_letter_id: str = Field(max_length=128)
    note: str = Field(max_length=MAX_DETAIL_LENGTH)
