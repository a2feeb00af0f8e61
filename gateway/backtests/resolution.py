"""Makes the manifest of a run of what is asked for and of what there is.

Everything a result depends on is written out: the same manifest has the same result.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from gateway.backtests.bars import count_bars, period_of
from gateway.backtests.body import (
    DEFAULT_CASH,
    DEFAULT_POOLS,
    NOUN,
    AskedBacktest,
    AskedCandles,
)
from gateway.backtests.errors import InvalidParams, UnknownDataset, UnknownStrategy
from gateway.backtests.params import check_value, with_defaults
from gateway.http.field_errors import FieldError
from gateway.http.strict_json import InvalidDocument, parse_model
from tradewind import __version__
from tradewind.contracts.backtests.model import (
    MAX_BARS,
    AnyStrategy,
    InstalledStrategy,
    Manifest,
    PoolEventData,
    RecordedData,
    RecordedFlows,
    Run,
    RunLimits,
    SignalFile,
)
from tradewind.contracts.backtests.strategies import AnnouncedStrategy
from tradewind.contracts.backtests.sweeps import Grid
from tradewind.datasets.model import Dataset, DatasetKind
from tradewind.simulation.engine import ENGINE
from tradewind.simulation.manifests import tokens_sha256
from tradewind.trading.tokens import TokenRegistry

_DATA: Final = "data.dataset"


class Surroundings(NamedTuple):
    """What there is, as far as a request names it; None for what there is not."""

    tokens: TokenRegistry
    datasets: Mapping[str, Dataset | None]
    strategy: AnnouncedStrategy | None
    limits: RunLimits
    """Those of the request, or those in force where it asks for these."""


def datasets_named(asked: AskedBacktest) -> Iterator[str]:
    """Yield the datasets that a request names."""
    if isinstance(asked.strategy, SignalFile):
        yield asked.strategy.dataset
    if isinstance(asked.data, AskedCandles | PoolEventData):
        yield asked.data.dataset


def resolve(asked: AskedBacktest, around: Surroundings) -> Manifest:
    """Return the manifest of a request.

    Raises UnknownDataset, UnknownStrategy, InvalidParams, RangeTooLarge and InvalidDocument, each
    with the field.
    """
    _check_tokens(asked, around.tokens)
    strategy = _strategy(asked, around)
    data = _dataset(asked, around)
    start, end = asked.from_, asked.to
    bars_total = 0
    if data is not None:
        start, end = period_of(data, start, end)
        is_counted = data.kind is DatasetKind.CANDLES
        bars_total = count_bars(data, start, end) if is_counted else min(data.rows, MAX_BARS)
    elif start is None or end is None:
        missing = "from" if start is None else "to"
        raise InvalidDocument(NOUN, (FieldError(missing, "is required"),))
    fields = {"strategy": strategy, "from_": start, "to": end, "limits": around.limits}
    run = _run(asked, fields, data, around.tokens)
    return Manifest(
        run=run,
        engine=ENGINE,
        package=__version__,
        strategy_sha256=None if around.strategy is None else around.strategy.sha256,
        dataset_sha256=None if data is None else data.sha256,
        tokens_sha256=tokens_sha256(around.tokens),
        bars_total=bars_total,
    )


def _run(
    asked: AskedBacktest, fields: Mapping[str, Any], data: Dataset | None, tokens: TokenRegistry
) -> Run:
    """Return the run with everything filled in; InvalidDocument where parts contradict."""
    known = asked.model_copy(update=dict(fields))
    content = known.model_dump(
        mode="json",
        by_alias=True,
        exclude={"label", "sweep", "walk_forward"},
        exclude_none=True,
    )
    content["data"] = _data_of(asked, data)
    if asked.market is None:
        is_modelled = isinstance(asked.data, AskedCandles)
        market = DEFAULT_POOLS.model_dump(mode="json") if is_modelled else {"kind": "recorded"}
        content["market"] = market
    if not asked.portfolio:
        quote = asked.instruments[0].split("-")[2]
        content["portfolio"] = {quote: f"{DEFAULT_CASH:f}"}
    return parse_model(Run, orjson.dumps(content), noun=NOUN)


def _data_of(asked: AskedBacktest, data: Dataset | None) -> dict[str, Any]:
    if data is None:
        return RecordedData().model_dump(mode="json")
    if data.kind is DatasetKind.CANDLES:
        named = {"dataset": data.dataset_id, "interval": data.interval}
        return {"kind": "candles", **named}
    return {"kind": "pool_events", "dataset": data.dataset_id}


def _strategy(asked: AskedBacktest, around: Surroundings) -> AnyStrategy:
    """Return the strategy with all its parameters."""
    strategy = asked.strategy
    if isinstance(strategy, SignalFile):
        _of_kind(around, "strategy.dataset", strategy.dataset, DatasetKind.SIGNALS)
    if not isinstance(strategy, InstalledStrategy):
        return strategy
    if around.strategy is None:
        raise UnknownStrategy("strategy.name", strategy.name)
    _check_grid(around.strategy, asked.sweep)
    of_grid = {name: values[0] for name, values in (asked.sweep or {}).items()}
    params = with_defaults(around.strategy, of_grid | strategy.params, "strategy.params")
    return InstalledStrategy(name=strategy.name, params=params)


def _check_grid(strategy: AnnouncedStrategy, grid: Grid | None) -> None:
    errors = [
        error
        for name, values in (grid or {}).items()
        for place, value in enumerate(values)
        if (error := check_value(strategy, name, value, f"sweep.{name}[{place}]")) is not None
    ]
    if errors:
        raise InvalidParams(tuple(errors[:20]))


def _dataset(asked: AskedBacktest, around: Surroundings) -> Dataset | None:
    """Return the dataset that is run over; None for what was recorded."""
    data = asked.data
    if data is None and isinstance(asked.strategy, RecordedFlows):
        return None
    if data is None:
        raise InvalidDocument(NOUN, (FieldError("data", "is required: which candles to run on"),))
    if isinstance(data, RecordedData):
        return None
    is_candles = isinstance(data, AskedCandles)
    kind = DatasetKind.CANDLES if is_candles else DatasetKind.POOL_EVENTS
    found = _of_kind(around, _DATA, data.dataset, kind)
    if isinstance(data, AskedCandles):
        _check_candles(asked, data, found)
    return found


def _of_kind(around: Surroundings, field: str, dataset_id: str, kind: DatasetKind) -> Dataset:
    found = around.datasets.get(dataset_id)
    if found is None:
        raise UnknownDataset(field, dataset_id)
    if found.kind is not kind:
        raise InvalidDocument(NOUN, (FieldError(field, f"is of {found.kind}, not of {kind}"),))
    return found


def _check_candles(asked: AskedBacktest, data: AskedCandles, found: Dataset) -> None:
    errors = []
    if data.interval not in (None, found.interval):
        errors.append(FieldError("data.interval", f"must be that of the dataset: {found.interval}"))
    if asked.instruments != (found.instrument,):
        message = f"must be that of the dataset alone: {found.instrument}"
        errors.append(FieldError("instruments", message))
    if errors:
        raise InvalidDocument(NOUN, tuple(errors))


def _check_tokens(asked: AskedBacktest, tokens: TokenRegistry) -> None:
    """Raise InvalidDocument for instruments and balances of tokens that are not traded here."""
    symbols, errors = set(), []
    for place, instrument in enumerate(asked.instruments):
        chain, *names = instrument.split("-")
        symbols |= set(names)
        unknown = [name for name in names if tokens.by_symbol(chain, name) is None]
        if unknown:
            message = f"names {unknown[0]}, which is no token of {chain} that is traded here"
            errors.append(FieldError(f"instruments[{place}]", message))
    if len(set(asked.instruments)) < len(asked.instruments):
        errors.append(FieldError("instruments", "names one twice"))
    errors += [
        FieldError(f"portfolio.{name}", "is no token of these instruments")
        for name in asked.portfolio
        if name not in symbols
    ]
    if any(amount < 0 for amount in asked.portfolio.values()):
        errors.append(FieldError("portfolio", "must not be below nothing"))
    if asked.portfolio and not any(asked.portfolio.values()):
        errors.append(FieldError("portfolio", "must hold something"))
    if errors:
        raise InvalidDocument(NOUN, tuple(errors))
