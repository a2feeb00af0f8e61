"""Makes requests as a client writes them that knows the README only."""

from typing import Any

WETH: dict[str, Any] = {
    "symbol": "WETH",
    "chain": "ethereum",
    "address": "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
    "decimals": 18,
}
USDC: dict[str, Any] = {
    "symbol": "USDC",
    "chain": "ethereum",
    "address": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    "decimals": 6,
}
LINK: dict[str, Any] = {
    "symbol": "LINK",
    "chain": "ethereum",
    "address": "0x514910771AF9Ca656af840dff83E8264EcF986CA",
    "decimals": 18,
}


def intent(
    strategy_id: str = "demo",
    *,
    intent_type: str = "acquire",
    amount: str = "0.5",
    max_slippage: str = "0.01",
    quote: dict[str, Any] = USDC,
) -> dict[str, Any]:
    """Return the body of POST /intents."""
    return {
        "strategy_id": strategy_id,
        "intent_type": intent_type,
        "assets": [WETH, quote],
        "amount": amount,
        "constraints": {
            "max_slippage": max_slippage,
            "time_window": 300,
            "execution_style": "aggressive",
        },
    }


def intent_mix(number: int, strategy_id: str) -> dict[str, Any]:
    """Return an intent of a mix that covers every usual end."""
    match number % 8:
        case 0:
            return intent(strategy_id, amount="100")
        case 1:
            return intent(strategy_id, max_slippage="0.2")
        case 2:
            return intent(strategy_id, quote=LINK)
        case 3:
            return intent(strategy_id, intent_type="dispose", amount="0.25")
        case _:
            return intent(strategy_id, amount=f"0.{100 + number}")
