"""Assembles the book that an intent is judged by, from rows and from prices in memory."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.portfolio.book import MAX_BOOK_POSITIONS, Book, BookPosition
from tradewind.contracts.precision import PRICE
from tradewind.contracts.system.trading_states import TradingState
from tradewind.contracts.wire import UINT256_MAX
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.keys import TokenKey, pair_key, token_key
from tradewind.trading.accounting.valuation import Valuation, value_accounts
from tradewind.trading.book.records import PortfolioRow
from tradewind.trading.book.seams import PriceOf
from tradewind.trading.book.terms import USD_STEP
from tradewind.trading.halts.scopes import StateInForce

NOTHING = Decimal(0)


class Claimed(NamedTuple):
    """What a portfolio's open claims may still spend of a token."""

    token: str
    intents: int
    amount: Decimal
    """Base units."""
    usd: Decimal


class Rows(NamedTuple):
    """What the tables say of a portfolio, all of one moment."""

    portfolio: PortfolioRow
    settled: int
    claims: Collection[Claimed]
    incoming: Mapping[str, Decimal]
    approvals: int
    same_at: datetime | None
    state: StateInForce
    accounts: Accounts
    others_position: int | None


def assemble(
    rows: Rows, intent: Intent, price_of: PriceOf, pegged: Collection[TokenKey], now: datetime
) -> Book:
    """Return the portfolio as it stands at these prices."""
    portfolio, accounts, state = rows.portfolio, rows.accounts, rows.state
    today, is_restricted = max(portfolio.day, now.date()), state.state is not TradingState.ACTIVE
    tokens = _tokens(accounts, intent)
    marks = {key: price for key, token in tokens.items() if (price := price_of(token)) is not None}
    valued = value_accounts(accounts, marks, pegged, now)
    claimed = {one.token: _units(one.amount) for one in rows.claims}
    position = accounts.positions.get(pair_key(intent.base, intent.quote))
    return Book(
        version=portfolio.version,
        as_of=rows.settled,
        day=today,
        state=state.state,
        state_scope=str(state.scope) if is_restricted else None,
        state_reason=state.reason if is_restricted else None,
        claimed_usd=_usd(sum((one.usd for one in rows.claims), NOTHING)) or NOTHING,
        claimed=claimed,
        open_intents=sum(one.intents for one in rows.claims),
        recent_intents=rows.approvals,
        same_intent_at=rows.same_at,
        last_exit_at=None if position is None else position.last_exit_at,
        day_notional_usd=portfolio.day_notional_usd if portfolio.day == today else NOTHING,
        funded=accounts.is_funded,
        day_profit_usd=_usd(valued.day_profit_usd),
        equity_usd=_usd(valued.equity_usd),
        peak_equity_usd=_usd(valued.peak_equity_usd),
        consecutive_losses=accounts.consecutive_losses,
        positions=_positions(tokens, rows, marks, claimed),
        others_position=rows.others_position,
        **_exposure(valued, len(tokens)),
    )


def _tokens(accounts: Accounts, intent: Intent) -> dict[TokenKey, Asset]:
    """Return the two tokens of the pair, and every other one that is held, in a fixed order."""
    tokens = {token_key(one): one for one in intent.assets}
    held = {key: one.token for key, one in sorted(accounts.balances.items()) if one.amount}
    return tokens | {key: token for key, token in held.items() if key not in tokens}


def _positions(
    tokens: Mapping[TokenKey, Asset],
    rows: Rows,
    marks: Mapping[TokenKey, Decimal],
    claimed: Mapping[str, int],
) -> tuple[BookPosition, ...]:
    listed = list(tokens.items())[:MAX_BOOK_POSITIONS]
    return tuple(
        BookPosition(
            token=token.address,
            symbol=token.symbol,
            quantity=(quantity := rows.accounts.balance(key)),
            claimed=claimed.get(token.address, 0),
            incoming=_units(rows.incoming.get(token.address, NOTHING)),
            price_usd=marks.get(key),
            value_usd=_value(quantity, token, marks.get(key)),
        )
        for key, token in listed
    )


def _value(quantity: int, token: Asset, price_usd: Decimal | None) -> Decimal | None:
    if price_usd is None:
        return None
    whole = Decimal(quantity).scaleb(-token.decimals, context=PRICE)
    return _usd(PRICE.multiply(whole, price_usd))


def _exposure(valued: Valuation, tokens: int) -> dict[str, Decimal | None]:
    """Return the sums over all tokens; nothing where not every token can be listed."""
    if tokens > MAX_BOOK_POSITIONS:
        return {"gross_usd": None, "net_usd": None}
    return {"gross_usd": _usd(valued.gross_usd), "net_usd": _usd(valued.net_usd)}


def _units(total: Decimal) -> int:
    """Return a sum of amounts in base units; no token has more than fits into an amount."""
    return min(int(total), UINT256_MAX)


def _usd(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(USD_STEP, ROUND_HALF_EVEN, context=PRICE)
