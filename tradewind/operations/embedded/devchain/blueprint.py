"""Contracts, tokens, pools and positions of the dev chain. Data only."""

import hashlib
import json
from typing import Final, NamedTuple

from tradewind.operations.embedded.devchain import packages
from tradewind.trading.chain.uniswap_v3 import MAINNET_CONTRACTS, UniswapV3Contracts

LAYOUT_VERSION: Final = 1
"""Raise it when the deployer changes what it makes of the same blueprint."""


class ContractPlan(NamedTuple):
    """A contract, and the account and nonce that created it on main net: they fix its address."""

    name: str
    artifact: str
    creator: str
    nonce: int
    arguments: tuple[str, ...] = ()
    """Names of other contracts, or an address."""


class TokenPlan(NamedTuple):
    """A token, and how much of it the trader gets, in whole tokens."""

    symbol: str
    name: str
    address: str
    decimals: int
    usd: int
    """The price in US dollars that pools open with."""
    endowment: int
    usd_pegged: bool = False


class PositionPlan(NamedTuple):
    """Liquidity between two distances from the opening price, in ticks."""

    below: int
    above: int
    share: int
    """The position's part of the pool's depth, in thousandths."""


class PoolPlan(NamedTuple):
    """A pool: price of the two tokens in USD, moved by some basis points, and its positions."""

    symbol_a: str
    symbol_b: str
    fee_pips: int
    depth_usd: int
    positions: tuple[PositionPlan, ...]
    shift_bps: int = 0
    """It moves the opening price of token0 in token1."""


UNISWAP_DEPLOYER: Final = "0x6C9FC64A53c1b71FB3f9Af64d1ae3A4931A5f4E9"
WETH_DEPLOYER: Final = "0x4F26FfBe5F04ED43630fdC30A87638d53D0b0876"
NOBODY: Final = "0x0000000000000000000000000000000000000000"
CORE: Final = "@uniswap/v3-core/artifacts/contracts"
PERIPHERY: Final = "@uniswap/v3-periphery/artifacts/contracts"
ROUTERS: Final = "@uniswap/swap-router-contracts/artifacts/contracts"

CONTRACTS: Final = (
    ContractPlan("wrapped_native", "canonical-weth/build/contracts/WETH9.json", WETH_DEPLOYER, 446),
    ContractPlan(
        "factory", f"{CORE}/UniswapV3Factory.sol/UniswapV3Factory.json", UNISWAP_DEPLOYER, 0
    ),
    ContractPlan("tick_lens", f"{PERIPHERY}/lens/TickLens.sol/TickLens.json", UNISWAP_DEPLOYER, 2),
    ContractPlan(
        "swap_router",
        f"{PERIPHERY}/SwapRouter.sol/SwapRouter.json",
        UNISWAP_DEPLOYER,
        4,
        ("factory", "wrapped_native"),
    ),
    ContractPlan(
        "position_manager",
        f"{PERIPHERY}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json",
        UNISWAP_DEPLOYER,
        8,
        ("factory", "wrapped_native", NOBODY),
    ),
    ContractPlan(
        "quoter_v2",
        f"{ROUTERS}/lens/QuoterV2.sol/QuoterV2.json",
        UNISWAP_DEPLOYER,
        13,
        ("factory", "wrapped_native"),
    ),
    ContractPlan(
        "swap_router_02",
        f"{ROUTERS}/SwapRouter02.sol/SwapRouter02.json",
        UNISWAP_DEPLOYER,
        14,
        (NOBODY, "factory", "position_manager", "wrapped_native"),
    ),
)
ADDRESSES: Final[UniswapV3Contracts] = MAINNET_CONTRACTS

WETH: Final = TokenPlan("WETH", "Wrapped Ether", ADDRESSES.wrapped_native, 18, 3_000, 1_000)
MINTED_TOKENS: Final = (
    TokenPlan(
        "USDC",
        "USD Coin",
        "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
        6,
        1,
        10_000_000,
        usd_pegged=True,
    ),
    TokenPlan(
        "DAI",
        "Dai Stablecoin",
        "0x6B175474E89094C44Da98b954EedeAC495271d0F",
        18,
        1,
        10_000_000,
        usd_pegged=True,
    ),
    TokenPlan("WBTC", "Wrapped BTC", "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599", 8, 60_000, 100),
    TokenPlan(
        "LINK", "ChainLink Token", "0x514910771AF9Ca656af840dff83E8264EcF986CA", 18, 15, 200_000
    ),
)
TOKENS: Final = {token.symbol: token for token in (WETH, *MINTED_TOKENS)}

OVERLAPPING: Final = (
    PositionPlan(-24_000, 24_000, 200),
    PositionPlan(-6_000, 6_000, 150),
    PositionPlan(-2_000, 1_000, 100),
    PositionPlan(-1_000, 2_000, 100),
    PositionPlan(-600, 600, 100),
    PositionPlan(-200, 200, 50),
)
DISJOINT: Final = (
    PositionPlan(400, 800, 50),
    PositionPlan(1_600, 3_000, 50),
    PositionPlan(7_000, 9_000, 50),
    PositionPlan(-800, -400, 50),
    PositionPlan(-3_000, -1_600, 50),
    PositionPlan(-9_000, -7_000, 50),
)
BROAD: Final = (*OVERLAPPING, *DISJOINT)
"""The liquidity ends 24,000 ticks from the opening price; a swap beyond it fills in part."""
FULL_RANGE: Final = (PositionPlan(-880_000, 880_000, 200), *OVERLAPPING[2:], *DISJOINT)
WITH_GAPS: Final = (
    PositionPlan(-600, 600, 300),
    PositionPlan(-400, 200, 200),
    PositionPlan(1_400, 2_600, 150),
    PositionPlan(60_000, 62_000, 100),
    PositionPlan(-2_600, -1_400, 150),
    PositionPlan(-62_000, -60_000, 100),
)
"""Gaps between the positions, so that a swap crosses ranges without liquidity."""

POOLS: Final = (
    PoolPlan("WETH", "USDC", 500, 6_000_000, BROAD),
    PoolPlan("WETH", "USDC", 3_000, 12_000_000, BROAD, shift_bps=3),
    PoolPlan("WETH", "USDC", 10_000, 2_000_000, FULL_RANGE, shift_bps=-12),
    PoolPlan("WETH", "DAI", 500, 1_000_000, BROAD, shift_bps=4),
    PoolPlan("WETH", "DAI", 3_000, 3_000_000, FULL_RANGE, shift_bps=-5),
    PoolPlan("WBTC", "WETH", 500, 4_000_000, BROAD, shift_bps=2),
    PoolPlan("WBTC", "WETH", 3_000, 8_000_000, BROAD),
    PoolPlan("WBTC", "USDC", 3_000, 5_000_000, FULL_RANGE, shift_bps=6),
    PoolPlan("LINK", "WETH", 3_000, 2_000_000, BROAD),
    PoolPlan("LINK", "WETH", 10_000, 500_000, WITH_GAPS, shift_bps=8),
    PoolPlan("USDC", "DAI", 500, 6_000_000, BROAD),
)


def blueprint_key() -> str:
    """Return a digest of blueprint, layout version, npm packages and the token's source."""
    plan = json.dumps([LAYOUT_VERSION, CONTRACTS, WETH, MINTED_TOKENS, POOLS], sort_keys=True)
    digest = hashlib.sha256(plan.encode())
    for path in (packages.LOCK_FILE, packages.TOKEN_SOURCE):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
