"""The signal a source submits (seed 003), and what is fixed about it when it is taken."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.intents.model import PositiveDecimal, StrategyId
from tradewind.contracts.market.model import Coin
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import Document, Timestamp

SIGNAL_LIFETIME_SECONDS: Final = 300
"""How long after `ts_utc` a signal may still be decided; exactly this old is not too old."""
MAX_CLOCK_AHEAD_SECONDS: Final = 5

SignalEventType = Literal["OPEN_SIGNAL", "CLOSE_SIGNAL"]
SignalDirection = Literal["long", "short", "close_long", "close_short"]
SourceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
SignalSymbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,16}$")]


class Signal(Document):
    """An idea to open or close a position. There is no free text in it."""

    event_type: SignalEventType
    symbol: SignalSymbol
    signal_direction: SignalDirection
    entry_price: PositiveDecimal
    """US dollars per unit of base."""
    size: PositiveDecimal
    """Units of base."""
    liquidation_price: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    ts_utc: Timestamp
    """When the source had the idea."""
    source: SourceId

    @property
    def is_opening(self) -> bool:
        return self.event_type == "OPEN_SIGNAL"

    @property
    def is_long(self) -> bool:
        """Whether the position it opens or closes gains when the price rises."""
        return self.signal_direction in ("long", "close_long")

    @model_validator(mode="after")
    def _check_direction(self) -> Self:
        if self.is_opening == self.signal_direction.startswith("close_"):
            allowed = "long or short" if self.is_opening else "close_long or close_short"
            raise ValueError(f"signal_direction: must be {allowed} for {self.event_type}")
        return self


class SignalTerms(Document):
    """A signal with what the platform fixed about it when it took it; every stage gets it whole."""

    signal: Signal
    coin: Coin
    """What the provider of market data calls the symbol."""
    assets: tuple[Asset, Asset]
    """Base and quote of the pair that an intent of it trades."""
    strategy_id: StrategyId
    """The strategy of its source."""
    received_at: Timestamp
    expires_at: Timestamp

    @property
    def instrument(self) -> str:
        return instrument_key(*self.assets)
