"""What accounts are worth at given prices. Pure, and exact until somebody rounds a figure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.precision import EXACT
from tradewind.trading.accounting.accounts import Accounts, Balance, Day
from tradewind.trading.accounting.fold import midnight_of, recorded_equity, value_usd
from tradewind.trading.accounting.keys import TokenKey

type Marks = Mapping[TokenKey, Decimal]
"""US dollars for a whole token. A token that is missing has no price; none is ever made up."""

USD_STEP: Final = Decimal("0.000001")
ONE_DOLLAR: Final = Decimal(1)


class Exposure(NamedTuple):
    """What there is of one token, and its value; None where it has no price."""

    token: Asset
    amount: int
    price_usd: Decimal | None
    value_usd: Decimal | None
    is_pegged: bool


class Valuation(NamedTuple):
    """Accounts at prices. What needs a price that is missing is None, never 0."""

    exposures: tuple[Exposure, ...]
    """Of every token that is not zero."""
    gross_usd: Decimal | None
    """The value of all tokens that are not pegged, without signs. Gas is a cost and no exposure, so
    the native token is not among them."""
    net_usd: Decimal | None
    cash_usd: Decimal
    """The value of the tokens that are pegged to the dollar."""
    equity_usd: Decimal | None
    unrealised_usd: Decimal | None
    """What all holdings would gain at these prices, over what they cost."""
    day_profit_usd: Decimal | None
    """How much equity has changed this UTC day, without the capital moved in and out."""
    peak_equity_usd: Decimal | None
    """The highest equity until now, this one included."""
    unpriced: tuple[str, ...]
    """The symbols of tokens that are held and have no price."""


def value_accounts(
    accounts: Accounts, marks: Marks, pegged: Collection[TokenKey], now: datetime
) -> Valuation:
    """Return what the accounts are worth at these prices, and the profit of the UTC day of `now`.

    A token pegged to the dollar counts as one, as everywhere. The native token that has no mark has
    the rate of its last fill; without that it is left out of equity, as gas is then told apart.
    """
    exposures = tuple(
        _exposure(key, balance, marks, pegged)
        for key, balance in sorted(accounts.balances.items())
        if balance.amount
    )
    tokens = [one for one in exposures if not one.is_pegged and not _is_native(one)]
    cash = total(one.value_usd for one in exposures if one.is_pegged)
    net = total(one.value_usd for one in tokens)
    native = total(one.value_usd for one in exposures if _is_native(one))
    equity = total((net, cash, native or Decimal(0)))
    return Valuation(
        exposures,
        total(None if one.value_usd is None else abs(one.value_usd) for one in tokens),
        net,
        cash or Decimal(0),
        equity,
        _unrealised(accounts, marks, pegged),
        _day_profit(accounts, equity, now),
        _peak(accounts, equity),
        tuple(one.token.symbol for one in exposures if one.value_usd is None),
    )


def recorded_marks(accounts: Accounts) -> Marks:
    """Return the rates of the last fills: the prices at which nothing but the ledger is needed."""
    return {
        key: balance.rate_usd
        for key, balance in accounts.balances.items()
        if balance.rate_usd is not None
    }


def total(values: Iterable[Decimal | None]) -> Decimal | None:
    """Return an exact sum; None when a part is not known."""
    result = Decimal(0)
    for value in values:
        if value is None:
            return None
        result = EXACT.add(result, value)
    return result


def rounded_usd(value: Decimal, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """Return dollars to a millionth; limits round up what counts against them."""
    return value.quantize(USD_STEP, rounding=rounding, context=EXACT)


def _is_native(exposure: Exposure) -> bool:
    return TokenKey(exposure.token.chain, exposure.token.address).is_native


def _exposure(
    key: TokenKey, balance: Balance, marks: Marks, pegged: Collection[TokenKey]
) -> Exposure:
    price_usd = _price(key, marks, pegged)
    if price_usd is None and key.is_native:
        price_usd = balance.rate_usd
    value = value_usd(balance.token, balance.amount, price_usd)
    return Exposure(balance.token, balance.amount, price_usd, value, key in pegged)


def _price(key: TokenKey, marks: Marks, pegged: Collection[TokenKey]) -> Decimal | None:
    return ONE_DOLLAR if key in pegged else marks.get(key)


def _unrealised(accounts: Accounts, marks: Marks, pegged: Collection[TokenKey]) -> Decimal | None:
    gains: list[Decimal | None] = []
    for key, (holding, *_) in accounts.positions.items():
        if not holding.quantity:
            continue
        base_usd = _price(TokenKey(key.chain, key.base), marks, pegged)
        quote_usd = _price(TokenKey(key.chain, key.quote), marks, pegged)
        gains.append(value_usd(holding.base, holding.quantity, base_usd))
        gains.append(value_usd(holding.quote, -holding.cost, quote_usd))
    return total(gains)


def _day_profit(accounts: Accounts, equity: Decimal | None, now: datetime) -> Decimal | None:
    """Return how equity changed since midnight; a day without postings began as the last ended."""
    day = accounts.day
    if equity is None:
        return None
    if day is None or day.midnight < midnight_of(now):
        day = Day(midnight_of(now), recorded_equity(accounts))
    if day.opening_equity_usd is None or day.moved_usd is None:
        return None
    return EXACT.subtract(equity, EXACT.add(day.opening_equity_usd, day.moved_usd))


def _peak(accounts: Accounts, equity: Decimal | None) -> Decimal | None:
    peak = accounts.peak_equity_usd
    if equity is None or peak is None:
        return equity if peak is None else peak
    return max(peak, equity)
