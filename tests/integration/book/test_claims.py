"""Intents are decided once, on a portfolio that nobody else changes, within its limits."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from asyncpg.connection import LoggedQuery

from actors.portfolio.actors import TIME_LIMIT_MS, judge_intent, keep_ending
from actors.portfolio.decide import decide, reject_unavailable
from tests.integration.book.harness import (
    NOTIONAL_USD,
    Desk,
    apply_limits,
    counters_are_sums,
    history_of,
    opened_desk,
    screened_now,
    statuses,
)
from tests.integration.ledger.harness import LedgerHarness
from tests.support.factories import CHAIN, REGISTRY
from tests.support.paused import paused
from tests.support.trades import Trade
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.instruments.assets import RegisteredToken
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.system.trading_states import Scope, ScopeKind, TradingState
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.ledger.records import RecordedEvent
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import clock
from tradewind.runtime.decisions import Decision, DecisionUnavailable
from tradewind.runtime.publisher import PublishTooLarge
from tradewind.trading.accounting.funding import Capital, funding
from tradewind.trading.accounting.settle import book_events
from tradewind.trading.book.fence import Fenced
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.sessions import BookBusy
from tradewind.trading.halts.changes import change_state
from tradewind.trading.halts.records import StateChange
from tradewind.trading.venue_settings import VenueChoice


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


async def test_of_fifty_for_ten_portfolios_at_once_as_many_fit_as_all_may_hold(
    harness: LedgerHarness,
) -> None:
    """Given ten WETH for everybody and three replicas, then ten intents for one are approved."""
    await apply_limits(harness.pool, max_total_position_usd=Decimal(10 * NOTIONAL_USD))
    events = [screened_now(number, portfolio_id=f"fund-{number % 10}") for number in range(1, 51)]
    async with AsyncExitStack() as stack:
        desks = [await stack.enter_async_context(opened_desk(harness)) for _ in range(3)]
        for desk in desks:
            await desk.proven()
        answers = await asyncio.gather(
            *(desks[number % 3].judge(event) for number, event in enumerate(events))
        )
    topics = Counter(answer[0].topic for answer in answers)
    assert topics == {"risk.approved": 10, "risk.rejected": 40}


async def test_what_others_were_given_and_what_they_bought_as_quote_counts_for_all(
    harness: LedgerHarness,
) -> None:
    """Given two WETH that are no position of WETH, then a limit of three leaves room for one."""
    await apply_limits(harness.pool, max_total_position_usd=Decimal(3 * NOTIONAL_USD))
    capital = Capital("fund-1", weth(), Decimal(1), "in")
    given = funding(
        capital, requested_by="test", note="", reference="1", producer="test", at=clock.now()
    )
    sold = Trade(1, pair=1, is_purchase=False, cost=10**18, portfolio_id="fund-2").fills()
    events_told: list[AnyEvent] = [given, *sold]
    told = [RecordedEvent(one, place, clock.now(), b"") for place, one in enumerate(events_told)]
    events = [screened_now(number, portfolio_id=f"fund-{number}") for number in range(3, 6)]
    async with opened_desk(harness) as desk:
        await desk.proven()
        async with desk.pool.acquire() as connection, connection.transaction():
            await book_events(connection, told)
        topics = [(await desk.judge(event))[0].topic for event in events]
    assert topics == ["risk.approved", "risk.rejected", "risk.rejected"]


async def test_a_decision_that_no_broker_could_store_is_not_kept(harness: LedgerHarness) -> None:
    """Given events that are too large, then the end of the flow is the decision, and it is kept."""
    event = screened_now(1)

    def judge(inputs: PortfolioInputs, now: datetime, _: object) -> list[AnyEvent]:
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
    """Given a request that is kept while the intent waits for its portfolio, then it is found."""
    event = screened_now(1)
    async with opened_desk(harness) as desk:
        await desk.proven()
        await desk.judge(screened_now(2))
        async with harness.pool.acquire() as holder, holder.transaction():
            await holder.execute("SELECT FROM portfolios FOR UPDATE")
            judging = asyncio.create_task(judge_intent(event, desk.ports))
            await asyncio.sleep(0.2)
            await harness.pool.execute(
                "INSERT INTO cancellations VALUES ($1, $2, 'operator', clock_timestamp())",
                *(event.correlation_id, "01K9H7YB7R0000000000000001"),
            )
        first = await judging
        assert [one.topic for one in first] == ["intent.cancelled"]
        assert await desk.judge(event) == first
    assert sorted((await statuses(harness.pool)).values()) == ["claimed", "released"]


WALLETS = (
    ("0x" + "11" * 20, "DRIFT: TRANSFER_OUT 1 USDC", True),
    ("0x" + "22" * 20, None, False),
)
"""One that an orchestrator watches, and one whose key is not used any more."""


async def test_what_no_wallet_may_sign_is_refused_with_the_wallet_in_the_book(
    harness: LedgerHarness,
) -> None:
    """Given a frozen wallet, then only what is on paper passes, and all of it once it may sign."""
    for address, reason, is_watched in WALLETS:
        await harness.pool.execute(
            "INSERT INTO wallets (chain_id, address, next_nonce, halted_reason, halted_at) "
            "VALUES (1, $1, 0, $2, CASE WHEN $2::text IS NOT NULL THEN now() END)",
            *(address, reason),
        )
        await harness.pool.execute(
            "INSERT INTO wallet_watches (chain_id, address, watcher, watched_until, looked_at) "
            "VALUES (1, $1, 'one', now() + $2 * interval '1 day', now() + $2 * interval '1 day')",
            *(address, 1 if is_watched else -1),
        )
    frozen, _ = (address for address, *_ in WALLETS)
    choice = VenueChoice(UNISWAP_V3, ("paper-*",))
    async with opened_desk(harness, venues=choice) as desk:
        await desk.proven()
        on_paper = await desk.judge(screened_now(1, strategy_id="paper-one"))
        event = screened_now(2)
        refused = await desk.judge(event)
        again = await desk.judge(event)
        await harness.pool.execute("UPDATE wallets SET halted_reason = NULL, halted_at = NULL")
        thawed = await desk.judge(screened_now(3))
        await halt(harness, Scope(ScopeKind.WALLET, f"{CHAIN}:{frozen}"))
        halted = await desk.judge(screened_now(4))
        await harness.pool.execute("UPDATE wallet_watches SET watched_until = '-infinity'")
        unwatched = await desk.judge(screened_now(5))
    assert [one[0].topic for one in (on_paper, thawed)] == ["risk.approved"] * 2
    assert refused == again
    rejected = parse_event(refused[0].data)
    assert rejected.payload.reason == RiskRejectionReason.WALLET_FROZEN
    book = rejected.payload.inputs.book
    assert (book.state, book.state_scope) == (TradingState.HALTED, f"wallet:{CHAIN}:{frozen}")
    assert book.state_reason == "DRIFT: TRANSFER_OUT 1 USDC"
    assert decide(event, rejected.payload.inputs, rejected.timestamp)[0].payload == rejected.payload
    for decision in (halted, unwatched):
        payload = parse_event(decision[0].data).payload
        assert payload.reason == RiskRejectionReason.WALLET_FROZEN


async def test_a_halted_venue_is_seen_by_what_it_would_trade(harness: LedgerHarness) -> None:
    await halt(harness, Scope(ScopeKind.VENUE, UNISWAP_V3))
    choice = VenueChoice(UNISWAP_V3, ("paper-*",))
    async with opened_desk(harness, venues=choice) as desk:
        await desk.proven()
        refused = await desk.judge(screened_now(1))
        passed = await desk.judge(screened_now(2, strategy_id="paper-one"))
    assert parse_event(refused[0].data).payload.reason == RiskRejectionReason.TRADING_HALTED
    assert passed[0].topic == "risk.approved"


async def halt(harness: LedgerHarness, scope: Scope) -> None:
    change = StateChange(scope, TradingState.HALTED, "maintenance", "test")
    async with harness.pool.acquire() as connection, connection.transaction():
        await change_state(connection, change, "test")


def weth() -> RegisteredToken:
    found = REGISTRY.by_symbol(CHAIN, "WETH")
    assert found is not None
    return found


@asynccontextmanager
async def noted_queries(desk: Desk) -> AsyncIterator[list[str]]:
    """Note what is asked on the connection that the desk uses next."""
    queries: list[str] = []

    def note(one: LoggedQuery) -> None:
        queries.append(one.query)

    async with desk.pool.acquire() as connection:
        connection.add_query_logger(note)
    yield queries
    async with desk.pool.acquire() as connection:
        connection.remove_query_logger(note)


async def test_a_claim_is_one_statement_that_reads_and_one_that_keeps(
    harness: LedgerHarness,
) -> None:
    """Given no limit that asks for more, then nobody waits for a lock, or for another answer."""
    async with opened_desk(harness) as desk:
        await desk.proven()
        await desk.judge(screened_now(1))
        async with noted_queries(desk) as queries:
            assert (await desk.judge(screened_now(2)))[0].topic == "risk.approved"
    assert queries == [QUERIES["select_grounds"], QUERIES["keep_decision"]]


async def test_a_portfolio_that_changes_after_it_was_read_is_read_again_under_its_lock(
    harness: LedgerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given room for two, and the second decided while a third was read, then that finds none."""
    await apply_limits(harness.pool, max_open_intents=2)
    async with opened_desk(harness) as desk, opened_desk(harness) as other:
        for one in (desk, other):
            await one.proven()
        await desk.judge(screened_now(1))
        look = desk.claims.look
        second: list[Decision] = []

        async def look_and_be_overtaken(*arguments: Any) -> Any:
            found = await look(*arguments)
            if not second:
                second.append(await other.judge(screened_now(2)))
            return found

        monkeypatch.setattr(desk.claims, "look", look_and_be_overtaken)
        async with noted_queries(desk) as queries:
            third = await desk.judge(screened_now(3))
    assert second[0][0].topic == "risk.approved"
    assert third[0].topic == "risk.rejected"
    names = ("lock_portfolio", "select_grounds", "keep_decision")
    assert queries[2:] == ["BEGIN;", *(QUERIES[name] for name in names), "COMMIT;"]
    assert await counters_are_sums(harness.pool)
