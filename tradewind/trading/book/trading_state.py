"""What keeps an intent from being traded: trading states, and the wallet that would sign.

Signing looks at both again, and is what counts. An intent that would only wait there is refused.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from tradewind.contracts.intents.model import Intent
from tradewind.contracts.system.trading_states import (
    MAX_REASON_LENGTH,
    Scope,
    ScopeKind,
    TradingState,
)
from tradewind.postgres import Connection
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.scopes import StateInForce, scopes_of
from tradewind.trading.halts.store import worst_of
from tradewind.trading.venue_settings import VenueChoice

_WALLETS = QUERIES["select_wallets"]


class _Wallet(NamedTuple):
    scope: Scope
    halted_reason: str | None

    @property
    def state(self) -> StateInForce:
        """What the journal says of it: a drift or a foreign nonce halts a wallet."""
        if self.halted_reason is None:
            return StateInForce(TradingState.ACTIVE, self.scope, "")
        return StateInForce(TradingState.HALTED, self.scope, self.halted_reason[:MAX_REASON_LENGTH])


class Concern(NamedTuple):
    """What has to let an intent pass: all of some scopes, and one of the wallets, if there are."""

    own: Sequence[Scope]
    wallets: Sequence[_Wallet]

    @property
    def scopes(self) -> list[Scope]:
        """All whose states have to be read."""
        return [*self.own, *(one.scope for one in self.wallets)]

    def worst(self, states: Collection[KeptState]) -> StateInForce:
        """Return the worst of the states of these scopes."""
        worst = worst_of(one for one in states if one.scope.kind is not ScopeKind.WALLET)
        if not self.wallets:
            return worst
        of_wallets = [
            _worse(worst_of(state for state in states if state.scope == one.scope), one.state)
            for one in self.wallets
        ]
        # Which of several wallets will sign is not known yet: one that may is enough.
        return _worse(worst, min(of_wallets, key=lambda one: one.state.severity))


async def concerns_of(
    connection: Connection, intents: Sequence[tuple[Intent, str]], venues: VenueChoice
) -> list[Concern]:
    """Return what concerns intents of portfolios, each at the venue its strategy trades on."""
    signs = [venues.signs(intent.strategy_id) for intent, _ in intents]
    rows = await connection.fetch(_WALLETS) if any(signs) else ()
    return [
        Concern(
            scopes_of(intent, portfolio_id, venue=venues.venue_of(intent.strategy_id)),
            _wallets(intent, rows) if is_signed else [],
        )
        for (intent, portfolio_id), is_signed in zip(intents, signs, strict=True)
    ]


def _wallets(intent: Intent, rows: Sequence[Mapping[str, Any]]) -> Sequence[_Wallet]:
    """Return the wallets that may sign: those that are watched, else the one watched last.

    A wallet whose key is not used any more stands in nobody's way, and lets nobody pass.
    """
    watched = [row for row in rows if row["is_watched"]] or rows[:1]
    return [
        _Wallet(
            Scope(ScopeKind.WALLET, f"{intent.base.chain}:{row['address'].lower()}"),
            row["halted_reason"],
        )
        for row in watched
    ]


def _worse(one: StateInForce, other: StateInForce) -> StateInForce:
    """Return the worse of two states; the first where both forbid the same."""
    return max(one, other, key=lambda state: state.state.severity)
