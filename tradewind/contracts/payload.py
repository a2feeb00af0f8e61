"""What every payload is: the content of one event, named by its topic and version."""

from typing import ClassVar

from tradewind.contracts.ids import Ulid
from tradewind.contracts.wire import WireModel

MAX_DETAIL_LENGTH = 500


class Payload(WireModel):
    """Base of all payloads. Keys are camelCase on the wire; nested documents snake_case."""

    topic: ClassVar[str]
    version: ClassVar[int] = 1
    ends_history: ClassVar[bool] = False
    """Whether nothing follows an event of this topic."""

    @property
    def case(self) -> str:
        """The word that tells apart what this topic can mean for a lifecycle; mostly none."""
        return ""


class IntentPayload(Payload):
    """Base of the payloads in an intent's history."""

    intent_id: Ulid


def is_absent(value: object) -> bool:
    """Return whether a field is left out, so that events recorded before it keep their bytes."""
    return value is None
