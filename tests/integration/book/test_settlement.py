"""Claims begin and end by what the ledger has recorded, and by nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.integration.book.harness import (
    MAX_AMOUNT_IN,
    NOTIONAL_USD,
    PAID,
    Desk,
    Execution,
    accepted_in,
    counters_are_sums,
    history_of,
    opened_desk,
    screened_now,
)
from tests.integration.ledger.harness import LedgerHarness
from tests.support.histories import History
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.portfolio.payloads import PortfolioOpened
from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.ledger.history.graph import CorrelationGraphs
from tradewind.ledger.records import RecordedEvent
from tradewind.runtime import Publisher
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.halts.records import StateChange


@pytest.fixture
async def desk(harness: LedgerHarness) -> AsyncIterator[Desk]:
    """Return a desk beside a running coordinator."""
    async with harness.coordinator(), opened_desk(harness) as opened:
        await opened.proven()
        yield opened


async def approved(
    harness: LedgerHarness, desk: Desk, number: int = 1, **changes: Any
) -> Execution:
    """Have an intent approved and recorded; return what may follow."""
    event = screened_now(number, **changes)
    await harness.publish(*history_of(event))
    decision = await desk.judge(event)
    await publish_raw(harness, decision)
    return Execution(accepted_in(decision))


async def publish_raw(harness: LedgerHarness, decision: Any) -> None:
    for one in decision:
        await harness.publish_raw(one.subject, one.data)


async def settled(harness: LedgerHarness, desk: Desk, *events: AnyEvent) -> Any:
    """Publish, wait until all is recorded and settled; return the only allocation."""
    await harness.publish(*events)
    await harness.drained()
    await desk.settled()
    return await desk.pool.fetchrow("SELECT * FROM allocations")


ENDS: dict[str, tuple[Callable[[Execution], list[AnyEvent]], str, int, Decimal]] = {
    "completed": (
        lambda it: [*it.until_submitted(), *it.fill(), *it.completion()],
        *("used", PAID, Decimal(NOTIONAL_USD)),
    ),
    "failed": (lambda it: [*it.until_submitted(), *it.failure()], "released", 0, Decimal(0)),
    "expired": (lambda it: it.expiry(), "expired", 0, Decimal(0)),
    "partly filled and withdrawn": (
        lambda it: [*it.until_submitted(), *it.fill(0, 3), *it.withdrawal()],
        *("released", PAID // 3, Decimal("952.380953")),
    ),
    "partly filled and cancelled": (
        lambda it: [*it.until_submitted(), *it.fill(0, 3), *it.cancellation()],
        *("released", PAID // 3, Decimal("952.380953")),
    ),
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_recorded_end_releases_what_was_not_used_once(
    harness: LedgerHarness, desk: Desk, end: str
) -> None:
    follow, status, used, budget = ENDS[end]
    execution = await approved(harness, desk)
    row = await settled(harness, desk)
    assert (row["status"], row["claim_amount"]) == ("claimed", MAX_AMOUNT_IN)
    events = follow(execution)
    row = await settled(harness, desk, *events)
    assert (row["status"], row["used_amount"], row["budget_usd"]) == (status, used, budget)
    assert row["released_amount"] == MAX_AMOUNT_IN - used
    # Everything again, beyond the broker's duplicate window.
    assert await settled(harness, desk, *events) == row
    assert await counters_are_sums(desk.pool)


async def test_a_late_copy_of_an_end_releases_nothing(harness: LedgerHarness, desk: Desk) -> None:
    """Given money in flight, when an end arrives that the ledger sets aside, then it stays."""
    execution = await approved(harness, desk)
    late = Execution(execution.last).expiry()
    await settled(harness, desk, *execution.until_submitted())
    row = await settled(harness, desk, *late)
    assert [reason for reason, _ in await harness.quarantined()] == ["CONFLICT"]
    assert (row["status"], row["released_amount"]) == ("claimed", None)


async def test_a_recorded_end_that_the_lifecycle_forbids_releases_nothing(
    harness: LedgerHarness, desk: Desk
) -> None:
    """Given money in flight, when the ledger has an expiry behind it, then only its fill counts."""
    execution = await approved(harness, desk)
    row = await settled(harness, desk, *execution.until_submitted(), *execution.expiry())
    assert (row["status"], row["released_amount"]) == ("claimed", None)


async def test_an_approval_that_only_the_ledger_has_is_claimed(
    harness: LedgerHarness, desk: Desk
) -> None:
    """Given a decision of a book that was lost, then it is adopted, and repeated byte for byte."""
    event = screened_now(1)
    await harness.publish(*history_of(event))
    decision = await desk.judge(event)
    await harness.pool.execute("DELETE FROM allocations")
    await publish_raw(harness, decision[:1])
    row = await settled(harness, desk)
    assert (row["status"], row["decision"], row["claim_amount"]) == ("claimed", None, MAX_AMOUNT_IN)
    assert await desk.judge(event) == decision


async def test_a_decision_in_the_ledger_is_adopted_before_settlement_comes_to_it(
    harness: LedgerHarness, desk: Desk
) -> None:
    event = screened_now(1)
    await harness.publish(*history_of(event))
    decision = await desk.judge(event)
    await harness.pool.execute("DELETE FROM allocations")
    await publish_raw(harness, decision)
    await harness.drained()
    assert await desk.judge(event) == decision
    row = await settled(harness, desk)
    assert (row["status"], row["is_approval"]) == ("claimed", True)


async def test_several_processes_settle_each_event_once(harness: LedgerHarness, desk: Desk) -> None:
    """Given three loops at once, then no fill is counted twice."""
    async with opened_desk(harness) as second, opened_desk(harness) as third:
        executions = [await approved(harness, desk, number) for number in range(1, 9)]
        for one in executions:
            await harness.publish(*one.until_submitted(), *one.fill(0, 2), *one.fill(1, 2))
        await harness.drained()
        await asyncio.gather(*(one.settled() for one in (desk, second, third)))
    used = await desk.pool.fetch("SELECT used_amount FROM allocations")
    assert [row["used_amount"] for row in used] == [PAID] * 8


class LosingPublisher(Publisher):
    """Publishes nothing the first time."""

    async def publish_raw(self, subject: str, data: bytes, headers: Mapping[str, str]) -> None:
        if headers[MESSAGE_ID_HEADER].startswith("outbox-"):
            await super().publish_raw(subject, data, headers)


async def test_a_portfolio_is_told_of_until_the_ledger_has_it(harness: LedgerHarness) -> None:
    """Given an event of its history that the broker lost, then it is published again."""
    async with harness.coordinator(), opened_desk(harness, publish_with=LosingPublisher) as desk:
        await desk.proven()
        execution = await approved(harness, desk)
        await settled(harness, desk, *execution.until_submitted(), *execution.fill())

        async def waiting() -> int:
            await desk.loop.work()
            return int(await desk.pool.fetchval("SELECT count(*) FROM portfolio_outbox"))

        async def is_recorded() -> bool:
            return not await waiting()

        await wait_until(waiting)
        await wait_until(is_recorded)
    told = await harness.reader.history("portfolio-demo-1")
    assert [one.event.topic for one in told][:1] == ["portfolio.opened"]
    assert [one.event.sequence for one in told] == list(range(1, len(told) + 1))
    assert await harness.quarantined() == []


async def test_portfolios_of_one_page_are_each_told_of_what_they_have(
    harness: LedgerHarness, desk: Desk
) -> None:
    """Given a fill, an expiry and an end in one page, then nobody has what is another's."""
    names = ["filled", "expired", "expired", "ended"]
    filled, expired, _, ended = [
        await approved(harness, desk, number, strategy_id=name)
        for number, name in enumerate(names, 1)
    ]
    await settled(
        harness,
        desk,
        *(*filled.until_submitted(), *filled.fill(0, 3), *expired.expiry()),
        *(*ended.until_submitted(), *ended.fill(), *ended.completion()),
    )

    async def told(name: str) -> list[RecordedEvent]:
        await desk.loop.work()
        return await harness.reader.history(f"portfolio-{name}-1")

    figures = {}
    for name in dict.fromkeys(names):
        await wait_until(partial(told, name))
        (opened,) = await told(name)
        payload: PortfolioOpened = opened.event.payload
        bought = [one.quantity for one in payload.positions]
        figures[name] = (payload.figures.reserved, payload.figures.used, bought)
    assert figures == {
        "filled": (Decimal(2_150), Decimal(0), [Decimal(10**18 // 3).scaleb(-18)]),
        "expired": (Decimal(3_150), Decimal(0), []),
        "ended": (Decimal(0), Decimal(NOTIONAL_USD), [Decimal(1)]),
    }


async def test_what_an_expiry_ends_is_the_intent_it_is_about(
    harness: LedgerHarness, desk: Desk
) -> None:
    """Given two claims, when one intent expires, then the other claim stays."""
    first, second = [await approved(harness, desk, number) for number in (1, 2)]
    await settled(harness, desk, *first.expiry())
    rows = dict(await desk.pool.fetch("SELECT intent_id, status FROM allocations"))
    assert rows == {first.intent_id: "expired", second.intent_id: "claimed"}


async def test_histories_of_an_earlier_release_are_settled_as_they_ended(
    harness: LedgerHarness, desk: Desk
) -> None:
    """Given approvals of a single stage, which bounded nothing, then each ends as it did."""
    histories = [History(number) for number in range(1, 13)]
    await harness.publish(*(event for one in histories for event in one.completed()))
    await harness.drained()
    await desk.settled()
    rows = await desk.pool.fetch("SELECT status, claim_amount, used_amount FROM allocations")
    assert {tuple(row) for row in rows} == {("used", None, histories[0].amount_in)}
    assert len(rows) == len(histories)


async def test_who_asks_why_is_told_what_the_stage_has_kept(
    harness: LedgerHarness, desk: Desk
) -> None:
    execution = await approved(harness, desk)
    await harness.drained()
    graph = await CorrelationGraphs(harness.pool).graph(execution.last.correlation_id)
    assert graph is not None
    (kept,) = graph.decisions
    by_topic = {one.topic: one.event_id for one in graph.nodes}
    assert (kept.queue_group, kept.cause_event_id) == (
        "portfolio.workers",
        by_topic["risk.screened"],
    )
    assert kept.event_ids == (by_topic["risk.approved"], by_topic["intent.accepted"])


async def test_nothing_is_told_while_the_database_is_not_proven(harness: LedgerHarness) -> None:
    """Given a process that waits for the coordinator, then it settles now and tells it later."""
    async with harness.coordinator(), opened_desk(harness) as first:
        await first.proven()
        execution = await approved(harness, first)
        await harness.publish(*execution.until_submitted(), *execution.fill())
        await harness.drained()
    async with opened_desk(harness) as second:
        await harness.publish(screened_now(2))
        await second.loop.work()
        assert not second.fence.is_proven
        assert (await second.pool.fetchval("SELECT used_amount FROM allocations")) == PAID
        assert not await second.pool.fetchval("SELECT count(*) FROM portfolio_outbox")
        async with harness.coordinator():
            await second.proven()
            await wait_until(partial(is_told, harness, second))


async def is_told(harness: LedgerHarness, desk: Desk) -> bool:
    await desk.loop.work()
    return bool(await harness.reader.history("portfolio-demo-1"))


async def put_state(harness: LedgerHarness, desk: Desk, scope: str, state: TradingState) -> None:
    change = StateChange(Scope.parse(scope), state, "a test", "test")
    changed = await StateJournal(desk.pool).change(change, "test")
    assert changed.event is not None
    await harness.publish(changed.event)
    await harness.drained()


@pytest.mark.parametrize("scope", ["everything", "account:demo", "portfolio:demo"])
async def test_a_portfolio_tells_its_trading_state(
    harness: LedgerHarness, desk: Desk, scope: str
) -> None:
    """Given a portfolio nothing else happens to, then who follows it learns that it was halted."""
    await approved(harness, desk)
    for state in (TradingState.HALTED, TradingState.ACTIVE):
        await put_state(harness, desk, scope, state)

        async def is_said(expected: TradingState = state) -> bool:
            await desk.loop.work()
            history = await harness.reader.history("portfolio-demo-1")
            return [one.event.payload.state for one in history[-1:]] == [expected]

        await wait_until(is_said)


async def test_to_halt_a_name_makes_no_portfolio_of_it(harness: LedgerHarness, desk: Desk) -> None:
    for scope in ("portfolio:nobody", "account:nobody"):
        await put_state(harness, desk, scope, TradingState.HALTED)
    await approved(harness, desk)
    await harness.drained()
    await desk.settled()
    names = await desk.pool.fetch("SELECT portfolio_id FROM portfolios")
    assert [row["portfolio_id"] for row in names] == ["demo"]
