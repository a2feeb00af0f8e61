"""Stops a portfolio whose losses exceed a limit: what it holds may then be sold, and no more."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.roles import Role
from tradewind.contracts.system.trading_states import (
    MAX_REASON_LENGTH,
    Scope,
    ScopeKind,
    TradingState,
)
from tradewind.postgres import Connection
from tradewind.trading.accounting.keys import TokenKey
from tradewind.trading.accounting.store import read_accounts
from tradewind.trading.accounting.valuation import recorded_marks, value_accounts
from tradewind.trading.halts.changes import tighten_state
from tradewind.trading.halts.records import StateChange
from tradewind.trading.policy.loss_rules import LossTrip, loss_trip
from tradewind.trading.policy.risk_policy import RiskPolicy
from tradewind.trading.policy.store import PolicyMissing, current_policy

BY: Final = "loss rule"


class Figures(NamedTuple):
    """What a portfolio gained and lost, at the rates of its last fills."""

    day_profit_usd: Decimal | None
    equity_usd: Decimal | None
    peak_equity_usd: Decimal | None
    consecutive_losses: int | None


async def stop_after_losses(
    connection: Connection, changed: Mapping[str, datetime], pegged: Collection[TokenKey]
) -> None:
    """Let portfolios only reduce that changed at these times, where a loss exceeds its limit.

    The state stands until a person ends it, also when the next day begins or prices come back. A
    policy that is not recorded yet comes with a later page of the ledger, for which nobody waits.
    """
    if not changed:
        return
    try:
        policy = (await current_policy(connection)).policy
    except PolicyMissing:
        return
    for portfolio_id, at in changed.items():
        trip = await _find_trip(connection, policy, portfolio_id, at, pegged)
        await _stop(connection, portfolio_id, trip)


async def stop_after_loss(
    connection: Connection, portfolio_id: str, inputs: PortfolioInputs
) -> None:
    """Let a portfolio only reduce where the book that an intent was decided on shows a loss.

    That book is valued at the prices of the moment, so it also tells losses that no fill did.
    """
    await _stop(connection, portfolio_id, loss_trip(inputs.limits, inputs.book))


async def _stop(connection: Connection, portfolio_id: str, trip: LossTrip | None) -> None:
    if trip is None:
        return
    change = StateChange(
        Scope(ScopeKind.PORTFOLIO, portfolio_id),
        TradingState.REDUCING,
        f"{trip.rule}: {trip.detail}"[:MAX_REASON_LENGTH],
        BY,
        needs_person=True,
    )
    await tighten_state(connection, change, Role.PORTFOLIO)


async def _find_trip(
    connection: Connection,
    policy: RiskPolicy,
    portfolio_id: str,
    at: datetime,
    pegged: Collection[TokenKey],
) -> LossTrip | None:
    limits = policy.account_limits(portfolio_id)
    if not limits.has_loss_limits:
        return None
    accounts = await read_accounts(connection, portfolio_id)
    valued = value_accounts(accounts, recorded_marks(accounts), pegged, at)
    figures = Figures(
        valued.day_profit_usd,
        valued.equity_usd,
        valued.peak_equity_usd,
        accounts.consecutive_losses,
    )
    return loss_trip(limits, figures)
