"""Odd tokens, bought and sold through the real venue: what is booked is what the wallet moved."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import isqrt

import pytest
from pydantic import SecretStr

from actors.planner.decide import decide
from actors.planner.quoting import read_market
from actors.venues.contract import Receipt, Reorg, StepRefused, SwapOrder
from actors.venues.recording import RecordedPlans
from actors.venues.uniswap_v3.checks import check_chain
from actors.venues.uniswap_v3.keys import load_signer
from actors.venues.uniswap_v3.open_venue import make_transaction_manager, make_venue
from actors.venues.uniswap_v3.transaction_manager import TransactionManager
from actors.venues.uniswap_v3.venue import UniswapV3Venue
from tests.integration.devchain.market import load_pools
from tests.support.factories import REGISTRY, USDC, WETH, WINDOW, accepted, cache_of
from tests.support.limits import PLAN_LIMITS
from tests.support.odd_tokens import ODD_TOKENS, SOURCE, OddToken
from tests.support.recorded_plans import record_plans
from tests.support.waiting import wait_until
from tradewind.contracts.instruments.assets import RegisteredToken, to_checksum_address
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.errors import ConfigurationError, NotYet
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER, TRADER, TRADER_KEY
from tradewind.operations.embedded.devchain.deployer import MINT, NO_DEADLINE, UINT256_MAX
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.operations.embedded.devchain.packages import Artifact, compile_source
from tradewind.postgres import Pool, open_pool
from tradewind.trading.chain.contract_interface import Function, Read
from tradewind.trading.chain.erc20 import BALANCE_OF
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.pool_loader import discover_pools
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings, WalletSettings
from tradewind.trading.chain.uniswap_v3 import CREATE_POOL, MINT_POSITION, MULTICALL
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.tokens import TokenRegistry
from tradewind.trading.wallet.plan_event import PlanEvent
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal

ARM = Function("arm")
PRESET = Function("preset", ("address", "address", "uint256"))
FEE_PIPS, HIGHEST_TICK = 3_000, 887_220
DEPTH, AMOUNT = 1_000_000, Decimal(100)
WETH_PER_TOKEN = 10**15
SLIPPAGE = Decimal("0.001")
LIMITS = PLAN_LIMITS.model_copy(update={"venue": UNISWAP_V3, "pool_max_age_seconds": 86_400})


@dataclass
class Desk:
    """A venue, and the market it trades on."""

    venue: UniswapV3Venue
    view: PoolView
    node: DevelopmentNode
    manager: TransactionManager
    owner: Pool
    orders: int = 0

    def order(self, token: RegisteredToken, side: str) -> SwapOrder:
        """Return an order of 100 of a token for WETH, with 0.1 % slippage."""
        self.orders += 1
        event = accepted(
            self.orders,
            intent_type=side,
            assets=(token.asset, WETH),
            amount=AMOUNT,
            slippage=SLIPPAGE,
        )
        reading = read_market(self.view, event.payload.intent)
        (created,) = decide(event, reading, LIMITS, reading.pools[0].snapshot.block_time)
        (step,) = created.payload.steps
        deadline = datetime.now(UTC) + WINDOW
        return SwapOrder(
            *(created.payload.plan_id, 0, "alpha", step, deadline, PlanEvent.of(created)),
            created.key.portfolio,
        )

    async def end_of(self, row: OddToken, order: SwapOrder) -> str:
        """Execute an order and return how it ends; what is booked must be what the wallet moved."""
        before = await self._balances(order)
        await record_plans(self.owner, order.plan_event)
        try:
            signed = await self.venue.sign_tx(await self.venue.build_swap_tx(order))
        except StepRefused as refused:
            assert await self._balances(order) == before
            return f"{refused.reason} {refused.detail}"
        if row.armed == "signed":
            await self.node.send(LIQUIDITY_PROVIDER, _odd_token_of(order), ARM.encode())
        await self.venue.broadcast_tx(signed.tx_hash)
        receipt = await self._settled(signed.tx_hash)
        after = await self._balances(order)
        assert receipt.cost.fee_wei
        approved = [str(one.amount) for one in receipt.approvals]
        names = {str(order.step.amount_in): "amount"}
        if order.step.token_in != WETH.address:
            assert tuple(names.get(one, one) for one in approved) == row.approvals
        if receipt.revert_reason is not None:
            assert after == before
            return f"{receipt.revert_reason} {receipt.revert_detail}"
        (fill,) = receipt.fills
        booked = (before[0] - fill.amount_in, before[1] + fill.amount_out)
        assert all(
            abs(one - other) <= row.rounding for one, other in zip(booked, after, strict=True)
        ), (row, booked, after)
        return "completed"

    async def _balances(self, order: SwapOrder) -> tuple[int, int]:
        tokens = (order.step.token_in, order.step.token_out)
        (sold,), (bought,) = await self.node.client.read_all(
            [Read(one, BALANCE_OF, (TRADER,)) for one in tokens]
        )
        return sold, bought

    async def _settled(self, tx_hash: str) -> Receipt:
        found: list[Receipt | Reorg] = []

        async def is_settled() -> bool:
            await self.manager.watch()
            try:
                found.append(await self.venue.wait_receipt(tx_hash))
            except NotYet:
                return False
            return True

        await wait_until(is_settled, "it is settled")
        (receipt,) = found
        assert isinstance(receipt, Receipt)
        return receipt


@pytest.fixture(scope="session")
def compiled() -> dict[str, Artifact]:
    """Compile the tokens, which takes seconds."""
    return compile_source(SOURCE)


@pytest.fixture
async def tokens(
    node: DevelopmentNode, dev_chain: DevChain, compiled: dict[str, Artifact]
) -> list[RegisteredToken]:
    """Deploy a token for every row, with a pool beside WETH, and give the wallet some of each."""
    contracts = dev_chain.deployment.contracts
    found = []
    for number, row in enumerate(ODD_TOKENS):
        receipt = await node.send(LIQUIDITY_PROVIDER, None, compiled[row.contract].creation_code)
        address = to_checksum_address(receipt["contractAddress"])
        unit = 10**row.decimals
        for owner in (LIQUIDITY_PROVIDER, TRADER):
            await node.send(LIQUIDITY_PROVIDER, address, MINT.encode(owner, DEPTH * unit))
        for allowance in (
            (LIQUIDITY_PROVIDER, contracts.position_manager, UINT256_MAX),
            (TRADER, contracts.swap_router, row.allowance),
        ):
            await node.send(LIQUIDITY_PROVIDER, address, PRESET.encode(*allowance))
        await node.send(LIQUIDITY_PROVIDER, contracts.position_manager, _pool_calls(address, unit))
        if row.armed == "before":
            await node.send(LIQUIDITY_PROVIDER, address, ARM.encode())
        found.append(
            RegisteredToken(
                symbol=f"ODD{number}", chain="ethereum", address=address, decimals=row.decimals
            )
        )
    return found


def _pool_calls(token: str, unit: int) -> bytes:
    """Return the calls that make a pool of a million tokens, a thousandth of a WETH each."""
    worth = {token: DEPTH * unit, WETH.address: DEPTH * WETH_PER_TOKEN}
    token0, token1 = sorted(worth, key=lambda address: int(address, 16))
    price = isqrt((worth[token1] << 192) // worth[token0])
    key = (token0, token1, FEE_PIPS)
    position = (-HIGHEST_TICK, HIGHEST_TICK, worth[token0], worth[token1], 0, 0)
    mint = MINT_POSITION.encode((*key, *position, LIQUIDITY_PROVIDER, NO_DEADLINE))
    return MULTICALL.encode([CREATE_POOL.encode(*key, price), mint])


def _odd_token_of(order: SwapOrder) -> str:
    step = order.step
    return step.token_in if step.token_out == WETH.address else step.token_out


@asynccontextmanager
async def open_desk(
    client: RpcClient, dev_chain: DevChain, dsn: str, tokens: list[RegisteredToken]
) -> AsyncIterator[Desk]:
    deployment = dev_chain.deployment
    settings = ChainSettings(
        TRADEWIND_ETH_RPC_URL=SecretStr(dev_chain.rpc_url),
        TRADEWIND_CHAIN_ID=deployment.chain_id,
        tend_interval_ms=10,
    )
    assets = [WETH, USDC, *(token.asset for token in tokens)]
    pools = await discover_pools(client, deployment.contracts, assets)
    snapshots = await load_pools(client, deployment.contracts.tick_lens, pools)
    view = PoolView(cache_of(snapshots), TokenRegistry([*REGISTRY.tokens, *tokens]))
    pool = await open_pool(dsn, role=ORCHESTRATOR_ROLE)
    signer = load_signer(WalletSettings(wallet_key=SecretStr(TRADER_KEY)))
    manager = make_transaction_manager(
        settings, signer, client, TransactionJournal(pool, settings.chain_id, TRADER)
    )
    count = await client.call("eth_getTransactionCount", TRADER, "latest")
    await manager.journal.register(parse_quantity(count))
    venue = make_venue(settings, signer, client, manager, view, RecordedPlans())
    owner = await open_pool(dsn, max_size=1)
    try:
        yield Desk(venue, view, DevelopmentNode(client), manager, owner)
    finally:
        await pool.close()
        await owner.close()


@pytest.mark.parametrize("side", ["acquire", "dispose"])
async def test_every_row_ends_as_the_table_says(
    client: RpcClient,
    dev_chain: DevChain,
    database_dsn: str,
    tokens: list[RegisteredToken],
    side: str,
) -> None:
    ends = []
    async with open_desk(client, dev_chain, database_dsn, tokens) as desk:
        for row, token in zip(ODD_TOKENS, tokens, strict=True):
            expected = row.acquire if side == "acquire" else row.dispose
            code, _, words = expected.partition(" ")
            end = await desk.end_of(row, desk.order(token, side))
            if not end.startswith(code) or not re.search(words, end):
                ends.append((row.contract, expected, end))
    assert ends == []


async def test_the_start_names_a_token_it_cannot_trade(
    client: RpcClient, dev_chain: DevChain, tokens: list[RegisteredToken]
) -> None:
    settings = ChainSettings(
        TRADEWIND_ETH_RPC_URL=SecretStr(dev_chain.rpc_url),
        TRADEWIND_CHAIN_ID=dev_chain.deployment.chain_id,
    )
    for number, (row, token) in enumerate(zip(ODD_TOKENS, tokens, strict=True)):
        among = [WETH] * number + [token.asset]
        if not row.start:
            await check_chain(client, settings, among)
            continue
        named = rf"TRADEWIND_TOKENS_FILE: tokens\.{number}, {token.symbol} at {token.address}: "
        with pytest.raises(ConfigurationError, match=named + row.start):
            await check_chain(client, settings, among)
