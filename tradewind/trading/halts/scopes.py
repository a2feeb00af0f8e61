"""The scopes that concern an intent: the worst state among theirs counts for it."""

from typing import Final, NamedTuple

from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.system.trading_states import (
    EVERYTHING,
    HISTORY,
    Scope,
    ScopeKind,
    TradingState,
)


class StateInForce(NamedTuple):
    """The worst state of some scopes, which of them it is the state of, and why it is."""

    state: TradingState
    scope: Scope
    reason: str

    @property
    def is_lock(self) -> bool:
        """Whether a pair rests; a halt of anything goes before it."""
        return self.scope.kind is ScopeKind.LOCK

    def __str__(self) -> str:
        kind = "locked" if self.is_lock else self.state
        return f"{self.scope} is {kind}: {self.reason}"


NOTHING_IN_FORCE: Final = StateInForce(TradingState.ACTIVE, EVERYTHING, "")


def scopes_of(
    intent: Intent, portfolio_id: str, *, venue: str | None = None, wallet: str | None = None
) -> tuple[Scope, ...]:
    """Return the scopes of an intent of a portfolio, and of its step where that is known."""
    return scopes_of_step(
        intent.base, intent.quote, intent.strategy_id, portfolio_id, venue=venue, wallet=wallet
    )


def scopes_of_step(
    base: Asset,
    quote: Asset,
    strategy_id: str,
    portfolio_id: str,
    *,
    venue: str | None = None,
    wallet: str | None = None,
) -> tuple[Scope, ...]:
    """Return the scopes of a swap of a pair; `wallet` is the address that signs it."""
    instrument = instrument_key(base, quote)
    scopes = [
        EVERYTHING,
        HISTORY,
        Scope(ScopeKind.ACCOUNT, portfolio_id),
        Scope(ScopeKind.PORTFOLIO, portfolio_id),
        Scope(ScopeKind.STRATEGY, strategy_id),
        Scope(ScopeKind.INSTRUMENT, instrument),
        Scope(ScopeKind.CHAIN, base.chain),
        Scope(ScopeKind.LOCK, instrument),
        Scope(ScopeKind.LOCK, f"{portfolio_id}:{instrument}"),
    ]
    if strategy_id != portfolio_id:
        scopes.append(Scope(ScopeKind.ACCOUNT, strategy_id))
    if venue is not None:
        scopes.append(Scope(ScopeKind.VENUE, venue))
    if wallet is not None:
        scopes.append(Scope(ScopeKind.WALLET, f"{base.chain}:{wallet.lower()}"))
    return tuple(scopes)
