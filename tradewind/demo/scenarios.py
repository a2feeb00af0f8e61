"""The intents the demo sends, and how each has to end."""

import itertools
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tradewind.contracts.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    PlanRejected,
    RiskRejected,
)
from tradewind.contracts.reasons import (
    ExecutionFailureReason,
    PlanRejectionReason,
    RiskRejectionReason,
)
from tradewind.contracts.simulation import DemoStrategy
from tradewind.errors import ConfigurationError
from tradewind.tokens import TokenRegistry

TIME_WINDOW_SECONDS: Final = 300


class Scenario(NamedTuple):
    """One kind of intent and its expected end."""

    name: str
    strategy_id: str
    intent_type: str
    base: str
    quote: str
    amount: str
    """Whole tokens of base."""
    max_slippage: str
    ends_with: str
    """Topic of the last event."""
    reason: str | None = None
    """Reason code of the last event; None where it has none or any will do."""
    least_fills: int = 0

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

SCENARIOS: Final = (
    Scenario("buy", "demo", *_BUY, "0.5", "0.01", _COMPLETED),
    Scenario("sell", "demo", *_SELL, "0.25", "0.01", _COMPLETED),
    Scenario(
        "too much money",
        "demo",
        *_BUY,
        "40",
        "0.01",
        RiskRejected.topic,
        RiskRejectionReason.NOTIONAL_LIMIT,
    ),
    Scenario(
        "too much slippage",
        "demo",
        *_BUY,
        "0.5",
        "0.2",
        RiskRejected.topic,
        RiskRejectionReason.SLIPPAGE_LIMIT,
    ),
    Scenario(
        "no pool",
        "demo",
        "acquire",
        "WETH",
        "LINK",
        "0.5",
        "0.01",
        PlanRejected.topic,
        PlanRejectionReason.NO_POOL,
    ),
    Scenario(
        "partial fills", DemoStrategy.PARTIAL_FILLS, *_BUY, "0.8", "0.01", _COMPLETED, least_fills=2
    ),
    Scenario(
        "failing venue",
        DemoStrategy.FAILING_VENUE,
        *_BUY,
        "0.5",
        "0.01",
        ExecutionFailed.topic,
        ExecutionFailureReason.VENUE_UNAVAILABLE,
    ),
    Scenario("time-out at venue", DemoStrategy.TIMEOUT_VENUE, *_BUY, "0.5", "0.01", _COMPLETED),
    Scenario("slow venue", DemoStrategy.SLOW_VENUE, *_SELL, "0.5", "0.01", _COMPLETED),
)


def mix(count: int) -> Iterator[Scenario]:
    """Yield `count` scenarios, each in turn."""
    return itertools.islice(itertools.cycle(SCENARIOS), count)
