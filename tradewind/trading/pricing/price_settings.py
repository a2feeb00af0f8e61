"""Settings of dollar prices: what pools must show before their price of a token is believed."""

from decimal import Decimal

from pydantic import Field

from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.settings import OwnedSettings


class PriceSettings(OwnedSettings):
    """Dollar prices."""

    min_pool_depth_usd: Decimal = Field(Decimal(10_000), gt=0)
    """A pool has no say in a price unless it can trade this many US dollars either way within 2 %
    of its price."""
    max_price_disagreement: Decimal = Field(Decimal("0.05"), gt=0, le=1)
    """A token has no price while pools differ by more; 0.05 is five percent."""
    max_price_move: Decimal = Field(Decimal("0.1"), gt=0, le=1)
    """A token has no price while that of its deepest pool is further away from the median of its
    last ten minutes."""

    @property
    def price_limits(self) -> PriceLimits:
        """The limits in the form that decisions record."""
        return PriceLimits(
            min_pool_depth_usd=self.min_pool_depth_usd,
            max_disagreement=self.max_price_disagreement,
            max_move=self.max_price_move,
        )


class PriceAgeSettings(OwnedSettings):
    """How old a dollar price may be."""

    price_max_age_seconds: int = Field(300, ge=1)
    """Risk takes no older price."""
