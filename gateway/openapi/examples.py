"""Shows requests and answers as they look on a platform that has just traded.

A test holds each to the model of its operation.
"""

from typing import Any, Final

from gateway.openapi.portfolio_examples import INTENT_ID, PORTFOLIO_ANSWERS, PORTFOLIO_REQUESTS
from gateway.openapi.signal_examples import SIGNAL_ANSWERS, SIGNAL_REQUESTS

REQUEST_EXAMPLES: Final[dict[str, Any]] = {
    **PORTFOLIO_REQUESTS,
    **SIGNAL_REQUESTS,
    "approve_intent": {"note": "known to the desk"},
    "deny_intent": {"note": "too large for today"},
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

_ANSWER: Final[dict[str, Any]] = {
    "intent_id": INTENT_ID,
    "approval_id": "01M8G5E8C30009XT9QXZ03CQJD",
    "answered_by": "desk",
    "answered_at": "2026-11-28T04:10:02.118Z",
}
ANSWER_EXAMPLES: Final[dict[str, Any]] = {
    **PORTFOLIO_ANSWERS,
    **SIGNAL_ANSWERS,
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
    "approve_intent": _ANSWER | {"verdict": "approved", "note": "known to the desk"},
    "deny_intent": _ANSWER | {"verdict": "denied", "note": "too large for today"},
    "list_approvals": {
        "items": [
            {
                "intent_id": INTENT_ID,
                "portfolio_id": "fund",
                "strategy_id": "demo",
                "instrument": "ethereum-WETH-USDC",
                "intent_type": "acquire",
                "amount": "10",
                "notional_usd": "30085.00827",
                "price_usd": "3008.500827",
                "threshold_usd": "25000",
                "threshold_scope": "portfolio fund",
                "policy_version": 7,
                "required_at": "2026-11-28T04:08:30.925Z",
                "expires_at": "2026-11-28T04:38:30.851Z",
            }
        ],
        "next_cursor": None,
    },
    "preview_intent": {
        "would_execute": True,
        "risk": {
            "verdict": "approved",
            "reason": None,
            "detail": None,
            "notional_usd": "1504.250414",
            "price_usd": "3008.500827",
            "price_block_number": 412,
            "price_age_seconds": "0.731",
            "max_notional_usd": "10000",
            "max_slippage": "0.05",
        },
        "plan": {
            "verdict": "planned",
            "reason": None,
            "detail": None,
            "venue": "uniswap_v3",
            "route": {
                "pool": "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640",
                "fee_pips": 500,
                "amount_in": "1505760811",
                "amount_out": "500000000000000000",
                "ticks_crossed": 0,
                "gas_estimate": 95000,
                "block_number": 412,
                "sqrt_price_x96_after": "4345513297011487262071357440839",
            },
            "amount_in": "1505760811",
            "expected_out": "500000000000000000",
            "min_out": "495000000000000000",
            "price_impact": "0.00100412",
            "gas_estimate": 95000,
            "gas_cost_wei": "95000000665000",
            "estimated_cost_usd": "1.796203",
            "block_number": 412,
            "block_time": "2026-11-28T04:13:30.000Z",
            "age_seconds": "0.731",
        },
    },
    "list_blocks": {
        "items": [
            {
                "id": "01M8G5E8C30002QWNSNZ37DVFH",
                "timestamp": "2026-11-28T04:08:30.925Z",
                "global_seq": 4711,
                "correlation_id": f"intent-{INTENT_ID}",
                "run_id": "live",
                "intent_id": INTENT_ID,
                "trigger_id": INTENT_ID,
                "strategy_id": "demo",
                "portfolio_id": "demo",
                "instrument": "ethereum-WETH-USDC",
                "symbol": "WETH/USDC",
                "side": "acquire",
                "qty": "5",
                "stage": "risk",
                "reason": "NOTIONAL_LIMIT",
                "detail": "notional 15042.504135 USD is over the limit of 10000 USD",
                "value": "15042.504135 USD",
                "limit": "10000 USD",
                "scope": "everything",
                "failed_checks": [
                    {
                        "rule": "NOTIONAL_LIMIT",
                        "passed": False,
                        "value": "15042.504135 USD",
                        "limit": "10000 USD",
                        "scope": "everything",
                    }
                ],
            }
        ],
        "next_cursor": None,
    },
    "count_block_reasons": {
        "since": "2026-11-27T04:08:31.000Z",
        "until": None,
        "total": 14,
        "reasons": [
            {
                "reason": "NOTIONAL_LIMIT",
                "count": 11,
                "share": "0.7857",
                "last_at": "2026-11-28T04:08:30.925Z",
                "example": f"intent-{INTENT_ID}",
            },
            {
                "reason": "EXPIRED",
                "count": 3,
                "share": "0.2143",
                "last_at": "2026-11-28T01:00:00.000Z",
                "example": f"intent-{INTENT_ID}",
            },
        ],
        "truncated": False,
    },
    "list_fills": {
        "items": [
            {
                "id": "01M8G5E8C30008B4Y0TNYWQ8WN",
                "timestamp": "2026-11-28T04:08:31.004Z",
                "global_seq": 4702,
                "correlation_id": f"intent-{INTENT_ID}",
                "intent_id": INTENT_ID,
                "plan_id": "01M8G5E8C30005NJ9RSYS3HZE2",
                "strategy_id": "demo",
                "portfolio_id": "demo",
                "instrument": "ethereum-WETH-USDC",
                "symbol": "WETH/USDC",
                "side": "acquire",
                "qty": "0.5",
                "price": "3011.521622",
                "cost": "1505.760811",
                "amount_in": "1505760811",
                "amount_out": "500000000000000000",
                "step_index": 0,
                "fill_index": 0,
                "final": True,
                "venue": "uniswap_v3",
                "tx_hash": "0xb4e54f037be68c2b32d8ca258c9f4ab1b2a24c8ff9abfa8287b9c0b996c04e6f",
                "block_number": 413,
                "block_time": "2026-11-28T04:08:31.000Z",
                "transaction_index": 0,
                "log_index": 4,
                "gas_used": 128211,
                "fee_wei": "128211000897477",
            }
        ],
        "next_cursor": 4702,
    },
    "show_health": {"status": "ok"},
}
"""By the name of an operation's endpoint."""
