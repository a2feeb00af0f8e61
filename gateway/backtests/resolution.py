"""Makes the manifest of a run of what is asked for and of what there is.

Everything a result depends on is written out: the same manifest has the same result.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from gateway.backtests.bars import count_bars, count_intervals, period_of
from gateway.backtests.body import (
    DEFAULT_CASH,
    DEFAULT_POOLS,
    NOUN,
    AskedBacktest,
    AskedCandles,
)
from gateway.backtests.errors import InvalidParams, RangeTooLarge, UnknownDataset, UnknownStrategy
from gateway.backtests.params import check_value, with_defaults
from gateway.http.field_errors import FieldError
from gateway.http.strict_json import InvalidDocument, parse_model
from tradewind import __version__
from tradewind.contracts.backtests.model import (
    MAX_FLOWS,
    AnyStrategy,
    InstalledStrategy,
    Manifest,
    PoolEventData,
    RecordedData,
    RecordedFlows,
    Run,
    RunLimits,
    ShapedMarket,
    SignalFile,
)
from tradewind.contracts.backtests.strategies import AnnouncedStrategy
from tradewind.contracts.backtests.sweeps import Grid
from tradewind.datasets.model import Dataset, DatasetKind
from tradewind.simulation.engine import ENGINE
from tradewind.simulation.manifests import tokens_sha256
from tradewind.trading.backtests.records import FlowsTotal, WantedFlows
from tradewind.trading.tokens import TokenRegistry

_DATA: Final = "data.dataset"


class Surroundings(NamedTuple):
    """What there is, as far as a request names it; None for what there is not."""

    tokens: TokenRegistry
    datasets: Mapping[str, Dataset | None]
    strategy: AnnouncedStrategy | None
    limits: RunLimits
    """Those of the request, or those in force where it asks for these."""
    now: datetime
    flows: FlowsTotal | None = None
    """What is recorded of the flows that the request asks for; None where it asks for none."""
    shapes: AbstractSet[str] = frozenset()
    """Which of the shapes that the request names are recorded pools."""


def datasets_named(asked: AskedBacktest) -> Iterator[str]:
    """Yield the datasets that a request names."""
    if isinstance(asked.strategy, SignalFile):
        yield asked.strategy.dataset
    if isinstance(asked.data, AskedCandles | PoolEventData):
        yield asked.data.dataset
    if isinstance(asked.data, AskedCandles):
        yield from asked.data.more.values()


def flows_named(asked: AskedBacktest) -> WantedFlows | None:
    """Return which recorded flows a request is of; None where it is of none, or names no period."""
    strategy = asked.strategy
    if not isinstance(strategy, RecordedFlows) or asked.from_ is None or asked.to is None:
        return None
    instruments, most = list(asked.instruments), MAX_FLOWS + 1
    return WantedFlows(asked.from_, asked.to, instruments, strategy.strategy_id, most)


def resolve(asked: AskedBacktest, around: Surroundings) -> Manifest:
    """Return the manifest of a request.

    Raises UnknownDataset, UnknownStrategy, InvalidParams, RangeTooLarge and InvalidDocument, each
    with the field.
    """
    _check_tokens(asked, around.tokens)
    _check_shapes(asked, around)
    strategy = _strategy(asked, around)
    data = _datasets(asked, around)
    period, bars_total = _extent(asked, data, around)
    fields = {"strategy": strategy, "from_": period[0], "to": period[1], "limits": around.limits}
    run = _run(asked, fields, data, around.tokens)
    signals = [strategy.dataset] if isinstance(strategy, SignalFile) else []
    others = [around.datasets[one] for one in signals] + [*data[1:]]
    return Manifest(
        run=run,
        engine=ENGINE,
        package=__version__,
        strategy_sha256=None if around.strategy is None else around.strategy.sha256,
        dataset_sha256=data[0].sha256 if data else _flows(around).sha256,
        more_sha256={one.dataset_id: one.sha256 for one in others if one is not None},
        tokens_sha256=tokens_sha256(around.tokens),
        bars_total=bars_total,
    )


def _extent(
    asked: AskedBacktest, data: Sequence[Dataset], around: Surroundings
) -> tuple[tuple[datetime, datetime], int]:
    """Return the period of a run and how many steps it has."""
    if data:
        start, end = period_of(data, asked.from_, asked.to)
        if isinstance(asked.data, PoolEventData):
            return (start, end), count_intervals(asked.data.interval, start, end)
        return (start, end), count_bars(data, start, end)
    if asked.from_ is None or asked.to is None:
        missing = "from" if asked.from_ is None else "to"
        raise InvalidDocument(NOUN, (FieldError(missing, "is required"),))
    if asked.to > around.now:
        message = "must not be later than now: what is recorded later would change the result"
        raise InvalidDocument(NOUN, (FieldError("to", message),))
    found = _flows(around).flows
    if found > MAX_FLOWS:
        raise RangeTooLarge("to", f"makes it more than {MAX_FLOWS} recorded intents", MAX_FLOWS)
    if found < 1:
        message = "leaves no recorded intent of these instruments in the period"
        raise InvalidDocument(NOUN, (FieldError("to", message),))
    return (asked.from_, asked.to), found


def _flows(around: Surroundings) -> FlowsTotal:
    assert around.flows is not None, "flows are looked up where a period is asked for"
    return around.flows


def _check_shapes(asked: AskedBacktest, around: Surroundings) -> None:
    """Raise InvalidDocument for shapes of a market that are no recorded pools."""
    if not isinstance(asked.market, ShapedMarket):
        return
    errors = [
        FieldError(f"market.shapes[{place}]", "is no instrument.pool_observed of the ledger")
        for place, one in enumerate(asked.market.shapes)
        if one not in around.shapes
    ]
    if errors:
        raise InvalidDocument(NOUN, tuple(errors))


def _run(
    asked: AskedBacktest,
    fields: Mapping[str, Any],
    data: Sequence[Dataset],
    tokens: TokenRegistry,
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


def _data_of(asked: AskedBacktest, data: Sequence[Dataset]) -> dict[str, Any]:
    if isinstance(asked.data, PoolEventData):
        return asked.data.model_dump(mode="json")
    if not isinstance(asked.data, AskedCandles):
        return RecordedData().model_dump(mode="json")
    named = {"dataset": data[0].dataset_id, "interval": data[0].interval}
    more = {one.instrument: one.dataset_id for one in data[1:]}
    return {"kind": "candles", **named} | ({"more": more} if more else {})


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


def _datasets(asked: AskedBacktest, around: Surroundings) -> tuple[Dataset, ...]:
    """Return the datasets that are run over, the main one first; none for what was recorded."""
    data = asked.data
    is_recorded = isinstance(asked.strategy, RecordedFlows)
    if data is not None and is_recorded != isinstance(data, RecordedData):
        message = "recorded flows go with recorded data, and only with it"
        raise InvalidDocument(NOUN, (FieldError("data", message),))
    if is_recorded:
        return ()
    if data is None:
        raise InvalidDocument(NOUN, (FieldError("data", "is required: which candles to run on"),))
    if isinstance(data, PoolEventData):
        return (_of_kind(around, _DATA, data.dataset, DatasetKind.POOL_EVENTS),)
    assert isinstance(data, AskedCandles), "recorded data go with recorded flows"
    kind = DatasetKind.CANDLES
    more = {
        name: _of_kind(around, f"data.more.{name}", dataset, kind)
        for name, dataset in data.more.items()
    }
    found = _of_kind(around, _DATA, data.dataset, kind)
    _check_candles(asked, data, found, more)
    return (found, *more.values())


def _of_kind(around: Surroundings, field: str, dataset_id: str, kind: DatasetKind) -> Dataset:
    found = around.datasets.get(dataset_id)
    if found is None:
        raise UnknownDataset(field, dataset_id)
    if found.kind is not kind:
        raise InvalidDocument(NOUN, (FieldError(field, f"is of {found.kind}, not of {kind}"),))
    return found


def _check_candles(
    asked: AskedBacktest, data: AskedCandles, found: Dataset, more: Mapping[str, Dataset]
) -> None:
    errors = []
    if data.interval not in (None, found.interval):
        errors.append(FieldError("data.interval", f"must be that of the dataset: {found.interval}"))
    for name, one in more.items():
        if one.instrument != name:
            errors.append(FieldError(f"data.more.{name}", f"is of {one.instrument}"))
        if one.interval != found.interval:
            message = f"has candles of {one.interval}, and the first dataset of {found.interval}"
            errors.append(FieldError(f"data.more.{name}", message))
    if not more and asked.instruments != (found.instrument,):
        message = f"must be that of the dataset alone: {found.instrument}"
        errors.append(FieldError("instruments", message))
    elif set(asked.instruments) != {found.instrument, *more}:
        message = f"must be those of the datasets: {', '.join([str(found.instrument), *more])}"
        errors.append(FieldError("instruments", message))
    if errors:
        raise InvalidDocument(NOUN, tuple(errors[:20]))


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
