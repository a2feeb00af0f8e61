"""Puts what the rules of the instrument stage decide (`cores.judge`) into words and checks."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.cores.judge import Ruling
from tradewind.trading.policy.findings import USD, Finding, compared, failed, passed
from tradewind.trading.policy.risk_policy import REGISTRY
from tradewind.trading.pricing.pools.price_quote import NoPrice

EXCEEDS: Final = "exceeds"
IS_BELOW: Final = "is below"
IS_NO_MULTIPLE: Final = "is no multiple of"

type Tell = Callable[[Ruling, Screening], Finding]
"""Says what one rule decided, and by which limit of whom."""


def _compared(
    limit_name: str, what: str, relation: str, unit: str, ruling: Ruling, screening: Screening
) -> Finding:
    limit = screening.limit(limit_name, unit.format(base=screening.intent.base.symbol))
    assert limit is not None, "only what is limited is compared"
    return compared(ruling.rule, what, ruling.value, limit, relation, ruling.is_passed)


def _tell(limit_name: str, what: str, relation: str, unit: str = "") -> Tell:
    return partial(_compared, limit_name, what, relation, unit)


def _status(text: str, ruling: Ruling, screening: Screening) -> Finding:
    """Say what stands against trading the pair at all."""
    if ruling.is_passed:
        return passed(ruling.rule)
    status, instrument = screening.limits.instrument_status, screening.intent.instrument
    value = instrument if status == "unknown" else status
    return failed(ruling.rule, text.format(instrument), value=value, scope=REGISTRY)


def _tick_size(ruling: Ruling, screening: Screening) -> Finding:
    unit = screening.intent.quote.symbol
    return _compared("price_tick", "price", IS_NO_MULTIPLE, unit, ruling, screening)


def _price_unavailable(ruling: Ruling, screening: Screening) -> Finding:
    """Say which token lacks a fresh price, or of which the pools contradict each other."""
    if ruling.is_passed:
        return passed(ruling.rule)
    intent, (base, quote) = screening.intent, screening.prices
    token, price = (intent.base, base) if isinstance(base, NoPrice) else (intent.quote, quote)
    assert isinstance(price, NoPrice)
    return failed(ruling.rule, price.explain(token.symbol), value=token.symbol)


RULES: Final[Mapping[RiskRejectionReason, Tell]] = {
    RiskRejectionReason.INSTRUMENT_UNKNOWN: partial(_status, "{} is no instrument of the registry"),
    RiskRejectionReason.INSTRUMENT_DISABLED: partial(_status, "{} is disabled"),
    RiskRejectionReason.INSTRUMENT_REDUCE_ONLY: partial(
        _status, "of {} only what is held may be sold"
    ),
    RiskRejectionReason.ORDER_SIZE_MINIMUM: _tell("min_order_amount", "amount", IS_BELOW, "{base}"),
    RiskRejectionReason.ORDER_SIZE_LIMIT: _tell("max_order_amount", "amount", EXCEEDS, "{base}"),
    RiskRejectionReason.LOT_SIZE: _tell("lot_amount", "amount", IS_NO_MULTIPLE, "{base}"),
    RiskRejectionReason.TICK_SIZE: _tick_size,
    RiskRejectionReason.NOTIONAL_MINIMUM: _tell("min_notional_usd", "notional", IS_BELOW, USD),
    RiskRejectionReason.NOTIONAL_LIMIT: _tell("max_notional_usd", "notional", EXCEEDS, USD),
    RiskRejectionReason.SLIPPAGE_LIMIT: _tell("max_slippage", "max_slippage", EXCEEDS),
    RiskRejectionReason.PRICE_UNAVAILABLE: _price_unavailable,
    RiskRejectionReason.MARKET_STALE: _tell(
        "max_price_age_seconds", "the age of a pool's state", EXCEEDS, "s"
    ),
    RiskRejectionReason.PRICE_COLLAR: _tell(
        "price_collar_bps", "the distance from the price of the last minutes", EXCEEDS, "bps"
    ),
}
