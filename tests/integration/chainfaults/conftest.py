"""Dev chains for faults, with a wallet whose key only its orchestrators have."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.integration.chainfaults.harness import WalletHarness, open_harness
from tests.settings import Settings
from tests.support.canary import Canary
from tradewind.operations.embedded.devchain.dev_chain import DevChain, start_dev_chain
from tradewind.operations.embedded.devchain.funding import fund
from tradewind.operations.embedded.servers import Servers
from tradewind.operations.processes.fork_client import ForkClient

type StartHarness = Callable[..., AbstractAsyncContextManager[WalletHarness]]


@pytest.fixture(scope="session")
def funded_directory(
    deployed_directory: Path, canary: Canary, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a data directory whose chain gave the session's wallet what it needs."""
    directory = tmp_path_factory.mktemp("funded") / "data"
    shutil.copytree(deployed_directory, directory)
    with start_dev_chain(directory) as chain:
        asyncio.run(fund(chain.rpc_url, canary.address))
    return directory


@pytest.fixture(scope="session")
def fault_chain(
    funded_directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DevChain]:
    """Run a dev chain of our own."""
    directory = tmp_path_factory.mktemp("chainfaults") / "data"
    shutil.copytree(funded_directory, directory)
    with start_dev_chain(directory) as running:
        yield running


@pytest.fixture
def fresh_chain(funded_directory: Path, tmp_path: Path) -> Iterator[DevChain]:
    """Run a dev chain of this test alone, which may change its time and fees."""
    directory = tmp_path / "chain"
    shutil.copytree(funded_directory, directory)
    with start_dev_chain(directory) as running:
        yield running


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkClient]:
    """Return what starts the orchestrators, which are killed and started again many times."""
    with ForkClient() as client:
        yield client


@pytest.fixture
def start_harness(
    settings: Settings,
    fresh_chain: DevChain,
    canary: Canary,
    servers: Servers,
    forks: ForkClient,
    tmp_path: Path,
) -> StartHarness:
    """Return what opens a harness; it takes `interval_seconds` and `at_once`."""
    directory = tmp_path / "logs"
    directory.mkdir()
    store = servers.processes["nats"].service.directory
    return partial(open_harness, settings, fresh_chain, canary, directory, store, forks)
