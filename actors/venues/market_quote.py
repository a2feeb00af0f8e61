"""Quotes a swap from the newest pool snapshots, for venues that ask no node."""

from decimal import Decimal

from actors.venues.contract import VenueRefused, VenueUnavailable
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.model import RouteQuote
from tradewind.trading.pricing.pools.pool_view import MarketNotLoaded, PoolView
from tradewind.trading.pricing.routes.route_choice import choose_exact_in


def market_quote(market: PoolView, token_in: Asset, token_out: Asset, amount_in: int) -> RouteQuote:
    """Return the quote of the best route, without the cost of gas.

    Raises VenueRefused when no route takes the amount, VenueUnavailable when no pool is known.
    """
    pair = (token_in, token_out)
    try:
        direct, connecting = market.pools(*pair), market.connecting(*pair)
    except MarketNotLoaded as error:
        raise VenueUnavailable(str(error)) from error
    route = choose_exact_in(direct, connecting, pair, amount_in, Decimal(0))
    if route is None:
        raise VenueRefused(f"no pool swaps {token_in.symbol} for {token_out.symbol}")
    return route.quote
