"""Checks that a node is on the chain that the settings name."""

from tradewind.errors import ConfigurationError
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings


async def check_chain_id(client: RpcClient, settings: ChainSettings) -> None:
    """Ask the node; ConfigurationError when its chain is another one."""
    actual = await client.chain_id()
    if actual != settings.chain_id:
        raise ConfigurationError(
            f"CHAIN_ID is {settings.chain_id}, but ETH_RPC_URL leads to chain {actual}"
        )
