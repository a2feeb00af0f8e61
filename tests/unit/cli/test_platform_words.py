"""What a person reads of events of the platform itself: a sentence that says what changed."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.factories import NOW, REGISTRY, USDC, WETH
from tests.support.policies import document
from tests.unit.gateway.memory_wallets import report
from tradewind.contracts.envelope import first_event
from tradewind.contracts.instruments.payloads import InstrumentRegistered, InstrumentUpdated
from tradewind.contracts.instruments.registry import Instrument, InstrumentStatus
from tradewind.contracts.intents.model import IntentConstraints
from tradewind.contracts.payload import Payload
from tradewind.contracts.portfolio.closing import (
    LeftOut,
    LeftOutPosition,
    PortfolioCloseRequested,
    Sale,
)
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.payloads import (
    DeadLetterResolved,
    DeadLetterRetried,
    TradingStateChanged,
)
from tradewind.contracts.system.risk_limits import RiskLimitsApplied, RiskLimitsDefined
from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.contracts.wallets.payloads import (
    WalletReconciled,
    WalletReconcileRequested,
    WalletRegistered,
    WalletResumed,
    WalletTransactionSettled,
)
from tradewind.operations.cli.event_words import describe_event
from tradewind.trading.accounting.funding import Capital, funding
from tradewind.trading.policy.application import comparison_with
from tradewind.trading.policy.events import application_of
from tradewind.trading.policy.risk_policy import RiskPolicy
from tradewind.trading.policy.store import AppliedPolicy

UNTIL = datetime(2026, 11, 28, 18, 30, tzinfo=UTC)
WALLET = "1-0x" + "1" * 40
ADDRESS = "0x" + "1" * 40
HASH = "0x" + "ab" * 32


def words(payload: Payload) -> str:
    event: Any = first_event(
        payload, correlation_id="system-1", key=EventKey(), producer="test", at=NOW
    )
    return describe_event(event)


def pair(**said: Any) -> Instrument:
    return Instrument(key="ethereum-WETH-USDC", base=WETH, quote=USDC, **said)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (
            RiskLimitsDefined(limits=document("hard: {max_notional_usd: 9}")),
            "hard: max_notional_usd 9",
        ),
        (RiskLimitsDefined(limits=document("{}")), "nothing is limited"),
        (
            RiskLimitsApplied(policy=PolicyReference(version=3), applied_by="ops"),
            "version 3 is in force, by ops: what it changed is not recorded",
        ),
        (
            TradingStateChanged(
                scope=Scope.parse("portfolio:fund"), state=TradingState.HALTED,
                reason="prices look wrong", by="ops", until=UNTIL,
            ),
            "portfolio:fund is halted until 2026-11-28 18:30:00, by ops: prices look wrong",
        ),
        (
            TradingStateChanged(
                scope=Scope.parse("everything"), state=TradingState.REDUCING, reason="loss",
                by="DRAWDOWN_LIMIT", needs_person=True,
            ),
            "everything is reducing, until a person resumes it, by DRAWDOWN_LIMIT: loss",
        ),
        (InstrumentRegistered(instrument=pair(version=1)), "ethereum-WETH-USDC is enabled"),
        (
            InstrumentUpdated(
                instrument=pair(
                    version=4, status=InstrumentStatus.DISABLED, lot=Decimal("0.5"),
                    fee_tiers=(500, 3000),
                ),
                changed_by="ops",
            ),
            "version 4, by ops: ethereum-WETH-USDC is disabled, fee_tiers 500/3000, lot 0.5",
        ),
        (
            PortfolioCloseRequested(
                portfolio_id="fund",
                sales=(Sale(base=WETH, quote=USDC, amount=Decimal("1.50"), strategy_id="alpha"),),
                left_out=(LeftOutPosition(instrument="ethereum-A-B", reason=LeftOut.SHORT),),
                constraints=IntentConstraints(max_slippage=Decimal("0.01"), time_window=60),
                requested_by="key-1",
            ),
            "fund sells 1.5 WETH for USDC, 1 left out, by key-1",
        ),
        (
            DeadLetterRetried(dead_letter_id="risk-workers-7", requested_by="key-1"),
            "risk-workers-7 is sent again, as key-1 asked",
        ),
        (
            DeadLetterRetried(dead_letter_id="risk-workers-7", note="prices are back"),
            "risk-workers-7 is sent again: prices are back",
        ),
        (
            DeadLetterResolved(dead_letter_id="risk-workers-7", note="seen"),
            "risk-workers-7 is closed: seen",
        ),
        (
            WalletRegistered(
                wallet_id=WALLET, name="main", chain_id=1, address=ADDRESS, block_number=7,
                block_hash=HASH, block_time=NOW, nonce=0, balances=(),
            ),
            "main on chain 1 from block 7 on, with nothing",
        ),
        (
            WalletTransactionSettled(
                wallet_id=WALLET, chain_id=1, wallet=ADDRESS, nonce=9, purpose="swap",
                outcome="reverted", tx_hash=HASH, reason="STF",
            ),
            f"swap reverted, nonce 9, transaction {HASH}: STF",
        ),
        (
            WalletReconcileRequested(
                report_id="01M8G5E8C30009XT9QXZ03CQJD", threshold=Decimal("0.1"), requested_by="ops"
            ),
            "drifts beyond 0.1 tokens, as ops asked",
        ),
        (
            WalletResumed(wallet_id=WALLET, resumed_by="ops", note="ours", adjustments=()),
            f"{WALLET} signs again, by ops: ours",
        ),
    ],
    ids=lambda one: one.topic if isinstance(one, Payload) else "",
)  # fmt: skip
def test_an_event_of_the_platform_is_a_sentence(payload: Payload, expected: str) -> None:
    assert words(payload) == expected


def test_applied_limits_say_what_changed_and_what_lets_more_through() -> None:
    """Given a policy that changes six limits, then five are named, and the one that loosens."""
    before = document(
        "hard: {max_notional_usd: 9, max_open_intents: 3, max_leverage: 2}\n"
        "defaults: {max_slippage_bps: 10}"
    )
    after = document(
        "hard: {max_notional_usd: 8, max_open_intents: 2, max_leverage: 1, daily_budget_usd: 5}\n"
        "defaults: {max_slippage_bps: 20, cooldown_seconds: 60}"
    )
    current = AppliedPolicy(PolicyReference(version=3, content="ab" * 32), RiskPolicy(before))
    compared = comparison_with(current, after)
    event = application_of(
        PolicyReference(version=4), "ops", compared.loosened, "cli", NOW, compared.changes
    )
    said = describe_event(event)
    assert said.startswith("version 4 is in force, by ops: hard: max_")
    assert "hard: max_notional_usd 9 -> 8, " in said
    assert "hard: daily_budget_usd none -> 5" in said
    assert " and 1 more; it lets more through: defaults: max_slippage_bps 10 -> 20" in said


def test_capital_and_reports_are_sentences() -> None:
    token = REGISTRY.by_symbol("ethereum", "USDC")
    assert token is not None
    capital = Capital("fund", token, Decimal(100), "out")
    moved = funding(capital, requested_by="ops", note="fees", reference="1", producer="cli", at=NOW)
    assert describe_event(moved) == "100 USDC taken from fund, by ops: fees"
    told = words(WalletReconciled(report=report("01M8G5E8C30009XT9QXZ03CQJD")))
    assert told == "1 wallet, 1 drift, 1 beyond the threshold, frozen: 0xf39F…2266"
