"""Makes the events of a trade, from what its row says that its decision read."""

import asyncio
from typing import Final

from gateway.ports import History
from tradewind.contracts.backtests.model import MAX_TRADES
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.inputs import correlation_of
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.readmodels.models.backtest import BacktestDocument
from tradewind.simulation.histories import events_of
from tradewind.simulation.records import TradeRecord

MAX_TRADE: Final = MAX_TRADES


async def trade_events(history: History, document: BacktestDocument, record: str) -> list[AnyEvent]:
    """Return the envelopes of a trade; TransientError while its pools cannot be read."""
    parsed = TradeRecord.from_json(record)
    shapes = await _shapes(history, parsed)
    return await asyncio.to_thread(events_of, document.run_id, document.manifest, parsed, shapes)


async def _shapes(history: History, record: TradeRecord) -> dict[str, PoolObserved]:
    """Return the recorded pools whose ticks a decision read, by their content ids."""
    read = (*record.decision, *record.arrival)
    shapes: dict[str, PoolObserved] = {}
    for content in {pool.shape.partition("@")[0] for pool in read} - {""}:
        for recorded in await history.history(correlation_of(content), 0, 1):
            if isinstance(recorded.event.payload, PoolObserved):
                shapes[content] = recorded.event.payload
    return shapes
