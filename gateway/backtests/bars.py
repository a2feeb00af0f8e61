"""Counts the candles of a period from the manifest of a dataset, without opening its file."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.backtests.body import NOUN
from gateway.backtests.errors import RangeTooLarge
from gateway.http.field_errors import FieldError
from gateway.http.strict_json import InvalidDocument
from tradewind.contracts.backtests.model import MAX_BARS
from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS
from tradewind.contracts.wire import format_timestamp
from tradewind.datasets.model import Dataset
from tradewind.trading.marketdata.intervals import EPOCH

type Span = tuple[datetime, datetime]


def period_of(
    datasets: Sequence[Dataset], start: datetime | None, end: datetime | None
) -> tuple[datetime, datetime]:
    """Return the period of a run: what all datasets have, where nothing else is asked for.

    InvalidDocument where it is not within them.
    """
    first, last = max(one.from_ for one in datasets), min(one.to for one in datasets)
    if first >= last:
        message = "have no period in common"
        raise InvalidDocument(NOUN, (FieldError("data.more", message),))
    start, end = start or first, end or last
    whole = f"{format_timestamp(first)} to {format_timestamp(last)}"
    name = "the dataset" if len(datasets) == 1 else "all datasets"
    errors = []
    if start < first or start >= last:
        errors.append(FieldError("from", f"must be within {name}: {whole}"))
    if end > last or end <= first:
        errors.append(FieldError("to", f"must be within {name}: {whole}"))
    if not errors and end <= start:
        errors.append(FieldError("to", "must be later than from"))
    if errors:
        raise InvalidDocument(NOUN, tuple(errors))
    return start, end


def count_bars(datasets: Sequence[Dataset], start: datetime, end: datetime) -> int:
    """Return how many steps a period has: times at which a candle opens in any dataset.

    RangeTooLarge for more than a run may have; InvalidDocument where that cannot be told from the
    gaps that the manifests list.
    """
    first = datasets[0]
    if len(datasets) == 1 and start <= first.from_ and end >= first.to:
        return _checked(first.rows)
    step = _step(first)
    if any((one.from_ - first.from_) % step for one in datasets):
        message = "open at other times than the first"
        raise InvalidDocument(NOUN, (FieldError("data.more", message),))
    missing = [(start, end)]
    # A time is missing where every dataset has a gap.
    for one in sorted(datasets, key=lambda one: one.gaps_total):
        if not missing or not one.gaps_total:
            missing = []
            break
        if one.gaps_total > len(one.gaps):
            message = "has more gaps than its manifest lists, so only all of it can be run"
            raise InvalidDocument(NOUN, (FieldError("data.dataset", message),))
        missing = _common(missing, [(gap.from_, gap.to) for gap in one.gaps])
    lost = sum(_opened(first, since, until) for since, until in missing)
    return _checked(_opened(first, start, end) - lost)


def count_intervals(interval: str, start: datetime, end: datetime) -> int:
    """Return how many whole intervals a period has, which is how often a strategy is asked.

    RangeTooLarge for more than a run may have; InvalidDocument for none.
    """
    step = timedelta(seconds=CANDLE_INTERVALS_SECONDS[interval])
    first = -((EPOCH - start) // step)
    return _checked((end - EPOCH) // step - first)


def _checked(counted: int) -> int:
    if counted > MAX_BARS:
        raise RangeTooLarge("to", f"makes it {counted} candles", MAX_BARS)
    if counted < 1:
        raise InvalidDocument(NOUN, (FieldError("to", "leaves no candle in the period"),))
    return counted


def _common(some: list[Span], others: list[Span]) -> list[Span]:
    """Return what two lists of spans have in common; both ascend."""
    both = ((max(one[0], other[0]), min(one[1], other[1])) for one in some for other in others)
    return [span for span in both if span[0] < span[1]]


def _step(dataset: Dataset) -> timedelta:
    assert dataset.interval is not None
    return timedelta(seconds=CANDLE_INTERVALS_SECONDS[dataset.interval])


def _opened(dataset: Dataset, start: datetime, end: datetime) -> int:
    """Return how many candles of the dataset's grid open from `start` to before `end`."""
    step = _step(dataset)
    first, last = (-((dataset.from_ - one) // step) for one in (start, end))
    return max(0, last - first)
