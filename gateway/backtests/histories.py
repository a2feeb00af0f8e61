"""Makes the events of a trade, from what its row says that its decision read."""

import asyncio
from typing import Final

from gateway.ports import History
from tradewind.contracts.backtests.model import MAX_TRADES
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.inputs import correlation_of
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.readmodels.models.backtest import BacktestDocument

MAX_TRADE: Final = MAX_TRADES


async def trade_events(history: History, document: BacktestDocument, record: str) -> list[AnyEvent]:
    """Return the envelopes of a trade; TransientError while its pools cannot be read.

    ShapeMissing where the ledger has no ticks of what its decision read, as of runs over the events
    of pools: those are in a dataset, which a gateway does not have.
    """
    read = await asyncio.to_thread(_pools_read, record)
    shapes = await _shapes(history, read)
    return await asyncio.to_thread(_made, document, record, shapes)


def _pools_read(record: str) -> set[str]:
    """Return the content ids of the recorded pools that a decision read.

    The engine is imported when somebody asks: it needs numpy, which no other request does.
    """
    from tradewind.simulation.records import TradeRecord

    parsed = TradeRecord.from_json(record)
    return {pool.shape.partition("@")[0] for pool in (*parsed.decision, *parsed.arrival)} - {""}


def _made(
    document: BacktestDocument, record: str, shapes: dict[str, PoolObserved]
) -> list[AnyEvent]:
    from tradewind.simulation.histories import events_of
    from tradewind.simulation.records import TradeRecord

    return events_of(document.run_id, document.manifest, TradeRecord.from_json(record), shapes)


async def _shapes(history: History, contents: set[str]) -> dict[str, PoolObserved]:
    """Return recorded pools by their content ids."""
    shapes: dict[str, PoolObserved] = {}
    for content in contents:
        for recorded in await history.history(correlation_of(content), 0, 1):
            if isinstance(recorded.event.payload, PoolObserved):
                shapes[content] = recorded.event.payload
    return shapes
