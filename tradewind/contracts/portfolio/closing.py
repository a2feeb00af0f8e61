"""What is to be sold to close positions of a portfolio, as it was decided when somebody asked."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.intents.model import (
    IntentConstraints,
    PortfolioId,
    PositiveDecimal,
    StrategyId,
)
from tradewind.contracts.payload import Payload
from tradewind.contracts.portfolio.strategies import Strategies
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import Document

MAX_CLOSED: Final = 50
"""How many positions one request closes; another one closes the next."""
MAX_LEFT_OUT: Final = 500
"""How many positions are named that a request does not close."""


class LeftOut(StrEnum):
    """Why a position is not closed."""

    SHORT = "SHORT"
    """More was sold than bought: there is nothing to sell."""
    UNDER_WAY = "UNDER_WAY"
    """All of it may already be sold by intents that have not ended, or belongs to another pair."""
    AMOUNT_LIMIT = "AMOUNT_LIMIT"
    """It is more than an intent can name; close it in parts."""
    PAGE_LIMIT = "PAGE_LIMIT"
    """One request closes 50 positions. Ask again, with another Idempotency-Key."""


class LeftOutPosition(Document):
    """A position for which no intent was made."""

    instrument: KeyToken
    reason: Annotated[LeftOut, Field(description="Why it is not closed.")]


class Sale(Document):
    """A sale of what is held of a pair."""

    base: Asset
    quote: Asset
    amount: PositiveDecimal
    """Whole tokens of base."""
    strategy_id: StrategyId

    @property
    def instrument(self) -> str:
        return instrument_key(self.base, self.quote)


class PortfolioCloseRequested(Payload):
    """Somebody asked to sell what a portfolio held then. A history of one event.

    Each sale becomes an intent. Whoever repeats the request gets these sales, whatever the
    portfolio holds by then.
    """

    topic = "portfolio.close_requested"
    ends_history = True
    portfolio_id: PortfolioId
    sales: Annotated[tuple[Sale, ...], Field(max_length=MAX_CLOSED)]
    left_out: Annotated[tuple[LeftOutPosition, ...], Field(max_length=MAX_LEFT_OUT)] = ()
    constraints: IntentConstraints
    requested_by: str = Field(min_length=1, max_length=128)
    """The id of the key that asked."""
    strategies: Strategies = ()
