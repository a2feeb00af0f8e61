"""Folded histories in memory. What does not fit the next event is folded from the ledger again."""

from collections import OrderedDict, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Final

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.lifecycle import INTENT
from tradewind.contracts.portfolio.documents import PositionsDocument
from tradewind.ledger.history.reader import MAX_HISTORY, LedgerReader
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.fold import Folded, evolve, fold
from tradewind.readmodels.positions import Positions, evolve_positions, to_document

MAX_INTENTS: Final = 20_000
MAX_STRATEGIES: Final = 1_000

_INTENT_PREFIX = make_correlation_id(CorrelationKind.INTENT, "")


class LeastRecentlyUsed[K: Hashable, V](OrderedDict[K, V]):
    """A dictionary that forgets what was written longest ago."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def put(self, key: K, value: V) -> None:
        """Store a value as the newest."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._limit:
            self.popitem(last=False)


class IntentCache:
    """Folded intent histories by correlation."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger
        self._folded = LeastRecentlyUsed[str, Folded](MAX_INTENTS)

    def clear(self) -> None:
        """Forget everything."""
        self._folded.clear()

    async def fold(self, incarnation: str, events: Sequence[PlacedEvent]) -> list[Folded]:
        """Return what the histories the events belong to say now, at least up to the events."""
        histories = _by_intent(events)
        results = {
            name: self._extend(incarnation, name, history) for name, history in histories.items()
        }
        unfit = [name for name, folded in results.items() if folded is None]
        if unfit:
            for name, recorded in (await self._ledger.histories(unfit)).items():
                results[name] = fold((one.event for one in recorded), incarnation)
        for name, folded in results.items():
            self._keep(name, folded)
        return [folded for folded in results.values() if folded is not None]

    def _keep(self, correlation_id: str, folded: Folded | None) -> None:
        """Remember a history that goes on; one that has ended would only be in the way."""
        if folded is None or folded.intent is None or folded.intent.state in INTENT.terminal:
            self._folded.pop(correlation_id, None)
        else:
            self._folded.put(correlation_id, folded)

    def _extend(
        self, incarnation: str, correlation_id: str, history: Sequence[AnyEvent]
    ) -> Folded | None:
        folded = self._folded.get(correlation_id, Folded(incarnation))
        for event in history:
            if event.sequence > folded.version + 1:
                return None
            if event.sequence > folded.version:
                folded = evolve(folded, event)
        return folded


def _by_intent(events: Sequence[PlacedEvent]) -> Mapping[str, list[AnyEvent]]:
    histories: dict[str, list[AnyEvent]] = defaultdict(list)
    for event, _ in events:
        if event.correlation_id.startswith(_INTENT_PREFIX):
            histories[event.correlation_id].append(event)
    return histories


class PositionsCache:
    """Folded positions by strategy, all complete up to the same global_seq or further."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger
        self._positions = LeastRecentlyUsed[str, Positions](MAX_STRATEGIES)
        self._complete_to = 0

    def clear(self) -> None:
        """Forget everything."""
        self._positions.clear()
        self._complete_to = 0

    async def fold(
        self, incarnation: str, start: int, end: int, fills: Sequence[PlacedEvent]
    ) -> list[PositionsDocument]:
        """Return the positions that the fills between `start` and `end` change."""
        if start > self._complete_to:
            self._positions.clear()  # others appended in between: their fills are not in here
        by_strategy: dict[str, list[PlacedEvent]] = defaultdict(list)
        for fill in fills:
            by_strategy[fill.event.key.portfolio].append(fill)
        for strategy_id, its_fills in by_strategy.items():
            positions = self._positions.get(strategy_id)
            if positions is None:
                positions = await load_positions(self._ledger, strategy_id)
            for event, global_seq in its_fills:
                positions = evolve_positions(positions, event, global_seq)
            self._positions.put(strategy_id, positions)
        self._complete_to = max(self._complete_to, end)
        documents = (
            to_document(self._positions[strategy_id], incarnation) for strategy_id in by_strategy
        )
        return [document for document in documents if document is not None]


async def load_positions(ledger: LedgerReader, strategy_id: str) -> Positions:
    """Return a strategy's positions folded from the ledger."""
    return await advance_positions(ledger, Positions(strategy_id))


async def advance_positions(ledger: LedgerReader, positions: Positions) -> Positions:
    """Return positions with the fills recorded since."""
    while fills := await ledger.fills(positions.strategy_id, positions.version, MAX_HISTORY):
        for fill in fills:
            positions = evolve_positions(positions, fill.event, fill.global_seq)
    return positions
