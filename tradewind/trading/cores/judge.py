"""What risk's rules decide about one order by itself. Risk puts the rulings into words."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.precision import EXACT, PRICE
from tradewind.contracts.risk.limit_names import MAX_BPS
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.cores.worth import notional_usd
from tradewind.trading.pricing.pools.price_agreement import moved_fraction

COLLAR_STEP: Final = Decimal("0.01")


class SeenPrice(NamedTuple):
    """A price of a token that is recent enough to be one."""

    usd: Decimal
    """US dollars per whole token."""
    age_ms: int = 0
    """Age of the oldest pool state it rests on, or how far ahead of the clock that is."""
    moved_ticks: int | None = 0
    """How far the pools are from their last minutes; None where those are not known."""


class Order(NamedTuple):
    """What an order asks for, and what the pools say of its two tokens."""

    is_sale: bool
    """True for a `dispose`."""
    amount: Decimal
    """Whole tokens of base."""
    max_slippage: Decimal
    """A fraction: 0.01 is one per cent."""
    base: SeenPrice | None
    quote: SeenPrice | None = None
    """None where no pool prices the quote token, which the planner refuses."""
    is_quote_doubted: bool = False
    """Whether pools say prices of the quote token that cannot be believed."""
    named_prices: tuple[Decimal, ...] = ()
    """Quote per base, of the order's success criteria."""


class OrderLimits(NamedTuple):
    """The limits of one order, named as those of `RiskLimits`; None does not limit."""

    max_notional_usd: Decimal | None = None
    max_slippage: Decimal | None = None
    min_notional_usd: Decimal | None = None
    min_order_amount: Decimal | None = None
    max_order_amount: Decimal | None = None
    lot_amount: Decimal | None = None
    price_tick: Decimal | None = None
    max_price_age_seconds: int | None = None
    price_collar_bps: int | None = None
    instrument_status: str | None = None
    """`unknown`, `disabled` or `reduce_only`."""


class Ruling(NamedTuple):
    """What one rule says."""

    rule: RiskRejectionReason
    is_passed: bool
    value: Decimal | int | None = None
    """What was held against the limit; None where nothing was, or where it is not known."""


class Verdict(NamedTuple):
    """What all rules say, in their order; rules of what is not limited say nothing."""

    rulings: tuple[Ruling, ...]
    notional_usd: Decimal | None
    """US dollars, rounded up to a millionth; None without a price of base."""

    @property
    def reason(self) -> RiskRejectionReason | None:
        """The first rule that failed; None when the order passes."""
        return next((one.rule for one in self.rulings if not one.is_passed), None)


class _Case(NamedTuple):
    order: Order
    limits: OrderLimits
    notional_usd: Decimal | None


type Rule = Callable[[_Case], Ruling | None]
"""None where nothing of its kind is limited."""


def judge(order: Order, limits: OrderLimits, rules: Sequence[Rule] | None = None) -> Verdict:
    """Return what every rule of the instrument stage says: none of them hides another.

    Whoever judges many orders by the same limits passes `rules_in_force` of them.
    """
    notional = None if order.base is None else notional_usd(order.amount, order.base.usd)
    case = _Case(order, limits, notional)
    found = [rule(case) for rule in (RULES if rules is None else rules)]
    return Verdict(tuple([one for one in found if one is not None]), notional)


def rules_in_force(limits: OrderLimits) -> tuple[Rule, ...]:
    """Return the rules that may say anything under these limits, in their order."""
    return tuple(
        rule for rule, limit in _LIMITED if not limit or getattr(limits, limit) is not None
    )


def _status(rule: RiskRejectionReason, status: str) -> Rule:
    def decide(case: _Case) -> Ruling | None:
        return Ruling(rule, False) if case.limits.instrument_status == status else None

    return decide


def _reduce_only(case: _Case) -> Ruling | None:
    """Whether a sale makes a position smaller is for the portfolio stage to say."""
    if case.limits.instrument_status != "reduce_only":
        return None
    return Ruling(RiskRejectionReason.INSTRUMENT_REDUCE_ONLY, case.order.is_sale)


def _of_a_purchase(case: _Case, ruling: Ruling) -> Ruling | None:
    """Return a ruling, unless it stands against a sale that may be of all that is left.

    What is left is seldom a multiple of the lot, and may be less than an order has to be. The
    portfolio stage knows what is held, so it is the one to refuse the sale of a part.
    """
    return None if case.order.is_sale and not ruling.is_passed else ruling


def _order_size_minimum(case: _Case) -> Ruling | None:
    limit, amount = case.limits.min_order_amount, case.order.amount
    if limit is None:
        return None
    rule = RiskRejectionReason.ORDER_SIZE_MINIMUM
    return _of_a_purchase(case, Ruling(rule, amount >= limit, amount))


