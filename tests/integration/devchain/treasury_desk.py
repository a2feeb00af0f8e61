"""The treasury beside a venue that trades on the dev chain, and what it finds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from actors.treasury.comparison import Comparer
from actors.treasury.decide import TokenPolicy
from actors.treasury.loop import TREASURY_ROLE
from actors.treasury.reconciliation import Reconciliation, new_report_id
from tests.integration.devchain.test_venue import ChainHarness, harness, open_harness
from tests.support.factories import REGISTRY
from tests.support.venue_contract import settled, submit
from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.contracts.wallets.report import DriftRecord, ReconciliationReport
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER, TRADER
from tradewind.operations.embedded.devchain.deployer import MINT
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.operations.embedded.devchain.packages import Artifact
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import clock
from tradewind.trading.chain.erc20 import TRANSFER_TO
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.treasury.books import Books
from tradewind.trading.treasury.records import NATIVE, Token
from tradewind.trading.treasury.reports import Reports, reconcile_request
from tradewind.trading.wallet.transaction_journal import registered_wallets

__all__ = ["harness", "open_harness"]


TOKENS = [
    Token(NATIVE, "ETH", 18),
    *(Token(one.address, one.symbol, one.decimals) for one in REGISTRY.tokens),
]
HELD = 1_000 * 10**18
THRESHOLD = Decimal("0.0001")


@dataclass
class Desk:
    """The treasury's view of the wallet, and what becomes of it."""

    pool: Pool
    owner: Pool
    gateway: Pool
    operator: Pool
    node: DevelopmentNode
    tokens: list[Token]
    policies: dict[str, TokenPolicy] = field(default_factory=dict)

    @property
    def books(self) -> Books:
        return Books(self.pool)

    def reconciliation(self, client: RpcClient | None = None) -> Reconciliation:
        """Return what a process reconciles with."""
        comparer = Comparer(
            self.books, client or self.node.client, self.tokens, self.policies, confirmations=1
        )
        return Reconciliation(self.books, comparer, "ethereum")

    async def report(self, client: RpcClient | None = None) -> ReconciliationReport:
        """Reconcile once more, a block later, and return the report."""
        await self.node.mine()
        report_id = await self.ask()
        await self.reconciliation(client).run(await registered_wallets(self.pool))
        return await self.found(report_id)

    async def ask(self) -> str:
        report_id, at = new_report_id(clock.now()), clock.now()
        request = reconcile_request(report_id, THRESHOLD, "operator", "gateway", at)
        await Reports(self.gateway).ask(request)
        return report_id

    async def found(self, report_id: str) -> ReconciliationReport:
        report = await Reports(self.gateway).find(report_id)
        assert report is not None
        return report

    async def fund_portfolio(self, token: str, symbol: str, amount: int) -> None:
        """Write into the accounts that a portfolio was given tokens."""
        await self.owner.execute(
            "INSERT INTO balances (portfolio_id, chain, token, symbol, decimals, amount) "
            "VALUES ('alpha', 'ethereum', $1, $2, 6, $3)",
            *(token, symbol, amount),
        )

    async def halted(self) -> str:
        """Return why the wallet is halted; empty where it is not."""
        (wallet,) = await registered_wallets(self.pool)
        return wallet.halted_reason or ""

    async def bookings(self) -> int:
        """Return how many parts of differences are booked."""
        number: int = await self.owner.fetchval("SELECT count(*) FROM wallet_bookings")
        return number

    async def deploy(self, artifact: Artifact, symbol: str) -> str:
        """Deploy a token of which the wallet and the other account hold a thousand."""
        receipt = await self.node.send(LIQUIDITY_PROVIDER, None, artifact.creation_code)
        address = to_checksum_address(receipt["contractAddress"])
        for owner in (LIQUIDITY_PROVIDER, TRADER):
            await self.call(address, MINT.encode(owner, HELD))
        self.tokens.append(Token(address, symbol, 18))
        return address

    async def call(self, token: str, data: bytes) -> str:
        """Call a token as the other account; return the transaction's hash."""
        receipt = await self.node.send(LIQUIDITY_PROVIDER, token, data)
        return str(receipt["transactionHash"])

    async def give(self, token: str, amount: int) -> str:
        """Send the wallet tokens."""
        return await self.call(token, TRANSFER_TO.encode(TRADER, amount))


def drifting(report: ReconciliationReport) -> dict[str, DriftRecord]:
    """Return the records with a cause, by currency."""
    assert [one.skipped for one in report.wallets] == [None]
    return {one.currency: one for one in report.records if one.cause is not None}


def causes(record: DriftRecord) -> list[tuple[str, int]]:
    return [(str(part.cause), part.amount) for part in record.parts]


@asynccontextmanager
async def open_desk(client: RpcClient, dsn: str) -> AsyncIterator[Desk]:
    roles = (TREASURY_ROLE, None, "tradewind_gateway", "tradewind_operator")
    pools = [await open_pool(dsn, max_size=3, role=role) for role in roles]
    try:
        treasury, owner, gateway, operator = pools
        node = DevelopmentNode(client)
        yield Desk(treasury, owner, gateway, operator, node, list(TOKENS))
    finally:
        for pool in pools:
            await pool.close()


@pytest.fixture
async def desk(client: RpcClient, harness: ChainHarness, database_dsn: str) -> AsyncIterator[Desk]:
    """Yield a treasury whose books of the wallet have begun."""
    async with open_desk(client, database_dsn) as opened:
        await opened.report()
        yield opened


async def swap(harness: ChainHarness, *numbers: int) -> None:
    for number in numbers:
        receipt = await settled(harness, await submit(harness.venue, harness.order(number)))
        assert receipt.fills
