"""Shows requests and answers as they look on a platform that has just traded.

A test holds each to the model of its operation.
"""

from typing import Any, Final

INTENT_ID: Final = "01M8G5E8C33SMXKYM4C561G409"

REQUEST_EXAMPLES: Final[dict[str, Any]] = {
    "submit_intent": {
        "strategy_id": "demo",
        "intent_type": "acquire",
        "assets": [
            {
                "symbol": "WETH",
                "chain": "ethereum",
                "address": "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
                "decimals": 18,
            },
            {
                "symbol": "USDC",
                "chain": "ethereum",
                "address": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
                "decimals": 6,
            },
        ],
        "amount": "0.5",
        "constraints": {"max_slippage": "0.01", "time_window": 300},
    },
}
"""By the name of an operation's endpoint."""

ANSWER_EXAMPLES: Final[dict[str, Any]] = {
    "submit_intent": {
        "intent_id": INTENT_ID,
        "correlation_id": f"intent-{INTENT_ID}",
        "state": "submitted",
        "expires_at": "2026-11-28T04:13:30.851Z",
    },
    "cancel_intent": {
        "cancellation_id": "01M8G5E8C30009XT9QXZ03CQJD",
        "intent_id": INTENT_ID,
        "state": "executing",
    },
    "show_health": {"status": "ok"},
}
"""By the name of an operation's endpoint."""