def _order_size_limit(case: _Case) -> Ruling | None:
    limit, amount = case.limits.max_order_amount, case.order.amount
    if limit is None:
        return None
    return Ruling(RiskRejectionReason.ORDER_SIZE_LIMIT, amount <= limit, amount)


def _lot_size(case: _Case) -> Ruling | None:
    limit, amount = case.limits.lot_amount, case.order.amount
    if limit is None:
        return None
    rule = RiskRejectionReason.LOT_SIZE
    return _of_a_purchase(case, Ruling(rule, not EXACT.remainder(amount, limit), amount))


def _tick_size(case: _Case) -> Ruling | None:
    """A pool trades at any price, so the only ones that somebody sets are those of criteria."""
    limit, prices = case.limits.price_tick, case.order.named_prices
    if limit is None or not prices:
        return None
    odd = next((one for one in prices if EXACT.remainder(one, limit)), None)
    shown = prices[0] if odd is None else odd
    return Ruling(RiskRejectionReason.TICK_SIZE, odd is None, shown)


def _notional_minimum(case: _Case) -> Ruling | None:
    limit, notional = case.limits.min_notional_usd, case.notional_usd
    if limit is None or notional is None:
        return None
    rule = RiskRejectionReason.NOTIONAL_MINIMUM
    return _of_a_purchase(case, Ruling(rule, notional >= limit, notional))


def _notional_limit(case: _Case) -> Ruling | None:
    limit, notional = case.limits.max_notional_usd, case.notional_usd
    if limit is None or notional is None:
        return None
    return Ruling(RiskRejectionReason.NOTIONAL_LIMIT, notional <= limit, notional)


def _slippage_limit(case: _Case) -> Ruling | None:
    limit, slippage = case.limits.max_slippage, case.order.max_slippage
    if limit is None:
        return None
    return Ruling(RiskRejectionReason.SLIPPAGE_LIMIT, slippage <= limit, slippage)


def _price_unavailable(case: _Case) -> Ruling:
    """A quote token without a pool is the planner's matter."""
    is_priced = case.order.base is not None and not case.order.is_quote_doubted
    return Ruling(RiskRejectionReason.PRICE_UNAVAILABLE, is_priced)


def _known(order: Order) -> list[SeenPrice]:
    return [one for one in (order.base, order.quote) if one is not None]


def _market_stale(case: _Case) -> Ruling | None:
    """What the settings allow is a price's own matter: beyond that there is none."""
    limit = case.limits.max_price_age_seconds
    if limit is None or not (known := _known(case.order)):
        return None
    seconds = -(-max(one.age_ms for one in known) // 1_000)
    return Ruling(RiskRejectionReason.MARKET_STALE, seconds <= limit, seconds)


def _price_collar(case: _Case) -> Ruling | None:
    """A pool that nobody has seen for a minute has no median, and then the rule fails too."""
    limit = case.limits.price_collar_bps
    if limit is None or not (known := _known(case.order)):
        return None
    moves = [one.moved_ticks for one in known]
    worst = None if None in moves else max(move_bps(one) for one in moves if one is not None)
    is_within = worst is not None and worst <= limit
    return Ruling(RiskRejectionReason.PRICE_COLLAR, is_within, worst)


def move_bps(ticks: int) -> Decimal:
    """Return how far a price moves over so many ticks, in basis points rounded up to hundredths."""
    exact = PRICE.multiply(moved_fraction(ticks), Decimal(MAX_BPS))
    return exact.quantize(COLLAR_STEP, rounding=ROUND_CEILING, context=PRICE)


_LIMITED: Final[tuple[tuple[Rule, str], ...]] = (
    (_status(RiskRejectionReason.INSTRUMENT_UNKNOWN, "unknown"), "instrument_status"),
    (_status(RiskRejectionReason.INSTRUMENT_DISABLED, "disabled"), "instrument_status"),
    (_reduce_only, "instrument_status"),
    (_order_size_minimum, "min_order_amount"),
    (_order_size_limit, "max_order_amount"),
    (_lot_size, "lot_amount"),
    (_tick_size, "price_tick"),
    (_notional_minimum, "min_notional_usd"),
    (_notional_limit, "max_notional_usd"),
    (_slippage_limit, "max_slippage"),
    (_price_unavailable, ""),
    (_market_stale, "max_price_age_seconds"),
    (_price_collar, "price_collar_bps"),
)
"""Every rule, and the limit without which it says nothing."""

RULES: Final[tuple[Rule, ...]] = tuple(rule for rule, _ in _LIMITED)
"""Their order decides which reason is given."""
