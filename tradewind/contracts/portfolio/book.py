"""A portfolio as it stood when an intent was decided, which the decision records."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from tradewind.contracts.instruments.assets import Address, Symbol
from tradewind.contracts.payload import is_absent
from tradewind.contracts.system.trading_states import TradingState
from tradewind.contracts.wire import IN_STORED_ORDER, BaseUnits, DecimalString, Document, Timestamp

_INTEGER = re.compile(r"0|-?[1-9]\d{0,77}", re.ASCII)


def _parse_integer(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("must be an integer written as a string of digits")


SignedUnits = Annotated[
    int,
    BeforeValidator(_parse_integer),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(0|-?[1-9]\d{0,77})$"}),
]
"""An amount in a token's smallest unit. It is negative where more was spent than ever came in."""

MAX_BOOK_POSITIONS = 200
"""The most tokens a book lists. One that holds more cannot be valued: its sums are absent."""


class BookPosition(Document):
    """What a portfolio holds of one token, and what it was worth."""

    token: Address
    symbol: Symbol
    quantity: SignedUnits
    claimed: BaseUnits = 0
    """What approved intents may still spend of it."""
    incoming: BaseUnits | None = Field(None, exclude_if=is_absent)
    """What approved intents may still bring of it; where it is absent, all that is claimed may."""
    price_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    """US dollars per whole token; absent where no pool says."""
    value_usd: DecimalString | None = Field(None, exclude_if=is_absent)


class Book(Document):
    """A portfolio as it stood when an intent was decided. Amounts in US dollars to a millionth.

    What is absent was not known, and a rule that needs it refuses the intent.
    """

    version: int = Field(ge=0)
    """It grows with every claim and every settlement of the portfolio."""
    as_of: int = Field(ge=0)
    """The `global_seq` up to which the ledger was settled."""
    day: date | None = Field(None, exclude_if=is_absent)
    """The day, in UTC, that the numbers of today are of."""

    state: TradingState = TradingState.ACTIVE
    """The worst trading state of what concerns the intent."""
    state_scope: str | None = Field(None, max_length=160, exclude_if=is_absent)
    """What is in this state; absent while everything is active."""
    state_reason: str | None = Field(None, max_length=200, exclude_if=is_absent)

    claimed_usd: DecimalString = Decimal(0)
    """The worst case of what is approved and not settled."""
    claimed: Annotated[dict[Address, BaseUnits], IN_STORED_ORDER] = Field(default_factory=dict)
    """The same by the token that would be spent."""
    open_intents: int = Field(0, ge=0)
    recent_intents: int = Field(0, ge=0)
    """Approvals within the window of the rate limit; 0 where there is no such limit."""
    same_intent_at: Timestamp | None = Field(None, exclude_if=is_absent)
    """When the last intent of the same side, pair and amount was approved."""
    last_exit_at: Timestamp | None = Field(None, exclude_if=is_absent)
    """When the last sale of this pair was settled."""
    day_notional_usd: DecimalString = Decimal(0)
    """What of today's budget is claimed or used."""

    funded: bool = False
    """Whether capital was ever booked: rules about funds apply from then on."""
    day_profit_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    equity_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    peak_equity_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    consecutive_losses: int | None = Field(None, ge=0, exclude_if=is_absent)
    gross_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    """The value of all tokens that are no dollars, without regard to their sign."""
    net_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    positions: tuple[BookPosition, ...] = Field((), max_length=MAX_BOOK_POSITIONS)
    """The two tokens of the pair, and every other one that is held."""
    others_position: SignedUnits | None = Field(None, exclude_if=is_absent)
    """What all portfolios hold of the base token, where a limit needs it."""
