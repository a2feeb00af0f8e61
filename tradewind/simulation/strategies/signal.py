"""What strategies see and say."""

from decimal import Decimal
from typing import Literal, NamedTuple


class Bar(NamedTuple):
    """A closed candle, as a stepped strategy sees it. Prices are quote per whole base."""

    open_time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Signal(NamedTuple):
    """What a stepped strategy wants at a bar's close."""

    side: Literal["acquire", "dispose", "close"]
    """`close` sells all that is held."""
    size: Decimal | str | None = None
    """In the run's kind of sizing; None where the run's own size holds."""
