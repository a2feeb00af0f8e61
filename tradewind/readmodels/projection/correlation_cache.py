"""Caches folded correlations, and folds one from the ledger when the next event does not fit."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.documents.store import GlobalSeqRange
from tradewind.readmodels.folds import CorrelationFold, FoldState
from tradewind.readmodels.projection.bounded_cache import BoundedCache
from tradewind.readmodels.read_model import ReadModelDocument

MAX_CORRELATIONS: Final = 20_000


class CorrelationCache[S: FoldState]:
    """The states of one fold by correlation, without those that are over."""

    def __init__(self, ledger: LedgerReader, fold: CorrelationFold[S]) -> None:
        self._ledger = ledger
        self._fold = fold
        self._states = BoundedCache[str, S](MAX_CORRELATIONS)

    def clear(self) -> None:
        self._states.clear()

    async def documents(
        self, incarnation: str, recorded: GlobalSeqRange, events: Sequence[PlacedEvent]
    ) -> list[ReadModelDocument]:
        """Return the documents of the events' correlations, folded to these events or further."""
        histories = self._by_correlation(events)
        states = {
            name: self._extend(incarnation, name, history) for name, history in histories.items()
        }
        unfit = [name for name, state in states.items() if state is None]
        if unfit:
            for name, history in (await self._ledger.histories(unfit)).items():
                states[name] = self._fold.fold((one.event for one in history), incarnation)
        documents: list[ReadModelDocument] = []
        for name, state in states.items():
            self._keep(name, state)
            if state is not None:
                documents += self._fold.documents(state)
        return documents

    def _keep(self, correlation_id: str, state: S | None) -> None:
        """Store the state, or drop it when it is over and no further event is expected."""
        if state is None or self._fold.is_over(state):
            self._states.pop(correlation_id, None)
        else:
            self._states.put(correlation_id, state)

    def _extend(
        self, incarnation: str, correlation_id: str, history: Sequence[AnyEvent]
    ) -> S | None:
        state, evolve = self._states.get(correlation_id), self._fold.evolve
        if state is None:
            # Nobody has seen a state that begins here, so it needs no copies.
            state = self._fold.begin(incarnation)
            evolve = self._fold.evolve_unseen or evolve
        for event in history:
            if event.sequence > state.version + 1:
                return None
            if event.sequence > state.version:
                state = evolve(state, event)
        return state

    def _by_correlation(self, events: Sequence[PlacedEvent]) -> Mapping[str, list[AnyEvent]]:
        histories: dict[str, list[AnyEvent]] = defaultdict(list)
        prefix = self._fold.prefix
        for event, _ in events:
            if (name := event.correlation_id).startswith(prefix):
                histories[name].append(event)
        return histories
