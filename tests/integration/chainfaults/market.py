"""Lets the liquidity provider sell ether in the pool of our orders."""

from typing import Final

from tests.integration.chainfaults.harness import WalletHarness
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.blueprint import TOKENS
from tradewind.operations.embedded.devchain.deployer import NO_DEADLINE, UINT256_MAX
from tradewind.trading.chain.erc20 import APPROVE
from tradewind.trading.chain.hexadecimal import to_data
from tradewind.trading.chain.uniswap_v3 import EXACT_INPUT_SINGLE

GWEI: Final = 10**9
FEE_PIPS: Final = 500
SELL_WETH: Final = ("WETH", "USDC", "dispose", FEE_PIPS, 10**17)
"""An order in the pool in which the liquidity provider sells, too."""
PAYS_MORE: Final = {"maxFeePerGas": hex(190 * GWEI), "maxPriorityFeePerGas": hex(100 * GWEI)}


async def prepare(harness: WalletHarness) -> None:
    """Allow the router to take the provider's ether."""
    router = harness.chain.deployment.contracts.swap_router
    await harness.node.impersonate(LIQUIDITY_PROVIDER)
    async with harness.node.mining_at_once():
        await harness.node.send(
            LIQUIDITY_PROVIDER, TOKENS["WETH"].address, APPROVE.encode(router, UINT256_MAX)
        )


async def sell_weth(harness: WalletHarness, amount_wei: int) -> None:
    """Send a sale that the next block executes before ours."""
    weth, usdc = TOKENS["WETH"].address, TOKENS["USDC"].address
    sale = (weth, usdc, FEE_PIPS, LIQUIDITY_PROVIDER, NO_DEADLINE, amount_wei, 0, 0)
    transaction = {
        "from": LIQUIDITY_PROVIDER,
        "to": harness.chain.deployment.contracts.swap_router,
        "data": to_data(EXACT_INPUT_SINGLE.encode(sale)),
        "gas": hex(1_000_000),
    }
    await harness.client.command("eth_sendTransaction", transaction | PAYS_MORE)
