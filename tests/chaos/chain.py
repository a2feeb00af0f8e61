"""The chain of a rehearsal: an honest node, a proxy that can lie, and another chain beside it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.rpc_proxy import RpcProxy, rpc_proxy
from tests.support.settlement.chain_record import Balances, ChainRecord, chain_record
from tradewind.operations.embedded.devchain import packages
from tradewind.operations.embedded.devchain.accounts import TRADER, TRADER_KEY
from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID, AnvilServer
from tradewind.operations.embedded.devchain.dev_chain import DevChain, start_dev_chain
from tradewind.operations.embedded.devchain.errors import DevChainUnavailable
from tradewind.operations.processes.ports import choose_ports
from tradewind.operations.processes.process import ServiceProcess

BLOCK_SECONDS: Final = 1
OTHER: Final = "other-chain"
BRISK: Final = {
    "CHAIN_ID": str(CHAIN_ID),
    "PLATFORM_MOCK_CHAIN": "false",
    "TRADEWIND_CHAIN_POLL_INTERVAL_MS": "250",
    "TRADEWIND_REBROADCAST_AFTER_SECONDS": "0.5",
    "TRADEWIND_RPC_TIMEOUT_SECONDS": "1",
}


def can_have_chain(say: Callable[[str], object]) -> bool:
    """Return whether a dev chain can be run here; say why not."""
    try:
        packages.require()
    except DevChainUnavailable as reason:
        say(f"{reason}. Nothing trades on a chain.")
        return False
    return True


def started_chain(directory: Path) -> AbstractContextManager[DevChain]:
    """Run a dev chain that mines a block a second. Main thread only, outside an event loop."""
    return start_dev_chain(
        directory, block_time_seconds=BLOCK_SECONDS, mines_each_transaction=False
    )


@dataclass
class RehearsalChain:
    """What the faults, the load and the checker need of the chain."""

    chain: DevChain
    proxy: RpcProxy
    other: ServiceProcess[AnvilServer]
    record: ChainRecord
    before: Balances

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables of every role."""
        return BRISK | {
            "ETH_RPC_URL": self.proxy.url,
            "TRADEWIND_TOKENS_FILE": str(self.chain.tokens_path),
        }

    @property
    def orchestrator_environment(self) -> Mapping[str, str]:
        """Variables of the orchestrator alone: the key."""
        return {"TRADEWIND_WALLET_KEY": TRADER_KEY}

    def behave(self) -> None:
        """Let the proxy be honest, and lead to the right chain."""
        self.proxy.behave()
        self.proxy.upstream = self.chain.rpc_url

    def lead_elsewhere(self) -> None:
        """Let the proxy lead to another chain, which has the same id."""
        self.proxy.upstream = self.other.service.url


@asynccontextmanager
async def rehearsal_chain(chain: DevChain, directory: Path) -> AsyncIterator[RehearsalChain]:
    """Run a proxy in front of a dev chain, and an empty chain to be led astray to."""
    async with AsyncExitStack() as stack:
        port = choose_ports(directory, (OTHER,))[OTHER]
        place = directory / OTHER
        server = AnvilServer(
            place / "anvil", port, place / "anvil.log", block_time_seconds=BLOCK_SECONDS
        )
        other = ServiceProcess(server)
        stack.callback(other.stop)
        other.start()
        other.wait_ready()
        proxy = await stack.enter_async_context(rpc_proxy(chain.rpc_url))
        record = await stack.enter_async_context(chain_record(chain.rpc_url, TRADER))
        before = await record.balances([token.address for token in chain.deployment.tokens])
        yield RehearsalChain(chain, proxy, other, record, before)
