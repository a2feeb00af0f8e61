"""The toys' part of the language: a call that is answered and closed."""

from typing import Final

from tests.support.toys import TOY
from tradewind.contracts.ordering import Order
from tradewind.contracts.payload import Payload
from tradewind.contracts.roles import Kind, QueueGroup, RoleDeclaration


class SignalCalled(Payload):
    """Somebody called."""

    topic = "signal.called"
    words: str


class SignalAnswered(Payload):
    """The toy answered."""

    topic = "signal.answered"
    words: str


class SignalClosed(Payload):
    """The toy has nothing more to say."""

    topic = "signal.closed"
    ends_history = True
    words: str


ANSWERERS: Final = QueueGroup("toy.answerers", (SignalCalled.topic,), order=Order.INSTRUMENT)
CLOSERS: Final = QueueGroup("toy.closers", (SignalAnswered.topic,))
ROLE: Final = RoleDeclaration(
    TOY,
    Kind.POOL,
    (ANSWERERS, CLOSERS),
    frozenset({SignalAnswered.topic, SignalClosed.topic}),
    folder="tests.support.toys.role",
)
