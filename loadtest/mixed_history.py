"""Makes histories like years of trading: every outcome, several strategies, operators' events.

The same seed gives the same events, and every event is legal where it stands.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.ids import CorrelationKind, derive_plan_id, make_correlation_id, make_ulid
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent, IntentConstraints, SuccessCriterion
from tradewind.contracts.intents.payloads import (
    IntentAccepted,
    IntentCancelled,
    IntentExpired,
    IntentSubmitted,
)
from tradewind.contracts.payload import Payload
from tradewind.contracts.plans.model import ExecutionPlan, ExecutionStep, RouteQuote
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.risk.limits import (
    PolicyReference,
    PortfolioInputs,
    PortfolioLimits,
    RiskInputs,
    RiskLimits,
)
from tradewind.contracts.risk.payloads import (
    RiskApprovalRequired,
    RiskApproved,
    RiskRejected,
    RiskScreened,
)
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.payloads import DeadLetterResolved, DeadLetterRetried
from tradewind.contracts.venues import SIMULATED
from tradewind.trading.tokens import load_tokens

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
STRATEGIES: Final = 24
_PRICE: Final = Decimal(2_500)
_PLAN_SEQUENCE: Final = 5
_LIMITS: Final = RiskLimits(
    max_notional_usd=Decimal(10_000), max_slippage=Decimal("0.05"), price_max_age_seconds=300
)
_PRODUCER: Final = "bench"
_CRITERIA: Final = (
    SuccessCriterion(metric="price", comparison="at_most", threshold=Decimal("2600")),
    SuccessCriterion(metric="duration_seconds", comparison="at_most", threshold=Decimal(60)),
)


class Case(NamedTuple):
    """One intent, and the values that its events need."""

    intent: Intent
    intent_id: str
    plan_id: str
    correlation_id: str
    step: ExecutionStep
    tx_hash: str
    at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.at + timedelta(seconds=self.intent.constraints.time_window)


def mixed_histories(seed: int) -> Iterator[list[AnyEvent]]:
    """Yield endless histories, of 1 to 14 events, in the order their intents arrive."""
    entropy = random.Random(seed)
    tokens = load_tokens()
    pairs = [
        tuple(one.asset for name in pair if (one := tokens.by_symbol("ethereum", name)))
        for pair in (("WETH", "USDC"), ("WETH", "DAI"), ("WBTC", "USDC"))
    ]
    for number in itertools.count():
        if number % 50 == 49:
            yield _operator_history(number, entropy)
            continue
        base, quote = entropy.choice(pairs)
        case = _case(number, entropy, base, quote)
        follow = entropy.choices(list(_OUTCOMES), weights=list(_OUTCOMES.values()))[0]
        yield _events(case, follow(case))


def _case(number: int, entropy: random.Random, base: Asset, quote: Asset) -> Case:
    at = START + timedelta(milliseconds=number)
    buys = entropy.random() < 0.6
    amount = Decimal(entropy.randrange(1, 10**6)).scaleb(-6)
    intent = Intent(
        strategy_id=f"bench-{entropy.randrange(STRATEGIES)}",
        intent_type="acquire" if buys else "dispose",
        assets=(base, quote),
        amount=amount,
        constraints=IntentConstraints(max_slippage=Decimal("0.01"), time_window=300),
        success_criteria=_CRITERIA if number % 4 == 0 else (),
    )
    base_units = intent.amount_base_units
    quote_units = int((amount * _PRICE).scaleb(quote.decimals))
    amount_in, amount_out = (quote_units, base_units) if buys else (base_units, quote_units)
    intent_id = make_ulid(int(at.timestamp() * 1000), entropy.randbytes(10))
    correlation_id = make_correlation_id(CorrelationKind.INTENT, intent_id)
    step = ExecutionStep(
        venue=SIMULATED,
        base=base,
        quote=quote,
        token_in=(quote if buys else base).address,
        token_out=(base if buys else quote).address,
        amount_in=amount_in,
        min_out=amount_out * 99 // 100,
        route=_route(amount_in, amount_out, base, number),
    )
    tx_hash = "0x" + entropy.randbytes(32).hex()
    plan_id = derive_plan_id(correlation_id, _PLAN_SEQUENCE)
    return Case(intent, intent_id, plan_id, correlation_id, step, tx_hash, at)


def _route(amount_in: int, amount_out: int, base: Asset, number: int) -> RouteQuote:
    return RouteQuote(
        pool=base.address,
        fee_pips=3_000,
        amount_in=amount_in,
        amount_out=amount_out,
        ticks_crossed=number % 7,
        gas_estimate=95_000,
        block_number=21_000_000 + number,
        sqrt_price_x96_after=2**96 + number,
    )


def _events(case: Case, following: list[Payload]) -> list[AnyEvent]:
    root: AnyEvent = first_event(
        IntentSubmitted(intent_id=case.intent_id, intent=case.intent, expires_at=case.expires_at),
        correlation_id=case.correlation_id,
        key=EventKey(instrument=case.intent.instrument, portfolio=case.intent.strategy_id),
        producer=_PRODUCER,
        at=case.at,
    )
    later = case.at + timedelta(seconds=1)
    return [root, *next_events(root, following, producer=_PRODUCER, at=later)]


def _operator_history(number: int, entropy: random.Random) -> list[AnyEvent]:
    """Return the events of an operator who handled a dead letter."""
    letter = f"risk-workers-{number}"
    name = make_ulid(number, entropy.randbytes(10))
    root: AnyEvent = first_event(
        DeadLetterRetried(dead_letter_id=letter),
        correlation_id=make_correlation_id(CorrelationKind.SYSTEM, name),
        key=EventKey(),
        producer=_PRODUCER,
        at=START,
    )
    closing = DeadLetterResolved(dead_letter_id=letter, note="seen")
    return [root, *next_events(root, [closing], producer=_PRODUCER, at=START)]


def _screened(case: Case) -> list[Payload]:
    screened = RiskScreened(
        intent_id=case.intent_id,
        intent=case.intent,
        expires_at=case.expires_at,
        notional_usd=_notional_usd(case),
        price_usd=_PRICE,
        price_block_number=21_000_000,
        quote_price_usd=Decimal(1),
        max_notional_usd=_LIMITS.max_notional_usd,
        max_slippage_limit=_LIMITS.max_slippage,
        priority=3,
        inputs=RiskInputs(market=None, limits=_LIMITS),
    )
    return [screened]


def _notional_usd(case: Case) -> Decimal:
    return (case.intent.amount * _PRICE).quantize(Decimal("0.01"))


def _accepted(case: Case) -> list[Payload]:
    approved = RiskApproved(
        intent_id=case.intent_id,
        notional_usd=_notional_usd(case),
        price_usd=_PRICE,
        price_block_number=21_000_000,
        max_notional_usd=_LIMITS.max_notional_usd,
        max_slippage_limit=_LIMITS.max_slippage,
    )
    accepted = IntentAccepted(
        intent_id=case.intent_id,
        intent=case.intent,
        expires_at=case.expires_at,
        notional_usd=_notional_usd(case),
        priority=3,
    )
    return [*_screened(case), approved, accepted]


def _planned(case: Case) -> list[Payload]:
    plan = ExecutionPlan(
        id=case.plan_id,
        intent_id=case.intent_id,
        steps=(case.step,),
        estimated_cost=Decimal("1.25"),
        estimated_duration_ms=500,
        risk_score=Decimal("0.35"),
    )
    created = PlanCreated(
        intent_id=case.intent_id,
        plan_id=case.plan_id,
        strategy_id=case.intent.strategy_id,
        steps=plan.steps,
        plan=plan,
        expires_at=case.expires_at,
    )
    return [*_accepted(case), created]


def _started(case: Case) -> list[Payload]:
    started = ExecutionStarted(
        intent_id=case.intent_id, plan_id=case.plan_id, venue=SIMULATED, steps_total=1
    )
    return [*_planned(case), started]


def _on_step(case: Case) -> dict[str, Any]:
    return {
        "intent_id": case.intent_id,
        "plan_id": case.plan_id,
        "step_index": 0,
        "tx_hash": case.tx_hash,
        "step": case.step,
    }


def _submitted(case: Case) -> list[Payload]:
    confirm_by = case.at + timedelta(seconds=60)
    submitted = StepSubmitted(**_on_step(case), venue=SIMULATED, confirm_by=confirm_by)
    return [*_started(case), submitted]


def _signed(case: Case) -> list[Payload]:
    """Return a step as on a chain: signed first, and broadcast again after a reorg."""
    confirm_by = case.at + timedelta(seconds=60)
    signed = StepSigned(
        **_on_step(case),
        venue=SIMULATED,
        wallet=case.step.route.pool,
        nonce=7,
        confirm_by=confirm_by,
    )
    reorged = StepReorged(
        **_on_step(case),
        reorg_index=0,
        block_number=21_000_001,
        block_hash=case.tx_hash,
        confirm_by=confirm_by,
    )
    *before, submitted = _submitted(case)
    return [*before, signed, submitted, reorged]


def _fill(case: Case, index: int, parts: int) -> StepFilled:
    amount_in, amount_out = case.step.amount_in // parts, case.step.route.amount_out // parts
    return StepFilled(
        **_on_step(case),
        fill_index=index,
        amount_in=amount_in,
        amount_out=amount_out,
        cumulative_amount_in=amount_in * (index + 1),
        cumulative_amount_out=amount_out * (index + 1),
        final=index == parts - 1,
        block_number=21_000_002,
    )


def _completed(case: Case, before: list[Payload], parts: int) -> list[Payload]:
    completed = ExecutionCompleted(
        intent_id=case.intent_id,
        plan_id=case.plan_id,
        amount_in=case.step.amount_in,
        amount_out=case.step.route.amount_out,
        tx_hash=case.tx_hash,
    )
    return [*before, *(_fill(case, index, parts) for index in range(parts)), completed]


def _failed(case: Case, before: list[Payload], proof: str) -> list[Payload]:
    failed = ExecutionFailed.model_validate(
        {
            "intent_id": case.intent_id,
            "plan_id": case.plan_id,
            "reason": ExecutionFailureReason.REVERTED,
            "detail": "reverted",
            "proof": proof,
            "attempts": 1,
        }
    )
    return [*before, failed]


def _refused_by_risk(case: Case) -> list[Payload]:
    reason = RiskRejectionReason.NOTIONAL_LIMIT
    detail = "12,000 of at most 10,000 dollars"
    return [RiskRejected(intent_id=case.intent_id, reason=reason, detail=detail)]


def _refused_by_portfolio(case: Case) -> list[Payload]:
    reason = RiskRejectionReason.OPEN_INTENTS_LIMIT
    detail = "11 open intents of at most 10"
    refused = RiskRejected(intent_id=case.intent_id, reason=reason, detail=detail)
    return [*_screened(case), refused]


def _awaiting_approval(case: Case) -> list[Payload]:
    *_, screened = _screened(case)
    assert isinstance(screened, RiskScreened)
    inputs = PortfolioInputs(
        policy=PolicyReference(version=0), limits=PortfolioLimits(), book=Book(version=0, as_of=0)
    )
    waits = RiskApprovalRequired(
        intent_id=case.intent_id,
        notional_usd=screened.notional_usd,
        threshold_usd=Decimal(100),
        expires_at=case.expires_at,
        screened=screened,
        inputs=inputs,
    )
    return [screened, waits]


def _refused_by_planner(case: Case) -> list[Payload]:
    reason, detail = PlanRejectionReason.NO_POOL, "no pool of this pair"
    refused = PlanRejected(intent_id=case.intent_id, reason=reason, detail=detail)
    return [*_accepted(case), refused]


def _expired(case: Case) -> list[Payload]:
    expired = IntentExpired(intent_id=case.intent_id, expires_at=case.expires_at)
    return [*_planned(case), expired]


def _cancelled(case: Case) -> list[Payload]:
    cancelled = IntentCancelled(intent_id=case.intent_id, requested_by="operator")
    return [*_accepted(case), cancelled]


_OUTCOMES: Final[dict[Callable[[Case], list[Payload]], int]] = {
    lambda case: _completed(case, _submitted(case), 1): 40,
    lambda case: _completed(case, _submitted(case), 3): 12,
    lambda case: _completed(case, _signed(case), 1): 12,
    lambda case: _failed(case, _submitted(case), "reverted"): 6,
    lambda case: _failed(case, _planned(case), "not_submitted"): 3,
    _refused_by_risk: 6,
    _refused_by_portfolio: 2,
    _refused_by_planner: 4,
    _expired: 4,
    _cancelled: 4,
    _awaiting_approval: 2,
    _submitted: 5,
    lambda case: []: 2,
}
"""The weights of what may follow a submitted intent."""
