"""The intents that the demo sends, and the end that each has to reach."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from tradewind.contracts.execution.demo_strategies import DemoStrategy
from tradewind.contracts.execution.payloads import ExecutionCompleted, ExecutionFailed
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.venues import SIMULATED, UNISWAP_V3
from tradewind.errors import ConfigurationError
from tradewind.trading.tokens import TokenRegistry

TIME_WINDOW_SECONDS: Final = 300
PAPER_STRATEGY: Final = "demo-paper"
"""This strategy trades on the simulated venue, whatever the platform's own venue is."""
CHAIN_STRATEGY: Final = "on-chain"


class Scenario(NamedTuple):
    """One kind of intent and its expected end."""

    name: str
    intent_type: str
    base: str
    quote: str
    amount: str
    """Whole tokens of base."""
    ends_with: str
    """Topic of the last event."""
    reason: str | None = None
    """Reason code of the last event; None where it has none or any is accepted."""
    least_fills: int = 0
    max_slippage: str = "0.01"
    strategy_id: str = PAPER_STRATEGY
    venue: VenueName = SIMULATED
    """The venue on which it has to be executed, if it is."""

    def body(self, tokens: TokenRegistry, chain: str) -> dict[str, Any]:
        """Return the request body of POST /intents."""
        return {
            "strategy_id": self.strategy_id,
            "intent_type": self.intent_type,
            "assets": [_asset(tokens, chain, symbol) for symbol in (self.base, self.quote)],
            "amount": self.amount,
            "constraints": {
                "max_slippage": self.max_slippage,
                "time_window": TIME_WINDOW_SECONDS,
                "execution_style": "balanced",
            },
        }


def _asset(tokens: TokenRegistry, chain: str, symbol: str) -> dict[str, Any]:
    token = tokens.by_symbol(chain, symbol)
    if token is None:
        raise ConfigurationError(f"TRADEWIND_TOKENS_FILE: the demo needs {symbol} on {chain}")
    return token.asset.model_dump()


_COMPLETED = ExecutionCompleted.topic
_BUY = ("acquire", "WETH", "USDC")
_SELL = ("dispose", "WETH", "USDC")
_BUY_OVER_TWO_POOLS = ("acquire", "WBTC", "DAI")

ON_PAPER: Final = (
    Scenario("buy", *_BUY, "0.5", _COMPLETED),
    Scenario("sell", *_SELL, "0.25", _COMPLETED),
    Scenario("two pools in a row", *_BUY_OVER_TWO_POOLS, "0.02", _COMPLETED),
    Scenario("too much money", *_BUY, "40", RiskRejected.topic, RiskRejectionReason.NOTIONAL_LIMIT),
    Scenario(
        "too much slippage",
        *_BUY,
        "0.5",
        RiskRejected.topic,
        RiskRejectionReason.SLIPPAGE_LIMIT,
        max_slippage="0.2",
    ),
    Scenario(
        "too little money",
        *_SELL,
        "0.000000000000000001",
        PlanRejected.topic,
        PlanRejectionReason.AMOUNT_TOO_SMALL,
    ),
    Scenario(
        "partial fills",
        *_BUY,
        "0.8",
        _COMPLETED,
        least_fills=2,
        strategy_id=DemoStrategy.PARTIAL_FILLS,
    ),
    Scenario(
        "failing venue",
        *_BUY,
        "0.5",
        ExecutionFailed.topic,
        ExecutionFailureReason.VENUE_UNAVAILABLE,
        strategy_id=DemoStrategy.FAILING_VENUE,
    ),
    Scenario(
        "partly filled, then cancelled by the venue",
        *_BUY,
        "0.8",
        ExecutionFailed.topic,
        ExecutionFailureReason.CANCELLED,
        least_fills=1,
        strategy_id=DemoStrategy.PARTIAL_THEN_CANCELLED,
    ),
    Scenario(
        "refusing venue",
        *_BUY,
        "0.5",
        ExecutionFailed.topic,
        ExecutionFailureReason.VENUE_REFUSED,
        strategy_id=DemoStrategy.REFUSING_VENUE,
    ),
    Scenario(
        "reverting venue",
        *_BUY,
        "0.5",
        ExecutionFailed.topic,
        ExecutionFailureReason.REVERTED,
        strategy_id=DemoStrategy.REVERTING_VENUE,
    ),
    Scenario("time-out at venue", *_BUY, "0.5", _COMPLETED, strategy_id=DemoStrategy.TIMEOUT_VENUE),
    Scenario("slow venue", *_SELL, "0.5", _COMPLETED, strategy_id=DemoStrategy.SLOW_VENUE),
)
WITHOUT_CHAIN: Final = (
    Scenario(
        "no pool", "acquire", "WETH", "LINK", "0.5", PlanRejected.topic, PlanRejectionReason.NO_POOL
    ),
)
"""Scenarios that expect a refusal, because the simulated market has no such pool."""
ON_CHAIN: Final = tuple(
    Scenario(name, *what, amount, _COMPLETED, strategy_id=CHAIN_STRATEGY, venue=UNISWAP_V3)
    for name, what, amount in (
        ("buy on chain", _BUY, "0.5"),
        ("sell on chain", _SELL, "0.25"),
        ("two pools on chain", _BUY_OVER_TWO_POOLS, "0.02"),
    )
)


def scenarios_for(venue: VenueName, *, swaps: bool) -> tuple[Scenario, ...]:
    """Return the scenarios that a platform with this venue can run; `swaps` go to the chain."""
    if venue == SIMULATED:
        return ON_PAPER + WITHOUT_CHAIN
    return (ON_CHAIN if swaps else ()) + ON_PAPER


def mix(scenarios: Sequence[Scenario], count: int) -> Iterator[Scenario]:
    """Yield `count` scenarios, each in turn."""
    return itertools.islice(itertools.cycle(scenarios), count)
