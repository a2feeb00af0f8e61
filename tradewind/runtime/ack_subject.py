"""What JetStream writes into the subject on which a message is acknowledged.

`$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>`;
newer servers put domain and account in front of the stream, and a token of their own at the end.
Reading these few tokens costs a fraction of what the client's own metadata costs.
"""

from typing import Final, NamedTuple

PREFIX: Final = "$JS.ACK."
SHORT_FORM_TOKENS: Final = 9
DELIVERIES_IN_SHORT_FORM: Final = 4
DELIVERIES_IN_LONG_FORM: Final = 6
NANOSECONDS_PER_MS: Final = 1_000_000


class AckSubject(NamedTuple):
    """A delivery, as the server counts it."""

    deliveries: int
    """How often the message was delivered to this consumer, this time included."""
    stream_sequence: int
    stored_unix_ms: int

    @property
    def is_redelivery(self) -> bool:
        """Whether the message was delivered before."""
        return self.deliveries > 1


def parse_ack_subject(subject: str) -> AckSubject:
    """Read a subject of either form; ValueError when it is none."""
    tokens = subject.split(".")
    first = (
        DELIVERIES_IN_SHORT_FORM if len(tokens) == SHORT_FORM_TOKENS else DELIVERIES_IN_LONG_FORM
    )
    if not subject.startswith(PREFIX) or len(tokens) < first + 4:
        raise ValueError(f"{subject} acknowledges nothing")
    return AckSubject(
        int(tokens[first]), int(tokens[first + 1]), int(tokens[first + 3]) // NANOSECONDS_PER_MS
    )


def first_delivery_prefix(stream: str, durable: str) -> str:
    """Return how the short form begins for messages that were never delivered before."""
    return f"{PREFIX}{stream}.{durable}.1."
