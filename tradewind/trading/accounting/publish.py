"""Makes the events that tell what a portfolio has: `portfolio.opened` and `portfolio.updated`."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.portfolio.histories import MAX_EPOCH_EVENTS, Epoch
from tradewind.contracts.portfolio.payloads import EventReference, TradingStateName
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.keys import PairKey, TokenKey


class Told(NamedTuple):
    """What the book has to say of a portfolio, beside its accounts."""

    reserved_usd: Decimal
    used_usd: Decimal
    state: TradingStateName
    as_of: int
    at: datetime
    """The time of the last settled event, which dates what is published."""
    cause: EventReference | None
    pairs: Collection[PairKey] = ()
    """The pairs whose position changed."""
    tokens: Collection[TokenKey] = ()


def updated_payload(
    accounts: Accounts,
    epoch: Epoch,
    told: Told,
    pegged: Collection[TokenKey],
    max_epoch_events: int = MAX_EPOCH_EVENTS,
) -> tuple[Epoch, list[AnyEvent]]:
    """Return the next events of a portfolio's history, and how far it goes then.

    It is one portfolio.updated, or the portfolio.opened of another epoch with everything.
    """
    del accounts, told, pegged, max_epoch_events
    return epoch, []
