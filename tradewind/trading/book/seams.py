"""What the book is given by whoever runs it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.trading.accounting.keys import TokenKey
from tradewind.trading.accounting.wallet_bookings import NO_TOKENS, WalletTokens
from tradewind.trading.ledger_page import LedgerEvent


class PriceOf(Protocol):
    """US dollars per whole token from memory, or None where nothing believable is known."""

    def __call__(self, token: Asset) -> Decimal | None: ...


class Judge(Protocol):
    """Decides about an intent, purely, on what the book says, at a time, and on whether it is to be
    cancelled."""

    def __call__(
        self, inputs: PortfolioInputs, now: datetime, cancellation: Cancellation | None, /
    ) -> Sequence[AnyEvent]: ...


type Row = Mapping[str, Any]
"""A recorded event as the ledger has it."""

type ReadEvent = Callable[[Row], LedgerEvent]
"""Reads a row of the ledger; it raises when the event is not what was recorded."""

type FindLegal = Callable[[list[Any], Callable[[Any], AnyEvent]], Collection[str]]
"""Returns the ids of those events that its lifecycle allows, of all rows of a history in order; it
reads an event where it has to."""


class Market(NamedTuple):
    """What is known of tokens without asking anybody."""

    price_of: PriceOf
    pegged: Collection[TokenKey] = ()
    """The tokens that stand for a dollar."""
    tokens: WalletTokens = NO_TOKENS
    """The tokens that wallets may hold."""
