"""The functions and events of the Uniswap V3 contracts that we use, and their addresses.

Structs are tuples in the order of the contracts' own declarations, named beside each.
"""

from collections.abc import Sequence
from typing import Final

from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.wire import Document
from tradewind.trading.chain.contract_interface import Event, EventField, Function

FEE_TIERS_PIPS: Final = (100, 500, 3_000, 10_000)


class UniswapV3Contracts(Document):
    """Addresses of one deployment of Uniswap V3."""

    factory: Address
    swap_router: Address
    swap_router_02: Address
    quoter_v2: Address
    position_manager: Address
    tick_lens: Address
    wrapped_native: Address


MAINNET_CONTRACTS: Final = UniswapV3Contracts(
    factory="0x1F98431c8aD98523631AE4a59f267346ea31F984",
    swap_router="0xE592427A0AEce92De3Edee1F18E0157C05861564",
    swap_router_02="0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45",
    quoter_v2="0x61fFE014bA17989E743c5F6cB21bF9697530B21e",
    position_manager="0xC36442b4a4522E871399CD717aBDD847Ab11FE88",
    tick_lens="0xbfd8137f7d1516D3ea5cA83523914859ec47F573",
    wrapped_native="0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
)
"""The addresses on Ethereum main net, which its forks and the dev chain share."""

GET_POOL: Final = Function("getPool", ("address", "address", "uint24"), ("address",))
FEE_AMOUNT_TICK_SPACING: Final = Function("feeAmountTickSpacing", ("uint24",), ("int24",))

SLOT0: Final = Function(
    "slot0", (), ("uint160", "int24", "uint16", "uint16", "uint16", "uint8", "bool")
)
"""sqrtPriceX96, tick, observationIndex, …Cardinality, …CardinalityNext, feeProtocol, unlocked."""
LIQUIDITY: Final = Function("liquidity", (), ("uint128",))
POPULATED_TICKS_IN_WORD: Final = Function(
    "getPopulatedTicksInWord", ("address", "int16"), ("(int24,int128,uint128)[]",)
)
"""TickLens: tick, liquidityNet and liquidityGross, highest tick first."""

QUOTE_EXACT_INPUT: Final = Function(
    "quoteExactInput", ("bytes", "uint256"), ("uint256", "uint160[]", "uint32[]", "uint256")
)
"""QuoterV2: path, amountIn → amountOut, prices after, ticks crossed, gasEstimate."""

ROUTER_FACTORY: Final = Function("factory", (), ("address",))
ROUTER_WRAPPED_NATIVE: Final = Function("WETH9", (), ("address",))
"""Both routers, QuoterV2 and the position manager know factory and wrapped ether."""

QUOTE_EXACT_INPUT_SINGLE: Final = Function(
    "quoteExactInputSingle",
    ("(address,address,uint256,uint24,uint160)",),
    ("uint256", "uint160", "uint32", "uint256"),
)
"""QuoterV2: (tokenIn, tokenOut, amountIn, fee, sqrtPriceLimitX96) → amountOut,
sqrtPriceX96After, initializedTicksCrossed, gasEstimate."""
EXACT_INPUT_SINGLE: Final = Function(
    "exactInputSingle",
    ("(address,address,uint24,address,uint256,uint256,uint256,uint160)",),
    ("uint256",),
)
"""SwapRouter: (tokenIn, tokenOut, fee, recipient, deadline, amountIn, amountOutMinimum,
sqrtPriceLimitX96) → amountOut."""
EXACT_INPUT_SINGLE_02: Final = Function(
    "exactInputSingle",
    ("(address,address,uint24,address,uint256,uint256,uint160)",),
    ("uint256",),
)
"""SwapRouter02: the same without a deadline, which MULTICALL_BEFORE adds."""
EXACT_INPUT: Final = Function(
    "exactInput", ("(bytes,address,uint256,uint256,uint256)",), ("uint256",)
)
"""SwapRouter: (path, recipient, deadline, amountIn, amountOutMinimum) → amountOut."""
EXACT_INPUT_02: Final = Function("exactInput", ("(bytes,address,uint256,uint256)",), ("uint256",))
"""SwapRouter02: the same without a deadline."""
MULTICALL_BEFORE: Final = Function("multicall", ("uint256", "bytes[]"), ("bytes[]",))
"""SwapRouter02: deadline and calls."""
MULTICALL: Final = Function("multicall", ("bytes[]",), ("bytes[]",))

CREATE_POOL: Final = Function(
    "createAndInitializePoolIfNecessary",
    ("address", "address", "uint24", "uint160"),
    ("address",),
)
"""NonfungiblePositionManager: token0, token1, fee, sqrtPriceX96 → pool."""
MINT_POSITION: Final = Function(
    "mint",
    ("(address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256)",),
    ("uint256", "uint128", "uint256", "uint256"),
)
"""NonfungiblePositionManager: (token0, token1, fee, tickLower, tickUpper, amount0Desired,
amount1Desired, amount0Min, amount1Min, recipient, deadline) → tokenId, liquidity, amounts."""

SWAP: Final = Event(
    "Swap",
    (
        EventField("sender", "address", indexed=True),
        EventField("recipient", "address", indexed=True),
        EventField("amount0", "int256"),
        EventField("amount1", "int256"),
        EventField("sqrt_price_x96", "uint160"),
        EventField("liquidity", "uint128"),
        EventField("tick", "int24"),
    ),
)
"""Of a pool: amounts are positive into the pool and negative out of it."""

INITIALIZE: Final = Event(
    "Initialize", (EventField("sqrt_price_x96", "uint160"), EventField("tick", "int24"))
)
"""Of a pool: it got its first price, before which it has no liquidity."""
MINT: Final = Event(
    "Mint",
    (
        EventField("sender", "address"),
        EventField("owner", "address", indexed=True),
        EventField("tick_lower", "int24", indexed=True),
        EventField("tick_upper", "int24", indexed=True),
        EventField("amount", "uint128"),
        EventField("amount0", "uint256"),
        EventField("amount1", "uint256"),
    ),
)
"""Of a pool: liquidity was added to a position."""
BURN: Final = Event(
    "Burn",
    (
        EventField("owner", "address", indexed=True),
        EventField("tick_lower", "int24", indexed=True),
        EventField("tick_upper", "int24", indexed=True),
        EventField("amount", "uint128"),
        EventField("amount0", "uint256"),
        EventField("amount1", "uint256"),
    ),
)
"""Of a pool: liquidity was taken out of a position."""


def encode_path(tokens: Sequence[str], fees_pips: Sequence[int]) -> bytes:
    """Encode a route as token, fee, token … (periphery's Path library)."""
    path = bytes.fromhex(tokens[0][2:])
    for token, fee_pips in zip(tokens[1:], fees_pips, strict=True):
        path += fee_pips.to_bytes(3) + bytes.fromhex(token[2:])
    return path
