"""Intents are decided once, under the lock of their portfolio, within its limits."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from actors.portfolio.actors import TIME_LIMIT_MS, judge_intent, keep_ending
from actors.portfolio.decide import decide, reject_unavailable
from tests.integration.book.harness import (
    NOTIONAL_USD,
    apply_limits,
    counters_are_sums,
    history_of,
    opened_desk,
    screened_now,
    statuses,
)
from tests.integration.ledger.harness import LedgerHarness
from tests.support.paused import paused
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import clock
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.runtime.publisher import PublishTooLarge
from tradewind.trading.book.claims import BookBusy
from tradewind.trading.book.fence import Fenced


async def test_of_fifty_at_once_exactly_ten_fit(harness: LedgerHarness) -> None:
    """Given room for ten and three replicas, then ten are approved, whoever decides which."""
    await apply_limits(harness.pool, max_open_intents=10)
    events = [screened_now(number) for number in range(1, 51)]
    async with AsyncExitStack() as stack:
        desks = [await stack.enter_async_context(opened_desk(harness)) for _ in range(3)]
        for desk in desks:
            await desk.proven()
        answers = await asyncio.gather(
            *(desks[number % 3].judge(event) for number, event in enumerate(events))
        )
        again = await asyncio.gather(
            *(desks[(number + 1) % 3].judge(event) for number, event in enumerate(events))
        )
    topics = Counter(answer[0].topic for answer in answers)
    assert topics == {"risk.approved": 10, "risk.rejected": 40}
    assert [[one.data for one in answer] for answer in answers] == [
        [one.data for one in answer] for answer in again
    ]
    assert Counter((await statuses(harness.pool)).values()) == {"claimed": 10, "rejected": 40}
    assert await counters_are_sums(harness.pool)


async def test_a_limit_over_all_portfolios_holds_between_them(harness: LedgerHarness) -> None:
    """Given three WETH for everybody, when ten portfolios want one at once, then three get it."""
    await apply_limits(harness.pool, max_total_position_usd=Decimal(3 * NOTIONAL_USD))
    events = [screened_now(number, portfolio_id=f"fund-{number}") for number in range(1, 11)]
    async with opened_desk(harness) as one, opened_desk(harness) as other:
        await one.proven()
        await other.proven()
        answers = await asyncio.gather(
            *((one, other)[number % 2].judge(event) for number, event in enumerate(events))
        )
    topics = Counter(answer[0].topic for answer in answers)
    assert topics == {"risk.approved": 3, "risk.rejected": 7}


async def test_a_decision_that_no_broker_could_store_is_not_kept(harness: LedgerHarness) -> None:
    """Given events that are too large, then the end of the flow is the decision, and it is kept."""
    event = screened_now(1)

    def judge(inputs: PortfolioInputs, now: datetime) -> list[AnyEvent]:
        decided = decide(event, inputs, now)
        checks = tuple(
            RiskCheck(
                rule=RiskRejectionReason.LOCKED, passed=True, value="x" * 200, limit="y" * 200
            )
            for _ in range(64)
        )
        payload = decided[0].payload.model_copy(update={"checks": checks * 20})
        return [decided[0].model_copy(update={"payload": payload}), *decided[1:]]

    async with opened_desk(harness) as desk:
        await desk.proven()
        with pytest.raises(PublishTooLarge) as refused:
            await desk.claims.claim(event, judge, clock.now)
        assert await statuses(harness.pool) == {}
        ending = reject_unavailable(event, refused.value, clock.now())
        kept = await keep_ending(event, ending, desk.ports)
        assert await desk.judge(event) == kept
    assert list((await statuses(harness.pool)).values()) == ["rejected"]


async def test_whoever_finds_the_portfolio_locked_asks_again(harness: LedgerHarness) -> None:
    """Given a process that hangs in its transaction, then others answer NotYet and decide later."""
    event, other = screened_now(1), screened_now(2)
    async with opened_desk(harness) as desk:
        await desk.proven()
        await desk.judge(other)
        async with harness.pool.acquire() as holder, holder.transaction():
            await holder.execute("SELECT FROM portfolios FOR UPDATE")
            with pytest.raises(BookBusy):
                await desk.judge_once(event)
        assert (await desk.judge(event))[0].topic == "risk.approved"


async def test_nothing_is_decided_while_the_database_is_away(
    harness: LedgerHarness, servers: Servers
) -> None:
    event, postgres = screened_now(1), servers.processes["postgres"]
    async with opened_desk(harness) as desk:
        await desk.proven()
        postgres.kill()
        try:
            with pytest.raises(DecisionUnavailable):
                await desk.judge_once(event)
        finally:
            postgres.start()
            postgres.wait_ready()
        # Another start of the server: it might be another database.
        with pytest.raises(Fenced):
            await desk.judge_once(event)
        await harness.publish(*history_of(event))
        assert not await desk.passes_and_is_proven()
        async with harness.coordinator():
            await desk.proven()
        assert (await desk.judge(event))[0].topic == "risk.approved"


async def test_a_database_that_says_nothing_is_given_up_in_time(
    harness: LedgerHarness, servers: Servers
) -> None:
    """Given a server that hangs in the middle, then the actor has its answer, and asks again."""
    event = screened_now(1)
    async with opened_desk(harness) as desk:
        await desk.proven()
        await desk.judge(screened_now(2))
        with paused(servers.processes["postgres"].pid):
            async with asyncio.timeout(2 * TIME_LIMIT_MS / 1_000):
                with pytest.raises(DecisionUnavailable):
                    await desk.judge_once(event)
        assert (await desk.judge(event))[0].topic == "risk.approved"


async def test_a_cancelled_intent_has_a_row_that_claims_nothing(harness: LedgerHarness) -> None:
    event = screened_now(1)
    async with opened_desk(harness) as desk:
        await desk.proven()
        cancelled = replace(desk.ports, find_cancellation=always_cancelled)
        first = await judge_intent(event, cancelled)
        assert [one.topic for one in first] == ["intent.cancelled"]
        assert await desk.judge(event) == first
    assert list((await statuses(harness.pool)).values()) == ["released"]


async def always_cancelled(_: str) -> Cancellation:
    return Cancellation("01K9H7YB7R0000000000000001", "operator", clock.now())
