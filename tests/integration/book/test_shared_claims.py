"""Intents of several portfolios that come at once share statements, and nothing else."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from asyncpg import Connection

from actors.portfolio import actors as portfolio_actors
from actors.portfolio.decide import decide
from tests.integration.book.harness import (
    Desk,
    apply_limits,
    counters_are_sums,
    opened_desk,
    screened_now,
    statuses,
)
from tests.integration.book.test_claims import noted_queries
from tests.integration.ledger.harness import LedgerHarness
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.runtime import clock
from tradewind.runtime.decisions import Decision
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.sessions import BookBusy, BookRefuses
from tradewind.trading.venue_settings import VenueChoice

PORTFOLIOS = 5


def of_each(first: int) -> list[Event[RiskScreened]]:
    """Return an intent of each portfolio."""
    return [
        screened_now(first + number, portfolio_id=f"fund-{number}") for number in range(PORTFOLIOS)
    ]


@pytest.fixture
async def desk(harness: LedgerHarness) -> AsyncIterator[Desk]:
    """Return a desk that has decided for each portfolio before."""
    async with opened_desk(harness) as opened:
        await opened.proven()
        for event in of_each(1):
            await opened.judge(event)
        yield opened


async def judged(desk: Desk, events: list[Event[RiskScreened]]) -> list[Decision | BaseException]:
    """Decide about intents at once, each once."""
    return await asyncio.gather(*map(desk.judge_once, events), return_exceptions=True)


def topics_of(outcomes: list[Decision | BaseException]) -> list[str]:
    """Return what was decided about each, or the name of what was raised."""
    return [
        type(one).__name__ if isinstance(one, BaseException) else one[0].topic for one in outcomes
    ]


async def test_they_are_read_in_one_round_trip_and_kept_in_one_commit(
    harness: LedgerHarness, desk: Desk
) -> None:
    async with noted_queries(desk) as queries:
        outcomes = await judged(desk, of_each(11))
    assert topics_of(outcomes) == ["risk.approved"] * PORTFOLIOS
    assert queries == [QUERIES["select_grounds"], QUERIES["keep_decision"]]
    commits = await harness.pool.fetchval(
        "SELECT count(DISTINCT xmin::text) FROM allocations WHERE portfolio_id LIKE 'fund-%'"
    )
    assert commits == PORTFOLIOS + 1
    assert await counters_are_sums(harness.pool)


async def test_each_is_judged_by_its_own_portfolio(harness: LedgerHarness, desk: Desk) -> None:
    """Given room for two intents in each, and one portfolio that has two, then it is refused."""
    await apply_limits(harness.pool, max_open_intents=2)
    await desk.judge(screened_now(11, portfolio_id="fund-3"))
    outcomes = await judged(desk, of_each(21))
    expected = ["risk.approved"] * PORTFOLIOS
    expected[3] = "risk.rejected"
    assert topics_of(outcomes) == expected
    assert await counters_are_sums(harness.pool)


async def test_of_one_portfolio_each_is_decided_on_the_book_after_the_other(
    harness: LedgerHarness, desk: Desk
) -> None:
    """Given room for one more, and copies of an intent, then one is approved, and told twice."""
    await apply_limits(harness.pool, max_open_intents=2)
    first, other = (screened_now(number, portfolio_id="fund-1") for number in (11, 12))
    outcomes = await judged(desk, [first, first, other])
    assert topics_of(outcomes) == ["risk.approved", "risk.approved", "risk.rejected"]
    assert outcomes[0] == outcomes[1]
    assert await counters_are_sums(harness.pool)


async def test_an_error_of_one_is_its_own(
    harness: LedgerHarness, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a judge that fails for one intent, then the others are decided, without a lock."""
    events = of_each(11)
    failing = events[2].payload.intent_id

    def judge(event: Event[RiskScreened], *rest: Any) -> list[AnyEvent]:
        if event.payload.intent_id == failing:
            raise ZeroDivisionError
        return decide(event, *rest)

    monkeypatch.setattr(portfolio_actors, "decide", judge)
    async with noted_queries(desk) as queries:
        outcomes = await judged(desk, events)
    expected = ["risk.approved"] * PORTFOLIOS
    expected[2] = "ZeroDivisionError"
    assert topics_of(outcomes) == expected
    assert QUERIES["lock_portfolio"] not in queries
    assert failing not in await statuses(harness.pool)


@pytest.mark.parametrize("statement", ["select_grounds", "keep_decision"])
async def test_what_postgresql_refuses_of_one_is_no_reason_to_refuse_the_others(
    harness: LedgerHarness, desk: Desk, statement: str
) -> None:
    """Given an intent that no statement can take, then the others are decided all the same."""
    events = of_each(11)
    field = {"select_grounds": "intent_type", "keep_decision": "strategy_id"}[statement]
    intent = events[2].payload.intent.model_copy(update={field: "no\0text"})
    payload = events[2].payload.model_copy(update={"intent": intent})
    events[2] = events[2].model_copy(update={"payload": payload})
    outcomes = await judged(desk, events)
    expected = ["risk.approved"] * PORTFOLIOS
    expected[2] = BookRefuses.__name__
    assert topics_of(outcomes) == expected
    assert await counters_are_sums(harness.pool)


async def test_whoever_has_a_portfolio_keeps_nobody_else_waiting(
    harness: LedgerHarness, desk: Desk
) -> None:
    async with harness.pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM portfolios WHERE portfolio_id = 'fund-2' FOR UPDATE")
        events = of_each(11)
        held = asyncio.create_task(desk.judge_once(events.pop(2)))
        assert topics_of(await judged(desk, events)) == ["risk.approved"] * (PORTFOLIOS - 1)
        assert not held.done()
        with pytest.raises(BookBusy):
            await held


