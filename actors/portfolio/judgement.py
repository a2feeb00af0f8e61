"""What the portfolio stage judges a screened intent by, and what follows from it."""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.portfolio.book import Book, BookPosition
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.limits import PortfolioLimits
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.trading.policy.findings import Finding, Limit, passed

USD_STEP: Final = Decimal("0.000001")
AMOUNT_STEP: Final = Decimal("0.000000000000000001")


class Judgement(NamedTuple):
    """A screened intent, the limits in force for it, and its portfolio's book."""

    screened: RiskScreened
    limits: PortfolioLimits
    book: Book
    now: datetime

    @property
    def intent(self) -> Intent:
        return self.screened.intent

    @property
    def buys(self) -> bool:
        return self.intent.intent_type == "acquire"

    def limit(self, name: str, unit: str = "") -> Limit | None:
        """Return a limit; None where there is none."""
        value: Decimal | int | None = getattr(self.limits, name)
        return None if value is None else Limit(value, unit, self.limits.scope_of(name))

    def position(self, token: Asset) -> BookPosition | None:
        """Return what the book says of a token; None where it says nothing."""
        listed = (one for one in self.book.positions if one.token == token.address)
        return next(listed, None)

    @property
    def sellable(self) -> int | None:
        """The base units of base that are held and that no approved intent may still sell."""
        held = self.position(self.intent.base)
        return None if held is None else max(held.quantity - held.claimed, 0)

    @property
    def only_reduces(self) -> bool:
        """Whether it sells nothing but what is held: that makes every exposure smaller."""
        sellable = self.sellable
        is_held = sellable is not None and self.intent.amount_base_units <= sellable
        return not self.buys and is_held

    def of_a_part(self, finding: Finding) -> Finding | None:
        """Return what stands against the sale of a part; one of all that is left passes.

        That the amount is right the instrument stage has told already.
        """
        if finding.check.passed:
            return None
        is_all = self.only_reduces and self.intent.amount_base_units == self.sellable
        return passed(finding.check.rule) if is_all else finding

    def order_limit(self, name: str, unit: str = "") -> Limit | None:
        """Return a limit of the instrument stage that sales are held to here; None without one."""
        limits = self.screened.inputs.limits
        value: Decimal | None = getattr(limits, name)
        return None if value is None else Limit(value, unit, limits.scope_of(name))

    @property
    def worst_usd(self) -> Decimal:
        """The most that it may cost, or that what it sells is worth."""
        spent, price = self.screened.max_amount_in, self.screened.quote_price_usd
        if not self.buys or spent is None or price is None:
            return self.screened.notional_usd
        whole = Decimal(spent).scaleb(-self.intent.quote.decimals, context=PRICE)
        return max(PRICE.multiply(whole, price), self.screened.notional_usd)

    def with_claims(self, exposure_usd: Decimal | None) -> Decimal | None:
        """Return an exposure after all that is approved, and after this intent; worst case."""
        if exposure_usd is None:
            return None
        return rounded_usd(exposure_usd + self.book.claimed_usd + self.worst_usd)

    @property
    def position_amount(self) -> Decimal | None:
        """The whole tokens of base there may be after it, or be short of; None where unknown."""
        base = self.intent.base
        held = self.position(base)
        if held is None:
            return None
        if not self.buys:
            left = held.quantity - held.claimed - self.intent.amount_base_units
            return abs(Decimal(left).scaleb(-base.decimals, context=PRICE))
        whole = Decimal(held.quantity + (held.incoming or 0)).scaleb(-base.decimals, context=PRICE)
        if held.incoming is None:
            claimed = PRICE.divide(self.book.claimed_usd, self.screened.price_usd)
            whole += claimed.quantize(AMOUNT_STEP, ROUND_CEILING, context=PRICE)
        return PRICE.add(whole, self.intent.amount)

    @property
    def total_amount(self) -> Decimal | None:
        """The whole tokens of base that all portfolios may hold after it; None where unknown."""
        units, base = self.book.others_position, self.intent.base
        if units is None:
            return None
        return PRICE.add(Decimal(units).scaleb(-base.decimals, context=PRICE), self.intent.amount)

    def at_price(self, amount: Decimal | None) -> Decimal | None:
        """Return what an amount of base is worth, in US dollars rounded up to a millionth."""
        if amount is None:
            return None
        return rounded_usd(PRICE.multiply(amount, self.screened.price_usd))


def rounded_usd(value: Decimal) -> Decimal:
    """Return US dollars rounded up to a millionth."""
    return value.quantize(USD_STEP, ROUND_CEILING, context=PRICE)
