"""What the pools of a route keep of an amount that is paid."""

from typing import Final

from tradewind.contracts.plans.model import DIRECT, RouteQuote

PIPS: Final = 1_000_000


def pool_fee(route: RouteQuote, amount_in: int) -> int:
    """Return what the pools keep, in units of the token paid, rounded down.

    It is a part of the amount and not a cost on top of it. The fee of a second pool in a row is
    counted on what the first one left, at no change of price.
    """
    if route.path == DIRECT:
        return amount_in * route.fee_pips // PIPS
    if all(leg.token_in == route.legs[0].token_in for leg in route.legs):
        planned = sum(leg.amount_in for leg in route.legs)
        weighted = sum(leg.amount_in * leg.fee_pips for leg in route.legs)
        return amount_in * weighted // (planned * PIPS) if planned else 0
    left, whole = amount_in, 1
    for leg in route.legs:
        left, whole = left * (PIPS - leg.fee_pips), whole * PIPS
    return amount_in - -(-left // whole)
