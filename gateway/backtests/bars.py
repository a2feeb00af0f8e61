"""Counts the candles of a period from the manifest of a dataset, without opening its file."""

from datetime import datetime, timedelta
from typing import Final

from gateway.backtests.body import NOUN
from gateway.backtests.errors import RangeTooLarge
from gateway.http.field_errors import FieldError
from gateway.http.strict_json import InvalidDocument
from tradewind.contracts.backtests.model import MAX_BARS
from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS
from tradewind.contracts.wire import format_timestamp
from tradewind.datasets.model import Dataset

MILLISECOND: Final = timedelta(milliseconds=1)


def period_of(
    dataset: Dataset, start: datetime | None, end: datetime | None
) -> tuple[datetime, datetime]:
    """Return the period of a run: that of its dataset where nothing else is asked for.

    InvalidDocument where it is not within the dataset.
    """
    start, end = start or dataset.from_, end or dataset.to
    whole = f"{format_timestamp(dataset.from_)} to {format_timestamp(dataset.to)}"
    errors = []
    if start < dataset.from_ or start >= dataset.to:
        errors.append(FieldError("from", f"must be within the dataset: {whole}"))
    if end > dataset.to or end <= dataset.from_:
        errors.append(FieldError("to", f"must be within the dataset: {whole}"))
    if not errors and end <= start:
        errors.append(FieldError("to", "must be later than from"))
    if errors:
        raise InvalidDocument(NOUN, tuple(errors))
    return start, end


def count_bars(dataset: Dataset, start: datetime, end: datetime) -> int:
    """Return how many candles open in a period; RangeTooLarge for more than a run may have.

    InvalidDocument where that cannot be told from the gaps that the manifest lists.
    """
    if start <= dataset.from_ and end >= dataset.to:
        counted = dataset.rows
    elif dataset.gaps_total > len(dataset.gaps):
        message = "has more gaps than its manifest lists, so only all of it can be run"
        raise InvalidDocument(NOUN, (FieldError("data.dataset", message),))
    else:
        counted = _opened(dataset, start, end) - sum(
            _opened(dataset, max(gap.from_, start), min(gap.to, end)) for gap in dataset.gaps
        )
    if counted > MAX_BARS:
        raise RangeTooLarge("to", f"makes it {counted} candles", MAX_BARS)
    if counted < 1:
        raise InvalidDocument(NOUN, (FieldError("to", "leaves no candle in the period"),))
    return counted


def _opened(dataset: Dataset, start: datetime, end: datetime) -> int:
    """Return how many candles of the dataset's grid open from `start` to before `end`."""
    assert dataset.interval is not None
    step = CANDLE_INTERVALS_SECONDS[dataset.interval] * 1_000
    first, last = ((one - dataset.from_) // MILLISECOND for one in (start, end))
    return max(0, -(-last // step) - -(-first // step))
