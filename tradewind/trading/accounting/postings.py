"""What changes accounts, one kind a class: a trade, a charge for gas, capital that moved."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset


class Trade(NamedTuple):
    """A fill. `quantity` of base was bought for `cost` of quote; both are negative for a sale."""

    key: str
    """Its place in the order of the chain."""
    time: datetime
    global_seq: int
    base: Asset
    quote: Asset
    quantity: int
    cost: int
    base_usd: Decimal | None = None
    """US dollars for a whole token when the intent was screened; None where nothing said so."""
    quote_usd: Decimal | None = None
    pool_fee: int = 0
    """What pools kept of the token that was paid."""

    @property
    def fee(self) -> int:
        """What pools kept in units of quote, at the price of this trade, rounded down."""
        if self.quantity >= 0:
            return self.pool_fee
        return self.pool_fee * self.cost // self.quantity


class Charge(NamedTuple):
    """The gas of a transaction, whatever it achieved."""

    key: str
    time: datetime
    global_seq: int
    chain: str
    fee_wei: int
    price_usd: Decimal | None = None
    """US dollars for a whole native token; None where its intent does not say."""


class Movement(NamedTuple):
    """Capital that came (positive) or went (negative), by whatever cause but trading."""

    key: str
    time: datetime
    global_seq: int
    token: Asset
    amount: int
    price_usd: Decimal | None = None


type Posting = Trade | Charge | Movement
