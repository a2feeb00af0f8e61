"""Caches folded groups, all complete up to one global_seq or further."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.documents.from_ledger import load_group
from tradewind.readmodels.documents.store import GlobalSeqRange
from tradewind.readmodels.folds import FoldState, GroupFold
from tradewind.readmodels.projection.bounded_cache import BoundedCache
from tradewind.readmodels.read_model import ReadModelDocument
from tradewind.trading.accounting.series import Forgotten

MAX_GROUPS: Final = 1_000


class GroupCache[S: FoldState]:
    """The states of one fold by group key."""

    def __init__(self, ledger: LedgerReader, fold: GroupFold[S]) -> None:
        self._ledger = ledger
        self._fold = fold
        self._topics = frozenset(fold.topics)
        self._states = BoundedCache[str, S](MAX_GROUPS)
        self._complete_to = 0

    def clear(self) -> None:
        self._states.clear()
        self._complete_to = 0

    async def documents(
        self, incarnation: str, recorded: GlobalSeqRange, events: Sequence[PlacedEvent]
    ) -> list[ReadModelDocument]:
        """Return the documents that the events of this range change."""
        if recorded.start > self._complete_to:
            self._states.clear()  # the cached states lack what others appended
        by_key: dict[str, list[PlacedEvent]] = defaultdict(list)
        for placed in events:
            if placed.event.topic in self._topics:
                by_key[self._fold.by.of(placed.event)].append(placed)
        documents: list[ReadModelDocument] = []
        for key, its_events in by_key.items():
            state = self._states.get(key)
            if state is None:
                state = await load_group(self._ledger, self._fold, key)
            state = await self._evolve(key, state, its_events)
            self._states.put(key, self._fold.trim(state))
            documents += self._fold.documents(state, incarnation)
        self._complete_to = max(self._complete_to, recorded.end)
        return documents

    async def _evolve(self, key: str, state: S, events: Sequence[PlacedEvent]) -> S:
        """Fold events into a state, and the whole history where the state has forgotten too much.

        The ledger has these events, and perhaps later ones, as that of a group never seen before.
        """
        try:
            for event, global_seq in events:
                state = self._fold.evolve(state, event, global_seq)
        except Forgotten:
            state = await load_group(self._ledger, self._fold, key)
        return state
