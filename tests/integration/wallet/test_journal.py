"""The journal gives a step one nonce, and never another, to all who ask and however often."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.integration.wallet.conftest import (
    CHAIN_ID,
    DEADLINE,
    FIRST_NONCE,
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
    swap_only,
)
from tests.support.histories import History
from tradewind.contracts.wire import UINT256_MAX
from tradewind.postgres import Pool, open_pool
from tradewind.trading.wallet.allowances import Allowance
from tradewind.trading.wallet.errors import (
    JournalUnavailable,
    TooManyOpenTransactions,
    TransactionLost,
    UnknownWallet,
    WalletHalted,
)
from tradewind.trading.wallet.followed_events import FollowedEvent, FollowedEvents, Question
from tradewind.trading.wallet.nonce_gaps import GAP, NonceGaps
from tradewind.trading.wallet.plan_event import PlanEvent
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
from tradewind.trading.wallet.watch_journal import Due, Inclusion, WatchJournal

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
        await journal.claim(key(1), plan_event(1), TOKEN, ROUTER, approve_and_swap, fail, 9)
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
        await journal.claim(key(number), plan_event(number), TOKEN, ROUTER, plan, sign, 9)
    await journal.claim(key(0), plan_event(0), TOKEN, ROUTER, plan, sign, 9)
    await journal.claim(key(4), plan_event(4), ROUTER, ROUTER, plan, sign, 9)
    assert seen == [None, 2**200, 2 * 2**200, None]


async def test_the_chains_allowance_counts_while_nothing_of_ours_changes_it(
    journal: TransactionJournal, watch: WatchJournal
) -> None:
    allowances = journal.allowances
    first = await allowances.read(TOKEN, ROUTER)
    assert first == Allowance(None, is_quiet=True, next_nonce=FIRST_NONCE)
    await allowances.correct(TOKEN, ROUTER, 7, first)
    assert (await allowances.read(TOKEN, ROUTER)).projected == 7

    await claim(journal, 1, swap_of_token)
    pending = await allowances.read(TOKEN, ROUTER)
    assert pending == Allowance(5, is_quiet=False, next_nonce=FIRST_NONCE + 1)
    assert (await allowances.read(ROUTER, ROUTER)).is_quiet
    # What was read before the nonce was given out is not believed any more.
    await allowances.correct(TOKEN, ROUTER, 9, first)
    assert (await allowances.read(TOKEN, ROUTER)).projected == 5

    await watch.settle({FIRST_NONCE: success(await transaction(journal))})
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
            claim(journal, number, swap_of_token),
        )
        assert (await journal.allowances.read(TOKEN, ROUTER)).projected == 5


def swap_of_token(projected: int | None) -> TransactionPlan:
    """Plan a swap of the token that leaves an allowance of 5."""
    swap = replace(request(), description={"step": {"token_in": TOKEN}})
    return TransactionPlan((swap,), 5)


async def test_what_a_transaction_cost_and_its_approvals_are_kept(
    journal: TransactionJournal, watch: WatchJournal
) -> None:
    await claim(journal, 1, approve_and_swap)
    await claim(journal, 2, approve_and_swap)
    swap = await transaction(journal, FIRST_NONCE + 3)
    (approval,) = (await journal.allowances.approvals_of([swap]))[swap.nonce]
    assert (approval.nonce, approval.key) == (FIRST_NONCE + 2, key(2))
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    cost = {"fee_wei": 2**200, "block_time": at, "transaction_index": 3, "log_index": 11}
    await watch.settle({swap.nonce: replace(success(swap), **cost)})  # type: ignore[arg-type]
    settled = await transaction(journal, swap.nonce)
    assert {name: getattr(settled, name) for name in cost} == cost
    first = await transaction(journal, FIRST_NONCE)
    assert await journal.allowances.approvals_of([first]) == {FIRST_NONCE: []}


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


async def test_a_slot_on_its_way(journal: TransactionJournal, watch: WatchJournal) -> None:
    await claim(journal, 1)
    tx_hash = (await transaction(journal)).latest.tx_hash
    await journal.note_broadcasts([(tx_hash, "nobody answered", False)])
    assert (await transaction(journal)).state is TransactionState.SIGNED
    await journal.note_broadcasts([(tx_hash, "accepted", True)])
    assert (await transaction(journal)).state is TransactionState.BROADCAST
    await watch.note_mined([Inclusion(FIRST_NONCE, tx_hash, 9, BLOCK)])
    assert (await transaction(journal)).mined_block_hash == BLOCK
    assert await watch.settle({FIRST_NONCE: success(await transaction(journal))}) == [FIRST_NONCE]
    settled = await transaction(journal)
    assert (settled.state, settled.amount_in) == (TransactionState.SUCCEEDED, 2**255)
    # The first outcome is kept.
    assert await watch.settle({FIRST_NONCE: Settlement(TransactionState.NONCE_TAKEN)}) == []
    assert await transaction(journal) == settled
    assert await journal.open_transactions() == []
    assert await watch.settled_blocks(8) == [(9, BLOCK)]
    assert await watch.settled_blocks(9) == []
    assert await watch.settled_in(BLOCK) == [settled]
    assert not await journal.request_cancel(FIRST_NONCE, "operator")


async def test_a_reorg_is_counted_once_and_opens_the_slot_again(
    journal: TransactionJournal, watch: WatchJournal
) -> None:
    await claim(journal, 1)
    one = await transaction(journal)
    await watch.note_mined([Inclusion(FIRST_NONCE, one.latest.tx_hash, 9, BLOCK)])
    await asyncio.gather(*(watch.note_reorged(FIRST_NONCE, BLOCK) for _ in range(4)))
    reorged = await transaction(journal)
    assert (reorged.state, reorged.mined_block_hash) == (TransactionState.BROADCAST, None)
    assert [(r.reorg_index, r.block_hash) for r in reorged.reorgs] == [(0, BLOCK)]
    # An outcome read from the lost block is not recorded.
    assert await watch.settle({FIRST_NONCE: success(one)}) == []
    await watch.note_mined([Inclusion(FIRST_NONCE, one.latest.tx_hash, 10, OTHER_BLOCK)])
    assert await watch.settle({FIRST_NONCE: success(one, OTHER_BLOCK)}) == [FIRST_NONCE]
    assert (await transaction(journal)).state is TransactionState.SUCCEEDED
    for _ in range(2):
        late = await watch.note_reorged(FIRST_NONCE, OTHER_BLOCK)
    assert late.state is TransactionState.SUCCEEDED
    assert [r.after_settlement for r in late.reorgs] == [False, True]


async def test_one_process_at_a_time_watches_the_wallet(watch: WatchJournal) -> None:
    """Given eight that ask at once, when one watches, then the others do once its time is up."""
    names = [str(number) for number in range(8)]
    turns = await asyncio.gather(*(watch.hold_watch(name, 60, 0.0) for name in names))
    assert turns.count(True) == 1
    first = names[turns.index(True)]
    other = names[turns.index(False)]
    assert await watch.hold_watch(first, 60)
    assert await watch.unwatched_seconds() < 60
    assert not await watch.hold_watch(other, 60)
    await watch.release_watch(other)
    assert not await watch.hold_watch(other, 60)
    await watch.release_watch(first)
    assert await watch.hold_watch(other, 0)
    assert await watch.hold_watch(first, 60)


async def test_many_outcomes_are_one_transaction(
    journal: TransactionJournal, watch: WatchJournal
) -> None:
    """Given one outcome that breaks a rule, when they are settled together, then none is."""
    for number in range(3):
        await claim(journal, number)
    found = await journal.open_transactions()
    outcomes = {one.nonce: success(one) for one in found}
    broken = replace(outcomes[FIRST_NONCE + 2], state="nonsense")  # type: ignore[arg-type]
    with pytest.raises(asyncpg.CheckViolationError):
        await watch.settle(outcomes | {FIRST_NONCE + 2: broken})
    assert await journal.open_transactions() == found
    assert sorted(await watch.settle(outcomes)) == [one.nonce for one in found]


def due(next_nonce: int, pending_nonce: int, *, reorg: bool = False) -> Due:
    return Due(next_nonce, pending_nonce, DEADLINE, 9, reorg, 3_600)


async def test_a_pass_reads_what_a_block_concerns_and_not_what_is_open(
    journal: TransactionJournal, watch: WatchJournal
) -> None:
    """Given twenty open transactions, when the chain counts three more, then few are read."""
    for number in range(20):
        await claim(journal, number)
    found = await journal.open_transactions()
    await journal.note_broadcasts([(one.latest.tx_hash, "accepted", True) for one in found])

    async def nonces(question: Due) -> list[int]:
        return [one.nonce - FIRST_NONCE for one in await watch.due_transactions(question)]

    last = FIRST_NONCE + 20
    assert await nonces(due(FIRST_NONCE, last)) == [0]
    assert await nonces(due(FIRST_NONCE + 3, last)) == [0, 1, 2]
    for number, height in ((0, 9), (1, 10)):
        tx_hash = found[number].latest.tx_hash
        await watch.note_mined([Inclusion(FIRST_NONCE + number, tx_hash, height, BLOCK)])
    # The first has its confirmations, the second has to wait unless its block is in doubt.
    assert await nonces(due(FIRST_NONCE + 2, last)) == [0]
    assert await nonces(due(FIRST_NONCE + 2, last, reorg=True)) == [0, 1]
    assert await nonces(due(FIRST_NONCE + 1, last)) == [0, 1]
    await journal.request_cancel(FIRST_NONCE + 7, "operator")
    assert await nonces(due(FIRST_NONCE + 2, last)) == [0, 7]
    # Nobody but its own process looks after what was signed just now.
    assert await nonces(due(FIRST_NONCE + 2, FIRST_NONCE + 18)) == [0, 7]
    late = due(FIRST_NONCE + 2, FIRST_NONCE + 18)._replace(fresh_seconds=0)
    assert await nonces(late) == [0, 7, 18, 19]
    assert len(await nonces(due(FIRST_NONCE, last)._replace(head_time=DEADLINE.max))) == 20


async def test_an_event_is_kept_until_its_answer_is_published(
    journal: TransactionJournal, watch: WatchJournal
) -> None:
    followed = FollowedEvents.beside(journal)
    for number in range(3):
        await claim(journal, number)
    one, other, _ = await journal.open_transactions()
    sent = FollowedEvent("sent", Question.SUBMISSION, 0, b"1")
    ended = FollowedEvent("ended", Question.OUTCOME, 0, b"2")
    for event in (sent, ended, ended):
        await followed.follow(one.latest.tx_hash, event)
    await followed.follow(other.latest.tx_hash, sent._replace(event_id="another"))
    assert await followed.answered() == []

    await journal.note_broadcasts([(one.latest.tx_hash, "accepted", True)])
    assert await followed.answered() == [(sent, await transaction(journal))]
    await followed.forget(["sent"])
    assert await followed.answered() == []

    await watch.note_mined([Inclusion(FIRST_NONCE, one.latest.tx_hash, 9, BLOCK)])
    await watch.note_reorged(FIRST_NONCE, BLOCK)
    assert await followed.answered() == [(ended, await transaction(journal))]
    await followed.forget(["ended"])
    again = ended._replace(event_id="again", reorgs_known=1)
    await followed.follow(one.latest.tx_hash, again)
    assert await followed.answered() == []
    await watch.settle({FIRST_NONCE: success(one, OTHER_BLOCK)})
    ((answered, settled),) = await followed.answered()
    assert (answered, settled.state) == (again, TransactionState.SUCCEEDED)
    progress = await journal.progress(one.latest.tx_hash)
    assert progress is not None
    assert (progress.nonce, progress.is_settled, progress.reorgs) == (FIRST_NONCE, True, 1)


async def test_missing_nonces_are_filled_once(journal: TransactionJournal) -> None:
    """Given a chain that counts three fewer, when they are filled twice, then each is signed once.

    The wallet signs again where the gap had halted it, and stays halted for any other reason.
    """
    gaps = NonceGaps.beside(journal)
    await claim(journal, 1)
    first = FIRST_NONCE - 3
    missing = await gaps.missing(first, FIRST_NONCE)
    assert missing == [first, first + 1, first + 2]
    await journal.halt(f"{GAP}the chain waits")
    filler = replace(request(), purpose=TransactionPurpose.FILLER, target=WALLET, data=b"")
    filled = await asyncio.gather(*(gaps.fill(missing, filler, sign) for _ in range(2)))
    assert sorted(filled) == [[], missing]
    assert (await journal.wallet()).halted_reason is None
    assert [one.purpose for one in await journal.open_transactions()] == [
        *[TransactionPurpose.FILLER] * 3,
        TransactionPurpose.SWAP,
    ]
    await journal.halt("a stranger has the key")
    await gaps.fill(missing, filler, sign)
    assert (await journal.wallet()).halted_reason == "a stranger has the key"
    assert not await gaps.restart(first)


async def test_nonces_begin_lower_only_while_none_was_given_out(
    journal: TransactionJournal,
) -> None:
    gaps = NonceGaps.beside(journal)
    assert await gaps.restart(FIRST_NONCE - 2)
    assert (await journal.wallet()).next_nonce == FIRST_NONCE - 2
    assert not await gaps.restart(FIRST_NONCE - 2)
    assert (await claim(journal, 1)).nonce == FIRST_NONCE - 2
    assert not await gaps.restart(FIRST_NONCE - 3)


async def test_foreign_and_cancel_marks(journal: TransactionJournal, watch: WatchJournal) -> None:
    await claim(journal, 1)
    await watch.note_foreign(FIRST_NONCE)
    since = (await transaction(journal)).foreign_since
    await watch.note_foreign(FIRST_NONCE)
    assert since is not None
    assert (await transaction(journal)).foreign_since == since
    await watch.clear_foreign(FIRST_NONCE)
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
    watch = WatchJournal.beside(journal)
    await watch.settle({FIRST_NONCE: success(await transaction(journal))})
    owner = await open_pool(database_dsn, max_size=1)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute(statement)
    await owner.close()


type Decide = Callable[[TransactionJournal, StepKey, PlanEvent], Awaitable[StepDecision]]


async def sign_it(journal: TransactionJournal, step: StepKey, event: PlanEvent) -> StepDecision:
    return await journal.claim(step, event, TOKEN, ROUTER, swap_only, sign, 256)


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
