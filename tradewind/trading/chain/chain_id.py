"""Checks that the nodes are on the chain that the settings name."""

from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings


async def check_chain_id(client: RpcClient, settings: ChainSettings) -> None:
    """Ask the nodes; from then on, only those of this chain are used.

    ConfigurationError when all of them lead elsewhere, RpcUnavailable when none can tell.
    """
    await client.check_chain(settings.chain_id)
