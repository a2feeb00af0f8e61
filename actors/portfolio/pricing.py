"""What tokens are worth, as the pools in memory say, for the book of a portfolio."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from actors.portfolio.settings import PortfolioSettings
from tradewind.contracts.instruments.assets import Asset
from tradewind.trading.accounting.keys import TokenKey, native_token, token_key
from tradewind.trading.book.seams import Market
from tradewind.trading.pricing.pools.pool_view import MarketNotLoaded, PoolView
from tradewind.trading.pricing.pools.price_quote import PriceQuote, fresh_price
from tradewind.trading.tokens import TokenRegistry

WRAPPED_NATIVE = "WETH"
"""The registered token that is worth what the chain's native token is."""


def market_of(
    view: PoolView,
    registry: TokenRegistry,
    settings: PortfolioSettings,
    now: Callable[[], datetime],
) -> Market:
    """Return the prices of the pools by the same limits as those of the instrument stage."""
    limits, max_age_seconds = settings.price_limits, settings.price_max_age_seconds

    def price_of(token: Asset) -> Decimal | None:
        if TokenKey(token.chain, token.address).is_native:
            wrapped = registry.by_symbol(token.chain, WRAPPED_NATIVE)
            return None if wrapped is None else price_of(wrapped.asset)
        try:
            quote = view.price_usd(token, limits)
        except MarketNotLoaded:
            return None
        quote = fresh_price(quote, now(), max_age_seconds)
        return quote.price_usd if isinstance(quote, PriceQuote) else None

    pegged = frozenset(token_key(one.asset) for one in registry.tokens if one.usd_pegged)
    tokens: dict[str | None, Asset] = {None: native_token(settings.chain)}
    tokens |= {one.address: one.asset for one in registry.tokens if one.chain == settings.chain}
    return Market(price_of, pegged, tokens)
