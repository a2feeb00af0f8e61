"""The events of a portfolio: what it has after a settlement, and what capital it was given."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tradewind.contracts.amounts import to_base_units
from tradewind.contracts.ids import CorrelationId, Ulid
from tradewind.contracts.instruments.assets import Address, Asset, Chain, Symbol
from tradewind.contracts.intents.model import (
    MAX_AMOUNT_BASE_UNITS,
    PortfolioId,
    PositiveDecimal,
)
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload, is_absent
from tradewind.contracts.portfolio.strategies import Strategies
from tradewind.contracts.system.trading_states import TradingState
from tradewind.contracts.wire import DecimalString, Document, Timestamp

MAX_PARTS: Final = 200
"""The most positions, and the most balances, in one event; what is more follows in the next one."""


class PortfolioPosition(Document):
    """What a portfolio holds of one pair, at average cost. Whole tokens."""

    instrument: str = Field(max_length=100)
    chain: Chain
    base: Address
    quote: Address
    quantity: DecimalString
    """Base held; negative when more was sold than bought."""
    cost: DecimalString
    """Quote paid for what is held."""
    realised_pnl: DecimalString
    """Quote gained by what was closed."""
    realised_usd: DecimalString
    """The same in US dollars, each part at the rate of its fill."""
    unpriced_pnl: DecimalString | None = Field(None, exclude_if=is_absent)
    """The part of `realised_pnl` whose fills have no rate and which is not in `realised_usd`."""
    fees: DecimalString | None = Field(None, exclude_if=is_absent)
    """Quote that pools kept, which is a part of what was paid and received: it is in `cost` and
    `realised_pnl`. What they kept of base counts at the price of its fill."""
    fills: int = Field(ge=0)


class TokenBalance(Document):
    """What a portfolio has of a token: the sum of its entries. Whole tokens."""

    chain: Chain
    address: Address
    """Zero for the chain's native token."""
    symbol: Symbol
    amount: DecimalString


class PortfolioFigures(Document):
    """A portfolio in numbers, in US dollars to a millionth; absent where a token has no price.

    Tokens are valued at the rate of the last fill in which they had one.
    """

    reserved: DecimalString
    """The worst case of what is approved and not settled."""
    used: DecimalString
    """What of the UTC day's budget is claimed or used."""
    gross: DecimalString | None = Field(None, exclude_if=is_absent)
    """The value of all tokens that are not pegged to the dollar, without their signs."""
    net: DecimalString | None = Field(None, exclude_if=is_absent)
    """The same with their signs."""
    cash: DecimalString
    """The value of the tokens that are pegged to the dollar."""
    equity: DecimalString | None = Field(None, exclude_if=is_absent)
    realised: DecimalString
    unrealised: DecimalString | None = Field(None, exclude_if=is_absent)
    gas: DecimalString
    """What transactions cost, as far as the native token had a rate."""
    fees: DecimalString | None = Field(None, exclude_if=is_absent)
    """What pools kept, as far as fills had a rate; it is a part of what was paid."""
    day_profit: DecimalString | None = Field(None, exclude_if=is_absent)
    """How much equity has changed this UTC day, without the capital moved in and out."""


class EventReference(Document):
    """An event of another history."""

    correlation_id: CorrelationId
    event_id: Ulid


class PortfolioPayload(Payload):
    """Base of the payloads in a portfolio's history."""

    portfolio_id: PortfolioId
    epoch: int = Field(ge=1)
    as_of: int = Field(ge=0)
    """The `global_seq` up to which the ledger was settled."""
    day: Timestamp
    """Midnight of the UTC day that `used` and `day_profit` are of."""
    state: TradingState
    figures: PortfolioFigures
    positions: Annotated[tuple[PortfolioPosition, ...], Field(max_length=MAX_PARTS)] = ()
    balances: Annotated[tuple[TokenBalance, ...], Field(max_length=MAX_PARTS)] = ()
    cause: EventReference | None = Field(None, exclude_if=is_absent)
    """The last settled event; `causationId` is the event before in this history."""
    strategies: Strategies = ()


class PortfolioOpened(PortfolioPayload):
    """A new epoch of the portfolio, with all it has, so that nothing before it need be read.

    What exceeds `MAX_PARTS` follows in `portfolio.updated` with the same `as_of`.
    """

    topic = "portfolio.opened"
    awaits_nobody = True


class PortfolioUpdated(PortfolioPayload):
    """The portfolio after a settlement; of positions and balances those that changed."""

    topic = "portfolio.updated"
    awaits_nobody = True


class PortfolioFunded(Payload):
    """Somebody gave capital to a portfolio, took some of it back, or put its accounts right.

    A history of one event.
    """

    topic = "portfolio.funded"
    ends_history = True
    portfolio_id: PortfolioId
    token: Asset
    amount: PositiveDecimal
    """Whole tokens, with at most as many decimals as the token has."""
    price_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    """US dollars for a whole token at that moment; absent where nobody said."""
    direction: Literal["in", "out"]
    kind: Literal["allocation", "adjustment"] | None = Field(None, exclude_if=is_absent)
    """`allocation` where it comes from, or goes back to, what wallets have for no portfolio;
    `adjustment` where accounts were wrong; absent for capital."""
    requested_by: str = Field(min_length=1, max_length=64)
    note: str = Field("", max_length=MAX_DETAIL_LENGTH)
    strategies: Strategies = ()

    @model_validator(mode="after")
    def _check_amount(self) -> Self:
        try:
            units = to_base_units(self.amount, self.token.decimals)
        except ValueError:
            raise ValueError(f"amount: {self.token.symbol} has fewer decimals") from None
        if units >= MAX_AMOUNT_BASE_UNITS:
            raise ValueError("amount: must be below 2^128 base units")
        if self.price_usd is not None and self.price_usd <= 0:
            raise ValueError("price_usd: must be greater than 0")
        return self
