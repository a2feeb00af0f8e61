"""Shows portfolios as they look after a strategy has bought one WETH for 3,500 USDC."""

from typing import Any, Final

INTENT_ID: Final = "01M8G5E8C33SMXKYM4C561G409"
PAIR: Final = "ethereum-WETH-USDC"

SUMMARY: Final[dict[str, Any]] = {
    "portfolio_id": "fund",
    "version": 12,
    "as_of": 4711,
    "state": "active",
    "state_scope": None,
    "state_reason": None,
    "funded": True,
    "cash_usd": "96500.000000",
    "equity_usd": "100000.000000",
    "gross_exposure_usd": "3500.000000",
    "net_exposure_usd": "3500.000000",
    "realized_pnl_usd": "0.000000",
    "unrealized_pnl_usd": "0.000000",
    "realized_pnl": {"USDC": "0.000000"},
    "unrealized_pnl": {"USDC": "0.000000"},
    "day_pnl_usd": "0.000000",
    "peak_equity_usd": "100000.000000",
    "drawdown_bps": 0,
    "consecutive_losses": 0,
    "gas_usd": "0.000000",
    "fees_usd": "10.500000",
    "fees": {"USDC": "10.500000"},
    "position_count": 1,
    "open_intents": 0,
    "claimed_usd": "0.000000",
    "budget_used_usd": "3500.000000",
}
POSITION: Final[dict[str, Any]] = {
    "portfolio_id": "fund",
    "instrument": PAIR,
    "symbol": "WETH/USDC",
    "strategy_id": "alpha",
    "qty": "1.000000000000000000",
    "avg_entry_price": "3500",
    "mark_price": "3500",
    "market_value_usd": "3500.000000",
    "unrealized_pnl": "0.000000",
    "unrealized_pnl_usd": "0.000000",
    "realized_pnl": "0.000000",
    "realized_pnl_usd": "0.000000",
    "fills": 1,
}
CLOSING: Final[dict[str, Any]] = {
    "portfolio_id": "fund",
    "intents": [
        {
            "intent_id": INTENT_ID,
            "correlation_id": f"intent-{INTENT_ID}",
            "strategy_id": "alpha",
            "instrument": PAIR,
            "qty": "1.000000000000000000",
            "expires_at": "2026-11-28T04:13:30.851Z",
            "is_repeated": False,
        }
    ],
    "left_out": [],
}
TOTALS: Final = (
    *("cash_usd", "equity_usd", "gross_exposure_usd", "net_exposure_usd", "realized_pnl_usd"),
    *("unrealized_pnl_usd", "day_pnl_usd", "gas_usd", "claimed_usd", "position_count"),
    *("open_intents", "drawdown_bps"),
)

PORTFOLIO_REQUESTS: Final[dict[str, Any]] = {
    "close_position": {"instrument": PAIR, "max_slippage": "0.01", "time_window": 300},
    "flatten_portfolio": {"max_slippage": "0.01", "time_window": 300},
}
"""By the name of an operation's endpoint."""
PORTFOLIO_ANSWERS: Final[dict[str, Any]] = {
    "list_portfolios": {"items": [SUMMARY], "next_cursor": None},
    "show_portfolio": {
        **SUMMARY,
        "limits": {
            "policy_version": 1,
            "policy_content": "9f2c" * 16,
            "limits": [{"name": "daily_budget_usd", "value": "10000", "scope": "defaults"}],
        },
        "balances": [
            {
                "chain": "ethereum",
                "token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
                "symbol": "USDC",
                "amount": "96500.000000",
                "price_usd": "1",
                "value_usd": "96500.000000",
            }
        ],
        "positions": [POSITION],
        "recent_fills": [],
        "recent_blocks": [],
    },
    "close_position": CLOSING,
    "flatten_portfolio": CLOSING,
    "list_positions": {"items": [POSITION], "next_cursor": None},
    "show_live_portfolio": {
        **{name: SUMMARY[name] for name in TOTALS},
        "cash": {"USDC": "96500.000000"},
        "as_of_sequence": SUMMARY["as_of"],
        "portfolios": [SUMMARY],
        "truncated": False,
    },
    "show_risk_budget": {
        "date": "2026-11-28",
        "budget_total": "10000.000000",
        "budget_used": "3500.000000",
        "budget_available": "6500.000000",
        "claimed": "0.000000",
        "used": "3500.000000",
        "released": "0.000000",
        "resets_at": "2026-11-29T00:00:00.000Z",
        "utilization_pct": "35.00",
        "allocations": [
            {
                "id": INTENT_ID,
                "run_id": "20261121031831618194-3a27c347",
                "correlation_id": f"intent-{INTENT_ID}",
                "trigger_id": INTENT_ID,
                "portfolio_id": "fund",
                "strategy_id": "alpha",
                "instrument": PAIR,
                "side": "acquire",
                "status": "used",
                "claim_timestamp": "2026-11-28T04:08:30.903Z",
                "claim_amount": "3500",
                "release_timestamp": "2026-11-28T04:08:31.004Z",
                "release_amount": "0",
                "claim_token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
                "max_amount_in": "3570000000",
                "used_amount_in": "3500000000",
            }
        ],
        "truncated": False,
    },
}
"""By the name of an operation's endpoint."""
