"""Stops a portfolio whose losses exceed a limit: what it holds may then be sold, and no more."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.risk.limits import PortfolioInputs, PortfolioLimits
from tradewind.contracts.roles import Role
from tradewind.contracts.system.trading_states import (
    MAX_REASON_LENGTH,
    Scope,
    ScopeKind,
    TradingState,
)
from tradewind.postgres import Connection
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.keys import TokenKey
from tradewind.trading.accounting.store import read_all_accounts
from tradewind.trading.accounting.valuation import recorded_marks, value_accounts
from tradewind.trading.halts.changes import tighten_state
from tradewind.trading.halts.records import StateChange
from tradewind.trading.policy.loss_rules import LossTrip, loss_trip
from tradewind.trading.policy.store import PolicyMissing, current_policy

BY: Final = "loss rule"


class Figures(NamedTuple):
    """What a portfolio gained and lost, at the rates of its last fills."""

    day_profit_usd: Decimal | None
    equity_usd: Decimal | None
    peak_equity_usd: Decimal | None
    consecutive_losses: int | None


async def find_trips(
    connection: Connection, changed: Mapping[str, datetime], pegged: Collection[TokenKey]
) -> dict[str, LossTrip]:
    """Return the portfolios that changed at these times and of which a loss exceeds its limit.

    A policy that is not recorded yet comes with a later page of the ledger, for which nobody waits.
    """
    if not changed:
        return {}
    try:
        policy = (await current_policy(connection)).policy
    except PolicyMissing:
        return {}
    limits = {name: policy.account_limits(name) for name in changed}
    limited = [name for name, one in limits.items() if one.has_loss_limits]
    accounts = await read_all_accounts(connection, limited) if limited else {}
    trips = (
        (name, _find_trip(limits[name], accounts[name], changed[name], pegged)) for name in limited
    )
    return {name: trip for name, trip in trips if trip is not None}


async def stop_after_losses(connection: Connection, trips: Mapping[str, LossTrip]) -> None:
    """Let portfolios only reduce that are locked, and of which a loss exceeds its limit.

    The state stands until a person ends it, also when the next day begins or prices come back.
    """
    for portfolio_id, trip in trips.items():
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


def _find_trip(
    limits: PortfolioLimits, accounts: Accounts, at: datetime, pegged: Collection[TokenKey]
) -> LossTrip | None:
    valued = value_accounts(accounts, recorded_marks(accounts), pegged, at)
    figures = Figures(
        valued.day_profit_usd,
        valued.equity_usd,
        valued.peak_equity_usd,
        accounts.consecutive_losses,
    )
    return loss_trip(limits, figures)
