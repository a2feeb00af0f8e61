"""The calls about back-tests, sweeps, and what they can be made of."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from tradewind_client.calls import Call, json_body, model_reader, path_part, read_nothing
from tradewind_client.resources import Event, Page, new_idempotency_key
from tradewind_client.rest_models import (
    AnnouncedStrategy,
    BacktestComparison,
    BacktestDetail,
    BacktestItem,
    CancelledBacktest,
    Dataset,
    EquityCurve,
    Results,
    SweepDocument,
    TakenBacktest,
    Trade,
)

Cursor = str | int | None
Backtest = BaseModel | Mapping[str, Any]


class BacktestQuery(NamedTuple):
    """Which back-tests are asked for; None means any."""

    status: str | None = None
    strategy: str | None = None
    label: str | None = None
    sweep_id: str | None = None
    """`none` for runs of no sweep."""
    since: str | None = None
    until: str | None = None


class TradeQuery(NamedTuple):
    """Which trades of a run are asked for; None means any."""

    side: str | None = None
    instrument: str | None = None
    outcome: str | None = None
    order: str | None = None
    """`desc` for the last one first."""


class DatasetQuery(NamedTuple):
    """Which datasets are asked for; None means any."""

    kind: str | None = None
    instrument: str | None = None
    interval: str | None = None


def submit_backtest(backtest: Backtest, idempotency_key: str | None) -> Call[TakenBacktest]:
    """POST /backtests. Sent again with its key it is the same request; without one it gets one."""
    return Call(
        "POST",
        "/backtests",
        model_reader(TakenBacktest),
        body=json_body(backtest),
        idempotency_key=idempotency_key or new_idempotency_key(),
    )


def list_backtests(wanted: BacktestQuery, cursor: Cursor) -> Call[Page[BacktestItem]]:
    query = wanted._asdict() | {"cursor": cursor}
    return Call("GET", "/backtests", model_reader(Page[BacktestItem]), query)


def show_backtest(run_id: str) -> Call[BacktestDetail]:
    return Call("GET", _path(run_id), model_reader(BacktestDetail))


def backtest_results(run_id: str) -> Call[Results]:
    return Call("GET", _path(run_id, "results"), model_reader(Results))


def backtest_equity(
    run_id: str, points: int | None, start: str | None, end: str | None
) -> Call[EquityCurve]:
    query = {"points": points, "from": start, "to": end}
    return Call("GET", _path(run_id, "equity"), model_reader(EquityCurve), query)


def backtest_trades(run_id: str, wanted: TradeQuery, cursor: Cursor) -> Call[Page[Trade]]:
    query = wanted._asdict() | {"cursor": cursor}
    return Call("GET", _path(run_id, "trades"), model_reader(Page[Trade]), query)


def trade_events(run_id: str, number: int) -> Call[Page[Event]]:
    return Call("GET", _path(run_id, f"trades/{number}/events"), model_reader(Page[Event]))


def export_trades(run_id: str) -> Call[bytes]:
    return Call("GET", _path(run_id, "trades.csv"), bytes, accept="text/csv")


def cancel_backtest(run_id: str) -> Call[CancelledBacktest]:
    path = _path(run_id, "cancel")
    return Call("POST", path, model_reader(CancelledBacktest), is_repeatable=True)


def delete_backtest(run_id: str) -> Call[None]:
    return Call("DELETE", _path(run_id), read_nothing, is_repeatable=True)


def compare_backtests(a: str, b: str) -> Call[BacktestComparison]:
    query = {"a": a, "b": b}
    return Call("GET", "/backtests/compare", model_reader(BacktestComparison), query)


def show_sweep(sweep_id: str) -> Call[SweepDocument]:
    return Call("GET", f"/sweeps/{path_part(sweep_id)}", model_reader(SweepDocument))


def cancel_sweep(sweep_id: str) -> Call[SweepDocument]:
    path = f"/sweeps/{path_part(sweep_id)}/cancel"
    return Call("POST", path, model_reader(SweepDocument), is_repeatable=True)


def list_strategies(cursor: Cursor) -> Call[Page[AnnouncedStrategy]]:
    read = model_reader(Page[AnnouncedStrategy])
    return Call("GET", "/strategies", read, {"cursor": cursor})


def list_datasets(wanted: DatasetQuery, cursor: Cursor) -> Call[Page[Dataset]]:
    query = wanted._asdict() | {"cursor": cursor}
    return Call("GET", "/datasets", model_reader(Page[Dataset]), query)


def show_dataset(dataset_id: str) -> Call[Dataset]:
    return Call("GET", f"/datasets/{path_part(dataset_id)}", model_reader(Dataset))


def _path(run_id: str, rest: str = "") -> str:
    path = f"/backtests/{path_part(run_id)}"
    return f"{path}/{rest}" if rest else path
