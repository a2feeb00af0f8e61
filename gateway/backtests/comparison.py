"""Sets two results beside each other."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson

from gateway.backtests.documents import FieldDifference, MetricDifference
from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.results import Metrics

MAX_SHOWN_CHARACTERS = 200
_NOT_COMPARED = frozenset({"version", "refused", "undefined", "costs"})


def manifest_differences(one: Manifest, other: Manifest) -> tuple[FieldDifference, ...]:
    """Return the fields in which two manifests differ, by their paths."""
    of_one, of_other = (dict(_flat("", _plain(manifest))) for manifest in (one, other))
    return tuple(
        FieldDifference(field=field, a=of_one.get(field), b=of_other.get(field))
        for field in sorted({*of_one, *of_other})
        if of_one.get(field) != of_other.get(field)
    )


def metric_differences(one: Metrics, other: Metrics) -> tuple[MetricDifference, ...]:
    """Return every metric of both, in the order of the metrics, with the costs."""
    of_one, of_other = _numbers(one), _numbers(other)
    return tuple(_difference(name, of_one[name], of_other[name]) for name in of_one)


def _difference(name: str, a: Decimal | None, b: Decimal | None) -> MetricDifference:
    known = a is not None and b is not None
    return MetricDifference(
        metric=name,
        a=a,
        b=b,
        difference=b - a if known and a is not None and b is not None else None,
    )


def _numbers(metrics: Metrics) -> dict[str, Decimal | None]:
    costs = {f"costs.{name}": value for name, value in metrics.costs}
    values = {name: value for name, value in metrics if name not in _NOT_COMPARED} | costs
    return {name: None if value is None else Decimal(value) for name, value in values.items()}


def _plain(manifest: Manifest) -> Mapping[str, Any]:
    plain: Mapping[str, Any] = manifest.model_dump(mode="json", by_alias=True)
    return plain


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(f"{path}.{name}" if path else name, one)
        return
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    yield path, text[:MAX_SHOWN_CHARACTERS]
