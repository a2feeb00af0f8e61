"""A back-test's history folds to its document."""

from typing import Any

import pytest

from tests.support.backtest_histories import BARS, History, manifest, metrics
from tradewind.contracts.backtests.model import RecordedData, RecordedFlows, RecordedMarket
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.readmodels.models.backtest import BACKTEST, BacktestDocument
from tradewind.readmodels.models.backtest_history import BACKTEST_HISTORY

SWEEP = "01M8G5E8C33SMXKYM4C561G409"


def told(events: list[AnyEvent]) -> BacktestDocument:
    document = BACKTEST_HISTORY.fold(events, "019").backtest
    assert document is not None
    return document


def test_a_run_tells_how_far_it_is_and_what_came_of_it() -> None:
    history = History(label="first try", requested_by="desk")
    history = history.progressed(500).progressed(1_000).completed()
    states = [told(history.events[:count]).status for count in range(1, 5)]
    assert states == ["queued", "running", "running", "completed"]
    document = told(history.events)
    assert (document.label, document.requested_by, document.strategy) == (
        *("first try", "desk"),
        "ema_cross",
    )
    assert (document.candles_total, document.candles_processed) == (BARS, BARS)
    assert (document.started_at, document.candles_at_start) == (history.events[1].timestamp, 500)
    assert document.completed_at == history.events[3].timestamp
    assert document.metrics == metrics()
    assert (document.result_sha256, document.signals_sha256) == ("b" * 64, "c" * 64)
    assert (document.version, document.illegal_events, document.slices) == (4, 0, 2)


def test_a_run_that_failed_says_why_and_one_that_was_stopped_by_whom() -> None:
    failed = told(History().progressed(500).failed().events)
    assert (failed.status, failed.reason, failed.detail, failed.at) == (
        *("failed", "LOOKS_AHEAD"),
        *("cut 3", "bar 7"),
    )
    stopped = told(History().cancelled().events)
    assert (stopped.status, stopped.cancelled_by, stopped.metrics) == ("cancelled", "desk", None)


def test_what_the_lifecycle_forbids_changes_nothing_and_is_counted() -> None:
    over = History().completed()
    late = History().completed().progressed(500).events[-1]
    document = told([*over.events, late])
    assert (document.status, document.illegal_events, document.version) == ("completed", 1, 3)
    strange = History(2).progressed(500).events[-1]
    document = told([*over.events[:1], strange])
    assert (document.status, document.illegal_events) == ("queued", 1)
    assert BACKTEST_HISTORY.fold([strange], "019").documents == []


@pytest.mark.parametrize(
    ("changes", "strategy", "batch"),
    [
        ({}, "ema_cross", "single"),
        ({"sweep_id": SWEEP}, "ema_cross", SWEEP),
        (
            {
                "manifest": manifest(
                    strategy=RecordedFlows(), data=RecordedData(), market=RecordedMarket()
                )
            },
            "recorded",
            "single",
        ),
    ],
)
def test_documents_are_what_the_schema_says_and_are_listed_by_their_fields(
    changes: dict[str, Any], strategy: str, batch: str
) -> None:
    history = History(**changes).progressed(500).completed()
    document = told([parse_event(event.to_bytes()) for event in history.events])
    assert (document.strategy, document.batch) == (strategy, batch)
    text = document.model_dump_json()
    assert BacktestDocument.model_validate_json(text).model_dump_json() == text
    assert BACKTEST.index is not None
    # Lua takes the first field of that name in the JSON
    for name, value in zip(BACKTEST.index.names, BACKTEST.index.values(document), strict=True):
        assert text.index(f'"{name}":"{value}"') == text.index(f'"{name}":"')
