"""Somebody else trades: the liquidity provider sells ether where our orders do."""

from typing import Final

from tests.integration.chainfaults.drill import Drill
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.blueprint import TOKENS
from tradewind.operations.embedded.devchain.deployer import NO_DEADLINE, UINT256_MAX
from tradewind.trading.chain.erc20 import APPROVE
from tradewind.trading.chain.hexadecimal import to_data
from tradewind.trading.chain.uniswap_v3 import EXACT_INPUT_SINGLE

GWEI: Final = 10**9
FEE_PIPS: Final = 500
SELL_WETH: Final = ("WETH", "USDC", "dispose", FEE_PIPS, 10**17)
"""The order that goes to the pool in which the other one sells, too."""
PAYS_MORE: Final = {"maxFeePerGas": hex(190 * GWEI), "maxPriorityFeePerGas": hex(100 * GWEI)}


async def prepare(drill: Drill) -> None:
    """Let the router take the provider's ether."""
    router = drill.chain.deployment.contracts.swap_router
    await drill.node.impersonate(LIQUIDITY_PROVIDER)
    async with drill.node.mining_at_once():
        await drill.node.send(
            LIQUIDITY_PROVIDER, TOKENS["WETH"].address, APPROVE.encode(router, UINT256_MAX)
        )


async def sell_weth(drill: Drill, amount_wei: int) -> None:
    """Send a sale that the next block puts before ours."""
    weth, usdc = TOKENS["WETH"].address, TOKENS["USDC"].address
    sale = (weth, usdc, FEE_PIPS, LIQUIDITY_PROVIDER, NO_DEADLINE, amount_wei, 0, 0)
    transaction = {
        "from": LIQUIDITY_PROVIDER,
        "to": drill.chain.deployment.contracts.swap_router,
        "data": to_data(EXACT_INPUT_SINGLE.encode(sale)),
        "gas": hex(1_000_000),
    }
    await drill.client.command("eth_sendTransaction", transaction | PAYS_MORE)
