"""The accounts of a portfolio, as a value: what it has, what it gained, how its equity went."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.precision import EXACT
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.accounting.keys import PairKey, TokenKey
from tradewind.trading.accounting.place import BEFORE_ALL


class Balance(NamedTuple):
    """What there is of a token: the sum of its entries, in base units, and its last rate."""

    token: Asset
    amount: int = 0
    rate_usd: Decimal | None = None
    """US dollars for a whole token at the last fill that had a rate; None before there was one."""


class Position(NamedTuple):
    """A holding, and what it gained in dollars."""

    holding: Holding
    realised_usd: Decimal = Decimal(0)
    unpriced: int = 0
    """Quote units of what was realised in fills without a rate; not in `realised_usd`."""
    last_exit_at: datetime | None = None
    """When a fill last closed a part of it."""
    fee: int | None = 0
    """Quote units that pools kept of what was paid, which are a part of it; what they kept of base
    counts at the price of its fill. None in accounts that an earlier release folded."""
    fee_usd: Decimal = Decimal(0)
    """The same in dollars, as far as fills had a rate."""


class Day(NamedTuple):
    """What a UTC day began with and what happened since."""

    midnight: datetime
    opening_equity_usd: Decimal | None = Decimal(0)
    """None where a token had no rate then."""
    moved_usd: Decimal | None = Decimal(0)
    """Capital given less capital taken; None where some of it had no rate."""
    realised_usd: Decimal = Decimal(0)


class Accounts(NamedTuple):
    """All of a portfolio's accounts, folded from its sorted postings."""

    portfolio_id: str
    as_of: int = 0
    """The highest `global_seq` among the events booked."""
    place: str = BEFORE_ALL
    """The key of the last posting's place in the order of the chain."""
    postings: int = 0
    balances: Mapping[TokenKey, Balance] = {}
    positions: Mapping[PairKey, Position] = {}
    gas_usd: Decimal = Decimal(0)
    unpriced_gas_wei: int = 0
    """Gas paid while the native token had no rate; not in `gas_usd`."""
    is_funded: bool = False
    """Whether capital was ever booked."""
    day: Day | None = None
    """The day of the last posting; None before the first."""
    peak_equity_usd: Decimal | None = Decimal(0)
    """The highest equity, moved along with capital; None while it cannot be known."""
    consecutive_losses: int = 0
    """How many of the last fills that closed something lost, until one gained."""

    def balance(self, key: TokenKey) -> int:
        """Return what there is of a token, in base units."""
        found = self.balances.get(key)
        return 0 if found is None else found.amount

    @property
    def realised_usd(self) -> Decimal:
        """What was closed gained, each part at the rate of its fill."""
        return reduce(EXACT.add, (one.realised_usd for one in self.positions.values()), Decimal(0))

    @property
    def fee_usd(self) -> Decimal | None:
        """What pools kept; None where an earlier release folded the accounts."""
        positions = self.positions.values()
        if any(one.fee is None for one in positions):
            return None
        return reduce(EXACT.add, (one.fee_usd for one in positions), Decimal(0))
