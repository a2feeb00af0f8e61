"""Which events of an intent's history count: those that the lifecycles allow, as in the fold."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from tradewind.contracts.envelope import AnyEvent
from tradewind.readmodels.models.intent_history import INTENT_HISTORY, Folded, evolve_unseen


def legal_events(history: Sequence[AnyEvent]) -> Collection[str]:
    """Return the ids of those events of an intent's history, in order, that are allowed."""
    folded, legal = Folded(""), set()
    for event in history:
        illegal_before = 0 if folded.intent is None else folded.intent.illegal_events
        folded = evolve_unseen(folded, event)
        if folded.intent is not None and folded.intent.illegal_events == illegal_before:
            legal.add(event.event_id)
    return legal


def legal_rows(rows: list[Any], read_event: Callable[[Any], AnyEvent]) -> Collection[str]:
    """Return the same of a whole history as the ledger has it.

    Its rows are read only where they are not folded as they stand: that is done where all of them
    are allowed.
    """
    if INTENT_HISTORY.fold_rows(rows, "") is not None:
        return {row["event_id"] for row in rows}
    return legal_events([read_event(row) for row in rows])
