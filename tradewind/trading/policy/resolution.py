"""Which limit is in force for a portfolio and an instrument, and whose it is.

What is said of the two together decides; else the tighter of what is said of either; else the
defaults. A hard limit holds wherever that would be looser, or nothing is said at all.
"""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk.limit_names import HIGHER_IS_TIGHTER, MAX_AMOUNT
from tradewind.contracts.risk.policy import PolicyDocument
from tradewind.contracts.wire import Document

type LimitValue = Decimal | int | bool

LOT: Final = "lot_amount"
SHORT: Final = "short_allowed"
_SHORT_LOOSENESS: Final[Mapping[object, int]] = {False: 0, None: 1, True: 2}
HARD: Final = "hard"
DEFAULTS: Final = "defaults"


class LimitInForce(NamedTuple):
    """A limit, and the scope that sets it."""

    value: LimitValue
    scope: str


def resolve(
    document: PolicyDocument, portfolio_id: str, instrument: str, names: Iterable[str]
) -> dict[str, LimitInForce]:
    """Return those of these limits that are in force for a portfolio in an instrument."""
    scopes = scopes_of(document, portfolio_id, instrument)
    found = ((name, in_force(name, scopes)) for name in names)
    return {name: limit for name, limit in found if limit is not None}


class Scopes(NamedTuple):
    """The parts of a policy that speak of a portfolio and an instrument, each with its name."""

    hard: tuple[str, Document]
    both: tuple[str, Document | None]
    portfolio: tuple[str, Document | None]
    instrument: tuple[str, Document | None]
    defaults: tuple[str, Document]


def scopes_of(document: PolicyDocument, portfolio_id: str, instrument: str) -> Scopes:
    """Return what a policy says of a portfolio and an instrument."""
    portfolio = document.portfolios.get(portfolio_id)
    both = None if portfolio is None else portfolio.instruments.get(instrument)
    of_portfolio, of_instrument = f"portfolio {portfolio_id}", f"instrument {instrument}"
    return Scopes(
        hard=(HARD, document.hard),
        both=(f"{of_portfolio}, {of_instrument}", both),
        portfolio=(of_portfolio, portfolio),
        instrument=(of_instrument, document.instruments.get(instrument)),
        defaults=(DEFAULTS, document.defaults),
    )


def in_force(name: str, scopes: Scopes) -> LimitInForce | None:
    """Return a limit as it is in force, None where nothing limits."""
    either = tightest(name, (_said(name, scopes.portfolio), _said(name, scopes.instrument)))
    chosen = _said(name, scopes.both) or either or _said(name, scopes.defaults)
    return tightest(name, (_said(name, scopes.hard), chosen))


def tightest(name: str, limits: Iterable[LimitInForce | None]) -> LimitInForce | None:
    """Return the tightest of some limits, the first of equals; None when there is none."""
    found: LimitInForce | None = None
    for one in limits:
        if found is None or one is None:
            found = found or one
        elif name == LOT:
            found = _common_lot(found, one)
        elif is_looser(name, found.value, one.value):
            found = one
    return found


def is_looser(name: str, value: LimitValue | None, than: LimitValue | None) -> bool:
    """Return whether a limit lets something through that another one refuses.

    Without a word about it a portfolio with capital sells nothing that it does not hold, so to
    allow that is looser than to say nothing.
    """
    if name == SHORT:
        return _SHORT_LOOSENESS[value] > _SHORT_LOOSENESS[than]
    if value is None or than is None:
        return than is not None
    if name == LOT:
        return bool(EXACT.remainder(Decimal(value), Decimal(than)))
    return value < than if name in HIGHER_IS_TIGHTER else value > than


def _common_lot(one: LimitInForce, other: LimitInForce) -> LimitInForce:
    """Return the smallest lot that is a multiple of both, or one that no order reaches."""
    for multiple, lot in ((one, other), (other, one)):
        if not is_looser(LOT, multiple.value, lot.value):
            return multiple
    ratios = [Decimal(limit.value).as_integer_ratio() for limit in (one, other)]
    units = math.lcm(*(denominator for _, denominator in ratios))
    common = math.lcm(*(units // denominator * number for number, denominator in ratios))
    value = min(EXACT.divide(Decimal(common), units), MAX_AMOUNT)
    return LimitInForce(value, f"{one.scope} and {other.scope}")


def _said(name: str, scope: tuple[str, Document | None]) -> LimitInForce | None:
    word, limits = scope
    value = getattr(limits, name, None)
    return None if value is None else LimitInForce(value, word)
