"""What the book needs of its neighbours, each of which keeps tables of its own.

All of it happens in the book's transactions: `connection` is inside of one.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.risk.limits import PolicyReference, PortfolioLimits
from tradewind.postgres import Connection
from tradewind.trading.ledger_page import LedgerPage


class Windows(NamedTuple):
    """How far back the book has to look, in seconds; None where no limit asks."""

    rate_seconds: int | None = None


class LimitsInForce(NamedTuple):
    """The limits of one intent, and the policy they come from."""

    policy: PolicyReference
    limits: PortfolioLimits
    windows: Windows = Windows()
    needs_others_position: bool = False


class FindLimits(Protocol):
    """Reads the policy that is in force."""

    async def __call__(
        self, connection: Connection, portfolio_id: str, intent: Intent
    ) -> LimitsInForce: ...


class StateInForce(Protocol):
    """The worst trading state of what concerns an intent."""

    @property
    def state(self) -> str: ...
    @property
    def scope(self) -> str | None: ...
    @property
    def reason(self) -> str | None: ...


class FindState(Protocol):
    """Reads the trading states that are in force."""

    async def __call__(
        self, connection: Connection, portfolio_id: str, intent: Intent
    ) -> StateInForce: ...


class AccountsView(Protocol):
    """What a portfolio owns and has earned; None where it is not known."""

    @property
    def is_funded(self) -> bool: ...
    @property
    def balances(self) -> Mapping[Asset, int]:
        """Base units of every token that is not zero."""
        ...

    @property
    def day_profit_usd(self) -> Decimal | None: ...
    @property
    def peak_equity_usd(self) -> Decimal | None: ...
    @property
    def consecutive_losses(self) -> int | None: ...


class ReadAccounts(Protocol):
    """Reads the accounts of a portfolio."""

    async def __call__(self, connection: Connection, portfolio_id: str) -> AccountsView: ...


class ApplyPage(Protocol):
    """Applies a page of the ledger to tables of its own; applying it again changes nothing.

    It returns the portfolios about which there is something new to tell.
    """

    async def __call__(self, connection: Connection, page: LedgerPage) -> Iterable[str]: ...


type Appliers = Sequence[ApplyPage]


class PriceOf(Protocol):
    """US dollars per whole token from memory, or None where nothing believable is known."""

    def __call__(self, token: Asset) -> Decimal | None: ...
