"""The journal gives a step one nonce, and never another, to all who ask and however often."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import asyncpg
import pytest

from tests.integration.wallet.conftest import (
    CHAIN_ID,
    FIRST_NONCE,
    PASSAGE,
    ROUTER,
    TOKEN,
    WALLET,
    approve_and_swap,
    claim,
    key,
    plan_event,
    record,
    request,
    sign,
    success,
    swap_only,
    transaction,
)
from tests.support.histories import History
from tradewind.postgres import Pool, open_pool
from tradewind.trading.wallet.errors import (
    JournalUnavailable,
    TooManyOpenTransactions,
    TransactionLost,
    UnknownWallet,
    WalletHalted,
)
from tradewind.trading.wallet.plan_event import PlanEvent
from tradewind.trading.wallet.records import (
    AttemptPurpose,
    Fees,
    SignedTransaction,
    StepDecision,
    StepKey,
    StepOutcome,
    TransactionPurpose,
    UnsignedTransaction,
)
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal
from tradewind.trading.wallet.watch_journal import WatchJournal


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
    assert await journal.first_hash(swap.nonce) == expected.tx_hash
    assert await journal.progress(expected.tx_hash) == (swap.nonce, None, False, 0)
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
        await journal.claim(
            key(1), plan_event(1), PASSAGE, TOKEN, ROUTER, approve_and_swap, fail, 9
        )
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


async def test_what_was_seen_before_an_operator_resumed_halts_nothing(
    journal: TransactionJournal,
) -> None:
    """Given a look at the chain that began before the resumption and halts after it."""
    watch = WatchJournal.beside(journal)
    nonce = (await claim(journal, 1)).nonce
    assert nonce is not None
    await watch.note_foreign(nonce)
    await journal.halt("a stranger took the nonce", foreign_nonce=nonce)
    await journal.halt("a stranger has the key", counted=FIRST_NONCE + 5)
    assert (await journal.wallet()).halted_reason == "a stranger took the nonce"
    await journal.resume(FIRST_NONCE + 5)
    await journal.halt("a stranger took the nonce", foreign_nonce=nonce)
    await journal.halt("a stranger has the key", counted=FIRST_NONCE + 5)
    assert (await journal.wallet()).halted_reason is None
    await journal.halt("a stranger has the key", counted=FIRST_NONCE + 6)
    assert (await journal.wallet()).halted_reason == "a stranger has the key"


async def test_a_wallet_is_registered_once(journal: TransactionJournal, pool: Pool) -> None:
    await claim(journal, 1)
    assert (await journal.register(99)).next_nonce == FIRST_NONCE + 1
    with pytest.raises(UnknownWallet):
        await TransactionJournal(pool, CHAIN_ID + 1, WALLET).wallet()


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
        found = await journal.progress(attempt.tx_hash)
        assert found is not None
        assert found.nonce == FIRST_NONCE


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
    watch = WatchJournal.beside(journal)
    await watch.settle({FIRST_NONCE: success(await transaction(journal))})
    owner = await open_pool(database_dsn, max_size=1)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute(statement)
    await owner.close()


type Decide = Callable[[TransactionJournal, StepKey, PlanEvent], Awaitable[StepDecision]]


async def sign_it(journal: TransactionJournal, step: StepKey, event: PlanEvent) -> StepDecision:
    return await journal.claim(step, event, PASSAGE, TOKEN, ROUTER, swap_only, sign, 256)


async def let_it_expire(journal: TransactionJournal, step: StepKey, _: PlanEvent) -> StepDecision:
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
    await record(database_dsn, lost)
    with pytest.raises(TransactionLost, match=r"nonce|exec\.step_signed"):
        await decide(journal, step, PlanEvent.of(lost[3]))
    assert await journal.decision(step) is None
    assert (await journal.wallet()).next_nonce == FIRST_NONCE
    assert (await claim(journal, 2)).nonce == FIRST_NONCE
