"""The base of every payload, which is the content of one event."""

from functools import cache
from typing import ClassVar, TypeGuard

from tradewind.contracts.ids import Ulid
from tradewind.contracts.wire import WireModel

MAX_DETAIL_LENGTH = 500


class Payload(WireModel):
    """Base of all payloads. Keys are camelCase on the wire; nested documents snake_case."""

    topic: ClassVar[str]
    version: ClassVar[int] = 1
    ends_history: ClassVar[bool] = False
    """Whether an event of this topic is the last of its history."""
    awaits_nobody: ClassVar[bool] = False
    """Whether a history may stand still after it for ever, although more events may follow."""

    @property
    def case(self) -> str:
        """Distinguishes events of one topic that move a lifecycle differently; empty for most."""
        return ""


class IntentPayload(Payload):
    """Base of the payloads in an intent's history."""

    intent_id: Ulid


def is_a[P: Payload](payload: Payload, kind: type[P]) -> TypeGuard[P]:
    """Return whether a payload is of a kind.

    `isinstance` asks a model's metaclass, in Python, wherever the class is another one. A fold asks
    ten times an event, so that was a third of its time.
    """
    return _is_kind(type(payload), kind)


@cache
def _is_kind(payload: type[Payload], kind: type[Payload]) -> bool:
    return issubclass(payload, kind)


def is_absent(value: object) -> bool:
    """Return whether to leave a field out of the JSON.

    Optional fields were added later: events recorded before must keep their bytes, as their hash is
    recorded too.
    """
    return value is None
