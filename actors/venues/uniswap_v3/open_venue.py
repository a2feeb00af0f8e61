"""Opens the venue: key, nodes, journal, checks; then every open transaction is looked at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final

import structlog

from actors.venues.opening import OpenVenue, VenueResources
from actors.venues.uniswap_v3.checks import check_chain
from actors.venues.uniswap_v3.fees import FeePolicy
from actors.venues.uniswap_v3.keys import Signer, load_signer
from actors.venues.uniswap_v3.late_reorgs import LateReorgs
from actors.venues.uniswap_v3.next_action import WatchPolicy
from actors.venues.uniswap_v3.preflight import Preflight
from actors.venues.uniswap_v3.transaction_manager import TransactionManager
from actors.venues.uniswap_v3.venue import UniswapV3Venue, VenueParts
from tradewind.errors import ConfigurationError
from tradewind.postgres import open_pool
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.settings import load
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.chain.settings import ChainSettings, WalletSettings
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.tokens import TokenRegistry
from tradewind.trading.wallet.errors import JournalUnavailable
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal

MAX_RETRY_SECONDS: Final = 1.0
STOP_SECONDS: Final = 5.0

logger = structlog.get_logger("wallet")


@asynccontextmanager
async def open_venue(resources: VenueResources) -> AsyncIterator[OpenVenue]:
    """Yield the venue; its transaction manager runs beside it.

    Waits for nodes and database that are away, saying so once; ConfigurationError for a wrong
    setting, before anything is signed.
    """
    chain = load(ChainSettings)
    signer = load_signer(load(WalletSettings))
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            RpcClient(chain.rpc_urls(), timeout_seconds=chain.rpc_timeout_seconds)
        )
        pool = await open_pool(
            resources.postgres.postgres_dsn.get_secret_value(), role=ORCHESTRATOR_ROLE, writes=True
        )
        stack.callback(pool.terminate)
        manager = make_transaction_manager(
            chain, signer, client, TransactionJournal(pool, chain.chain_id, signer.address)
        )
        await _begin(chain, resources.registry, client, manager)
        await stack.enter_async_context(_managed(manager))
        logger.info("trades", wallet=signer.address, chain_id=chain.chain_id)
        venue = make_venue(chain, signer, client, manager, resources.market)
        yield OpenVenue(venue, timedelta(seconds=venue.confirm_within_seconds))


def make_transaction_manager(
    chain: ChainSettings, signer: Signer, client: RpcClient, journal: TransactionJournal
) -> TransactionManager:
    """Return the transaction manager of a wallet."""
    return TransactionManager(
        journal,
        client,
        signer,
        FeePolicy.from_settings(chain),
        WatchPolicy.from_settings(chain),
        LateReorgs(journal, client, chain.reorg_watch_blocks),
        tend_interval_ms=chain.tend_interval_ms,
    )


def make_venue(
    chain: ChainSettings,
    signer: Signer,
    client: RpcClient,
    manager: TransactionManager,
    market: PoolView,
) -> UniswapV3Venue:
    """Return the venue that trades through a transaction manager."""
    contracts = chain.contracts()
    router: str = contracts.model_dump()[chain.swap_router]
    fees = FeePolicy.from_settings(chain)
    preflight = Preflight(client, contracts, router, signer.address, fees)
    return UniswapV3Venue(VenueParts(client, signer, preflight, manager, market), chain)


async def _begin(
    chain: ChainSettings, registry: TokenRegistry, client: RpcClient, manager: TransactionManager
) -> None:
    """Check the chain and every open transaction of the wallet before a nonce is taken."""
    outage = Outage("chain", max_seconds=MAX_RETRY_SECONDS)
    while True:
        try:
            await check_chain(client, chain, [token.asset for token in registry.tokens])
            await _register(client, manager.journal)
            await manager.check_now()
            outage.succeeded()
            return
        except (RpcUnavailable, RpcRefused, JournalUnavailable) as error:
            await asyncio.sleep(outage.failed(error))


async def _register(client: RpcClient, journal: TransactionJournal) -> None:
    first_block = await client.call("eth_getBlockByNumber", "0x1", False)
    first_block_hash = first_block["hash"] if isinstance(first_block, dict) else ""
    known = await journal.register(await _next_nonce(client, journal.address), first_block_hash)
    if first_block_hash and known.first_block_hash not in ("", first_block_hash):
        raise ConfigurationError(
            f"ETH_RPC_URL leads to another chain {journal.chain_id} than the one the database "
            f"knows transactions of {journal.address} on: use the chain and the database that "
            "belong together, or start both anew (another TRADEWIND_DATA_DIR)"
        )


async def _next_nonce(client: RpcClient, wallet: str) -> int:
    """Return the first nonce no transaction has, waiting ones included."""
    tags = ("latest", "pending")
    replies = await client.batch([Call("eth_getTransactionCount", (wallet, tag)) for tag in tags])
    return max(parse_quantity(result_of(reply)) for reply in replies)


def _managed(manager: TransactionManager) -> AbstractAsyncContextManager[None]:
    """Run the transaction manager beside a block; a pass under way at its end may finish."""
    outage = Outage("wallet", max_seconds=MAX_RETRY_SECONDS)
    seconds = manager.tend_interval_ms / 1_000
    return repeated(seconds, manager.check_if_due, outage, stop_seconds=STOP_SECONDS)
