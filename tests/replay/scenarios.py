"""What the golden histories tell: an intent, and what goes wrong with it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from loadtest.platform import SIMULATED
from tests.replay.harness import RecordingHarness
from tradewind.contracts.execution.demo_strategies import DemoStrategy
from tradewind.operations.embedded.devchain.blueprint import TOKENS

CHAIN: Final = "ethereum"
SOON_SECONDS: Final = 1
POOL_MAX_AGE_SECONDS: Final = 8
COMPLETED: Final = "exec.completed"
FAILED: Final = "exec.failed"
RISK_REJECTED: Final = "risk.rejected"
PLAN_REJECTED: Final = "plan.rejected"
EXPIRED: Final = "intent.expired"
CANCELLED: Final = "intent.cancelled"
SLOW_FILLS_MS: Final = 3_000

Play = Callable[[RecordingHarness], str]
"""Submits an intent while something happens, and returns its id."""


@dataclass(frozen=True)
class Scenario:
    """One history."""

    name: str
    body: Mapping[str, Any]
    ending: str
    """The topic it ends with."""
    mark: str
    """What its file must contain, so that it is the history it is meant to be."""
    play: Play | None = None
    """Submits the body while something happens; None just submits it."""


@dataclass(frozen=True)
class PlatformPlan:
    """A platform, and what is recorded on it, in this order."""

    environment: Mapping[str, str]
    scenarios: tuple[Scenario, ...] = field(default=())


def token(symbol: str) -> dict[str, Any]:
    """Return a token as it stands in a request."""
    plan = TOKENS[symbol]
    return {
        "symbol": symbol,
        "chain": CHAIN,
        "address": plan.address,
        "decimals": plan.decimals,
    }


def intent(side: str, amount: str, pair: str, **changes: Any) -> dict[str, Any]:
    """Return the body of `acquire 1 WETH/USDC` with changes."""
    constraints = {
        "max_slippage": changes.pop("max_slippage", "0.01"),
        "time_window": changes.pop("time_window", 300),
        "execution_style": "balanced",
    }
    return {
        "strategy_id": "golden",
        "intent_type": side,
        "assets": [token(symbol) for symbol in pair.split("/")],
        "amount": amount,
        "constraints": constraints,
    } | changes


def while_stopped(role: str, body: Mapping[str, Any], seconds: float) -> Play:
    """Return a play in which a role does nothing from before the intent until later."""

    def play(harness: RecordingHarness) -> str:
        with harness.stopped(role):
            intent_id = harness.submit(body)
            time.sleep(seconds)
        return intent_id

    return play


def after_silence(role: str, body: Mapping[str, Any], seconds: float) -> Play:
    """Return a play in which a role did nothing for a while before the intent."""

    def play(harness: RecordingHarness) -> str:
        with harness.stopped(role):
            time.sleep(seconds)
            intent_id = harness.submit(body)
            harness.wait(lambda: PLAN_REJECTED in harness.topics(intent_id), "the plan is refused")
        return intent_id

    return play


def _expiring(role: str, name: str) -> Scenario:
    body = intent("acquire", "0.1", "WETH/USDC", time_window=SOON_SECONDS)
    play = while_stopped(role, body, SOON_SECONDS + 0.5)
    return Scenario(name, body, EXPIRED, '\\"expiresAt\\"', play)


def _cancelled_before(role: str, name: str, after: str) -> Scenario:
    body = intent("acquire", "0.1", "WETH/USDC")

    def play(harness: RecordingHarness) -> str:
        with harness.stopped(role):
            intent_id = harness.submit(body)
            harness.wait(lambda: after in harness.topics(intent_id), after)
            harness.cancel(intent_id)
        return intent_id

    return Scenario(name, body, CANCELLED, '\\"cancellationId\\"', play)


def _cancelled_partly() -> Scenario:
    strategy = DemoStrategy.PARTIAL_FILLS.value
    body = intent("dispose", "1", "WETH/USDC", strategy_id=strategy)

    def play(harness: RecordingHarness) -> str:
        intent_id = harness.submit(body)
        filled = "exec.step_filled"
        harness.wait(lambda: filled in harness.topics(intent_id), filled)
        harness.cancel(intent_id)
        return intent_id

    return Scenario("cancelled_partly", body, CANCELLED, '\\"amountOut\\"', play)


def plain(name: str, body: Mapping[str, Any], ending: str = COMPLETED, mark: str = "") -> Scenario:
    """Return a scenario in which nothing happens but the intent."""
    return Scenario(name, body, ending, mark)


STALE: Final = intent("acquire", "0.3", "WETH/USDC")
ON_PAPER: Final = PlatformPlan(
    SIMULATED
    | {
        "TRADEWIND_SIMULATED_PARTIAL_FILL_PROBABILITY": "0",
        "TRADEWIND_POOL_MAX_AGE_SECONDS": str(POOL_MAX_AGE_SECONDS),
        "MAX_NOTIONAL_USD": "100000000",
    },
    (
        plain("paper_acquire", intent("acquire", "0.5", "WETH/USDC")),
        plain("paper_dispose", intent("dispose", "2", "WETH/DAI")),
        plain("paper_two_hop", intent("acquire", "0.02", "WBTC/USDC"), mark='\\"two_hop\\"'),
        plain("paper_split", intent("dispose", "500", "WETH/USDC"), mark='\\"split\\"'),
        plain(
            "paper_partial_fills",
            intent("dispose", "1", "WETH/USDC", strategy_id=DemoStrategy.PARTIAL_FILLS.value),
            mark='\\"fillIndex\\":1',
        ),
        plain(
            "paper_failed",
            intent("acquire", "1", "WETH/USDC", strategy_id=DemoStrategy.FAILING_VENUE.value),
            FAILED,
            "VENUE_UNAVAILABLE",
        ),
        plain(
            "risk_notional_limit",
            intent("acquire", "100000", "WETH/USDC"),
            RISK_REJECTED,
            "NOTIONAL_LIMIT",
        ),
        plain(
            "risk_slippage_limit",
            intent("acquire", "1", "WETH/USDC", max_slippage="0.2"),
            RISK_REJECTED,
            "SLIPPAGE_LIMIT",
        ),
        plain(
            "risk_price_unavailable",
            intent("dispose", "10", "LINK/WETH"),
            RISK_REJECTED,
            "PRICE_UNAVAILABLE",
        ),
        plain("plan_no_pool", intent("acquire", "1", "WETH/LINK"), PLAN_REJECTED, "NO_POOL"),
        plain(
            "plan_insufficient_liquidity",
            intent("acquire", "20000", "WETH/USDC"),
            PLAN_REJECTED,
            "INSUFFICIENT_LIQUIDITY",
        ),
        plain(
            "plan_price_impact",
            intent("acquire", "2000", "WETH/USDC"),
            PLAN_REJECTED,
            "PRICE_IMPACT_LIMIT",
        ),
        plain(
            "plan_amount_too_small",
            intent("dispose", "0.000000000000000001", "WETH/USDC"),
            PLAN_REJECTED,
            "AMOUNT_TOO_SMALL",
        ),
        _expiring("risk", "expired_before_risk"),
        _expiring("portfolio", "expired_before_portfolio"),
        _expiring("planner", "expired_before_plan"),
        _expiring("orchestrator", "expired_before_execution"),
        _cancelled_before("portfolio", "cancelled_before_portfolio", "risk.screened"),
        _cancelled_before("planner", "cancelled_before_plan", "intent.accepted"),
        _cancelled_before("orchestrator", "cancelled_before_execution", "plan.created"),
        Scenario(
            "plan_stale_pool",
            STALE,
            PLAN_REJECTED,
            "STALE_POOL",
            after_silence("market", STALE, POOL_MAX_AGE_SECONDS + 2),
        ),
    ),
)
BIT_BY_BIT: Final = PlatformPlan(
    SIMULATED | {"TRADEWIND_SIMULATED_LATENCY_MS": str(SLOW_FILLS_MS)}, (_cancelled_partly(),)
)
LIMITS: Final = Path(__file__).with_name("limits.yaml")
REFUSED: Final = intent("acquire", "0.5", "WETH/USDC", strategy_id="limited")


def _refused_by_its_portfolio(harness: RecordingHarness) -> str:
    harness.command("limits", "apply", str(LIMITS))
    return harness.submit(REFUSED)


LIMITED: Final = PlatformPlan(
    SIMULATED,
    (
        Scenario(
            "portfolio_daily_budget",
            REFUSED,
            RISK_REJECTED,
            "DAILY_BUDGET",
            _refused_by_its_portfolio,
        ),
        plain(
            "portfolio_within_limits",
            intent("acquire", "0.05", "WETH/USDC", strategy_id="limited"),
            mark="daily_budget_usd",
        ),
    ),
)
APPROVAL_LIMITS: Final = Path(__file__).with_name("approval_limits.yaml")
ASKED: Final = intent("acquire", "0.05", "WETH/USDC", strategy_id="asked")


def _answered(verb: str) -> Callable[[RecordingHarness], str]:
    """Return what submits an intent that a person is asked about, and answers."""

    def play(harness: RecordingHarness) -> str:
        harness.command("limits", "apply", str(APPROVAL_LIMITS))
        intent_id = harness.submit(ASKED)
        harness.wait(lambda: "risk.approval_required" in harness.topics(intent_id), "the question")
        harness.command("approvals", verb, intent_id, "--note", "as a person decides")
        return intent_id

    return play


ASKED_ABOUT: Final = PlatformPlan(
    SIMULATED,
    (
        Scenario("approval_given", ASKED, COMPLETED, "as a person decides", _answered("approve")),
        Scenario("approval_denied", ASKED, RISK_REJECTED, "APPROVAL_DENIED", _answered("deny")),
    ),
)
WITHOUT_GAS_PRICE: Final = PlatformPlan(
    SIMULATED
    | {"TRADEWIND_TOKENS_FILE": str(Path(__file__).with_name("tokens_without_native.json"))},
    (plain("plan_no_price", intent("acquire", "5", "DAI/USDC"), PLAN_REJECTED, "NO_PRICE"),),
)