async def test_a_portfolio_that_changed_meanwhile_is_read_again_and_the_others_are_kept(
    harness: LedgerHarness, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given room for two, and the second decided while the third was judged, then that finds none.

    It is judged twice, and the others once.
    """
    await apply_limits(harness.pool, max_open_intents=2)
    judgements: list[str] = []
    async with opened_desk(harness) as other:
        await other.proven()
        look = desk.claims.look
        second: list[Decision] = []

        async def look_and_be_overtaken(*arguments: Any) -> Any:
            found = await look(*arguments)
            if not second:
                second.append(await other.judge(screened_now(31, portfolio_id="fund-2")))
            return found

        def noting(event: Event[RiskScreened]) -> Any:
            def judge(inputs: PortfolioInputs, now: datetime, _: object) -> list[AnyEvent]:
                judgements.append(event.key.portfolio)
                return decide(event, inputs, now)

            return judge

        monkeypatch.setattr(desk.claims, "look", look_and_be_overtaken)
        outcomes = await asyncio.gather(
            *(desk.claims.claim(event, noting(event), clock.now) for event in of_each(11))
        )
    expected = ["risk.approved"] * PORTFOLIOS
    expected[2] = "risk.rejected"
    assert [one[0].topic for one in outcomes] == expected
    assert sorted(judgements) == sorted([*(f"fund-{one}" for one in range(PORTFOLIOS)), "fund-2"])
    assert await counters_are_sums(harness.pool)


async def test_a_connection_that_says_nothing_costs_nobody_the_decision(
    harness: LedgerHarness, desk: Desk
) -> None:
    """Given a server process that stands still, then each is decided with another one, in time."""
    async with desk.pool.acquire() as connection:
        process_id = connection.get_server_pid()
    os.kill(process_id, signal.SIGSTOP)
    try:
        outcomes = await judged(desk, of_each(11))
    finally:
        os.kill(process_id, signal.SIGCONT)
    assert topics_of(outcomes) == ["risk.approved"] * PORTFOLIOS
    assert await counters_are_sums(harness.pool)


@pytest.mark.parametrize(
    ("method", "statement"),
    [
        ("fetchmany", "select_grounds"),
        ("fetchval", "count_approvals"),
        ("fetchmany", "keep_decision"),
    ],
)
async def test_a_connection_that_is_lost_costs_nobody_the_decision(
    harness: LedgerHarness,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    statement: str,
) -> None:
    """Given one that ends before a statement, then what each is asked again is decided once."""
    await apply_limits(harness.pool, max_intents_per_minute=100)
    lost = list[int]()
    ask = getattr(Connection, method)

    async def lose_the_first(connection: Any, query: str, *rest: Any, **options: Any) -> Any:
        if query == QUERIES[statement] and not lost:
            lost.append(connection.get_server_pid())
            await harness.pool.fetchval("SELECT pg_terminate_backend($1, 5000)", *lost)
        return await ask(connection, query, *rest, **options)

    monkeypatch.setattr(Connection, method, lose_the_first)
    outcomes = await judged(desk, of_each(11))
    assert len(lost) == 1
    assert topics_of(outcomes) == ["risk.approved"] * PORTFOLIOS
    assert await counters_are_sums(harness.pool)


async def test_whoever_goes_away_takes_nobody_along(
    harness: LedgerHarness, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given one that is given up while it is read, then it is kept once, and told when asked."""
    look, reading = desk.claims.look, asyncio.Event()

    async def look_slowly(*arguments: Any) -> Any:
        reading.set()
        await asyncio.sleep(0.05)
        return await look(*arguments)

    monkeypatch.setattr(desk.claims, "look", look_slowly)
    events = of_each(11)
    tasks = [asyncio.create_task(desk.judge_once(event)) for event in events]
    await reading.wait()
    tasks[2].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    expected = ["risk.approved"] * PORTFOLIOS
    expected[2] = "CancelledError"
    assert topics_of(outcomes) == expected
    assert topics_of(await judged(desk, events)) == ["risk.approved"] * PORTFOLIOS
    assert await counters_are_sums(harness.pool)


async def test_what_trades_on_a_chain_and_what_is_on_paper_are_told_apart(
    harness: LedgerHarness,
) -> None:
    """Given a frozen wallet, then of those that are read together the ones that need it stop."""
    await harness.pool.execute(
        "INSERT INTO wallets (chain_id, address, next_nonce, halted_reason, halted_at) "
        "VALUES (1, $1, 0, 'DRIFT: TRANSFER_OUT 1 USDC', now())",
        "0x" + "11" * 20,
    )
    strategies = ["paper-one", "rebalance", "paper-two", "hedge"]
    events = [
        screened_now(number, portfolio_id=f"fund-{number}", strategy_id=strategy)
        for number, strategy in enumerate(strategies, 1)
    ]
    async with opened_desk(harness, venues=VenueChoice(UNISWAP_V3, ("paper-*",))) as desk:
        await desk.proven()
        for event in of_each(11):
            await desk.judge(event)
        async with noted_queries(desk) as queries:
            outcomes = await judged(desk, events)
    assert topics_of(outcomes) == ["risk.approved", "risk.rejected"] * 2
    assert queries.count(QUERIES["select_grounds"]) == 1
