"""What an order is checked by again when a person approves it."""

from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from actors.portfolio.judgement import USD_STEP
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.trading.policy.findings import Limit


class Approval(NamedTuple):
    """An order as a person was shown it, and the price and the limits of this moment."""

    screened: RiskScreened
    price_usd: Decimal | None
    """US dollars per whole token of base; None where no price is fresh."""
    limits: RiskLimits

    @property
    def intent(self) -> Intent:
        return self.screened.intent

    @property
    def notional_usd(self) -> Decimal:
        """What it is worth at this moment, as far as that is known."""
        if self.price_usd is None:
            return self.screened.notional_usd
        exact = PRICE.multiply(self.intent.amount, self.price_usd)
        return exact.quantize(USD_STEP, ROUND_CEILING, context=PRICE)

    @property
    def present(self) -> RiskScreened:
        """The order as the portfolio's rules see it now: at this price, and these limits."""
        inputs = self.screened.inputs.model_copy(update={"limits": self.limits})
        price_usd = self.screened.price_usd if self.price_usd is None else self.price_usd
        changes = {"inputs": inputs, "price_usd": price_usd, "notional_usd": self.notional_usd}
        return self.screened.model_copy(update=changes)

    def limit(self, name: str, unit: str = "") -> Limit | None:
        """Return a limit; None where there is none."""
        value: Decimal | int | None = getattr(self.limits, name)
        return None if value is None else Limit(value, unit, self.limits.scope_of(name))
