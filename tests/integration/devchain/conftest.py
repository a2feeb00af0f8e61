"""One dev chain for all tests; every test finds it as it was deployed."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.chain_wallet import Wallet
from tradewind.operations.embedded.devchain.accounts import TRADER_KEY
from tradewind.operations.embedded.devchain.dev_chain import DevChain, start_dev_chain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.rpc_client import RpcClient


@pytest.fixture(scope="session")
def dev_chain(
    deployed_directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DevChain]:
    """Run a dev chain that was just deployed."""
    directory = tmp_path_factory.mktemp("session") / "data"
    shutil.copytree(deployed_directory, directory)
    with start_dev_chain(directory) as running:
        yield running


@pytest.fixture
async def client(dev_chain: DevChain) -> AsyncIterator[RpcClient]:
    """Talk to the dev chain, and take back afterwards what the test did to it."""
    async with RpcClient([dev_chain.rpc_url]) as client:
        node = DevelopmentNode(client)
        before = await node.snapshot()
        yield client
        await node.mine_every(0)
        await client.command("anvil_dropAllTransactions")
        await node.revert(before)
        # What was mined since the snapshot may be waiting again.
        await client.command("anvil_dropAllTransactions")


@pytest.fixture
def node(client: RpcClient) -> DevelopmentNode:
    """Return the development methods of the same node."""
    return DevelopmentNode(client)


@pytest.fixture
def wallet(client: RpcClient) -> Wallet:
    """Return the funded account, which signs itself."""
    return Wallet(client, TRADER_KEY)
