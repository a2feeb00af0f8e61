"""Changes trading states for callers, and says which of them a key may see and tighten."""

from contextlib import suppress
from typing import Final

from gateway.errors import AccountNotCovered, StateUnavailable
from gateway.http.caller import Accounts
from gateway.ports import EventPublisher, TradingStates
from tradewind.contracts.roles import Role
from tradewind.contracts.system.trading_states import Scope, ScopeKind
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.trading.halts.records import KeptState, StateChange

ANY: Final = "*"
"""The pattern of a key that is about every strategy or portfolio."""


class StateChanger:
    """Puts states into force. The event tells the world; the relay sends it if we do not."""

    def __init__(self, states: TradingStates, publisher: EventPublisher) -> None:
        self._states = states
        self._publisher = publisher

    async def change(
        self,
        change: StateChange,
        *,
        expected_version: int | None = None,
        only_tightens: bool = False,
    ) -> KeptState:
        """Return the state once it is in force; StateUnavailable when that is not certain."""
        try:
            changed = await self._states.change(
                change,
                Role.GATEWAY.value,
                expected_version=expected_version,
                only_tightens=only_tightens,
            )
        except TransientError as error:
            raise StateUnavailable(str(change.scope)) from error
        if changed.event is not None:
            with suppress(TransientError, UnknownOutcome):
                await self._publisher.publish(changed.event)
        return changed.state

    async def visible(self, accounts: Accounts, *, with_past: bool) -> list[KeptState]:
        """Return the states that concern a key with these accounts."""
        states = await self._states.states(with_past=with_past)
        return [one for one in states if concerns(one.scope, accounts)]


def concerns(scope: Scope, accounts: Accounts) -> bool:
    """Return whether something that the accounts cover may be in a scope."""
    strategy_id, portfolio_id = _accounts_of(scope)
    return (not strategy_id or accounts.cover_strategy(strategy_id)) and (
        not portfolio_id or accounts.cover_portfolio(portfolio_id)
    )


def check_own(scope: Scope, accounts: Accounts) -> None:
    """Raise AccountNotCovered where a scope has something that the accounts do not cover."""
    strategy_id, portfolio_id = _accounts_of(scope)
    are_own = concerns(scope, accounts) and (
        (strategy_id or ANY in accounts.strategies) and (portfolio_id or ANY in accounts.portfolios)
    )
    if not are_own:
        raise AccountNotCovered("scope", str(scope))


def _accounts_of(scope: Scope) -> tuple[str, str]:
    """Return the strategy and the portfolio that a scope is about; empty for any."""
    match scope.kind:
        case ScopeKind.ACCOUNT:
            return scope.name, scope.name
        case ScopeKind.STRATEGY:
            return scope.name, ""
        case ScopeKind.PORTFOLIO:
            return "", scope.name
        case ScopeKind.LOCK:
            return "", scope.name.rpartition(":")[0]
        case _:
            return "", ""
