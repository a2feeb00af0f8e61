"""Remembers what this process submitted, to show it until the coordinator has recorded it."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from tradewind.contracts.envelope import Event
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.readmodels.models.intent import IntentDocument
from tradewind.readmodels.models.intent_history import fold

MAX_RECENT_SUBMISSIONS: Final = 4_096
NOTHING_RECORDED: Final = ""
"""The incarnation in a document the ledger has not recorded yet."""

Outcome = Literal["stored", "unknown"]


@dataclass(frozen=True)
class Submission:
    """A submitted intent, and whether it is known to be kept."""

    event: Event[IntentSubmitted]
    outcome: Outcome
    is_repeated: bool = False
    """Whether an earlier request with the same idempotency key submitted it."""

    @property
    def intent_id(self) -> str:
        return self.event.payload.intent_id

    @property
    def expires_at(self) -> datetime:
        """The moment after which an intent that never arrived cannot be executed any more."""
        return self.event.payload.expires_at

    def as_document(self) -> IntentDocument:
        """Return the read model as the coordinator will write it first."""
        document = fold([self.event], NOTHING_RECORDED).intent
        assert document is not None
        return document


class RecentSubmissions:
    """Keeps the last submissions. They end with the process, so the ledger is asked first."""

    def __init__(self, capacity: int = MAX_RECENT_SUBMISSIONS) -> None:
        self._capacity = capacity
        self._submissions: OrderedDict[str, Submission] = OrderedDict()

    def remember(self, submission: Submission) -> None:
        """Keep a submission, dropping the oldest one over capacity."""
        self._submissions[submission.intent_id] = submission
        if len(self._submissions) > self._capacity:
            self._submissions.popitem(last=False)

    def get(self, intent_id: str) -> Submission | None:
        """Return the submission of this id while it is remembered."""
        return self._submissions.get(intent_id)

    def __len__(self) -> int:
        return len(self._submissions)
