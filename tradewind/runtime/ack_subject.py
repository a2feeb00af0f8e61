"""Parses the metadata in the reply subject on which a JetStream message is acknowledged.

The subject is `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.
<time>.<pending>`; newer servers put domain and account before the stream and a token of their own
at the end. We read the five tokens we need because nats-py's `Msg.metadata` costs many times that.
"""

from typing import Final, NamedTuple

PREFIX: Final = "$JS.ACK."
SHORT_FORM_TOKENS: Final = 9
DELIVERIES_IN_SHORT_FORM: Final = 4
DELIVERIES_IN_LONG_FORM: Final = 6
NANOSECONDS_PER_MS: Final = 1_000_000


class AckSubject(NamedTuple):
    """What the server writes about one delivery."""

    deliveries: int
    """How often the message was delivered to this consumer, including this time."""
    stream_sequence: int
    consumer_sequence: int
    """How many messages were delivered to this consumer, including this one."""
    stored_unix_ms: int
    pending: int
    """How many messages the consumer has yet to deliver."""

    @property
    def is_redelivery(self) -> bool:
        return self.deliveries > 1


def is_delivery(reply: str) -> bool:
    """Return whether a reply subject is that of a stored message, not of a status of the server.

    Headers do not tell: whoever may publish can store a message that has those of a status.
    """
    return reply.startswith(PREFIX)


def parse_ack_subject(subject: str) -> AckSubject:
    """Return the metadata in a subject of either form; ValueError when it has neither."""
    tokens = subject.split(".")
    first = (
        DELIVERIES_IN_SHORT_FORM if len(tokens) == SHORT_FORM_TOKENS else DELIVERIES_IN_LONG_FORM
    )
    if not is_delivery(subject) or len(tokens) < first + 5:
        raise ValueError(f"{subject} acknowledges nothing")
    numbers = map(int, tokens[first : first + 5])
    deliveries, stream_sequence, consumer_sequence, stored_ns, pending = numbers
    stored_unix_ms = stored_ns // NANOSECONDS_PER_MS
    return AckSubject(deliveries, stream_sequence, consumer_sequence, stored_unix_ms, pending)


def first_delivery_prefix(stream: str, durable: str) -> str:
    """Return the prefix that the short form has on first deliveries, and on no redelivery."""
    return f"{PREFIX}{stream}.{durable}.1."
