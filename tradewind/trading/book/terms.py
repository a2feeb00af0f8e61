"""What an intent is judged by and may spend, as its history tells it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.payloads import RiskApproved, RiskScreened

USD_STEP: Final = Decimal("0.000001")


class Terms(NamedTuple):
    """An intent and what it may cost."""

    intent: Intent
    expires_at: datetime
    notional_usd: Decimal
    max_amount_in: int | None = None
    quote_price_usd: Decimal | None = None


class Claim(NamedTuple):
    """The worst case of an approved intent."""

    token: str
    amount: int | None
    """Base units; None where nothing bounds it."""
    usd: Decimal


def terms_of(screened: RiskScreened) -> Terms:
    """Return the terms that the instrument stage found."""
    return Terms(
        screened.intent,
        screened.expires_at,
        screened.notional_usd,
        screened.max_amount_in,
        screened.quote_price_usd,
    )


def recorded_terms(history: Iterable[AnyEvent]) -> Terms | None:
    """Return the terms of a recorded intent; None where no portfolio had to decide about it.

    One stage approved the intents of earlier releases, and bounded only some of them.
    """
    submitted: IntentSubmitted | None = None
    for event in history:
        match event.payload:
            case RiskScreened() as screened:
                return terms_of(screened)
            case IntentSubmitted() as opening:
                submitted = opening
            case RiskApproved() as approved if submitted is not None:
                return Terms(submitted.intent, submitted.expires_at, approved.notional_usd)
    return None


def accepted(screened: RiskScreened) -> IntentAccepted:
    """Return what follows the approval: it says nothing that the approval was decided on."""
    return IntentAccepted(
        intent_id=screened.intent_id,
        intent=screened.intent,
        expires_at=screened.expires_at,
        notional_usd=screened.notional_usd,
        priority=screened.priority,
        max_amount_in=screened.max_amount_in,
        min_amount_out=screened.min_amount_out,
        venues=screened.venues,
        fee_tiers=screened.fee_tiers,
    )


def claim_of(terms: Terms) -> Claim:
    """Return what an approved intent may spend at most.

    An `acquire` spends quote, up to what risk allowed; a `dispose` spends its amount of base.
    """
    intent, amount = terms.intent, terms.max_amount_in
    if intent.intent_type == "dispose":
        sold = intent.amount_base_units if amount is None else amount
        return Claim(intent.base.address, sold, terms.notional_usd)
    if amount is None or terms.quote_price_usd is None:
        return Claim(intent.quote.address, amount, terms.notional_usd)
    whole = Decimal(amount).scaleb(-intent.quote.decimals, context=PRICE)
    usd = PRICE.multiply(whole, terms.quote_price_usd)
    return Claim(intent.quote.address, amount, usd.quantize(USD_STEP, ROUND_CEILING, context=PRICE))
