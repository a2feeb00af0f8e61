"""What whoever submits a signal is answered."""

from typing import Literal, Self

from tradewind.contracts.envelope import Event
from tradewind.contracts.ids import Ulid
from tradewind.contracts.signals.payloads import SignalReceived
from tradewind.contracts.wire import Document, Timestamp


class EnqueuedSignal(Document):
    """A signal that is kept, and will be enriched, judged and concluded."""

    event_id: Ulid
    """Of its `signal.received`."""
    signal_id: Ulid
    status: Literal["ENQUEUED"] = "ENQUEUED"
    received_at: Timestamp

    @classmethod
    def of(cls, event: Event[SignalReceived]) -> Self:
        """Return the answer to whoever submitted a signal."""
        payload = event.payload
        return cls(
            event_id=event.event_id,
            signal_id=payload.signal_id,
            received_at=payload.terms.received_at,
        )
