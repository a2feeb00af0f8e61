"""Makes the event history of a trade, when somebody asks for it."""

from collections.abc import Mapping

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.simulation.records import TradeRecord

NO_SHAPES: Mapping[str, PoolObserved] = {}


def events_of(
    run_id: str,
    manifest: Manifest,
    record: TradeRecord,
    shapes: Mapping[str, PoolObserved] = NO_SHAPES,
) -> list[AnyEvent]:
    """Return the envelopes of a trade, from intent.submitted to its end, under `intent-<derived>`.

    Their producer is `backtest`, so no ledger takes them. `shapes` are those of a shaped or
    recorded market, by content id; ValueError names one that is missing.
    """
    raise NotImplementedError
