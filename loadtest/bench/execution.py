"""Measures a swap on a chain by stage: build, preflight, sign, claim, broadcast, confirm."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from pydantic import SecretStr

from actors.orchestrator.decide import order_of
from actors.venues.contract import SwapOrder
from actors.venues.recording import RecordedPlans
from actors.venues.uniswap_v3.keys import Signer, load_signer
from actors.venues.uniswap_v3.open_venue import make_transaction_manager, make_venue
from actors.venues.uniswap_v3.preflight import Ready
from actors.venues.uniswap_v3.venue import UniswapV3Venue
from loadtest.bench.events import accepted_histories, planned
from loadtest.bench.findings import BenchmarkFailed, Finding
from loadtest.bench.percentiles import percentile
from loadtest.bench.run import Run
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.errors import NotYet
from tradewind.ledger import migrations
from tradewind.ledger.append.incoming import Incoming, read_message
from tradewind.ledger.append.writer import Ledger
from tradewind.operations.embedded.devchain.accounts import TRADER, TRADER_KEY
from tradewind.operations.embedded.devchain.dev_chain import DevChain, start_dev_chain
from tradewind.operations.embedded.devchain.errors import DevChainUnavailable
from tradewind.operations.embedded.servers import start_servers
from tradewind.postgres import open_pool
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.pool_loader import discover_pools, load_states
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings, WalletSettings
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key
from tradewind.trading.pricing.routes.best_route import best_exact_in
from tradewind.trading.pricing.swap.engine import choose_router
from tradewind.trading.tokens import TokenRegistry
from tradewind.trading.wallet.records import Fees, UnsignedTransaction
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal

NAME: Final = "execution"
_COUNT = 60
_SEED = 15
_SOLD_UNITS = 10 * 10**6
_WINDOW = timedelta(minutes=10)
_TEND_INTERVAL_MS = 10

type Samples = dict[str, list[float]]


def run(run: Run) -> list[Finding]:
    """Return p50 and p99 of each stage, on a dev chain that mines a block per transaction."""
    samples: Samples = {}
    try:
        with (
            start_servers(run.subdirectory("execution"), names=("postgres",)) as servers,
            start_dev_chain(run.subdirectory("execution-chain")) as chain,
        ):
            migrations.upgrade(servers.postgres_dsn)
            asyncio.run(_measure(servers.postgres_dsn, chain, run.scaled(_COUNT), samples))
    except DevChainUnavailable as error:
        raise BenchmarkFailed(str(error)) from None
    return [
        Finding(
            NAME,
            f"{what}, p50",
            percentile(times, 50),
            "ms",
            note=f"p99 {percentile(times, 99):.1f} ms",
        )
        for what, times in samples.items()
    ]


async def _measure(dsn: str, chain: DevChain, count: int, samples: Samples) -> None:
    settings = ChainSettings(
        TRADEWIND_ETH_RPC_URL=SecretStr(chain.rpc_url),
        TRADEWIND_CHAIN_ID=chain.deployment.chain_id,
        tend_interval_ms=_TEND_INTERVAL_MS,
    )
    signer = load_signer(WalletSettings(wallet_key=SecretStr(TRADER_KEY)))
    pool = await open_pool(dsn, role=ORCHESTRATOR_ROLE)
    async with RpcClient([chain.rpc_url]) as client:
        journal = TransactionJournal(pool, settings.chain_id, TRADER)
        nonce = await client.call("eth_getTransactionCount", TRADER, "latest")
        await journal.register(parse_quantity(nonce))
        manager = make_transaction_manager(settings, signer, client, journal)
        view, step = await _market(client, chain)
        venue = make_venue(settings, signer, client, manager, view, RecordedPlans())
        for order in await _recorded_orders(dsn, step, count):
            await _swap(venue, signer, order, samples)
    await pool.close()


async def _swap(venue: UniswapV3Venue, signer: Signer, order: SwapOrder, samples: Samples) -> None:
    build = "build, deadline from the newest block"
    transaction = await _timed(samples, build, lambda: venue.build_swap_tx(order))
    ready = await _timed(
        samples,
        "try out, approval and swap simulated",
        lambda: venue._parts.preflight.run(order.step, transaction.data),
    )
    if not isinstance(ready, Ready):
        raise BenchmarkFailed(f"refused: {ready}")
    unsigned = UnsignedTransaction(31_337, 0, TRADER, transaction.data, ready.gas_limit, Fees(2, 1))
    started_at = time.perf_counter_ns()
    signer.sign(unsigned)
    _note(samples, "sign", started_at)
    signed = await _timed(
        samples,
        "try out and claim: two nonces, signed and committed",
        lambda: venue.sign_tx(transaction),
    )
    await _timed(samples, "submit, approval and swap", lambda: venue.broadcast_tx(signed.tx_hash))
    await _timed(samples, "confirm", lambda: _confirmed(venue, signed.tx_hash))


async def _confirmed(venue: UniswapV3Venue, tx_hash: str) -> Any:
    while True:
        try:
            return await venue.wait_receipt(tx_hash)
        except NotYet:
            await venue._parts.manager.watch()


async def _timed[T](samples: Samples, what: str, action: Callable[[], Awaitable[T]]) -> T:
    started_at = time.perf_counter_ns()
    result = await action()
    _note(samples, what, started_at)
    return result


def _note(samples: Samples, what: str, started_at: int) -> None:
    samples.setdefault(what, []).append((time.perf_counter_ns() - started_at) / 1e6)


async def _market(client: RpcClient, chain: DevChain) -> tuple[PoolView, ExecutionStep]:
    deployment = chain.deployment
    assets = {token.symbol: token.asset for token in deployment.tokens}
    pools = await discover_pools(client, deployment.contracts, list(assets.values()))
    cache = SnapshotCache(choose_router(rust_engine_enabled=True))
    block, states = await load_states(client, deployment.contracts.tick_lens, pools)
    for snapshot in (state.snapshot(block) for state in states):
        cache.apply(snapshot_key(snapshot), snapshot.model_dump_json().encode())
    view = PoolView(cache, TokenRegistry(deployment.tokens))
    sold, bought = assets["USDC"], assets["WETH"]
    route = best_exact_in(view.pools(sold, bought), sold, _SOLD_UNITS)
    assert route is not None
    step = ExecutionStep(
        venue=UNISWAP_V3,
        base=bought,
        quote=sold,
        token_in=sold.address,
        token_out=bought.address,
        amount_in=_SOLD_UNITS,
        min_out=1,
        route=route.quote,
    )
    return view, step


async def _recorded_orders(dsn: str, step: ExecutionStep, count: int) -> list[SwapOrder]:
    """Return orders whose plans are recorded: without that nothing is signed."""
    expires_at = datetime.now(UTC) + _WINDOW
    histories = [
        planned(history, step, expires_at) for history in islice(accepted_histories(_SEED), count)
    ]
    pool = await open_pool(dsn)
    for history in histories:
        incoming = [read_message(event.subject, 1, event.to_bytes()) for event in history]
        await Ledger(pool).append([one for one in incoming if isinstance(one, Incoming)])
    await pool.close()
    return [order_of(history[-1]) for history in histories]
