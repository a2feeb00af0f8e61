"""The journal knows what spenders may take, and believes the chain where it knows better."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from tests.integration.wallet.conftest import (
    FIRST_NONCE,
    PASSAGE,
    ROUTER,
    TOKEN,
    approve_and_swap,
    claim,
    key,
    plan_event,
    request,
    sign,
    success,
    swap_only,
    transaction,
)
from tradewind.contracts.wire import UINT256_MAX
from tradewind.trading.wallet.allowances import Allowance
from tradewind.trading.wallet.records import (
    TransactionPlan,
)
from tradewind.trading.wallet.transaction_journal import TransactionJournal
from tradewind.trading.wallet.watch_journal import WatchJournal


async def test_the_projected_allowance_follows_the_nonces(journal: TransactionJournal) -> None:
    seen: list[int | None] = []

    def plan(projected: int | None) -> TransactionPlan:
        seen.append(projected)
        return replace(swap_only(None), allowance_after=(projected or 0) + 2**200)

    for number in range(3):
        await journal.claim(key(number), plan_event(number), PASSAGE, TOKEN, ROUTER, plan, sign, 9)
    await journal.claim(key(0), plan_event(0), PASSAGE, TOKEN, ROUTER, plan, sign, 9)
    await journal.claim(key(4), plan_event(4), PASSAGE, ROUTER, ROUTER, plan, sign, 9)
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


async def test_a_claim_of_another_token_keeps_no_correction_out(
    journal: TransactionJournal,
) -> None:
    """Otherwise the allowance stays unknown, and is taken back at a cost before it is given."""
    read = await journal.allowances.read(ROUTER, ROUTER)
    await claim(journal, 1, swap_of_token)
    await journal.allowances.correct(ROUTER, ROUTER, 9, read)
    assert (await journal.allowances.read(ROUTER, ROUTER)).projected == 9


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
