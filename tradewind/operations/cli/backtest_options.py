"""Makes the body of a back-test of options, and of a file whose parts they replace."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from tradewind_client import Client
from tradewind_client.rest_models import Dataset

from tradewind.contracts.wire import format_timestamp
from tradewind.operations.cli.backtest_file import parse_grid, parse_settings, read_backtest

CANDLES: Final = "candles"


def document_of(
    client: Client,
    path: Path | None,
    strategy: str | None,
    settings: Sequence[str],
    grid: Sequence[str],
    data: Sequence[str],
    interval: str | None,
    pools: Sequence[str],
    shapes: Sequence[str],
    recorded: bool,
    instruments: Sequence[str],
    cash: Sequence[str],
    start: datetime | None,
    end: datetime | None,
    **plain: str | None,
) -> dict[str, Any]:
    """Return the run that options and a file ask for; datasets name its instruments.

    A usage error names options that contradict each other.
    """
    document = {} if path is None else read_backtest(path)
    times = (("from", start), ("to", end))
    document |= {name: format_timestamp(at) for name, at in times if at is not None}
    document |= {name: value for name, value in plain.items() if value is not None}
    if recorded:
        document |= _recorded(strategy, data)
    elif strategy is not None:
        document["strategy"] = _strategy(strategy)
    if settings:
        document.setdefault("strategy", {})["params"] = parse_settings(settings)
    document |= {"sweep": parse_grid(grid)} if grid else {}
    if pools or shapes:
        document["market"] = _market(pools, shapes)
    if data:
        document |= _data(client, data)
    if interval is not None:
        document.setdefault("data", {})["interval"] = interval
    if instruments:
        document["instruments"] = list(instruments)
    elif "instruments" not in document and "dataset" in document.get("data", {}):
        document |= _data(client, [document["data"]["dataset"]]) | {"data": document["data"]}
    if cash:
        document["portfolio"] = dict(one.partition("=")[::2] for one in cash)
    return document


def _strategy(name: str) -> dict[str, Any]:
    if name.startswith("ds-"):
        return {"kind": "signals", "dataset": name}
    return {"kind": "strategy", "name": name}


def _recorded(strategy: str | None, data: Sequence[str]) -> dict[str, Any]:
    if data:
        raise click.UsageError("--recorded takes what the ledger has: leave --data out")
    own = {} if strategy is None else {"strategy_id": strategy}
    return {"strategy": {"kind": "recorded"} | own, "data": {"kind": "recorded"}}


def _data(client: Client, datasets: Sequence[str]) -> dict[str, Any]:
    """Return data and instruments of datasets; the kind of the first is that of the run's data."""
    first, *others = found = [client.backtests.dataset(one) for one in datasets]
    if others and any(one.kind != CANDLES or one.instrument is None for one in found):
        raise click.UsageError("--data: several datasets must all be of candles")
    data: dict[str, Any] = {"kind": str(first.kind), "dataset": first.dataset_id}
    more = {str(one.instrument): one.dataset_id for one in others}
    if more:
        data["more"] = more
    named = _named(found)
    return {"data": data, "instruments": named} if named else {"data": data}


def _named(datasets: Sequence[Dataset]) -> list[str]:
    return [one.instrument for one in datasets if one.instrument is not None]


def _market(pools: Sequence[str], shapes: Sequence[str]) -> dict[str, Any]:
    if pools and shapes:
        raise click.UsageError("--pool and --shape are two kinds of market: give one of them")
    if shapes:
        return {"kind": "shape", "shapes": list(shapes)}
    return {"kind": "constant", "pools": [_pool(one) for one in pools]}


def _pool(text: str) -> dict[str, Any]:
    fee, _, depth = text.partition("=")
    if not fee.isascii() or not fee.isdigit() or not depth:
        raise click.BadParameter(f"{text}: must be FEE=DEPTH, as 500=40000000", param_hint="--pool")
    return {"fee_pips": int(fee[:9]), "depth_usd": depth}
