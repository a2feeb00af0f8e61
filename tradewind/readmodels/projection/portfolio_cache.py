"""Caches folded portfolios, all complete up to one global_seq or further."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.documents.from_ledger import load_portfolio
from tradewind.readmodels.documents.store import GlobalSeqRange
from tradewind.readmodels.folds import FoldState, PortfolioFold
from tradewind.readmodels.projection.bounded_cache import BoundedCache
from tradewind.readmodels.read_model import ReadModelDocument

MAX_PORTFOLIOS: Final = 1_000


class PortfolioCache[S: FoldState]:
    """The states of one fold by portfolio."""

    def __init__(self, ledger: LedgerReader, fold: PortfolioFold[S]) -> None:
        self._ledger = ledger
        self._fold = fold
        self._topics = frozenset(fold.topics)
        self._states = BoundedCache[str, S](MAX_PORTFOLIOS)
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
        by_portfolio: dict[str, list[PlacedEvent]] = defaultdict(list)
        for placed in events:
            if placed.event.topic in self._topics:
                by_portfolio[placed.event.key.portfolio].append(placed)
        documents: list[ReadModelDocument] = []
        for portfolio, its_events in by_portfolio.items():
            state = self._states.get(portfolio)
            if state is None:
                state = await load_portfolio(self._ledger, self._fold, portfolio)
            for event, global_seq in its_events:
                state = self._fold.evolve(state, event, global_seq)
            self._states.put(portfolio, state)
            documents += self._fold.documents(state, incarnation)
        self._complete_to = max(self._complete_to, recorded.end)
        return documents
