"""Chooses the best route over all pools, net of gas: single pool, two-hop or split.

When two routes are worth the same, the simpler one is taken: the single pool comes first.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.model import RoutePath, RouteQuote
from tradewind.trading.pricing.routes.best_route import Route, best_exact_in, best_exact_out
from tradewind.trading.pricing.routes.split_route import best_split_exact_in, best_split_exact_out
from tradewind.trading.pricing.routes.two_hop import best_two_hop_exact_in, best_two_hop_exact_out
from tradewind.trading.pricing.swap.router import PreparedPool


class AnyRoute(Protocol):
    """The interface of every kind of route. Amounts are base units."""

    @property
    def path(self) -> RoutePath:
        """Which kind it is."""
        ...

    @property
    def parts(self) -> tuple[Route, ...]:
        """Its pools and what each of them swaps, in the order of its legs."""
        ...

    @property
    def amount_in(self) -> int:
        """Base units of the token sold."""
        ...

    @property
    def amount_out(self) -> int:
        """Base units of the token bought."""
        ...

    @property
    def gas_estimate(self) -> int:
        """Gas of the transaction that executes the route."""
        ...

    @property
    def quote(self) -> RouteQuote:
        """The route in the form that a plan records."""
        ...

    def mid_price(self, token: Asset) -> Decimal:
        """Return what a whole `token` costs in the other token before the swap moves any price."""
        ...


def choose_exact_in(
    direct: Sequence[PreparedPool],
    connecting: Sequence[PreparedPool],
    tokens: tuple[Asset, Asset],
    amount_in: int,
    gas_cost: Decimal,
) -> AnyRoute | None:
    """Return the route that pays most for `amount_in`, or None when none can take all of it.

    `tokens` are sold and bought; `direct` pools trade both, `connecting` ones exactly one of them.
    `gas_cost` is base units of the output per unit of gas.
    """
    token_in, token_out = tokens
    single = best_exact_in(direct, token_in, amount_in, gas_cost)
    split = best_split_exact_in(direct, token_in, amount_in, single, gas_cost)
    if split is None and not connecting:
        return single
    rivals: list[AnyRoute | None] = [
        single,
        best_two_hop_exact_in(connecting, token_in, token_out, amount_in, gas_cost),
        split,
    ]
    found = [route for route in rivals if route is not None]
    return max(found, key=lambda one: one.amount_out - gas_cost * one.gas_estimate, default=None)


def choose_exact_out(
    direct: Sequence[PreparedPool],
    connecting: Sequence[PreparedPool],
    tokens: tuple[Asset, Asset],
    amount_out: int,
    gas_cost: Decimal,
) -> AnyRoute | None:
    """Return the route that asks least for `amount_out`, or None when none can pay all of it.

    As for `choose_exact_in`, but `gas_cost` is base units of the input per unit of gas.
    """
    token_in, token_out = tokens
    single = best_exact_out(direct, token_in, amount_out, gas_cost)
    split = best_split_exact_out(direct, token_in, amount_out, single, gas_cost)
    if split is None and not connecting:
        return single
    rivals: list[AnyRoute | None] = [
        single,
        best_two_hop_exact_out(connecting, token_in, token_out, amount_out, gas_cost),
        split,
    ]
    found = [route for route in rivals if route is not None]
    return min(found, key=lambda one: one.amount_in + gas_cost * one.gas_estimate, default=None)
