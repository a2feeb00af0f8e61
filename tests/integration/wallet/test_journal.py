"""The journal gives a step one nonce, and never another, to all who ask and however often."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.integration.wallet.conftest import (
    CHAIN_ID,
    FIRST_NONCE,
    ROUTER,
    TOKEN,
    WALLET,
    approve_and_swap,
    claim,
    key,
    request,
    sign,
    swap_only,
)
from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.contracts.wire import UINT256_MAX
from tradewind.ledger.append.writer import Ledger
from tradewind.postgres import Pool, open_pool
from tradewind.trading.wallet.allowances import Allowance
from tradewind.trading.wallet.errors import (
    JournalUnavailable,
    TooManyOpenTransactions,
    TransactionLost,
    UnknownWallet,
    WalletHalted,
)
from tradewind.trading.wallet.records import (
    AttemptPurpose,
    Fees,
    Settlement,
    SignedTransaction,
    StepDecision,
    StepKey,
    StepOutcome,
    TransactionPlan,
    TransactionPurpose,
    TransactionState,
    UnsignedTransaction,
    WalletTransaction,
)
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal

BLOCK = "0x" + "b1" * 32
OTHER_BLOCK = "0x" + "b2" * 32


async def transaction(journal: TransactionJournal, nonce: int = FIRST_NONCE) -> WalletTransaction:
    found = await journal.transaction_at(nonce)
    assert found is not None
    return found


def success(one: WalletTransaction, block_hash: str = BLOCK) -> Settlement:
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


async def test_a_claim_is_kept_whole(journal: TransactionJournal) -> None:
    decision = await claim(journal, 1, approve_and_swap)
    assert (decision.outcome, decision.nonce) == (StepOutcome.SIGNED, FIRST_NONCE + 1)
    approval, swap = await journal.open_transactions()
    assert (approval.purpose, swap.purpose) == (
        TransactionPurpose.APPROVAL,
        TransactionPurpose.SWAP,
    )
    assert (approval.nonce, swap.nonce) == (FIRST_NONCE, FIRST_NONCE + 1)
    assert swap.description == {"amount": "1"}
    expected = sign(
        UnsignedTransaction(CHAIN_ID, swap.nonce, ROUTER, b"data", 200_000, Fees(20, 2))
    )
    assert (swap.latest.raw, swap.latest.tx_hash) == (expected.raw, expected.tx_hash)
    assert await journal.transaction_of(expected.tx_hash) == swap
    assert (await journal.wallet()).next_nonce == FIRST_NONCE + 2


async def test_many_that_claim_at_once_share_no_nonce_and_skip_none(database_dsn: str) -> None:
    """Given three pools as three processes have them, when all claim, then nonces are gap-free."""
    pools = [await open_pool(database_dsn, max_size=4, role=ORCHESTRATOR_ROLE) for _ in range(3)]
    journals = [TransactionJournal(pool, CHAIN_ID, WALLET) for pool in pools]
    for journal in journals:
        await journal.register(FIRST_NONCE)
    asked = [(journals[number % 3], number // 2) for number in range(120)]
    decisions = await asyncio.gather(*(claim(journal, number) for journal, number in asked))
    nonces = {decision.key: decision.nonce for decision in decisions}
    assert len(nonces) == 60
    assert {nonces[d.key] for d in decisions} == set(range(FIRST_NONCE, FIRST_NONCE + 60))
    assert all(nonces[decision.key] == decision.nonce for decision in decisions)
    assert [one.nonce for one in await journals[0].open_transactions()] == sorted(
        n for n in nonces.values() if n
    )
    for pool in pools:
        await pool.close()


async def test_the_first_decision_wins_for_ever(journal: TransactionJournal) -> None:
    refused = await journal.refuse(key(1), StepOutcome.REFUSED, "TRANSFER_FAILED", "STF")
    assert await claim(journal, 1) == refused
    signed = await claim(journal, 2)
    assert await journal.refuse(key(2), StepOutcome.EXPIRED) == signed
    assert await journal.decision(key(2)) == signed
    assert await journal.decision(key(3)) is None
    assert [one.key for one in await journal.open_transactions()] == [key(2)]


async def test_refusing_and_claiming_at_once_is_one_decision(journal: TransactionJournal) -> None:
    for number in range(20):
        made = await asyncio.gather(
            claim(journal, number),
            journal.refuse(key(number), StepOutcome.EXPIRED),
            claim(journal, number),
        )
        assert len({(decision.outcome, decision.nonce) for decision in made}) == 1
    open_transactions = await journal.open_transactions()
    wallet = await journal.wallet()
    assert [one.nonce for one in open_transactions] == list(range(FIRST_NONCE, wallet.next_nonce))


async def test_a_signature_that_fails_takes_no_nonce(journal: TransactionJournal) -> None:
    def fail(unsigned: UnsignedTransaction) -> SignedTransaction:
        raise ValueError("no key")

    with pytest.raises(ValueError, match="no key"):
        await journal.claim(key(1), TOKEN, ROUTER, approve_and_swap, fail, 9)
    assert await journal.decision(key(1)) is None
    assert (await journal.wallet()).next_nonce == FIRST_NONCE


async def test_a_halted_wallet_and_a_full_one_give_out_nothing(journal: TransactionJournal) -> None:
    await claim(journal, 1)
    with pytest.raises(TooManyOpenTransactions):
        await claim(journal, 2, approve_and_swap, max_open_slots=2)
    await journal.halt("a stranger has the key")
    await journal.halt("a later reason")
    with pytest.raises(WalletHalted, match="a stranger has the key"):
        await claim(journal, 2)
    assert await journal.decision(key(2)) is None
    # The earlier decision is still returned.
    assert (await claim(journal, 1)).nonce == FIRST_NONCE
    resumed = await journal.resume(FIRST_NONCE + 7)
    assert (resumed.halted_reason, resumed.next_nonce) == (None, FIRST_NONCE + 7)
    assert (await journal.resume(0)).next_nonce == FIRST_NONCE + 7
    assert (await claim(journal, 2)).nonce == FIRST_NONCE + 7


async def test_a_wallet_is_registered_once(journal: TransactionJournal, pool: Pool) -> None:
    await claim(journal, 1)
    assert (await journal.register(99)).next_nonce == FIRST_NONCE + 1
    with pytest.raises(UnknownWallet):
        await TransactionJournal(pool, CHAIN_ID + 1, WALLET).wallet()


async def test_the_projected_allowance_follows_the_nonces(journal: TransactionJournal) -> None:
    seen: list[int | None] = []

    def plan(projected: int | None) -> TransactionPlan:
        seen.append(projected)
        return replace(swap_only(None), allowance_after=(projected or 0) + 2**200)

    for number in range(3):
        await journal.claim(key(number), TOKEN, ROUTER, plan, sign, 9)
    await journal.claim(key(0), TOKEN, ROUTER, plan, sign, 9)
    await journal.claim(key(4), ROUTER, ROUTER, plan, sign, 9)
    assert seen == [None, 2**200, 2 * 2**200, None]


async def test_the_chains_allowance_counts_while_nothing_of_ours_changes_it(
    journal: TransactionJournal,
) -> None:
    allowances = journal.allowances
    first = await allowances.read(TOKEN, ROUTER)
    assert first == Allowance(None, is_quiet=True, next_nonce=FIRST_NONCE)
    await allowances.correct(TOKEN, ROUTER, 7, first)
    assert (await allowances.read(TOKEN, ROUTER)).projected == 7

    await journal.claim(key(1), TOKEN, ROUTER, swap_of_token, sign, 9)
    pending = await allowances.read(TOKEN, ROUTER)
    assert pending == Allowance(5, is_quiet=False, next_nonce=FIRST_NONCE + 1)
    assert (await allowances.read(ROUTER, ROUTER)).is_quiet
    # What was read before the nonce was given out is not believed any more.
    await allowances.correct(TOKEN, ROUTER, 9, first)
    assert (await allowances.read(TOKEN, ROUTER)).projected == 5

    await journal.settle(FIRST_NONCE, success(await transaction(journal)))
    assert (await allowances.read(TOKEN, ROUTER)).is_quiet
    await allowances.forget(TOKEN, ROUTER)
    forgotten = await allowances.read(TOKEN, ROUTER)
    assert forgotten.projected is None
    await allowances.correct(TOKEN, ROUTER, UINT256_MAX, forgotten)
    assert (await allowances.read(TOKEN, ROUTER)).projected == UINT256_MAX


async def test_a_correction_never_overtakes_a_claim(journal: TransactionJournal) -> None:
    """Whichever comes first, the allowance is the one the claim left."""
    for number in range(20):
        read = await journal.allowances.read(TOKEN, ROUTER)
        await asyncio.gather(
            journal.allowances.correct(TOKEN, ROUTER, 9, read),
            journal.claim(key(number), TOKEN, ROUTER, swap_of_token, sign, 256),
        )
        assert (await journal.allowances.read(TOKEN, ROUTER)).projected == 5


def swap_of_token(projected: int | None) -> TransactionPlan:
    """Plan a swap of the token that leaves an allowance of 5."""
    swap = replace(request(), description={"step": {"token_in": TOKEN}})
    return TransactionPlan((swap,), 5)


async def test_what_a_transaction_cost_and_its_approvals_are_kept(
    journal: TransactionJournal,
) -> None:
    await claim(journal, 1, approve_and_swap)
    await claim(journal, 2, approve_and_swap)
    swap = await transaction(journal, FIRST_NONCE + 3)
    (approval,) = await journal.allowances.approvals_for(swap)
    assert (approval.nonce, approval.key) == (FIRST_NONCE + 2, key(2))
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    cost = {"fee_wei": 2**200, "block_time": at, "transaction_index": 3, "log_index": 11}
    settled = await journal.settle(swap.nonce, replace(success(swap), **cost))  # type: ignore[arg-type]
    assert {name: getattr(settled, name) for name in cost} == cost
    first = await transaction(journal, FIRST_NONCE)
    assert await journal.allowances.approvals_for(first) == []


async def test_of_two_that_sign_again_one_does(journal: TransactionJournal) -> None:
    await claim(journal, 1)
    first = await transaction(journal)
    again = [
        journal.add_attempt(
            first,
            AttemptPurpose.REPLACEMENT,
            replace(request(), fees=Fees(30 + n, 3)),
            sign,
        )
        for n in range(4)
    ]
    added = [attempt for attempt in await asyncio.gather(*again) if attempt is not None]
    current = await transaction(journal)
    assert len(current.attempts) == 2
    assert current.latest in added
    cancelled = await journal.add_attempt(
        current, AttemptPurpose.CANCEL, replace(request(), target=WALLET, data=b""), sign
    )
    assert cancelled is not None
    assert WALLET.encode() in cancelled.raw
    for attempt in (await transaction(journal)).attempts:
        found = await journal.transaction_of(attempt.tx_hash)
        assert found is not None
        assert found.nonce == FIRST_NONCE


async def test_a_slot_on_its_way(journal: TransactionJournal) -> None:
    await claim(journal, 1)
    tx_hash = (await transaction(journal)).latest.tx_hash
    await journal.note_broadcast(tx_hash, "nobody answered", is_known=False)
    assert (await transaction(journal)).state is TransactionState.SIGNED
    await journal.note_broadcast(tx_hash, "accepted", is_known=True)
    assert (await transaction(journal)).state is TransactionState.BROADCAST
    await journal.note_mined(FIRST_NONCE, tx_hash, 9, BLOCK)
    assert (await transaction(journal)).mined_block_hash == BLOCK
    settled = await journal.settle(FIRST_NONCE, success(await transaction(journal)))
    assert (settled.state, settled.amount_in) == (TransactionState.SUCCEEDED, 2**255)
    # The first outcome is kept.
    other = await journal.settle(FIRST_NONCE, Settlement(TransactionState.NONCE_TAKEN))
    assert other == settled
    assert await journal.open_transactions() == []
    assert await journal.settled_blocks(8) == [(9, BLOCK)]
    assert await journal.settled_blocks(9) == []
    assert await journal.settled_in(BLOCK) == [settled]
    assert not await journal.request_cancel(FIRST_NONCE, "operator")


async def test_a_reorg_is_counted_once_and_opens_the_slot_again(
    journal: TransactionJournal,
) -> None:
    await claim(journal, 1)
    one = await transaction(journal)
    await journal.note_mined(FIRST_NONCE, one.latest.tx_hash, 9, BLOCK)
    await asyncio.gather(*(journal.note_reorged(FIRST_NONCE, BLOCK) for _ in range(4)))
    reorged = await transaction(journal)
    assert (reorged.state, reorged.mined_block_hash) == (TransactionState.BROADCAST, None)
    assert [(r.reorg_index, r.block_hash) for r in reorged.reorgs] == [(0, BLOCK)]
    # An outcome read from the lost block is not recorded.
    assert (await journal.settle(FIRST_NONCE, success(one))).settled_at is None
    await journal.note_mined(FIRST_NONCE, one.latest.tx_hash, 10, OTHER_BLOCK)
    settled = await journal.settle(FIRST_NONCE, success(one, OTHER_BLOCK))
    assert settled.state is TransactionState.SUCCEEDED
    for _ in range(2):
        late = await journal.note_reorged(FIRST_NONCE, OTHER_BLOCK)
    assert late.state is TransactionState.SUCCEEDED
    assert [r.after_settlement for r in late.reorgs] == [False, True]


async def test_one_at_a_time_tends_the_wallet(journal: TransactionJournal) -> None:
    turns = await asyncio.gather(*(journal.try_claim_check(60_000) for _ in range(8)))
    assert turns.count(True) == 1
    assert await journal.try_claim_check(0)


async def test_foreign_and_cancel_marks(journal: TransactionJournal) -> None:
    await claim(journal, 1)
    await journal.note_foreign(FIRST_NONCE)
    since = (await transaction(journal)).foreign_since
    await journal.note_foreign(FIRST_NONCE)
    assert since is not None
    assert (await transaction(journal)).foreign_since == since
    await journal.clear_foreign(FIRST_NONCE)
    assert (await transaction(journal)).foreign_since is None
    assert await journal.request_cancel(FIRST_NONCE, "operator")
    assert not await journal.request_cancel(FIRST_NONCE, "another")
    assert (await transaction(journal)).cancel_requested_by == "operator"


async def test_a_commit_nobody_confirmed_may_be_asked_again(
    journal: TransactionJournal, database_dsn: str
) -> None:
    """Given connections that are cut while claims run, when they are repeated, one nonce each."""
    killer = await open_pool(database_dsn, max_size=1)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
        AND datname = current_database()"
    failures = 0

    async def insist(number: int) -> int | None:
        nonlocal failures
        while True:
            try:
                return (await claim(journal, number)).nonce
            except JournalUnavailable:
                failures += 1

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(insist(number)) for number in range(40)]
        for _ in range(5):
            await asyncio.sleep(0.01)
            await killer.execute(cut)
    await killer.close()
    assert failures > 0
    assert sorted(task.result() or 0 for task in asked) == list(
        range(FIRST_NONCE, FIRST_NONCE + 40)
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE steps SET outcome = 'refused'",
        "UPDATE generations SET raw = 'x'",
        "UPDATE generations SET tx_hash = 'x'",
        "UPDATE slots SET nonce = 1",
        "UPDATE slots SET plan_id = 'other'",
        "UPDATE slots SET data = 'x'",
        "UPDATE wallets SET next_nonce = 0",
        "UPDATE reorgs SET block_number = 1",
        *(
            f"DELETE FROM {table}"
            for table in ("wallets", "steps", "slots", "generations", "reorgs", "allowances")
        ),
        "TRUNCATE slots CASCADE",
        "SELECT * FROM ingress",
        "DELETE FROM events",
        "INSERT INTO correlation_head VALUES ('x', 1)",
        "UPDATE writer SET epoch = 9",
        "DROP TRIGGER settled_once ON slots",
    ],
)
async def test_the_orchestrators_role_cannot(
    journal: TransactionJournal, pool: Pool, statement: str
) -> None:
    await claim(journal, 1)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE steps SET outcome = 'expired'",
        "UPDATE generations SET raw = 'x'",
        "UPDATE slots SET plan_id = 'other'",
        "UPDATE slots SET detail = 'other'",
        "UPDATE wallets SET next_nonce = 0",
        "DELETE FROM slots",
        "TRUNCATE generations CASCADE",
    ],
)
async def test_not_even_the_owner_can(
    journal: TransactionJournal, database_dsn: str, statement: str
) -> None:
    await claim(journal, 1)
    await journal.settle(FIRST_NONCE, success(await transaction(journal)))
    owner = await open_pool(database_dsn, max_size=1)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute(statement)
    await owner.close()


type Decide = Callable[[TransactionJournal, StepKey], Awaitable[StepDecision]]


async def sign_it(journal: TransactionJournal, step: StepKey) -> StepDecision:
    return await journal.claim(step, TOKEN, ROUTER, swap_only, sign, 256)


async def let_it_expire(journal: TransactionJournal, step: StepKey) -> StepDecision:
    return await journal.refuse(step, StepOutcome.EXPIRED)


@pytest.mark.parametrize("decide", [sign_it, let_it_expire])
async def test_a_step_the_ledger_saw_signed_is_never_decided_again(
    journal: TransactionJournal, database_dsn: str, decide: Decide
) -> None:
    """Given a database restored without the transaction, when the event is back, nothing is signed.

    The lost transaction may be mined, and another one at the next nonce would swap again.
    """
    history = History(1)
    step = StepKey(history.plan_id, 0)
    lost = history.events(*history.until_planned(), history.started(), history.step_signed())
    owner = await open_pool(database_dsn)
    await Ledger(owner).append(arrive(lost))
    await owner.close()
    with pytest.raises(TransactionLost, match="nonce"):
        await decide(journal, step)
    assert await journal.decision(step) is None
    assert (await journal.wallet()).next_nonce == FIRST_NONCE
    assert (await claim(journal, 2)).nonce == FIRST_NONCE
