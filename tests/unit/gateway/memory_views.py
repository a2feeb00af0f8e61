"""A portfolio as the gateway shows it, for its tests."""

from decimal import Decimal

from tests.support.histories import ONE_USDC, ONE_WETH, PRICE, USDC, WETH
from tests.unit.gateway.memory_records import RECORDED_AT
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.ledger.history.intent_counts import Counts, OpenCounts
from tradewind.trading.accounting.accounts import Accounts, Balance, Position
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.accounting.keys import pair_key, token_key
from tradewind.trading.halts.scopes import NOTHING_IN_FORCE
from tradewind.trading.policy.store import NO_POLICY
from tradewind.trading.portfolios.views import (
    Common,
    Moment,
    PortfolioView,
    marks_of,
    worth_of,
)

LETTER_ID = "planner-workers-7"
NOTHING_COUNTED = Counts(
    (), False, OpenCounts(dict.fromkeys(IntentState, 0), 0, False), (), 0, {}, 0
)  # fmt: skip


def portfolio_view(portfolio_id: str, quantity: int = ONE_WETH, *others: Asset) -> PortfolioView:
    """Return a portfolio that bought WETH for 3,500 USDC each, and one of every other token."""
    cost = quantity * PRICE * ONE_USDC // ONE_WETH
    held = {WETH: Holding(WETH, USDC, quantity, cost, 0, 1)} | {
        token: Holding(token, USDC, 10**token.decimals, ONE_USDC, 0, 1) for token in others
    }
    accounts = Accounts(
        portfolio_id,
        as_of=7,
        balances={
            token_key(USDC): Balance(USDC, -cost, Decimal(1)),
            **{
                token_key(token): Balance(token, holding.quantity, Decimal(PRICE))
                for token, holding in held.items()
            },
        },
        positions={pair_key(token, USDC): Position(holding) for token, holding in held.items()},
    )
    pegged, moment = {token_key(USDC)}, Moment("1", 7, RECORDED_AT, RECORDED_AT)
    return PortfolioView(
        portfolio_id=portfolio_id,
        version=3,
        day=RECORDED_AT.date(),
        day_notional_usd=Decimal(PRICE),
        open_intents=0,
        claimed_usd=Decimal(0),
        accounts=accounts,
        worth=worth_of(accounts, pegged, RECORDED_AT),
        marks=marks_of(accounts, pegged),
        state=NOTHING_IN_FORCE,
        limits={},
        common=Common(moment, NO_POLICY, ()),
    )
