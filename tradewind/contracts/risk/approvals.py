"""The answer of a person to an intent that is worth more than may be approved without one.

It has a correlation of its own, derived from the intent's: an intent is answered once, whoever else
asks.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.ids import Ulid
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import Timestamp, WireModel

MAX_ANSWERER_LENGTH: Final = 128
MAX_NOTE_LENGTH: Final = 200


class ApprovalVerdict(StrEnum):
    """What a person said of an intent that waits."""

    APPROVED = "approved"
    DENIED = "denied"


Answerer = Annotated[str, Field(min_length=1, max_length=MAX_ANSWERER_LENGTH)]
"""The id of the key, or the login, that answered."""
ApprovalNote = Annotated[
    str, Field(min_length=1, max_length=MAX_NOTE_LENGTH, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""Why, in one line of text."""


class ApprovalAnswer(WireModel):
    """An answer, as the decision that follows from it records it."""

    approval_id: Ulid
    """The `eventId` of the `risk.approval_answered`."""
    verdict: ApprovalVerdict
    answered_by: Answerer
    answered_at: Timestamp
    note: ApprovalNote | None = Field(None, exclude_if=is_absent)
