"""States that are kept between pages of events."""

from typing import Any, cast

import pytest

from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.documents.store import GlobalSeqRange
from tradewind.readmodels.models.intent_history import INTENT_HISTORY, fold
from tradewind.readmodels.projection.correlation_cache import CorrelationCache
from tradewind.readmodels.read_model import ReadModelDocument

INCARNATION = "1"
EVENTS = History().completed(2)


class Ledger:
    """Has the whole history, and counts how often it is asked."""

    asked = 0

    async def histories(self, names: list[str]) -> dict[str, list[Any]]:
        self.asked += 1
        return {name: [PlacedEvent(event, 0) for event in EVENTS] for name in names}


async def shown(
    cache: CorrelationCache[Any], events: list[AnyEvent], start: int = 0
) -> list[ReadModelDocument]:
    placed = [PlacedEvent(event, start + place) for place, event in enumerate(events, 1)]
    return await cache.documents(
        INCARNATION, GlobalSeqRange(start, start + len(events), True), placed
    )


@pytest.mark.parametrize("cut", range(1, len(EVENTS)))
async def test_what_was_handed_out_stays_as_it_was(cut: int) -> None:
    """Given documents of a first page, when a second one follows, then only its own are newer."""
    ledger = Ledger()
    cache = CorrelationCache(cast(LedgerReader, ledger), INTENT_HISTORY)
    first = await shown(cache, EVENTS[:cut])
    as_handed_out = [repr(one) for one in first]
    second = await shown(cache, EVENTS[cut:], cut)
    assert first == fold(EVENTS[:cut], INCARNATION).documents
    assert [repr(one) for one in first] == as_handed_out
    assert second == fold(EVENTS, INCARNATION).documents
    assert ledger.asked == 0


async def test_what_does_not_fit_is_read_from_the_ledger() -> None:
    ledger = Ledger()
    cache = CorrelationCache(cast(LedgerReader, ledger), INTENT_HISTORY)
    await shown(cache, EVENTS[:1])
    assert await shown(cache, EVENTS[2:], 2) == fold(EVENTS, INCARNATION).documents
    assert ledger.asked == 1
