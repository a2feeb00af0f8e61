"""A portfolio as it is shown: its rows of one moment, and what it is worth."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from tradewind.contracts.system.trading_states import EVERYTHING, HISTORY, Scope, ScopeKind
from tradewind.trading.accounting.accounts import Accounts, Position
from tradewind.trading.accounting.keys import TokenKey
from tradewind.trading.accounting.valuation import (
    Marks,
    Valuation,
    recorded_marks,
    value_accounts,
)
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.scopes import NOTHING_IN_FORCE, StateInForce
from tradewind.trading.policy.resolution import LimitInForce
from tradewind.trading.policy.store import AppliedPolicy


class Moment(NamedTuple):
    """When it was looked, and how far the book followed the ledger then."""

    incarnation: str
    settled: int
    """The `global_seq` up to which the ledger is settled."""
    settled_at: datetime
    now: datetime


class Common(NamedTuple):
    """What the portfolios of one look have in common."""

    moment: Moment
    policy: AppliedPolicy
    states: Sequence[KeptState]
    """Those in force, the worst first."""


class PortfolioView(NamedTuple):
    """A portfolio at the rates of its last fills."""

    portfolio_id: str
    version: int
    day: date
    """The last day, in UTC, on which something was approved."""
    day_notional_usd: Decimal | None
    """None where it is not known any more, as of claims that were."""
    open_intents: int
    claimed_usd: Decimal | None
    accounts: Accounts
    worth: Valuation
    marks: Marks
    state: StateInForce
    limits: dict[str, LimitInForce]
    """Those that are about the portfolio as a whole, or about every pair in it."""
    common: Common

    @property
    def today(self) -> date:
        return max(self.day, self.common.moment.now.date())

    @property
    def budget_used_usd(self) -> Decimal | None:
        """What is claimed or used of today's budget."""
        return self.day_notional_usd if self.day == self.today else Decimal(0)

    @property
    def budget_usd(self) -> Decimal | None:
        """Today's budget; None where it is not limited."""
        limit = self.limits.get("daily_budget_usd")
        return None if limit is None else Decimal(limit.value)

    @property
    def open_positions(self) -> list[Position]:
        """What it holds, sorted by pair."""
        positions = sorted(self.accounts.positions.items())
        return [position for _, position in positions if position.holding.quantity]


class HeldPosition(NamedTuple):
    """A position and the prices of its tokens."""

    portfolio_id: str
    position: Position
    marks: Marks
    strategy_id: str | None = None
    """Whose intent was last approved for the pair."""


def state_of(portfolio_id: str, states: Sequence[KeptState]) -> StateInForce:
    """Return the worst state in force that concerns everything the portfolio does."""
    kinds = (ScopeKind.ACCOUNT, ScopeKind.PORTFOLIO)
    scopes = {EVERYTHING, HISTORY, *(Scope(kind, portfolio_id) for kind in kinds)}
    for one in states:
        if one.is_in_force and one.scope in scopes:
            return StateInForce(one.state, one.scope, one.reason)
    return NOTHING_IN_FORCE


def marks_of(accounts: Accounts, pegged: Collection[TokenKey]) -> Marks:
    """Return dollars for each token: the rate of its last fill, one for what is pegged."""
    return {**recorded_marks(accounts), **dict.fromkeys(pegged, Decimal(1))}


def worth_of(accounts: Accounts, pegged: Collection[TokenKey], now: datetime) -> Valuation:
    """Return what the accounts are worth at the rates of their last fills."""
    return value_accounts(accounts, recorded_marks(accounts), pegged, now)
