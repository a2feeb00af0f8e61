"""One dev chain for all tests; every test finds it as it was deployed."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.chain_wallet import Wallet
from tradewind.operations.embedded.devchain.accounts import TRADER_KEY
from tradewind.operations.embedded.devchain.anvil_server import MAX_HISTORICAL_STATES
from tradewind.operations.embedded.devchain.dev_chain import DevChain, start_dev_chain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.rpc_client import RpcClient

MAX_MINED: Final = MAX_HISTORICAL_STATES // 2
"""The node keeps the states of so many blocks, and counts those that tests took back. It counts the
block that all of them build on once for each test, so it drops its state with the oldest, too."""


@pytest.fixture(scope="session")
def dev_chain(
    deployed_directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DevChain]:
    """Run a dev chain that was just deployed."""
    directory = tmp_path_factory.mktemp("session") / "data"
    shutil.copytree(deployed_directory, directory)
    with start_dev_chain(directory) as running:
        yield running


@pytest.fixture(scope="session")
def mined() -> list[int]:
    """Return how many blocks each test mined since the node was started."""
    return []


@pytest.fixture
async def client(dev_chain: DevChain, mined: list[int]) -> AsyncIterator[RpcClient]:
    """Talk to the dev chain, and take back afterwards what the test did to it."""
    async with RpcClient([dev_chain.rpc_url]) as client:
        node = DevelopmentNode(client)
        before = await node.snapshot()
        height = await node.block_number()
        yield client
        mined.append(await node.block_number() - height)
        await node.mine_every(0)
        await client.command("anvil_dropAllTransactions")
        await node.revert(before)
        # What was mined since the snapshot may be waiting again.
        await client.command("anvil_dropAllTransactions")
    if sum(mined) > MAX_MINED:
        dev_chain.process.restart()
        mined.clear()


@pytest.fixture
def node(client: RpcClient) -> DevelopmentNode:
    """Return the development methods of the same node."""
    return DevelopmentNode(client)


@pytest.fixture
def wallet(client: RpcClient) -> Wallet:
    """Return the funded account, which signs itself."""
    return Wallet(client, TRADER_KEY)
