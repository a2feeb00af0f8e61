"""Functions and events of the contracts that only tests call and read."""

from typing import Final

from tradewind.trading.chain.contract_interface import Function

SYMBOL: Final = Function("symbol", (), ("string",))
QUOTE_EXACT_OUTPUT_SINGLE: Final = Function(
    "quoteExactOutputSingle",
    ("(address,address,uint256,uint24,uint160)",),
    ("uint256", "uint160", "uint32", "uint256"),
)
"""QuoterV2: (tokenIn, tokenOut, amount, fee, sqrtPriceLimitX96) → amountIn, and as above."""
DECREASE_LIQUIDITY: Final = Function(
    "decreaseLiquidity", ("(uint256,uint128,uint256,uint256,uint256)",), ("uint256", "uint256")
)
"""NonfungiblePositionManager: (tokenId, liquidity, amount0Min, amount1Min, deadline) → amounts."""
COLLECT_POSITION: Final = Function(
    "collect", ("(uint256,address,uint128,uint128)",), ("uint256", "uint256")
)
"""NonfungiblePositionManager: (tokenId, recipient, amount0Max, amount1Max) → amounts."""
