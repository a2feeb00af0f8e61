"""Caches folded groups, all complete up to one global_seq or further.

What is folded is kept in Redis now and then. So a process that takes over, or one that is stopped
again while it folds a long history, goes on from there.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.documents.from_ledger import grown_group
from tradewind.readmodels.documents.kept_states import KeptStates
from tradewind.readmodels.documents.store import GlobalSeqRange
from tradewind.readmodels.folds import FoldState, GroupFold
from tradewind.readmodels.projection.bounded_cache import BoundedCache
from tradewind.readmodels.read_model import ReadModelDocument
from tradewind.runtime.loops import beat
from tradewind.trading.accounting.series import Forgotten

MAX_GROUPS: Final = 1_000
KEPT_EVERY_EVENTS: Final = 100
"""How many events of a group are folded before its state is kept again: what a takeover reads."""
KEPT_BYTES_PER_EVENT: Final = 2_000
"""A state with more bytes than this for each of these events is kept more rarely."""


class GroupCache[S: FoldState]:
    """The states of one fold by group key."""

    def __init__(self, ledger: LedgerReader, fold: GroupFold[S], kept: KeptStates) -> None:
        self._ledger = ledger
        self._fold = fold
        self._kept = kept
        self._topics = frozenset(fold.topics)
        self._states = BoundedCache[str, S](MAX_GROUPS)
        self._unkept = BoundedCache[str, int](MAX_GROUPS)
        """How many more events of a group are folded before its state is kept."""
        self._is_kept = BoundedCache[str, bool](MAX_GROUPS)
        """Of which groups a state of this process, or one that it went on from, is kept."""
        self._complete_to = 0

    def clear(self) -> None:
        self._states.clear()
        self._unkept.clear()
        self._is_kept.clear()
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
            state = await self._advance(incarnation, key, its_events)
            self._states.put(key, state)
            documents += self._fold.documents(state, incarnation)
        self._complete_to = max(self._complete_to, recorded.end)
        return documents

    async def _advance(self, incarnation: str, key: str, events: Sequence[PlacedEvent]) -> S:
        """Return the trimmed state of a group with these events, and perhaps later ones."""
        state = self._states.get(key)
        try:
            if state is None:
                kept = await self._kept.read(self._ledger, self._fold, key, incarnation)
                self._is_kept.put(key, kept is not None)
                return await self._grow(incarnation, key, kept or self._fold.begin(key))
            for event, global_seq in events:
                state = self._fold.evolve(state, event, global_seq)
            return await self._keep(incarnation, key, state, len(events))
        except Forgotten:
            return await self._fold_anew(incarnation, key)

    async def _fold_anew(self, incarnation: str, key: str) -> S:
        """Fold a whole group; again, if what was kept on the way is dropped meanwhile."""
        while True:
            with suppress(Forgotten):
                return await self._grow(incarnation, key, self._fold.begin(key))

    async def _grow(self, incarnation: str, key: str, state: S) -> S:
        """Fold all of a group that follows a state, and keep on the way what was folded."""
        trimmed = state
        async for grown, count in grown_group(self._ledger, self._fold, key, state):
            beat()
            trimmed = await self._keep(incarnation, key, grown, count)
        return trimmed

    async def _keep(self, incarnation: str, key: str, state: S, count: int) -> S:
        """Trim a state into which some events were folded, and keep it if it is time.

        Raises Forgotten where the state that was kept before was dropped meanwhile: a rebuild found
        that it is not what the ledger says, and what grew out of it is not, either.
        """
        state = self._fold.trim(state)
        left = self._unkept.get(key, KEPT_EVERY_EVENTS) - count
        if left <= 0 and self._fold.keeping is not None:
            again = self._is_kept.get(key, False)
            length = await self._kept.write(
                self._ledger, self._fold, key, incarnation, state, only_again=again
            )
            if length != 0:  # else nothing is known: Redis has what it had, or gave no answer
                self._is_kept.put(key, length is not None)
            if length is None:
                raise Forgotten
            left = max(KEPT_EVERY_EVENTS, length // KEPT_BYTES_PER_EVENT)
        self._unkept.put(key, left)
        return state
