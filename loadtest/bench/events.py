"""Makes events as the platform sends them: whole histories of intents, with derived ids."""

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tradewind.contracts.envelope import AnyEvent, Event, first_event, next_events
from tradewind.contracts.ids import (
    CorrelationKind,
    derive_plan_id,
    make_correlation_id,
    make_ulid,
)
from tradewind.contracts.intents.model import Intent, IntentConstraints
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.plans.model import ExecutionPlan, ExecutionStep
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.risk.limits import RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskApproved, RiskScreened
from tradewind.contracts.subjects import EventKey
from tradewind.trading.tokens import load_tokens

START = datetime(2026, 1, 1, tzinfo=UTC)
PORTFOLIOS = 16
_PRODUCER = "bench"
_PRICE_USD = Decimal(2_500)
_BLOCK_NUMBER = 21_000_000
_LIMITS = RiskLimits(
    max_notional_usd=Decimal(10_000),
    max_slippage=Decimal("0.05"),
    price_max_age_seconds=300,
    max_price_impact=Decimal("0.05"),
)


def accepted_histories(seed: int, portfolios: int = PORTFOLIOS) -> Iterator[list[AnyEvent]]:
    """Yield endless histories [submitted, risk.screened, risk.approved, accepted].

    They are the same for the same seed.
    """
    entropy = random.Random(seed)
    tokens = load_tokens()
    pair = tuple(tokens.by_symbol("ethereum", symbol) for symbol in ("WETH", "USDC"))
    assets = tuple(token.asset for token in pair if token)
    for number in itertools.count():
        at = START + timedelta(milliseconds=number)
        intent = Intent(
            strategy_id=f"bench-{number % portfolios}",
            intent_type="acquire" if number % 2 else "dispose",
            assets=(assets[0], assets[1]),
            amount=Decimal(entropy.randrange(1, 10**6)).scaleb(-6),
            constraints=IntentConstraints(max_slippage=Decimal("0.01"), time_window=300),
        )
        intent_id = make_ulid(int(at.timestamp() * 1000), entropy.randbytes(10))
        yield _history(intent, intent_id, at)


def planned(
    history: Sequence[AnyEvent], step: ExecutionStep, expires_at: datetime
) -> list[AnyEvent]:
    """Return an accepted history with a plan of one step."""
    accepted: Event[IntentAccepted] = history[-1]
    intent_id = accepted.payload.intent_id
    plan_id = derive_plan_id(accepted.correlation_id, accepted.sequence + 1)
    plan = ExecutionPlan(
        id=plan_id,
        intent_id=intent_id,
        steps=(step,),
        estimated_cost=Decimal(1),
        estimated_duration_ms=500,
        risk_score=Decimal("0.5"),
    )
    created = PlanCreated(
        intent_id=intent_id,
        plan_id=plan_id,
        strategy_id=accepted.payload.intent.strategy_id,
        steps=plan.steps,
        plan=plan,
        expires_at=expires_at,
    )
    return [*history, *next_events(accepted, [created], producer=_PRODUCER, at=accepted.timestamp)]


def _history(intent: Intent, intent_id: str, at: datetime) -> list[AnyEvent]:
    expires_at = at + timedelta(seconds=intent.constraints.time_window)
    submitted: AnyEvent = first_event(
        IntentSubmitted(intent_id=intent_id, intent=intent, expires_at=expires_at),
        correlation_id=make_correlation_id(CorrelationKind.INTENT, intent_id),
        key=EventKey(instrument=intent.instrument, portfolio=intent.strategy_id),
        producer=_PRODUCER,
        at=at,
    )
    notional_usd = (intent.amount * _PRICE_USD).quantize(Decimal("0.01"))
    screened = RiskScreened(
        intent_id=intent_id,
        intent=intent,
        expires_at=expires_at,
        notional_usd=notional_usd,
        price_usd=_PRICE_USD,
        price_block_number=_BLOCK_NUMBER,
        quote_price_usd=Decimal(1),
        max_notional_usd=_LIMITS.max_notional_usd,
        max_slippage_limit=_LIMITS.max_slippage,
        priority=3,
        inputs=RiskInputs(market=None, limits=_LIMITS),
    )
    approved = RiskApproved(
        intent_id=intent_id,
        notional_usd=notional_usd,
        price_usd=_PRICE_USD,
        price_block_number=_BLOCK_NUMBER,
        max_notional_usd=_LIMITS.max_notional_usd,
        max_slippage_limit=_LIMITS.max_slippage,
    )
    accepted = IntentAccepted(
        intent_id=intent_id,
        intent=intent,
        expires_at=expires_at,
        notional_usd=notional_usd,
        priority=3,
    )
    following = [screened, approved, accepted]
    return [submitted, *next_events(submitted, following, producer=_PRODUCER, at=at)]
