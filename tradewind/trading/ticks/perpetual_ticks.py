"""Makes ticks of perpetual contracts: their mark price, which no single trade can move."""

from tradewind.contracts.market.model import ObservedContext
from tradewind.contracts.market.ticks import MarketTick, perpetual_key

QUOTE = "USD"


def perpetual_tick(observed: ObservedContext) -> MarketTick | None:
    """Return the tick of what a provider says of a contract; None where it is no price."""
    context = observed.context
    if context.mark_price <= 0:
        return None
    return MarketTick(
        instrument=perpetual_key(observed.provider, context.coin),
        symbol=f"{context.coin}-PERP",
        base=context.coin,
        quote=QUOTE,
        price=context.mark_price,
        time=observed.observed_at,
        source=observed.provider,
    )
