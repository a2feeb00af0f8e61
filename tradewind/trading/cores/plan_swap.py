"""The planner's choice: the swap that buys or sells an amount, and the least it has to yield."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.plans.spending import is_within
from tradewind.contracts.precision import EXACT
from tradewind.trading.cores.worth import UNBOUND_SPENDING, Spending
from tradewind.trading.pricing.routes.route_choice import (
    AnyRoute,
    choose_exact_in,
    choose_exact_out,
)
from tradewind.trading.pricing.swap.router import PreparedPool


class SwapTerms(NamedTuple):
    """What is to be swapped, and what it may cost."""

    base: Asset
    quote: Asset
    is_acquire: bool
    """True buys `amount` of base with quote, False sells it for quote."""
    amount: int
    """Base units of base."""
    max_slippage: Decimal
    """The fraction of what is expected that a fill may fall short of."""
    spending: Spending = UNBOUND_SPENDING
    """What the swap may pay, and has to yield."""
    rounded: Literal["up"] | None = "up"
    """None rounds the minimum down, as decisions of early releases did."""

    @property
    def token_in(self) -> Asset:
        """The token that is sold."""
        return self.quote if self.is_acquire else self.base

    @property
    def token_out(self) -> Asset:
        """The token that is bought."""
        return self.base if self.is_acquire else self.quote


class PlannedSwap(NamedTuple):
    """A swap that may be executed: sell `amount_in` along `route`, receive at least `min_out`.

    An acquire is planned exact-out and executed exact-in like any other, which yields a few base
    units more than `amount` by rounding: never take `expected_out` for what a fill yields.
    """

    route: AnyRoute
    amount_in: int
    expected_out: int
    """What the plan counts on: of an acquire its amount, of a dispose what the route quotes."""
    min_out: int


class NoSwap(NamedTuple):
    """Why there is no swap."""

    reason: PlanRejectionReason
    """INSUFFICIENT_LIQUIDITY, AMOUNT_TOO_SMALL or PRICE_IMPACT_LIMIT."""
    planned: PlannedSwap | None = None
    """The swap that would have been, where there was one."""


def plan_swap(
    terms: SwapTerms,
    direct: Sequence[PreparedPool],
    connecting: Sequence[PreparedPool] = (),
    gas_cost: Decimal = Decimal(0),
) -> PlannedSwap | NoSwap:
    """Return the swap over the best route net of gas, or why there is none.

    `direct` pools trade exactly the pair, `connecting` ones exactly one of its tokens; the caller
    leaves out what is stale. `gas_cost` is base units of quote per unit of gas
    (`Costs.quote_base_units_per_gas`).
    """
    choose = choose_exact_out if terms.is_acquire else choose_exact_in
    pair = (terms.token_in, terms.token_out)
    route = choose(direct, connecting, pair, terms.amount, gas_cost)
    if route is None:
        return NoSwap(PlanRejectionReason.INSUFFICIENT_LIQUIDITY)
    amount_in, amount_out = route.amount_in, route.amount_out
    expected_out = terms.amount if terms.is_acquire else amount_out
    minimum = minimum_after_slippage(expected_out, terms.max_slippage, terms.rounded)
    planned = PlannedSwap(route, amount_in, expected_out, minimum)
    if minimum == 0 or amount_in == 0:
        return NoSwap(PlanRejectionReason.AMOUNT_TOO_SMALL, planned)
    if not is_within(*terms.spending, amount_in, amount_out):
        return NoSwap(PlanRejectionReason.PRICE_IMPACT_LIMIT, planned)
    return planned


def minimum_after_slippage(
    amount: int, max_slippage: Decimal, rounded: Literal["up"] | None = "up"
) -> int:
    """Return amount x (1 - max_slippage) in base units, rounded up: never less than was asked.

    Of a few base units, rounding down would give away much more than the slippage. Only decisions
    that were recorded when it was rounded down are repeated like that.
    """
    kept, whole = _kept(max_slippage)
    return -(-amount * kept // whole) if rounded else amount * kept // whole


@lru_cache(maxsize=1_024)
def _kept(max_slippage: Decimal) -> tuple[int, int]:
    """Return the fraction that slippage leaves; whoever asks mostly asks for the same few."""
    return EXACT.subtract(Decimal(1), max_slippage).as_integer_ratio()
