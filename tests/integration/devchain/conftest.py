"""One dev chain for all tests; every test finds it as it was deployed."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tradewind.chain.rpc_client import RpcClient
from tradewind.embedded.devchain import packages
from tradewind.embedded.devchain.dev_chain import DevChain, start_dev_chain
from tradewind.embedded.devchain.errors import DevChainUnavailable
from tradewind.embedded.devchain.node import DevelopmentNode


@pytest.fixture(scope="session")
def devchain_packages() -> None:
    """Install what is missing; skip with the reason where that is not possible."""
    try:
        if not packages.is_installed():
            packages.install()
        packages.require()
    except DevChainUnavailable as reason:
        pytest.skip(f"no dev chain: {reason}")


@pytest.fixture(scope="session")
def dev_chain(devchain_packages: None) -> Iterator[DevChain]:
    """Run a freshly deployed dev chain."""
    directory = Path(tempfile.mkdtemp(prefix="tradewind-devchain-"))
    try:
        with start_dev_chain(directory) as running:
            yield running
    finally:
        shutil.rmtree(directory)


@pytest.fixture
async def client(dev_chain: DevChain) -> AsyncIterator[RpcClient]:
    """Talk to the dev chain, and take back afterwards what the test did to it."""
    async with RpcClient([dev_chain.rpc_url]) as client:
        node = DevelopmentNode(client)
        before = await node.snapshot()
        yield client
        await node.revert(before)


@pytest.fixture
def node(client: RpcClient) -> DevelopmentNode:
    """Return the development methods of the same node."""
    return DevelopmentNode(client)
