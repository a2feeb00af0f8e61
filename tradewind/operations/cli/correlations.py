"""Parses a correlation id on the command line, or the id of an intent in its place."""

from typing import Any, Final

import click

from tradewind.contracts.ids import (
    CorrelationKind,
    make_correlation_id,
    parse_correlation_id,
    parse_ulid,
)

EXAMPLE: Final = "intent-01M8G5E8C33SMXKYM4C561G409"


class Correlation(click.ParamType[str]):
    """A correlation id; an intent's id means the correlation of that intent."""

    name = "correlation"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the correlation id; the usage error shows what one looks like."""
        if _is_ulid(value):
            return make_correlation_id(CorrelationKind.INTENT, value)
        try:
            parse_correlation_id(value)
        except ValueError:
            message = f"{value!r} is neither a correlation such as {EXAMPLE} nor an intent's id"
            self.fail(message, param, ctx)
        return str(value)


def _is_ulid(text: str) -> bool:
    try:
        parse_ulid(text)
    except ValueError:
        return False
    return True


CORRELATION: Final = Correlation()
