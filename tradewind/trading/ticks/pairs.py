"""Turns pools into pairs as people read them: what is bought and sold in front."""

from decimal import ROUND_DOWN, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.precision import PRICE
from tradewind.contracts.wire import MAX_DECIMAL_FRACTION_DIGITS, MAX_DECIMAL_INTEGER_DIGITS
from tradewind.trading.pricing.pools.mid_price import mid_price
from tradewind.trading.tokens import NATIVE_SYMBOL, TokenRegistry

SHOWN_DIGITS: Final = 18
LARGEST: Final = Decimal(10) ** MAX_DECIMAL_INTEGER_DIGITS
SMALLEST: Final = Decimal(1).scaleb(-MAX_DECIMAL_FRACTION_DIGITS)


class Pair(NamedTuple):
    """The tokens of a pool in the order of its price."""

    base: Asset
    quote: Asset

    @property
    def instrument(self) -> str:
        return instrument_key(self.base, self.quote)


def pair_of(snapshot: PoolSnapshot, registry: TokenRegistry) -> Pair:
    """Return dollars behind anything else, and the native token behind what is no dollar."""
    first, second = snapshot.token0, snapshot.token1
    if _rank(first, registry) > _rank(second, registry):
        return Pair(second, first)
    return Pair(first, second)


def price_of(snapshot: PoolSnapshot, pair: Pair) -> Decimal | None:
    """Return quote for a whole base; None where it has more digits than a number may have."""
    price = shown(mid_price(snapshot, pair.base))
    return price or None


def shown(value: Decimal) -> Decimal | None:
    """Return a number that is not negative, cut to 18 digits; None where it has too many."""
    if value >= LARGEST:
        return None
    if not value:
        return Decimal(0)
    step = max(Decimal(1).scaleb(value.adjusted() - SHOWN_DIGITS + 1), SMALLEST)
    cut = value.quantize(step, rounding=ROUND_DOWN, context=PRICE)
    return cut.quantize(Decimal(1), context=PRICE) if step > 1 else cut


def _rank(token: Asset, registry: TokenRegistry) -> int:
    registered = registry.by_address(token.chain, token.address)
    if registered is not None and registered.usd_pegged:
        return 2
    is_native = token.symbol == NATIVE_SYMBOL or (registered and registered.native_wrapped)
    return 1 if is_native else 0
