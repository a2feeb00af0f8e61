"""Starts the dev chain: deploys the blueprint the first time, and reuses it later."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tradewind.contracts.instruments.assets import RegisteredToken
from tradewind.operations.embedded.devchain import packages
from tradewind.operations.embedded.devchain.accounts import TRADER
from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID, AnvilServer
from tradewind.operations.embedded.devchain.blueprint import ADDRESSES, TOKENS, blueprint_key
from tradewind.operations.embedded.devchain.deployer import deploy
from tradewind.operations.embedded.devchain.deployment import (
    DEPLOYMENT_FILE,
    TOKENS_FILE,
    DeployedPool,
    Deployment,
    read_deployment,
    write_deployment,
)
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.operations.processes.lock import data_directory_lock
from tradewind.operations.processes.ports import choose_ports
from tradewind.operations.processes.process import ServiceProcess
from tradewind.trading.chain.rpc_client import RpcClient

DIRECTORY: Final = "devchain"
DEFAULT_CHAIN: Final = "ethereum"


@dataclass(frozen=True)
class DevChain:
    """The running dev chain."""

    process: ServiceProcess[AnvilServer]
    deployment: Deployment
    directory: Path

    @property
    def rpc_url(self) -> str:
        """Address of its node."""
        return self.process.service.url

    @property
    def deployment_path(self) -> Path:
        """The file that describes the chain for other programs."""
        return self.directory / DEPLOYMENT_FILE

    @property
    def tokens_path(self) -> Path:
        """The file of its tokens, in the format of TRADEWIND_TOKENS_FILE."""
        return self.directory / TOKENS_FILE


@contextmanager
def start_dev_chain(
    data_directory: Path,
    *,
    port: int | None = None,
    block_time_seconds: int | None = None,
    mines_each_transaction: bool = True,
    chain: str = DEFAULT_CHAIN,
) -> Iterator[DevChain]:
    """Run the dev chain of a data directory and stop it at the end. Main thread only.

    About 3 s the first time, 0.2 s later. Without an event loop: it runs its own.
    DevChainUnavailable when Node.js, anvil or the npm packages are missing, DataDirectoryInUse
    when it runs already, ServerError when anvil does not come up.
    """
    packages.require()
    directory = data_directory.resolve() / DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    with data_directory_lock(directory) as lock:
        known = _known(directory, chain)
        server = AnvilServer(
            directory / "anvil",
            port or choose_ports(directory, ("anvil",))["anvil"],
            directory / "anvil.log",
            block_time_seconds=block_time_seconds,
            mines_each_transaction=mines_each_transaction or block_time_seconds is None,
        )
        process = ServiceProcess(server, [lock])
        try:
            process.start()
            process.wait_ready()
            pools = known.pools if known else asyncio.run(_deploy(server.url))
            deployment = _describe(server.url, chain, pools)
            write_deployment(directory, deployment)
            yield DevChain(process, deployment, directory)
        finally:
            process.stop()


def _known(directory: Path, chain: str) -> Deployment | None:
    """Return the existing deployment; delete the chain when another blueprint made it."""
    deployment = read_deployment(directory)
    is_current = deployment is not None and deployment.key == blueprint_key()
    if is_current and (directory / "anvil" / "state.json").exists():
        return deployment
    (directory / DEPLOYMENT_FILE).unlink(missing_ok=True)
    shutil.rmtree(directory / "anvil", ignore_errors=True)
    return None


async def _deploy(url: str) -> tuple[DeployedPool, ...]:
    async with RpcClient([url]) as client, DevelopmentNode(client).mining_at_once():
        return await deploy(client)


def _describe(url: str, chain: str, pools: tuple[DeployedPool, ...]) -> Deployment:
    return Deployment(
        key=blueprint_key(),
        rpc_url=url,
        chain=chain,
        chain_id=CHAIN_ID,
        account=TRADER,
        contracts=ADDRESSES,
        tokens=tuple(
            RegisteredToken(
                symbol=token.symbol,
                chain=chain,
                address=token.address,
                decimals=token.decimals,
                usd_pegged=token.usd_pegged,
            )
            for token in TOKENS.values()
        ),
        pools=pools,
    )
