"""Which events of an intent's history count: those that the lifecycles allow, as in the fold."""

from collections.abc import Collection, Sequence

from tradewind.contracts.envelope import AnyEvent
from tradewind.readmodels.models.intent_history import Folded, evolve_unseen


def legal_events(history: Sequence[AnyEvent]) -> Collection[str]:
    """Return the ids of those events of an intent's history, in order, that are allowed."""
    folded, legal = Folded(""), set()
    for event in history:
        illegal_before = 0 if folded.intent is None else folded.intent.illegal_events
        folded = evolve_unseen(folded, event)
        if folded.intent is not None and folded.intent.illegal_events == illegal_before:
            legal.add(event.event_id)
    return legal
