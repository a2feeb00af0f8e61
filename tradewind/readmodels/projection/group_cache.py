"""Caches folded groups, all complete up to one global_seq or further.

What is folded is kept in Redis now and then. So a process that takes over, or one that is stopped
again while it folds a long history, goes on from there.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.documents.from_ledger import grown_group
from tradewind.readmodels.documents.kept_states import LIFE_SECONDS, KeptStates
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
KEPT_AGAIN_SECONDS: Final = LIFE_SECONDS / 30
"""After so long a state is kept again with its next event, however few came: it would expire."""


class _Held[S: FoldState](NamedTuple):
    """What this process knows of a group."""

    state: S
    is_kept: bool
    """Whether this state, or one that it grew out of, is kept."""
    events_left: int
    """How many more events are folded before it is kept."""
    keep_at: float
    """When it is kept with fewer, in seconds of the monotonic clock."""

    def is_due(self) -> bool:
        return self.events_left <= 0 or time.monotonic() >= self.keep_at


class GroupCache[S: FoldState]:
    """The states of one fold by group key."""

    def __init__(self, ledger: LedgerReader, fold: GroupFold[S], kept: KeptStates) -> None:
        self._ledger = ledger
        self._fold = fold
        self._kept = kept
        self._topics = frozenset(fold.topics)
        self._held = BoundedCache[str, _Held[S]](MAX_GROUPS)
        self._complete_to = 0

    def clear(self) -> None:
        self._held.clear()
        self._complete_to = 0

    async def documents(
        self, incarnation: str, recorded: GlobalSeqRange, events: Sequence[PlacedEvent]
    ) -> list[ReadModelDocument]:
        """Return the documents that the events of this range change."""
        if recorded.start > self._complete_to:
            self._held.clear()  # the cached states lack what others appended
        by_key: dict[str, list[PlacedEvent]] = defaultdict(list)
        for placed in events:
            if placed.event.topic in self._topics:
                by_key[self._fold.by.of(placed.event)].append(placed)
        documents: list[ReadModelDocument] = []
        for key, its_events in by_key.items():
            held = await self._advance(incarnation, key, its_events)
            self._held.put(key, held)
            documents += self._fold.documents(held.state, incarnation)
        self._complete_to = max(self._complete_to, recorded.end)
        return documents

    async def _advance(self, incarnation: str, key: str, events: Sequence[PlacedEvent]) -> _Held[S]:
        """Return the trimmed state of a group with these events, and perhaps later ones."""
        held = self._held.get(key)
        try:
            if held is None:
                return await self._grow(incarnation, key, await self._begin(incarnation, key))
            state = held.state
            for event, global_seq in events:
                state = self._fold.evolve(state, event, global_seq)
            return await self._keep(incarnation, key, held._replace(state=state), len(events))
        except Forgotten:
            return await self._fold_anew(incarnation, key)

    async def _begin(self, incarnation: str, key: str) -> _Held[S]:
        """Return the state that was kept, or the one before the first event."""
        kept = await self._kept.read(self._ledger, self._fold, key, incarnation)
        if kept is None:
            return _held(self._fold.begin(key), is_kept=False)
        # It may be near the end of its life, so it is kept again at once.
        return _held(kept, is_kept=True)._replace(keep_at=time.monotonic())

    async def _fold_anew(self, incarnation: str, key: str) -> _Held[S]:
        """Fold a whole group; again, if what was kept on the way is dropped meanwhile."""
        while True:
            with suppress(Forgotten):
                begun = _held(self._fold.begin(key), is_kept=False)
                return await self._grow(incarnation, key, begun)

    async def _grow(self, incarnation: str, key: str, held: _Held[S]) -> _Held[S]:
        """Fold all of a group that follows a state, and keep on the way what was folded."""
        async for grown, count in grown_group(self._ledger, self._fold, key, held.state):
            beat()
            held = await self._keep(incarnation, key, held._replace(state=grown), count)
        return held

    async def _keep(self, incarnation: str, key: str, held: _Held[S], count: int) -> _Held[S]:
        """Trim a state into which some events were folded, and keep it if it is time.

        Raises Forgotten where the state that was kept before is no longer there: a rebuild may have
        found that it is not what the ledger says, and what grew out of it is not, either.
        """
        state = self._fold.trim(held.state)
        held = held._replace(state=state, events_left=held.events_left - count)
        if self._fold.keeping is None or not held.is_due():
            return held
        length = await self._kept.write(
            self._ledger, self._fold, key, incarnation, state, only_again=held.is_kept
        )
        if length is None:
            raise Forgotten
        # of 0 bytes nothing is known: Redis has what it had, or gave no answer
        again = _held(state, is_kept=held.is_kept or length > 0)
        return again._replace(events_left=max(KEPT_EVERY_EVENTS, length // KEPT_BYTES_PER_EVENT))


def _held[S: FoldState](state: S, *, is_kept: bool) -> _Held[S]:
    """Return what is known of a group whose state is kept no sooner than need be."""
    return _Held(state, is_kept, KEPT_EVERY_EVENTS, time.monotonic() + KEPT_AGAIN_SECONDS)
