"""Checks the parameters of a strategy against what it says it takes, and fills in the others."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from gateway.backtests.errors import InvalidParams
from gateway.http.field_errors import FieldError
from tradewind.contracts.backtests.model import Parameter
from tradewind.contracts.backtests.strategies import AnnouncedStrategy, StrategyParameter

_DECIMAL: Final = re.compile(r"-?(0|[1-9]\d{0,39})(\.\d{1,36})?", re.ASCII)
_EXPECTED: Final[Mapping[str, str]] = {
    "integer": "must be an integer",
    "decimal": 'must be a decimal string such as "1.5"',
    "text": "must be a string",
    "flag": "must be true or false",
}


def with_defaults(
    strategy: AnnouncedStrategy, params: Mapping[str, Parameter], field: str
) -> dict[str, Parameter]:
    """Return all parameters a strategy is run with; InvalidParams names each wrong one.

    `field` is where the parameters stand in the request.
    """
    errors = tuple(_errors(strategy, params, field))
    if errors:
        raise InvalidParams(errors)
    defaults = {
        name: one.default for name, one in strategy.params.items() if one.default is not None
    }
    return defaults | dict(params)


def check_value(
    strategy: AnnouncedStrategy, name: str, value: Parameter, field: str
) -> FieldError | None:
    """Return what is wrong with a value of one parameter; None where nothing is."""
    described = strategy.params.get(name)
    if described is None:
        known = ", ".join(strategy.params) or "none"
        return FieldError(field, f"is no parameter of {strategy.name} (known: {known})")
    return _wrong(described, value, field)


def _errors(
    strategy: AnnouncedStrategy, params: Mapping[str, Parameter], field: str
) -> Iterator[FieldError]:
    for name, value in params.items():
        error = check_value(strategy, name, value, f"{field}.{name}")
        if error is not None:
            yield error
    for name, described in strategy.params.items():
        if described.default is None and name not in params:
            yield FieldError(f"{field}.{name}", "is required")


def _wrong(described: StrategyParameter, value: Parameter, field: str) -> FieldError | None:
    if not _is_of_kind(described.kind, value):
        return FieldError(field, _EXPECTED[described.kind])
    if described.choices and value not in described.choices:
        return FieldError(field, f"must be one of {', '.join(map(str, described.choices))}")
    if described.kind not in ("integer", "decimal"):
        return None
    number = Decimal(value)
    if described.minimum is not None and number < described.minimum:
        return FieldError(field, "is too small", f"{described.minimum:f}")
    if described.maximum is not None and number > described.maximum:
        return FieldError(field, "is too large", f"{described.maximum:f}")
    return None


def _is_of_kind(kind: str, value: Parameter) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    is_text = isinstance(value, str)
    return is_text and (kind == "text" or _DECIMAL.fullmatch(str(value)) is not None)
