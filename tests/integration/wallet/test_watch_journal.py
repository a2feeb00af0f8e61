"""What the watcher of a wallet reads and writes: outcomes, reorgs, gaps and events that wait."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from tests.integration.wallet.conftest import (
    BLOCK,
    DEADLINE,
    FIRST_NONCE,
    OTHER_BLOCK,
    WALLET,
    claim,
    request,
    sign,
    success,
    transaction,
)
from tradewind.trading.wallet.followed_events import FollowedEvent, FollowedEvents, Question
from tradewind.trading.wallet.nonce_gaps import GAP, NonceGaps
from tradewind.trading.wallet.records import (
    Settlement,
    TransactionPurpose,
    TransactionState,
)
from tradewind.trading.wallet.transaction_journal import TransactionJournal
from tradewind.trading.wallet.watch_journal import Due, Inclusion, WatchJournal


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
