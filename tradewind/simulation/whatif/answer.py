"""Compares what was decided with what would have been, and adds up what that changes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.simulation.whatif.changes import ChangedLimits
from tradewind.simulation.whatif.columns import DoesNotFit, Trades, profits_of, quotients
from tradewind.simulation.whatif.folded import MS_A_DAY, fold
from tradewind.simulation.whatif.profit import PRICE_SCALE, Profits, Trade, profits
from tradewind.simulation.whatif.rows import UNKNOWN, Column, Flags, Names, Orders, reason_of
from tradewind.simulation.whatif.stateless import screen

MOST_EXACT: Final = 20_000
"""How many newly accepted orders are filled on their recorded markets; of more, a sample is."""
_DOLLAR: Final = 1_000_000


class Decided(NamedTuple):
    """The orders, and what of each fails now."""

    orders: Orders
    mask: Column
    unknown: int
    """Orders that stay as they were since a number of theirs was not recorded."""

    @property
    def now_accepted(self) -> Flags:
        return np.equal(self.mask, 0)

    @property
    def flips(self) -> Column:
        """The places of the orders that are decided otherwise."""
        return np.flatnonzero(self.now_accepted != self.orders.accepted)

    @property
    def to_fill(self) -> Column:
        """The places of those that are accepted now."""
        flips = self.flips
        return flips[self.now_accepted[flips]]


class Filled(NamedTuple):
    """What an order would have yielded; billionths of base and millionths of quote, signed."""

    bought_billionths: int
    paid_millionths: int


@dataclass(frozen=True, slots=True)
class Flip:
    """An order that would have been decided otherwise."""

    place: int
    global_seq: int
    time_ms: int
    strategy_id: str
    instrument: str
    was_accepted: bool
    reason: str
    """Why it would be refused, or was."""


def decide(orders: Orders, changes: ChangedLimits) -> Decided:
    """Decide every order again."""
    screened = screen(orders, changes)
    recorded = orders.instrument_mask | orders.portfolio_mask
    if changes.needs_book:
        mask = fold(orders, screened, changes)
    else:
        mask = screened.instrument_mask | screened.portfolio_mask
    mask = np.where(screened.unknown, recorded, mask)
    return Decided(orders, mask, int(screened.unknown.sum()))


def shown(decided: Decided, names: Names, places: Sequence[int]) -> Iterator[Flip]:
    """Return flips in words."""
    orders = decided.orders
    before = orders.instrument_mask | orders.portfolio_mask
    for place in places:
        row = orders.rows[place]
        was_accepted = bool(before[place] == 0)
        mask = int(decided.mask[place] if was_accepted else before[place])
        yield Flip(
            place,
            int(row["global_seq"]),
            int(row["time_ms"]),
            names.strategies.get(int(row["strategy"]), ""),
            names.instruments.get(int(row["instrument"]), ""),
            was_accepted,
            reason_of(mask),
        )


def by_rule(decided: Decided) -> Counter[str]:
    """Count flips by the rule that refuses, or refused."""
    orders, flips = decided.orders, decided.flips
    before = (orders.instrument_mask | orders.portfolio_mask)[flips]
    masks, counts = np.unique(
        np.where(before == 0, decided.mask[flips], before), return_counts=True
    )
    counted: Counter[str] = Counter()
    for mask, count in zip(masks.tolist(), counts.tolist(), strict=True):
        counted[reason_of(mask)] += count
    return counted


def by_day(decided: Decided) -> dict[int, int]:
    """Count flips by day, in days since 1970."""
    days, counts = np.unique(decided.orders.rows["time_ms"][decided.flips] // MS_A_DAY,
                             return_counts=True)  # fmt: skip
    return dict(zip(days.tolist(), counts.tolist(), strict=True))


def sample(places: Column, most: int = MOST_EXACT) -> Column:
    """Return so many of these places at most, evenly spread."""
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, max(most, 0)).astype(np.int64)]


def estimated(decided: Decided, exact: Mapping[int, Filled | None]) -> dict[int, Filled]:
    """Return a fill for every newly accepted order: the exact one, or one at the mean of those.

    None is an order that no market would have filled. The others are filled at their notional,
    worse by what the exact ones lost on average; all of them where there is no exact one.
    """
    rows = decided.orders.rows
    lost = worth = 0
    for place, fill in exact.items():
        if fill is not None:
            notional = _notional(rows[place])
            lost += _paid_usd(rows[place], fill) - notional
            worth += abs(notional)
    fills: dict[int, Filled] = {}
    places = decided.to_fill
    columns = [rows[name][places].tolist() for name in ("is_sale", *_PRICED[1:])]
    for place, is_sale, *told in zip(places.tolist(), *columns, strict=True):
        if place in exact:
            if (known := exact[place]) is not None:
                fills[place] = known
            continue
        amount, notional, price = max(told[0], 0), max(told[1], 0), told[2]
        paid = (-notional if is_sale else notional) + (notional * lost // worth if worth else 0)
        in_quote = paid * _DOLLAR // price if price > 0 else paid
        fills[place] = Filled(-amount if is_sale else amount, in_quote)
    return fills


def _notional(row: Any) -> int:
    notional = max(int(row["notional_millionths"]), 0)
    return -notional if row["is_sale"] else notional


def _paid_usd(row: Any, fill: Filled) -> int:
    price = int(row["quote_price_millionths"])
    return fill.paid_millionths * (price if price > 0 else _DOLLAR) // _DOLLAR


def total(decided: Decided, recorded: NDArray[Any], added: Mapping[int, Filled]) -> Profits:
    """Return profit and drawdown before and after, of the fills of these orders."""
    try:
        return profits_of(trades_in_columns(decided, recorded, added))
    except (DoesNotFit, OverflowError):
        return profits(trades_one_by_one(decided, recorded, added))


def trades_in_columns(
    decided: Decided, recorded: NDArray[Any], added: Mapping[int, Filled]
) -> Trades:
    """Return prices of orders, recorded fills and made ones in order of time. DoesNotFit."""
    rows = decided.orders.rows
    times, owner, fill = _in_order(decided.orders, recorded)
    made = np.zeros((2, len(rows)), np.int64)
    is_made = np.zeros(len(rows), np.bool_)
    places = np.fromiter(added, np.int64, len(added))
    is_made[places] = True
    made[:, places] = np.array(list(added.values()), np.int64).reshape(-1, 2).T
    is_fill, is_added = fill != UNKNOWN, (fill == UNKNOWN) & is_made[owner]
    is_traded = is_fill | is_added
    bought, paid = (np.where(is_added, one[owner], 0) for one in made)
    bought[is_fill] = recorded["bought_billionths"][fill[is_fill]]
    paid[is_fill] = recorded["paid_millionths"][fill[is_fill]]
    quote = rows["quote_price_millionths"][owner]
    paid = quotients(paid, np.where(quote > 0, quote, _DOLLAR), np.full(len(owner), _DOLLAR))
    worth = np.where(is_traded, abs(paid), rows["notional_millionths"][owner])
    amount = np.where(is_traded, abs(bought), rows["amount_billionths"][owner])
    price = quotients(
        np.where(amount > 0, worth, 0), np.full(len(owner), _WORTH_OF), np.maximum(amount, 1)
    )
    return Trades(
        times, rows["instrument"][owner], bought, paid, price,
        is_fill & decided.orders.accepted[owner],
        np.where(is_fill, decided.now_accepted[owner], is_added),
    )  # fmt: skip


def trades_one_by_one(
    decided: Decided, recorded: NDArray[Any], added: Mapping[int, Filled]
) -> Iterator[Trade]:
    """Yield the same, whatever numbers there are."""
    orders, rows = decided.orders, decided.orders.rows
    times, owner, fill = _in_order(orders, recorded)
    columns = [rows[name][owner].tolist() for name in _PRICED]
    bought, paid = (recorded[name].tolist() for name in ("bought_billionths", "paid_millionths"))
    happens = zip(
        orders.accepted[owner].tolist(), decided.now_accepted[owner].tolist(), strict=True
    )
    told = zip(times.tolist(), owner.tolist(), fill.tolist(), happens, *columns, strict=True)
    for time_ms, place, filled, both, instrument, amount, notional, quote in told:
        if filled != UNKNOWN:
            yield _trade(time_ms, instrument, Filled(bought[filled], paid[filled]), quote, both)
        elif (made := added.get(place)) is not None:
            yield _trade(time_ms, instrument, made, quote, (False, True))
        else:
            yield time_ms, instrument, 0, 0, notional * _WORTH_OF // amount, False, False


def _in_order(orders: Orders, recorded: NDArray[Any]) -> tuple[Column, Column, Column]:
    """Return the times of prices and fills in order, their orders, and the fills or UNKNOWN."""
    owners, fits = _owners(orders, recorded["opened_seq"])
    rows = orders.rows
    priced = np.flatnonzero((rows["amount_billionths"] > 0) & (rows["notional_millionths"] > 0))
    times = np.concatenate([rows["time_ms"][priced], recorded["time_ms"][fits]])
    owner = np.concatenate([priced, owners])
    fill = np.concatenate([np.full(len(priced), UNKNOWN), fits])
    order = np.argsort(times, kind="stable")
    return times[order], owner[order], fill[order]


def _owners(orders: Orders, opened_seq: Column) -> tuple[Column, Column]:
    """Return the places of the orders that fills are of, and of the fills that have one."""
    if not len(orders):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    order = np.argsort(orders.rows["opened_seq"], kind="stable")
    opened = orders.rows["opened_seq"][order]
    at = np.minimum(np.searchsorted(opened, opened_seq), len(opened) - 1)
    fits = np.flatnonzero(opened[at] == opened_seq)
    return order[at[fits]], fits


_PRICED: Final = (
    "instrument",
    "amount_billionths",
    "notional_millionths",
    "quote_price_millionths",
)
_WORTH_OF: Final = PRICE_SCALE * 1_000
"""Millionths of a dollar for billionths of a token become the price of a token."""


def _trade(
    time_ms: int, instrument: int, fill: Filled, quote: int, happens: tuple[bool, bool]
) -> Trade:
    paid = fill.paid_millionths * (quote if quote > 0 else _DOLLAR) // _DOLLAR
    bought = fill.bought_billionths
    price = abs(paid) * _WORTH_OF // abs(bought) if bought else 0
    return time_ms, instrument, bought, paid, price, *happens
