"""Folds sorted postings into accounts. Pure: the same set of postings gives the same bytes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.precision import EXACT
from tradewind.trading.accounting.accounts import Accounts, Balance, Day, Position
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.accounting.keys import TokenKey, native_token, pair_key, token_key
from tradewind.trading.accounting.postings import Charge, Movement, Posting, Trade
from tradewind.trading.tokens import NATIVE_SYMBOL

_NOTHING: Final = Decimal(0)


class OutOfOrder(ValueError):
    """A posting came after one that follows it. The caller folds again from before it."""


def post(accounts: Accounts, posting: Posting) -> Accounts:
    """Return the accounts after the next posting in the order of the chain; OutOfOrder."""
    if posting.key <= accounts.place:
        raise OutOfOrder(f"{posting.key} after {accounts.place}")
    accounts = _begin_day(accounts, posting.time)._replace(
        place=posting.key,
        as_of=max(accounts.as_of, posting.global_seq),
        postings=accounts.postings + 1,
    )
    match posting:
        case Trade():
            accounts = _trade(accounts, posting)
        case Charge():
            accounts = _charge(accounts, posting)
        case Movement():
            accounts = _move(accounts, posting)
    return accounts._replace(peak_equity_usd=_peak(accounts))


def recorded_equity(accounts: Accounts) -> Decimal | None:
    """Return the value of all balances at their last rates; None where one never had a rate.

    The native token is left out while it has none: gas then is in `unpriced_gas_wei` alone.
    """
    equity = _NOTHING
    for key, balance in accounts.balances.items():
        value = value_usd(balance.token, balance.amount, balance.rate_usd)
        if value is not None:
            equity = EXACT.add(equity, value)
        elif balance.amount and not key.is_native:
            return None
    return equity


def value_usd(token: Asset, amount: int, rate_usd: Decimal | None) -> Decimal | None:
    """Return what base units are worth, exactly; None without a rate."""
    if rate_usd is None:
        return None
    return EXACT.multiply(from_base_units(amount, token.decimals), rate_usd)


def midnight_of(moment: datetime) -> datetime:
    """Return the beginning of the UTC day."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _begin_day(accounts: Accounts, time: datetime) -> Accounts:
    midnight, day = midnight_of(time), accounts.day
    if day is not None and day.midnight == midnight:
        return accounts
    return accounts._replace(day=Day(midnight, recorded_equity(accounts)))


def _trade(accounts: Accounts, trade: Trade) -> Accounts:
    accounts = _book(accounts, trade.base, trade.quantity, trade.base_usd)
    accounts = _book(accounts, trade.quote, -trade.cost, trade.quote_usd)
    for token, rate_usd in ((trade.base, trade.base_usd), (trade.quote, trade.quote_usd)):
        if token.symbol == NATIVE_SYMBOL:
            accounts = _book(accounts, native_token(token.chain), 0, rate_usd)
    key = pair_key(trade.base, trade.quote)
    before = accounts.positions.get(key) or Position(Holding(trade.base, trade.quote))
    position = _traded(before, trade)
    gain_usd = EXACT.subtract(position.realised_usd, before.realised_usd)
    return accounts._replace(
        positions={**accounts.positions, key: position},
        consecutive_losses=_losses(accounts.consecutive_losses, before, position),
        day=_gained(accounts.day, gain_usd),
    )


def _traded(position: Position, trade: Trade) -> Position:
    before = position.holding
    holding = before.trade(trade.quantity, trade.cost)
    gain = holding.realised - before.realised
    gain_usd = value_usd(trade.quote, gain, trade.quote_usd)
    closes = before.quantity * trade.quantity < 0
    fee_usd = value_usd(trade.quote, trade.fee, trade.quote_usd)
    return Position(
        holding,
        EXACT.add(position.realised_usd, gain_usd or _NOTHING),
        position.unpriced + (gain if gain_usd is None else 0),
        trade.time if closes else position.last_exit_at,
        None if position.fee is None else position.fee + trade.fee,
        EXACT.add(position.fee_usd, fee_usd or _NOTHING),
    )


def _losses(losses: int, before: Position, after: Position) -> int:
    gain = after.holding.realised - before.holding.realised
    if gain == 0:
        return losses
    return losses + 1 if gain < 0 else 0


def _gained(day: Day | None, gain_usd: Decimal) -> Day | None:
    if day is None:
        return None
    return day._replace(realised_usd=EXACT.add(day.realised_usd, gain_usd))


def _charge(accounts: Accounts, charge: Charge) -> Accounts:
    token = native_token(charge.chain)
    accounts = _book(accounts, token, -charge.fee_wei, charge.price_usd)
    cost_usd = value_usd(token, charge.fee_wei, accounts.balances[token_key(token)].rate_usd)
    if cost_usd is None:
        return accounts._replace(unpriced_gas_wei=accounts.unpriced_gas_wei + charge.fee_wei)
    return accounts._replace(gas_usd=EXACT.add(accounts.gas_usd, cost_usd))


def _move(accounts: Accounts, movement: Movement) -> Accounts:
    accounts = _book(accounts, movement.token, movement.amount, movement.price_usd)
    rate_usd = accounts.balances[token_key(movement.token)].rate_usd
    moved = value_usd(movement.token, movement.amount, rate_usd)
    day = accounts.day
    if day is not None:
        day = day._replace(moved_usd=_sum(day.moved_usd, moved))
    # A peak that capital of unknown value was added to means nothing: it begins anew.
    return accounts._replace(
        day=day, peak_equity_usd=_sum(accounts.peak_equity_usd, moved), is_funded=True
    )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else EXACT.add(one, other)


def _book(accounts: Accounts, token: Asset, amount: int, rate_usd: Decimal | None) -> Accounts:
    key: TokenKey = token_key(token)
    before = accounts.balances.get(key) or Balance(token)
    rate_usd = before.rate_usd if rate_usd is None else rate_usd
    balance = Balance(before.token, before.amount + amount, rate_usd)
    return accounts._replace(balances={**accounts.balances, key: balance})


def _peak(accounts: Accounts) -> Decimal | None:
    equity, peak = recorded_equity(accounts), accounts.peak_equity_usd
    if equity is None or peak is None:
        return equity if peak is None else peak
    return max(peak, equity)
