"""Opens the venue: key, nodes, journal, checks; then every open transaction is looked at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final

import structlog

from actors.venues.opening import OpenVenue, VenueResources
from actors.venues.recording import RecordedPlans
from actors.venues.uniswap_v3.approvals import ApprovalPolicy
from actors.venues.uniswap_v3.broadcaster import Broadcaster
from actors.venues.uniswap_v3.checks import check_chain
from actors.venues.uniswap_v3.fees import FeePolicy
from actors.venues.uniswap_v3.keys import Signer, load_signer
from actors.venues.uniswap_v3.late_reorgs import LateReorgs
from actors.venues.uniswap_v3.new_attempts import NewAttempts
from actors.venues.uniswap_v3.next_action import WatchPolicy
from actors.venues.uniswap_v3.nonce_watch import NonceWatch
from actors.venues.uniswap_v3.preflight import Preflight
from actors.venues.uniswap_v3.transaction_manager import TransactionManager
from actors.venues.uniswap_v3.venue import UniswapV3Venue, VenueParts
from actors.venues.uniswap_v3.watch_lease import WatchLease, watching
from tradewind.errors import ConfigurationError
from tradewind.postgres import open_pool
from tradewind.runtime import clock
from tradewind.runtime.outage import Outage
from tradewind.settings import load
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.chain.settings import ChainSettings, WalletSettings
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.tokens import TokenRegistry
from tradewind.trading.wallet.errors import JournalUnavailable, UnknownWallet
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal
from tradewind.trading.wallet.watch_journal import WatchJournal

MAX_RETRY_SECONDS: Final = 1.0
MAX_CONNECTIONS: Final = 8

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
            RpcClient(
                chain.rpc_urls(),
                timeout_seconds=chain.rpc_timeout_seconds,
                chain_id=chain.chain_id,
                proves_every_batch=True,
            )
        )
        pool = await open_pool(
            resources.postgres.postgres_dsn.get_secret_value(),
            max_size=MAX_CONNECTIONS,
            role=ORCHESTRATOR_ROLE,
            writes=True,
        )
        stack.callback(pool.terminate)
        journal = TransactionJournal(pool, chain.chain_id, signer.address, resources.guard)
        manager = make_transaction_manager(chain, signer, client, journal)
        lease = WatchLease(WatchJournal.beside(journal), manager)
        await _begin(chain, resources.registry, client, lease)
        await stack.enter_async_context(watching(lease))
        logger.info("trades", wallet=signer.address, chain_id=chain.chain_id)
        venue = make_venue(chain, signer, client, manager, resources.market, resources.recorded)
        yield OpenVenue(venue, timedelta(seconds=venue.confirm_within_seconds))


def make_transaction_manager(
    chain: ChainSettings, signer: Signer, client: RpcClient, journal: TransactionJournal
) -> TransactionManager:
    """Return the transaction manager of a wallet."""
    fees, policy = FeePolicy.from_settings(chain), WatchPolicy.from_settings(chain)
    broadcaster = Broadcaster(journal, client)
    attempts = NewAttempts(journal, client, signer, fees, broadcaster)
    watch = WatchJournal.beside(journal)
    return TransactionManager(
        journal,
        watch,
        client,
        broadcaster,
        attempts,
        NonceWatch(journal, signer, fees, attempts, policy, clock.now),
        LateReorgs(journal, watch, client, chain.reorg_watch_blocks, policy),
        policy,
        tend_interval_ms=chain.tend_interval_ms,
    )


def make_venue(
    chain: ChainSettings,
    signer: Signer,
    client: RpcClient,
    manager: TransactionManager,
    market: PoolView,
    recorded: RecordedPlans,
) -> UniswapV3Venue:
    """Return the venue that trades through a transaction manager."""
    contracts = chain.contracts()
    router: str = contracts.model_dump()[chain.swap_router]
    fees = FeePolicy.from_settings(chain)
    approvals = ApprovalPolicy.from_settings(chain)
    preflight = Preflight(client, contracts, router, signer.address, fees, approvals)
    parts = VenueParts(client, signer, preflight, manager, market, recorded)
    return UniswapV3Venue(parts, chain)


async def _begin(
    chain: ChainSettings, registry: TokenRegistry, client: RpcClient, lease: WatchLease
) -> None:
    """Check the chain, and have every open transaction looked at before a nonce is taken."""
    outage = Outage("chain", max_seconds=MAX_RETRY_SECONDS)
    while True:
        try:
            await check_chain(client, chain, [token.asset for token in registry.tokens])
            await _expect_known_chain(client, lease.manager.journal)
            await _register(client, lease.manager.journal)
            await lease.first_pass()
            outage.succeeded()
            return
        except (RpcUnavailable, RpcRefused, JournalUnavailable) as error:
            await asyncio.sleep(outage.failed(error))


async def _expect_known_chain(client: RpcClient, journal: TransactionJournal) -> None:
    """Let only nodes be used that have the first block of the chain the database knows."""
    try:
        known = await journal.wallet()
    except UnknownWallet:
        return
    if not known.first_block_hash:
        return
    try:
        await client.check_chain(journal.chain_id, known.first_block_hash)
    except ConfigurationError as error:
        raise _another_chain(journal) from error


def _another_chain(journal: TransactionJournal) -> ConfigurationError:
    return ConfigurationError(
        f"ETH_RPC_URL leads to another chain {journal.chain_id} than the one the database "
        f"knows transactions of {journal.address} on: use the chain and the database that "
        "belong together, or start both anew (another TRADEWIND_DATA_DIR)"
    )


async def _register(client: RpcClient, journal: TransactionJournal) -> None:
    first_block = await client.call("eth_getBlockByNumber", "0x1", False)
    first_block_hash = first_block["hash"] if isinstance(first_block, dict) else ""
    known = await journal.register(await _next_nonce(client, journal.address), first_block_hash)
    if first_block_hash and known.first_block_hash not in ("", first_block_hash):
        raise _another_chain(journal)


async def _next_nonce(client: RpcClient, wallet: str) -> int:
    """Return the first nonce no transaction has, waiting ones included."""
    tags = ("latest", "pending")
    replies = await client.batch([Call("eth_getTransactionCount", (wallet, tag)) for tag in tags])
    return max(parse_quantity(result_of(reply)) for reply in replies)
