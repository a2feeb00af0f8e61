"""Says in a line what an event tells, and what the decision behind it read."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import StepFilled, StepSigned, StepSubmitted
from tradewind.contracts.execution.simulation import SimulationTerms
from tradewind.contracts.instruments.payloads import MarketObserved
from tradewind.contracts.intents.payloads import (
    IntentAccepted,
    IntentCancelled,
    IntentExpired,
    IntentSubmitted,
)
from tradewind.contracts.plans.limits import PlanLimits
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.risk.limits import PortfolioLimits, RiskLimits
from tradewind.contracts.risk.payloads import (
    RiskApprovalAnswered,
    RiskApprovalRequired,
    RiskApproved,
    RiskScreened,
)
from tradewind.operations.cli.platform_words import describe_platform
from tradewind.operations.cli.signal_words import describe_signal
from tradewind.operations.demo.descriptions import describe

SHOWN_CHARACTERS: Final = 12


def describe_event(event: AnyEvent) -> str:
    """Return what an event says beside its topic."""
    payload = event.payload
    match payload:
        case IntentSubmitted():
            intent = payload.intent
            slippage = percent(intent.constraints.max_slippage)
            return (
                f"{intent.intent_type} {intent.amount:f} {intent.base.symbol} "
                f"{'with' if intent.intent_type == 'acquire' else 'for'} {intent.quote.symbol}, "
                f"strategy {intent.strategy_id}, slippage at most {slippage}, "
                f"until {payload.expires_at:%H:%M:%S}"
            )
        case RiskScreened() | RiskApproved():
            return (
                f"worth {usd(payload.notional_usd)} at {usd(payload.price_usd)} each, "
                f"block {payload.price_block_number}"
            )
        case RiskApprovalRequired():
            whose = "" if payload.threshold_scope is None else f" ({payload.threshold_scope})"
            return (
                f"worth {usd(payload.notional_usd)}, which is above {usd(payload.threshold_usd)}"
                f"{whose}: waits for a person until {payload.expires_at:%H:%M:%S}"
            )
        case RiskApprovalAnswered():
            because = "" if payload.note is None else f": {payload.note}"
            return f"{payload.verdict} by {payload.answered_by}{because}"
        case IntentAccepted():
            return f"priority {payload.priority}"
        case StepSigned():
            return f"nonce {payload.nonce}, transaction {payload.tx_hash}"
        case StepSubmitted():
            outcome_by = f"{payload.confirm_by:%H:%M:%S}"
            return f"transaction {payload.tx_hash}, its outcome is due by {outcome_by}"
        case IntentCancelled():
            how_far = "" if payload.detail is None else f": {payload.detail}"
            return f"requested by {payload.requested_by}{how_far}"
        case IntentExpired():
            return payload.detail or f"its time ended at {payload.expires_at:%H:%M:%S}"
    told = describe_platform(payload)
    if (told := describe_signal(payload) if told is None else told) is not None:
        return told
    words = describe(event.topic, payload.model_dump(mode="json", by_alias=True))
    return ", ".join(part for part in (words, *_more(payload)) if part)


def _more(payload: Any) -> list[str]:
    match payload:
        case PlanCreated():
            (step,) = payload.steps
            return [
                f"block {step.route.block_number}",
                f"plan {payload.plan_id}",
                f"cost {usd(payload.plan.estimated_cost)}",
                f"until {payload.expires_at:%H:%M:%S}",
            ]
        case StepFilled():
            return [f"block {payload.block_number}"]
    return []


def describe_market(identifier: str, market: MarketObserved, at: datetime) -> str:
    """Return which state of the market was read, from which blocks, and how old it was."""
    blocks = sorted({pool.block_number for pool in market.pools})
    pools = f"{len(market.pools)} pool{'s' if len(market.pools) != 1 else ''}"
    if not blocks:
        return f"market {identifier[:SHOWN_CHARACTERS]}…: no pools"
    newest = max(pool.block_time for pool in market.pools)
    oldest = f"blocks {blocks[0]} to {blocks[-1]}" if len(blocks) > 1 else f"block {blocks[0]}"
    heads = "".join(f", head {head.block_number}" for head in market.heads)
    age = (at - newest).total_seconds()
    return f"market {identifier[:SHOWN_CHARACTERS]}…: {pools}, {oldest}{heads}, {age:,.1f} s old"


def describe_book(book: Book) -> str:
    """Return how a portfolio stood when an intent was decided."""
    state = "" if book.state == "active" else f", {book.state} for {book.state_scope}"
    opened = f"{book.open_intents} open intent{'s' if book.open_intents != 1 else ''}"
    equity = "" if book.equity_usd is None else f", equity {usd(book.equity_usd)}"
    claimed = f"{opened} for at most {usd(book.claimed_usd)}"
    return f"book {book.version} at event {book.as_of}: {claimed}{equity}{state}"


def describe_terms(terms: SimulationTerms) -> str:
    """Return by which settings a swap was executed on paper."""
    chances = (
        ("in parts", terms.partial_fill_probability),
        ("failing", terms.failure_probability),
        ("timing out", terms.timeout_probability),
    )
    told = ", ".join(f"{percent(chance)} {word}" for word, chance in chances if chance)
    return f"on paper: seed {terms.seed}, {terms.latency_ms} ms{told and ', '}{told}"


def describe_limits(limits: RiskLimits | PlanLimits | PortfolioLimits) -> str:
    """Return the limits that were in force."""
    if isinstance(limits, PortfolioLimits):
        set_ones = limits.model_dump(mode="json", exclude={"scopes"}, exclude_none=True)
        named = ", ".join(f"{name} {value}" for name, value in set_ones.items())
        return f"limits: {named or 'none of this portfolio'}"
    shared = f"limits: {usd(limits.max_notional_usd)}, slippage {percent(limits.max_slippage)}"
    if isinstance(limits, RiskLimits):
        impact = limits.max_price_impact
        more = [f"prices up to {limits.price_max_age_seconds} s old"]
        more += [] if impact is None else [f"impact {percent(impact)}"]
    else:
        more = [f"pools up to {limits.pool_max_age_seconds} s old", f"venue {limits.venue}"]
    return ", ".join([shared, *more])


def usd(amount: Decimal) -> str:
    """Return an amount of US dollars, whole ones without cents."""
    return f"{amount:,.0f} USD" if amount == amount.to_integral_value() else f"{amount:,.2f} USD"


def percent(fraction: Decimal) -> str:
    """Return a fraction as percent, without needless zeros."""
    return f"{(fraction * 100).normalize():f} %"
