"""Parses decimal numbers in options: those that an event can hold."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import click
from pydantic import TypeAdapter, ValidationError

from tradewind.contracts.wire import DecimalString

_PLAIN: Final[TypeAdapter[Decimal]] = TypeAdapter(DecimalString)


class PlainDecimal(click.ParamType[Decimal]):
    """A plain decimal within a range; no exponent, whose few characters may be a gigabyte."""

    def __init__(self, name: str, check: Callable[[Decimal], bool], words: str) -> None:
        self.name = name
        self._check = check
        self._words = words

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        """Return the number; the usage error says what is wrong."""
        try:
            number = _PLAIN.validate_python(value)
        except ValidationError as error:
            self.fail(f"{value!r} {error.errors()[0]['ctx']['error']}", param, ctx)
        if not self._check(number):
            self.fail(f"{value!r} {self._words}", param, ctx)
        return number


POSITIVE: Final = PlainDecimal("amount", lambda number: number > 0, "must be greater than 0")
NOT_NEGATIVE: Final = PlainDecimal("amount", lambda number: number >= 0, "must not be negative")
FRACTION: Final = PlainDecimal(
    "fraction", lambda number: 0 <= number <= 1, "must be between 0 and 1: 0.01 is one percent"
)
