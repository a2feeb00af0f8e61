"""Records back-tests in a gateway in memory, and asks it about them."""

import json
from typing import Any

import httpx2

from tests.support.backtest_histories import (
    BARS,
    History,
    metrics,
    points,
    trade,
)
from tests.unit.gateway.support import GatewayHarness
from tradewind.contracts.backtests.results import Exactness, Results
from tradewind.readmodels.models.backtest import BACKTEST
from tradewind.readmodels.models.backtest_history import BACKTEST_HISTORY
from tradewind.trading.backtests.records import EndedRun, TradeRow

UNKNOWN = "01M8G5E8C33SMXKYM4C561G409"


def recorded(gateway: GatewayHarness, *histories: History) -> None:
    for history in histories:
        gateway.history.events += history.events
        document = BACKTEST_HISTORY.fold(history.events, "1").backtest
        assert document is not None
        gateway.read_models.documents[BACKTEST.key(document.run_id)] = document


def completed(gateway: GatewayHarness, number: int = 1, **changes: Any) -> History:
    """Record a run with a result, its curve and three trades."""
    history = History(number).progressed(500).completed(**changes)
    recorded(gateway, history)
    results = Results(
        exactness=Exactness.MODELLED,
        metrics=metrics(),
        months=(),
        instruments=(),
        guards={"truncation": "passed"},
        result_sha256="b" * 64,
        signals_sha256="c" * 64,
    )
    kept = gateway.backtests
    opening = history.events[0].payload
    kept.ends[history.run_id] = EndedRun(
        history.run_id,
        "completed",
        None,
        opening.manifest_sha256,
        results=results.model_dump_json(),
        result_sha256="b" * 64,
        bars=BARS,
    )
    curve = [one.model_dump(mode="json") for one in points([*range(100, 200), 7, *range(200)])]
    kept.curves[history.run_id] = [json.dumps(curve)]
    rows = [trade(1), trade(2, reason="=HYPERLINK(1)", detail="-1.5"), trade(3)]
    kept.trades_of[history.run_id] = [
        TradeRow(one.number, one.model_dump_json(), None) for one in rows
    ]
    return history


async def ask(gateway: GatewayHarness, method: str, target: str, **options: Any) -> httpx2.Response:
    async with gateway.client() as client:
        return await client.request(method, target, **options)
