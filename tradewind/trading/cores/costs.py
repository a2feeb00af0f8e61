"""Converts what a swap costs: gas into the quote token, and fee, impact and gas into dollars."""

from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.precision import PRICE
from tradewind.trading.pricing.routes.route_choice import AnyRoute

WEI_DECIMALS: Final = 18
COST_STEP: Final = Decimal("0.000001")


class Costs(NamedTuple):
    """Converts costs of a swap; both prices are in US dollars per whole token."""

    quote_decimals: int
    quote_usd: Decimal
    native_usd: Decimal
    """Of the token that gas is paid in."""
    gas_price_wei: int

    def gas_usd(self, gas: int) -> Decimal:
        """Return the cost of units of gas, in US dollars."""
        return PRICE.multiply(
            from_base_units(gas * self.gas_price_wei, WEI_DECIMALS), self.native_usd
        )

    @property
    def quote_base_units_per_gas(self) -> Decimal:
        """The price of a unit of gas, in base units of the quote token."""
        return PRICE.divide(self.gas_usd(1), self.quote_usd).scaleb(self.quote_decimals)

    def route_usd(self, route: AnyRoute, pair: tuple[Asset, Asset], *, is_acquire: bool) -> Decimal:
        """Return pool fee, price impact and gas, which the swap loses against the mid price.

        US dollars, rounded up to a millionth. `pair` is base and quote.
        """
        paid, worth = paid_and_worth(route, pair, is_acquire=is_acquire)
        lost = PRICE.multiply(PRICE.subtract(paid, worth), self.quote_usd)
        cost_usd = PRICE.add(lost, self.gas_usd(route.gas_estimate))
        return cost_usd.quantize(COST_STEP, rounding=ROUND_CEILING, context=PRICE)


def paid_and_worth(
    route: AnyRoute, pair: tuple[Asset, Asset], *, is_acquire: bool
) -> tuple[Decimal, Decimal]:
    """Return what a swap pays and what it receives, both in whole quote tokens at the mid price."""
    base, quote = pair
    mid = route.mid_price(base)
    if is_acquire:
        paid = from_base_units(route.amount_in, quote.decimals)
        bought = from_base_units(route.amount_out, base.decimals)
        return paid, PRICE.multiply(bought, mid)
    sold = from_base_units(route.amount_in, base.decimals)
    return PRICE.multiply(sold, mid), from_base_units(route.amount_out, quote.decimals)
