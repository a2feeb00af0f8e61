"""Gives an account on a dev chain what an orchestrator needs to trade."""

from typing import Final

from tradewind.chain.contract_interface import Function
from tradewind.chain.rpc_client import RpcClient
from tradewind.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.embedded.devchain.blueprint import MINTED_TOKENS, WETH
from tradewind.embedded.devchain.deployer import MINT
from tradewind.embedded.devchain.node import DevelopmentNode

ETHER_WEI: Final = 10**18
GAS_MONEY_WEI: Final = 100 * ETHER_WEI
TRANSFER_TO: Final = Function("transfer", ("address", "uint256"))


async def fund(rpc_url: str, address: str) -> None:
    """Give ether for gas, and of each token what the dev chain's own trader has."""
    async with RpcClient([rpc_url]) as client:
        node = DevelopmentNode(client)
        await node.set_balance(address, GAS_MONEY_WEI)
        for token in MINTED_TOKENS:
            amount = token.endowment * 10**token.decimals
            await node.send(LIQUIDITY_PROVIDER, token.address, MINT.encode(address, amount))
        ether = TRANSFER_TO.encode(address, WETH.endowment * 10**WETH.decimals)
        await node.send(LIQUIDITY_PROVIDER, WETH.address, ether)
