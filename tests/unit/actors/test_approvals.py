"""What ends the wait for a person, and that nothing but the threshold is lifted."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actors.decider import DecisionInputs
from actors.portfolio.conclude import answered, conclude
from actors.portfolio.decide import decide
from actors.portfolio.decider import DECIDER
from actors.portfolio.ports import PortfolioPorts
from actors.portfolio.preview import preview
from tests.support.factories import NOW, screened
from tests.support.limits import RISK_LIMITS
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.risk.approvals import ApprovalAnswer, ApprovalVerdict
from tradewind.contracts.risk.limits import (
    ApprovalInputs,
    PolicyReference,
    PortfolioInputs,
    PortfolioLimits,
)
from tradewind.contracts.risk.payloads import RiskApprovalRequired, RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.system.trading_states import TradingState
from tradewind.trading.book.memory import MemoryBook
from tradewind.trading.book.waits import Waiting

THRESHOLD = PortfolioLimits(
    approval_above_usd=Decimal(1_000), scopes={"approval_above_usd": "portfolio demo"}
)
AT = NOW + timedelta(minutes=1)
LATE = NOW + timedelta(hours=1)


def inputs_of(
    verdict: ApprovalVerdict | None = ApprovalVerdict.APPROVED,
    price_usd: Decimal | None = Decimal(3_000),
    book: Book | None = None,
    **limits: Any,
) -> PortfolioInputs:
    answer = None
    if verdict is not None:
        answer = ApprovalAnswer(
            approval_id=screened().event_id,
            verdict=verdict,
            answered_by="desk",
            answered_at=AT,
            note="because",
        )
    approval = ApprovalInputs(
        answer=answer, price_usd=price_usd, limits=RISK_LIMITS.model_copy(update=limits)
    )
    return PortfolioInputs(
        policy=PolicyReference(version=1),
        limits=THRESHOLD,
        book=book or Book(version=1, as_of=1),
        approval=approval,
    )


def required(**changes: Any) -> Event[RiskApprovalRequired]:
    event: Event[RiskScreened] = screened(**changes)
    inputs = inputs_of().model_copy(update={"approval": None})
    (waits,) = decide(event, inputs, NOW)
    return waits


def outcome(inputs: PortfolioInputs, at: datetime = AT, **changes: Any) -> list[AnyEvent]:
    return answered(required(**changes), inputs, at)


def reason(inputs: PortfolioInputs, **changes: Any) -> RiskRejectionReason:
    (rejected,) = outcome(inputs, **changes)
    found: RiskRejectionReason = rejected.payload.reason
    return found


def test_what_is_worth_more_than_the_threshold_waits() -> None:
    payload = required().payload
    assert (payload.notional_usd, payload.threshold_usd) == (Decimal(3_000), Decimal(1_000))
    assert payload.threshold_scope == "portfolio demo"
    assert payload.screened == screened().payload


def test_a_rule_that_fails_goes_before_the_threshold() -> None:
    halted = Book(version=1, as_of=1, state=TradingState.HALTED, state_scope="everything")
    inputs = inputs_of(book=halted).model_copy(update={"approval": None})
    (rejected,) = decide(screened(), inputs, NOW)
    assert rejected.payload.reason is RiskRejectionReason.TRADING_HALTED


def test_while_nobody_answers_it_waits_until_its_window_closes() -> None:
    assert outcome(inputs_of(verdict=None)) == []
    expires_at = required().payload.expires_at
    (late,) = outcome(inputs_of(verdict=None), expires_at)
    assert late.payload.reason is RiskRejectionReason.APPROVAL_TIMED_OUT


def test_a_denial_counts_whenever_it_is_acted_on() -> None:
    for at in (AT, LATE):
        (rejected,) = outcome(inputs_of(ApprovalVerdict.DENIED), at)
        assert rejected.payload.reason is RiskRejectionReason.APPROVAL_DENIED
        assert rejected.payload.detail == "denied by desk: because"


def test_an_approval_is_the_verdict_that_would_have_been() -> None:
    approved, accepted = outcome(inputs_of())
    assert [approved.topic, accepted.topic] == ["risk.approved", "intent.accepted"]
    assert approved.payload.price_usd == 3_000
    assert accepted.sequence == required().sequence + 2


def test_a_request_to_cancel_goes_before_any_answer() -> None:
    waiting = Waiting(required(), Cancellation(screened().event_id, "trader", AT))
    (cancelled,) = conclude(waiting, inputs_of(ApprovalVerdict.DENIED), LATE)
    assert cancelled.topic == "intent.cancelled"
    assert cancelled.payload.detail == (
        "cancelled on request of trader while it waited for an approval"
    )


RECHECKED: dict[str, tuple[PortfolioInputs, RiskRejectionReason]] = {
    "disabled": (
        inputs_of(instrument_status="disabled"),
        RiskRejectionReason.INSTRUMENT_DISABLED,
    ),
    "only to be sold": (
        inputs_of(instrument_status="reduce_only"),
        RiskRejectionReason.INSTRUMENT_REDUCE_ONLY,
    ),
    "without a price": (inputs_of(price_usd=None), RiskRejectionReason.PRICE_UNAVAILABLE),
    "beyond the collar": (
        inputs_of(price_usd=Decimal(3_031), price_collar_bps=100),
        RiskRejectionReason.PRICE_COLLAR,
    ),
    "beyond the price impact": (
        inputs_of(price_usd=Decimal(2_900), max_price_impact=Decimal("0.03")),
        RiskRejectionReason.PRICE_COLLAR,
    ),
    "worth too much now": (
        inputs_of(price_usd=Decimal(3_001), max_notional_usd=Decimal(3_000)),
        RiskRejectionReason.NOTIONAL_LIMIT,
    ),
    "too large": (inputs_of(max_order_amount=Decimal("0.5")), RiskRejectionReason.ORDER_SIZE_LIMIT),
    "too much slippage": (
        inputs_of(max_slippage=Decimal("0.001")),
        RiskRejectionReason.SLIPPAGE_LIMIT,
    ),
    "halted": (
        inputs_of(book=Book(version=2, as_of=2, state=TradingState.HALTED)),
        RiskRejectionReason.TRADING_HALTED,
    ),
    "frozen": (
        inputs_of(
            book=Book(
                version=2, as_of=2, state=TradingState.HALTED, state_scope="wallet:ethereum:0x1"
            )
        ),
        RiskRejectionReason.WALLET_FROZEN,
    ),
}


@pytest.mark.parametrize("name", RECHECKED)
def test_an_approval_lifts_the_threshold_and_nothing_else(name: str) -> None:
    inputs, expected = RECHECKED[name]
    assert reason(inputs) is expected


def test_just_within_the_collar_it_goes_on() -> None:
    assert len(outcome(inputs_of(price_usd=Decimal(3_030), price_collar_bps=100))) == 2


async def test_both_decisions_can_be_made_again() -> None:
    waits = required()
    first = DecisionInputs(None, waits.payload.inputs.limits, waits.timestamp, waits)
    assert await DECIDER.decide(screened(), first) == [waits]
    assert DECIDER.is_complete([waits])
    end = outcome(inputs_of())
    second = DecisionInputs(None, end[0].payload.inputs.limits, end[0].timestamp, end[0])
    assert await DECIDER.decide(waits, second) == end
    assert not DECIDER.is_complete(end[:1])


async def test_a_preview_says_that_it_would_wait() -> None:
    class Book(MemoryBook):
        async def read_inputs(self, _: object, __: object) -> PortfolioInputs:
            return inputs_of().model_copy(update={"approval": None})

    answer = await preview(screened().to_bytes(), PortfolioPorts(lambda: NOW, book=Book()))
    assert (answer.preview.verdict, answer.accepted) == ("approval_required", None)
