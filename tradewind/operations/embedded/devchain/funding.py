"""Funds an account on a development chain with ether and tokens."""

from typing import Final

from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.blueprint import MINTED_TOKENS, WETH
from tradewind.operations.embedded.devchain.deployer import MINT
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.contract_interface import Function, Read
from tradewind.trading.chain.erc20 import BALANCE_OF, DEPOSIT
from tradewind.trading.chain.hexadecimal import parse_quantity, to_data, to_quantity
from tradewind.trading.chain.rpc_client import RpcClient

ETHER_WEI: Final = 10**18
GAS_MONEY_WEI: Final = 100 * ETHER_WEI
FORK_ETHER_WEI: Final = 1_000 * ETHER_WEI
TRANSFER_TO: Final = Function("transfer", ("address", "uint256"))


async def fund(rpc_url: str, address: str) -> None:
    """Give ether for gas, and as much of each token as the dev chain's own trader has."""
    async with RpcClient([rpc_url]) as client:
        node = DevelopmentNode(client)
        async with node.mining_at_once():
            await _give_all(node, address)


async def _give_all(node: DevelopmentNode, address: str) -> None:
    await node.set_balance(address, GAS_MONEY_WEI)
    for token in MINTED_TOKENS:
        amount = token.endowment * 10**token.decimals
        await node.send(LIQUIDITY_PROVIDER, token.address, MINT.encode(address, amount))
    ether = TRANSFER_TO.encode(address, WETH.endowment * 10**WETH.decimals)
    await node.send(LIQUIDITY_PROVIDER, WETH.address, ether)


async def fund_once(rpc_url: str, address: str) -> None:
    """Fund an account that holds no ether yet."""
    async with RpcClient([rpc_url]) as client:
        balance = parse_quantity(await client.call("eth_getBalance", address, "latest"))
    if not balance:
        await fund(rpc_url, address)


async def fund_on_fork(rpc_url: str, address: str, wrapped_native: str) -> None:
    """Give ether on a fork of a real chain and wrap a part of it, unless that was done before.

    The transaction is not valid on the real chain, because the fork has another chain id.
    """
    async with RpcClient([rpc_url]) as client:
        (held,) = await client.read(Read(wrapped_native, BALANCE_OF, (address,)))
        if held:
            return
        node = DevelopmentNode(client)
        await node.set_balance(address, FORK_ETHER_WEI)
        await node.impersonate(address)
        call = {
            "from": address,
            "to": wrapped_native,
            "value": to_quantity(FORK_ETHER_WEI // 2),
            "data": to_data(DEPOSIT.encode()),
        }
        await node.receipt(await client.command("eth_sendTransaction", call))
        await node.stop_impersonating(address)
