"""The limits of a portfolio, folded in sequence: each order is judged by what was let through.

The book that was recorded with a decision is corrected by what other limits changed before it, so
where nothing changed the number held against a limit is the recorded one.
"""

from collections import defaultdict
from typing import Final, NamedTuple

import numpy as np

from tradewind.contracts.risk.limit_names import MAX_BPS
from tradewind.contracts.risk.reasons import RiskRejectionReason as Reason
from tradewind.simulation.whatif.changes import ChangedLimits
from tradewind.simulation.whatif.rows import BITS, UNKNOWN, Column, Orders
from tradewind.simulation.whatif.stateless import Screened

MS_A_DAY: Final = 86_400_000
type _Key = tuple[int, int]

_POSITION, _BUDGET, _DRAWDOWN = (
    BITS[one] for one in (Reason.POSITION_LIMIT, Reason.DAILY_BUDGET, Reason.DRAWDOWN_LIMIT)
)


class _Row(NamedTuple):
    """An order, and the book that was recorded with its decision."""

    portfolio: int
    instrument: int
    time_ms: int
    is_sale: int
    amount_billionths: int
    notional_millionths: int
    held_billionths: int
    day_notional_millionths: int
    equity_millionths: int
    peak_millionths: int


class _Book:
    """What portfolios would have, beside what was recorded of them."""

    def __init__(self) -> None:
        self._quantity: dict[_Key, int] = defaultdict(int)
        self._worth: dict[_Key, int] = {}
        self._equity: dict[int, int] = defaultdict(int)
        self._day: dict[_Key, int] = defaultdict(int)
        """What differs from what was recorded, by portfolio and instrument or day."""
        self._seen_held: dict[_Key, int] = defaultdict(int)
        self._seen_day: dict[_Key, int] = defaultdict(int)
        self._seen_equity: dict[int, int] = {}
        """What was recorded last, with what was let through since."""
        self._peak: dict[int, int] = {}
        self._is_changed: set[int] = set()

    def price(self, key: _Key, notional: int, amount: int) -> None:
        """Note what an amount of an instrument is worth now."""
        if amount and (quantity := self._quantity.get(key)):
            worth = quantity * notional // amount
            self._equity[key[0]] += worth - self._worth[key]
            self._worth[key] = worth

    def see(self, row: _Row, key: _Key, day: int) -> None:
        """Note the book of a decision, where it has one."""
        if row.held_billionths != UNKNOWN:
            self._seen_held[key] = row.held_billionths
        if row.day_notional_millionths != UNKNOWN:
            self._seen_day[row.portfolio, day] = row.day_notional_millionths
        if row.equity_millionths != UNKNOWN:
            self._seen_equity[row.portfolio] = row.equity_millionths

    def let_through(self, key: _Key, day: int, amount: int, notional: int) -> None:
        """Note that an order was let through as recorded; negative amounts are sales."""
        self._seen_held[key] += amount
        self._seen_day[key[0], day] += max(notional, 0)

    def trade(self, key: _Key, day: int, amount: int, notional: int, sign: int) -> None:
        """Note that an order is let through that was refused (sign 1), or the other way (-1)."""
        self._is_changed.add(key[0])
        self._quantity[key] += sign * amount
        # What it costs is what it is worth now, so equity changes with later prices only.
        self._worth[key] = self._worth.get(key, 0) + sign * notional
        self._day[key[0], day] += sign * max(notional, 0)

    def held(self, key: _Key) -> int:
        return self._seen_held[key] + self._quantity[key]

    def spent(self, portfolio: int, day: int) -> int:
        return self._seen_day[portfolio, day] + self._day[portfolio, day]

    def is_fallen(self, row: _Row, most_bps: int) -> bool:
        """Return whether equity would be further below its peak; False where none is known."""
        portfolio = row.portfolio
        if portfolio not in self._seen_equity:
            return False
        now = self._seen_equity[portfolio] + self._equity[portfolio]
        highest = max(now, self._peak.get(portfolio, now))
        if portfolio not in self._is_changed:
            highest = max(highest, row.peak_millionths)
        self._peak[portfolio] = highest
        return highest > 0 and (highest - now) * MAX_BPS > most_bps * highest


def fold(orders: Orders, screened: Screened, changes: ChangedLimits) -> Column:
    """Return the rules of each order that fail, with those of changed portfolio limits."""
    folding = _Fold(changes)
    columns = [orders.rows[name].tolist() for name in _Row._fields]
    failed = (screened.instrument_mask | screened.portfolio_mask).tolist()
    rows = map(_Row._make, zip(*columns, strict=True))
    return np.array(list(map(folding.take, failed, orders.accepted.tolist(), rows)), np.int64)


class _Fold:
    """Takes orders one after the other."""

    def __init__(self, changes: ChangedLimits) -> None:
        self._book = _Book()
        self._most_position = changes.scaled("max_position_usd")
        self._most_a_day = changes.scaled("max_daily_notional_usd")
        self._most_bps = changes.drawdown_bps

    def take(self, mask: int, was_accepted: bool, row: _Row) -> int:
        """Return what fails of the next order, and remember what becomes of it."""
        book = self._book
        key, day = (row.portfolio, row.instrument), row.time_ms // MS_A_DAY
        amount, notional = max(row.amount_billionths, 0), max(row.notional_millionths, 0)
        book.price(key, notional, amount)
        book.see(row, key, day)
        mask |= self._broken(row, key, day)
        if row.is_sale:
            amount, notional = -amount, -notional
        if was_accepted:
            book.let_through(key, day, amount, notional)
        if was_accepted == bool(mask):
            book.trade(key, day, amount, notional, -1 if was_accepted else 1)
        return mask

    def _broken(self, row: _Row, key: _Key, day: int) -> int:
        """Return the rules about the portfolio that fail; a sale of what is held breaks none."""
        book, broken = self._book, 0
        amount, notional = max(row.amount_billionths, 0), max(row.notional_millionths, 0)
        held = book.held(key)
        if row.is_sale and amount <= held:
            return 0
        most = self._most_position
        if most is not None and not row.is_sale and (held + amount) * notional > most * amount:
            broken |= _POSITION
        if self._most_a_day is not None and book.spent(key[0], day) + notional > self._most_a_day:
            broken |= _BUDGET
        if self._most_bps is not None and book.is_fallen(row, self._most_bps):
            broken |= _DRAWDOWN
        return broken
