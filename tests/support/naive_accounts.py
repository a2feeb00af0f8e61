"""Accounts as one would keep them by hand: slow, without state, without anything of the product.

The average cost of what is sold is rounded down to a base unit of quote. It is the only rounding.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

from tests.support.trades import FEE_PIPS, Trade

ETHER = "ether"


class NaivePosition(NamedTuple):
    quantity: int
    cost: int
    realised: int
    realised_usd: Fraction
    unpriced: int
    fills: int
    fee: int
    """What pools kept, in quote."""
    fee_usd: Fraction


NOTHING = NaivePosition(0, 0, 0, Fraction(0), 0, 0, 0, Fraction(0))


class NaiveAccounts(NamedTuple):
    positions: dict[tuple[str, str], NaivePosition]
    balances: dict[str, int]
    """By symbol, without the native token."""
    gas_wei: int
    losses_in_a_row: int
    entries: dict[str, list[int]]
    """Sorted amounts by symbol."""


def keep_accounts(trades: Iterable[Trade]) -> NaiveAccounts:
    """Return the accounts after these trades, in whatever order they come."""
    trades = list(trades)
    positions: dict[tuple[str, str], NaivePosition] = {}
    balances: defaultdict[str, int] = defaultdict(int)
    entries: defaultdict[str, list[int]] = defaultdict(list)
    losses = 0
    for trade, _ in sorted(_parts(trades), key=_place):
        base, quote = trade.base.symbol, trade.quote.symbol
        sign = 1 if trade.is_purchase else -1
        got, paid = sign * (trade.quantity // trade.parts), sign * (trade.cost // trade.parts)
        before = positions.get((base, quote), NOTHING)
        positions[base, quote] = after = _after(before, got, paid, trade)
        gain = after.realised - before.realised
        losses = losses + 1 if gain < 0 else 0 if gain > 0 else losses
        for symbol, amount in ((base, got), (quote, -paid)):
            balances[symbol] += amount
            entries[symbol].append(amount)
    gas = [trade.fee_wei for trade in trades if trade.fee_wei is not None]
    entries[ETHER] += [-fee for fee in gas]
    return NaiveAccounts(
        positions,
        dict(balances),
        sum(gas),
        losses,
        {symbol: sorted(amounts) for symbol, amounts in entries.items()},
    )


def _parts(trades: Iterable[Trade]) -> Iterable[tuple[Trade, int]]:
    return ((trade, index) for trade in trades for index in range(trade.parts))


def _place(part: tuple[Trade, int]) -> tuple[Any, ...]:
    trade, index = part
    unknown = -1
    in_block = unknown if trade.transaction_index is None else trade.transaction_index
    time: datetime = trade.time
    event_id = trade.fills()[index].event_id
    return time, trade.minutes, in_block, in_block, index, event_id


def _fee(got: int, paid: int, *, is_purchase: bool) -> int:
    """Return what a pool kept: of the quote paid, or of the base sold at the price of the sale."""
    if is_purchase:
        return floor(Fraction(paid * FEE_PIPS, 1_000_000))
    kept = floor(Fraction(-got * FEE_PIPS, 1_000_000))
    return floor(Fraction(kept * paid, got)) if got else 0


def _after(before: NaivePosition, got: int, paid: int, trade: Trade) -> NaivePosition:
    quantity, cost = before.quantity, before.cost
    gain = 0
    if quantity and got and (quantity > 0) != (got > 0):
        closed = min(abs(got), abs(quantity))
        cost_of_closed = floor(Fraction(cost * closed, abs(quantity)))
        price_of_closed = floor(Fraction(paid * closed, abs(got)))
        gain = -price_of_closed - cost_of_closed
        cost += paid - price_of_closed - cost_of_closed
    else:
        cost += paid
    if quantity + got == 0:
        gain, cost = gain - cost, 0
    gain_usd, unpriced = Fraction(0), gain
    if trade.quote_usd is not None:
        gain_usd, unpriced = Fraction(gain, 10**trade.quote.decimals) * Fraction(trade.quote_usd), 0
    fee = _fee(got, paid, is_purchase=trade.is_purchase)
    fee_usd = Fraction(fee, 10**trade.quote.decimals) * Fraction(trade.quote_usd or 0)
    return NaivePosition(
        quantity + got,
        cost,
        before.realised + gain,
        before.realised_usd + gain_usd,
        before.unpriced + unpriced,
        before.fills + 1,
        before.fee + fee,
        before.fee_usd + fee_usd,
    )
