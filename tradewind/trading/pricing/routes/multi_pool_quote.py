"""Makes the quote of several pools that a plan records."""

from collections.abc import Sequence
from typing import Literal, Protocol

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.model import RouteQuote
from tradewind.trading.pricing.routes.best_route import Route


class _Totals(Protocol):
    @property
    def amount_in(self) -> int: ...

    @property
    def amount_out(self) -> int: ...


def multi_pool_quote(
    path: Literal["two_hop", "split"],
    gas_estimate: int,
    totals: _Totals,
    legs: Sequence[tuple[Route, Asset]],
) -> RouteQuote:
    """Return the quote of pools with the token each sells; its block is the oldest of theirs."""
    first = legs[0][0]
    return RouteQuote(
        pool=first.pool.snapshot.pool,
        fee_pips=first.pool.snapshot.fee_pips,
        amount_in=totals.amount_in,
        amount_out=totals.amount_out,
        ticks_crossed=sum(route.result.ticks_crossed for route, _ in legs),
        gas_estimate=gas_estimate,
        block_number=min(route.pool.snapshot.block_number for route, _ in legs),
        sqrt_price_x96_after=first.result.sqrt_price_x96_after,
        path=path,
        legs=tuple(route.leg(token_in) for route, token_in in legs),
    )
