"""Stops a portfolio that lost more than it may: until a person resumes it, it only reduces."""

from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.roles import Role
from tradewind.contracts.system.trading_states import (
    MAX_REASON_LENGTH,
    Scope,
    ScopeKind,
    TradingState,
)
from tradewind.postgres import Connection
from tradewind.trading.halts.changes import tighten_state
from tradewind.trading.halts.records import StateChange
from tradewind.trading.policy.loss_rules import loss_trip


async def stop_after_loss(
    connection: Connection, portfolio_id: str, inputs: PortfolioInputs
) -> None:
    """Put the portfolio into the state that a loss calls for, with the caller's transaction.

    A restart, another day or a better price does not lift it: those who look at it do.
    """
    trip = loss_trip(inputs.limits, inputs.book)
    if trip is not None:
        change = StateChange(
            Scope(ScopeKind.PORTFOLIO, portfolio_id),
            TradingState.REDUCING,
            f"{trip.rule}: {trip.detail}"[:MAX_REASON_LENGTH],
            f"{Role.PORTFOLIO}",
            needs_person=True,
        )
        await tighten_state(connection, change, Role.PORTFOLIO)
