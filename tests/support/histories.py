"""Makes whole, legal histories to fold and to append."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from tests.support.limits import RISK_LIMITS
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
from tradewind.contracts.ids import (
    CorrelationKind,
    derive_plan_id,
    make_correlation_id,
    make_ulid,
)
from tradewind.contracts.intents.model import (
    Intent,
    IntentConstraints,
    IntentType,
    SuccessCriterion,
)
from tradewind.contracts.intents.payloads import (
    IntentAccepted,
    IntentCancelled,
    IntentExpired,
    IntentSubmitted,
)
from tradewind.contracts.payload import Payload
from tradewind.contracts.plans.model import ExecutionPlan, ExecutionStep, RouteQuote
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.risk.limits import RiskInputs
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected, RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.venues import SIMULATED, UNISWAP_V3
from tradewind.trading.tokens import load_tokens

_REGISTRY = load_tokens()
_WETH, _USDC = (_REGISTRY.by_symbol("ethereum", symbol) for symbol in ("WETH", "USDC"))
assert _WETH
assert _USDC
WETH: Final = _WETH.asset
USDC: Final = _USDC.asset
START: Final = datetime(2026, 11, 21, 1, tzinfo=UTC)
TX_HASH: Final = "0x" + "ab" * 32
WALLET: Final = WETH.address
PRICE: Final = 3_500
ONE_WETH: Final = 10**18
ONE_USDC: Final = 10**6


class History:
    """One intent for one WETH at 3,500 USDC, and the payloads its roles would publish."""

    def __init__(
        self,
        number: int = 1,
        *,
        strategy_id: str = "demo",
        portfolio_id: str | None = None,
        intent_type: IntentType = "acquire",
        criteria: tuple[SuccessCriterion, ...] = (),
    ) -> None:
        self.intent_id = make_ulid(1_763_600_000_000 + number, number.to_bytes(10))
        self.correlation_id = make_correlation_id(CorrelationKind.INTENT, self.intent_id)
        self.plan_id = derive_plan_id(self.correlation_id, 5)
        self.intent = Intent(
            strategy_id=strategy_id,
            portfolio_id=portfolio_id,
            intent_type=intent_type,
            assets=(WETH, USDC),
            amount=Decimal("1.0"),
            constraints=IntentConstraints(max_slippage=Decimal("0.01"), time_window=300),
            success_criteria=criteria,
        )
        self.key = EventKey(
            instrument=self.intent.instrument, portfolio=portfolio_id or strategy_id
        )
        self.told_strategy_id = None if self.key.portfolio == strategy_id else strategy_id
        self.expires_at = START + timedelta(seconds=300)
        buys = intent_type == "acquire"
        self.amount_in = PRICE * ONE_USDC if buys else ONE_WETH
        self.amount_out = ONE_WETH if buys else PRICE * ONE_USDC
        self.step = ExecutionStep(
            venue=SIMULATED,
            base=WETH,
            quote=USDC,
            token_in=(USDC if buys else WETH).address,
            token_out=(WETH if buys else USDC).address,
            amount_in=self.amount_in,
            min_out=self.amount_out * 99 // 100,
            route=_route(self.amount_in, self.amount_out),
        )

    def events(self, *following: Payload) -> list[AnyEvent]:
        """Return the submitted intent and what follows; one second passes before what follows."""
        root = first_event(
            IntentSubmitted(
                intent_id=self.intent_id, intent=self.intent, expires_at=self.expires_at
            ),
            correlation_id=self.correlation_id,
            key=self.key,
            producer="gateway",
            at=START,
        )
        rest = next_events(root, following, producer="test", at=START + timedelta(seconds=1))
        return [root, *rest]

    def completed(self, fills: int = 1) -> list[AnyEvent]:
        """Return the whole history of an intent filled in this many parts."""
        parts = [self.fill(index, fills) for index in range(fills)]
        return self.events(*self.until_submitted(), *parts, self.completion())

    def until_planned(self) -> list[Payload]:
        """Return what follows the submission up to the plan."""
        return [self.screened(), self.approved(), self.accepted(), self.plan_created()]

    def until_submitted(self) -> list[Payload]:
        """Return what follows the submission up to the transaction."""
        return [*self.until_planned(), self.started(), self.step_submitted()]

    def screened(self) -> RiskScreened:
        return RiskScreened(
            intent_id=self.intent_id,
            intent=self.intent,
            expires_at=self.expires_at,
            notional_usd=Decimal(PRICE),
            price_usd=Decimal(PRICE),
            price_block_number=1,
            quote_price_usd=Decimal(1),
            max_notional_usd=RISK_LIMITS.max_notional_usd,
            max_slippage_limit=RISK_LIMITS.max_slippage,
            priority=3,
            inputs=RiskInputs(market=None, limits=RISK_LIMITS),
        )

    def approved(self) -> RiskApproved:
        return RiskApproved(
            intent_id=self.intent_id,
            notional_usd=Decimal(PRICE),
            price_usd=Decimal(PRICE),
            price_block_number=1,
            max_notional_usd=Decimal(10_000),
            max_slippage_limit=Decimal("0.05"),
        )

    def rejected(self) -> RiskRejected:
        return RiskRejected(
            intent_id=self.intent_id,
            reason=RiskRejectionReason.NOTIONAL_LIMIT,
            detail="the notional is over its limit",
        )

    def accepted(self) -> IntentAccepted:
        return IntentAccepted(
            intent_id=self.intent_id,
            intent=self.intent,
            expires_at=self.expires_at,
            notional_usd=Decimal(PRICE),
            priority=3,
        )

    def plan_created(self) -> PlanCreated:
        plan = ExecutionPlan(
            id=self.plan_id,
            intent_id=self.intent_id,
            steps=(self.step,),
            estimated_cost=Decimal("1.25"),
            estimated_duration_ms=500,
            risk_score=Decimal("0.35"),
        )
        return PlanCreated(
            intent_id=self.intent_id,
            plan_id=self.plan_id,
            strategy_id=self.intent.strategy_id,
            steps=plan.steps,
            plan=plan,
            expires_at=self.expires_at,
        )

    def started(self) -> ExecutionStarted:
        return ExecutionStarted(
            intent_id=self.intent_id, plan_id=self.plan_id, venue=SIMULATED, steps_total=1
        )

    def step_signed(self) -> StepSigned:
        return StepSigned(
            intent_id=self.intent_id,
            plan_id=self.plan_id,
            step_index=0,
            tx_hash=TX_HASH,
            strategy_id=self.told_strategy_id,
            venue=UNISWAP_V3,
            wallet=WALLET,
            nonce=7,
            step=self.step,
            confirm_by=START + timedelta(seconds=30),
        )

    def step_reorged(self, index: int = 0) -> StepReorged:
        return StepReorged(
            intent_id=self.intent_id,
            plan_id=self.plan_id,
            step_index=0,
            tx_hash=TX_HASH,
            strategy_id=self.told_strategy_id,
            reorg_index=index,
            block_number=2,
            block_hash=TX_HASH,
            step=self.step,
            confirm_by=START + timedelta(seconds=90),
        )

    def step_submitted(self) -> StepSubmitted:
        return StepSubmitted(
            intent_id=self.intent_id,
            plan_id=self.plan_id,
            step_index=0,
            tx_hash=TX_HASH,
            strategy_id=self.told_strategy_id,
            venue=SIMULATED,
            step=self.step,
            confirm_by=START + timedelta(seconds=60),
        )

    def fill(self, index: int = 0, parts: int = 1) -> StepFilled:
        return StepFilled(
            intent_id=self.intent_id,
            plan_id=self.plan_id,
            step_index=0,
            tx_hash=TX_HASH,
            strategy_id=self.told_strategy_id,
            fill_index=index,
            amount_in=self.amount_in // parts,
            amount_out=self.amount_out // parts,
            cumulative_amount_in=self.amount_in // parts * (index + 1),
            cumulative_amount_out=self.amount_out // parts * (index + 1),
            final=index == parts - 1,
            block_number=2,
            step=self.step,
        )

    def completion(self) -> ExecutionCompleted:
        return ExecutionCompleted(
            intent_id=self.intent_id,
            plan_id=self.plan_id,
            amount_in=self.amount_in,
            amount_out=self.amount_out,
            tx_hash=TX_HASH,
        )

    def failure(self, proof: str) -> ExecutionFailed:
        return ExecutionFailed.model_validate(
            {
                "intent_id": self.intent_id,
                "plan_id": self.plan_id,
                "reason": ExecutionFailureReason.REVERTED,
                "detail": "reverted",
                "proof": proof,
                "attempts": 1,
            }
        )

    def expiry(self) -> IntentExpired:
        return IntentExpired(intent_id=self.intent_id, expires_at=self.expires_at)

    def cancellation(self) -> IntentCancelled:
        return IntentCancelled(intent_id=self.intent_id, requested_by="operator")


def _route(amount_in: int, amount_out: int) -> RouteQuote:
    return RouteQuote(
        pool=WETH.address,
        fee_pips=3_000,
        amount_in=amount_in,
        amount_out=amount_out,
        ticks_crossed=0,
        gas_estimate=95_000,
        block_number=1,
        sqrt_price_x96_after=1,
    )
