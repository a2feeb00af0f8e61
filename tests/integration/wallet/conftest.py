"""A journal on a fresh database, and a signer without cryptography."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from tests.support.arrivals import arrive
from tests.support.recorded_plans import record_plans
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.system.trading_states import EVERYTHING, Scope, ScopeKind
from tradewind.ledger.append.writer import Ledger
from tradewind.postgres import Pool, open_pool
from tradewind.trading.halts.gate import Passage
from tradewind.trading.wallet.plan_event import PlanEvent
from tradewind.trading.wallet.records import (
    Fees,
    Settlement,
    SignedTransaction,
    StepDecision,
    StepKey,
    TransactionPlan,
    TransactionPurpose,
    TransactionRequest,
    TransactionState,
    UnsignedTransaction,
    WalletTransaction,
)
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal
from tradewind.trading.wallet.watch_journal import WatchJournal

CHAIN_ID = 31_337
WALLET = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
TOKEN = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
ROUTER = "0xE592427A0AEce92De3Edee1F18E0157C05861564"
FIRST_NONCE = 5
DEADLINE = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSAGE = Passage((EVERYTHING, Scope(ScopeKind.PORTFOLIO, "fund")))
BLOCK = "0x" + "b1" * 32
OTHER_BLOCK = "0x" + "b2" * 32


MAX_PLANS = 64
PLAN_SEQUENCE = 4


@pytest.fixture(autouse=True)
async def recorded(database_dsn: str) -> None:
    """Have the ledger record the plans of the first MAX_PLANS steps."""
    owner = await open_pool(database_dsn, max_size=1)
    await record_plans(owner, *map(plan_event, range(MAX_PLANS)))
    await owner.close()


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return connections with the orchestrator's privileges."""
    pool = await open_pool(database_dsn, max_size=8, role=ORCHESTRATOR_ROLE)
    yield pool
    await pool.close()


@pytest.fixture
async def journal(pool: Pool) -> TransactionJournal:
    """Return the journal of a wallet that has sent FIRST_NONCE transactions before."""
    journal = TransactionJournal(pool, CHAIN_ID, WALLET)
    await journal.register(FIRST_NONCE)
    return journal


@pytest.fixture
def watch(journal: TransactionJournal) -> WatchJournal:
    """Return the same journal as the wallet's watcher uses it."""
    return WatchJournal.beside(journal)


def sign(unsigned: UnsignedTransaction) -> SignedTransaction:
    """Return bytes that contain every field of the transaction."""
    raw = repr(unsigned).encode()
    return SignedTransaction(raw, "0x" + hashlib.sha256(raw).hexdigest())


def request(
    purpose: TransactionPurpose = TransactionPurpose.SWAP, gas_limit: int = 200_000
) -> TransactionRequest:
    """Return a transaction without a nonce."""
    return TransactionRequest(
        purpose, ROUTER, b"data", gas_limit, Fees(20, 2), DEADLINE, {"amount": "1"}
    )


def swap_only(projected: int | None) -> TransactionPlan:
    """Plan a swap that needs no approval."""
    return TransactionPlan((request(),), projected or 0)


def approve_and_swap(projected: int | None) -> TransactionPlan:
    """Plan an approval before the swap."""
    return TransactionPlan((request(TransactionPurpose.APPROVAL), request()), 0)


async def claim(
    journal: TransactionJournal,
    number: int,
    plan: object = swap_only,
    max_open_slots: int = 256,
    passage: Passage = PASSAGE,
) -> StepDecision:
    """Claim the `number`th step."""
    return await journal.claim(
        key(number),
        plan_event(number),
        passage,
        TOKEN,
        ROUTER,
        plan,  # type: ignore[arg-type]
        sign,
        max_open_slots,
    )


def plan_event(number: int) -> PlanEvent:
    """Return the event of the `number`th step's plan."""
    name = f"{number:026d}"
    return PlanEvent(f"intent-{name}", PLAN_SEQUENCE, name, hashlib.sha256(name.encode()).digest())


async def record(dsn: str, events: Sequence[AnyEvent]) -> None:
    """Append events to the ledger, as the coordinator does."""
    owner = await open_pool(dsn, max_size=1)
    await Ledger(owner).append(arrive(events))
    await owner.close()


def key(number: int) -> StepKey:
    """Return the identity of the `number`th step."""
    return StepKey(f"{number:026d}", 0)


async def transaction(journal: TransactionJournal, nonce: int = FIRST_NONCE) -> WalletTransaction:
    """Return the transaction of a nonce, which is there."""
    found = await journal.transaction_at(nonce)
    assert found is not None
    return found


def success(one: WalletTransaction, block_hash: str = BLOCK) -> Settlement:
    """Return the outcome of a transaction that succeeded in a block."""
    return Settlement(
        TransactionState.SUCCEEDED,
        tx_hash=one.latest.tx_hash,
        block_number=9,
        block_hash=block_hash,
        amount_in=2**255,
        amount_out=1,
        gas_used=100_000,
        effective_gas_price_wei=7,
    )
