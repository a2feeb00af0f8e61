"""Intents above a threshold wait for a person: claimed meanwhile, ended once, whatever happens."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner, Result

from actors.portfolio.conclude import conclude
from tests.integration.book.harness import (
    NOTIONAL_USD,
    apply_limits,
    counters_are_sums,
    screened_now,
    statuses,
    watched_world,
)
from tests.integration.book.processes import replicas
from tests.integration.book.waiting_room import THRESHOLD, WaitingRoom, events_of, waiting_room
from tests.integration.ledger.backup import backup_of
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import Event, parse_event
from tradewind.contracts.risk.approvals import ApprovalVerdict
from tradewind.contracts.risk.payloads import RiskApprovalRequired, RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.system.trading_states import EVERYTHING, TradingState
from tradewind.operations.cli.approvals import approvals
from tradewind.operations.embedded.servers import Servers
from tradewind.trading.approvals.errors import ApprovalDecided, ApprovalNotAwaited
from tradewind.trading.approvals.journal import ApprovalJournal
from tradewind.trading.book import waits
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.halts.records import StateChange

DENIED = ApprovalVerdict.DENIED
APPROVED_TOPICS = ["risk.approved", "intent.accepted"]


@pytest.fixture
async def room(harness: LedgerHarness) -> AsyncIterator[WaitingRoom]:
    """Return a proven desk at which everything above 1,000 USD waits, with a coordinator."""
    await apply_limits(harness.pool, approval_above_usd=THRESHOLD)
    async with harness.coordinator(), waiting_room(harness) as opened:
        yield opened


async def test_an_intent_above_the_threshold_waits_with_its_claim(room: WaitingRoom) -> None:
    event = await room.admit()
    await room.work()
    assert await room.end_of(event) == []
    assert await statuses(room.harness.pool) == {event.payload.intent_id: "claimed"}
    (wait,) = await ApprovalJournal(room.harness.pool).waiting(None, 10)
    required = wait.event
    assert isinstance(required.payload, RiskApprovalRequired)
    assert required.payload.notional_usd == NOTIONAL_USD
    assert required.payload.threshold_usd == THRESHOLD
    assert required.payload.threshold_scope == "defaults"
    assert required.payload.inputs.policy.version == 1
    assert required.payload.expires_at == event.payload.expires_at
    # Whoever asks again hears the same bytes.
    (again,) = await room.judge(event)
    assert again.data == wait.required


async def test_at_the_threshold_nobody_is_asked(room: WaitingRoom) -> None:
    await apply_limits(room.harness.pool, approval_above_usd=Decimal(NOTIONAL_USD))
    decision = await room.judge(screened_now(1))
    assert [one.topic for one in decision] == APPROVED_TOPICS


async def test_what_waits_fills_the_cap_and_does_not_stand_in_its_own_way(
    room: WaitingRoom,
) -> None:
    """Given room for one, then a second is refused while one waits, which is then approved."""
    await apply_limits(
        room.harness.pool,
        approval_above_usd=THRESHOLD,
        max_open_intents=1,
        max_intents_per_minute=1,
        duplicate_window_seconds=60,
        daily_budget_usd=Decimal(NOTIONAL_USD),
        max_gross_exposure_usd=Decimal(4_000),
        max_total_position_usd=Decimal(NOTIONAL_USD),
    )
    first = await room.admit(1)
    (refused,) = events_of(await room.judge(screened_now(2)))
    assert refused.payload.reason is RiskRejectionReason.DUPLICATE_INTENT
    failed = {one.rule for one in refused.payload.checks if not one.passed}
    assert {
        RiskRejectionReason.OPEN_INTENTS_LIMIT,
        RiskRejectionReason.RATE_LIMIT,
        RiskRejectionReason.DAILY_BUDGET,
        RiskRejectionReason.GROSS_EXPOSURE_LIMIT,
        RiskRejectionReason.POSITION_LIMIT,
    } <= failed
    await room.say(first)
    await room.work()
    assert [one.topic for one in await room.end_of(first)] == APPROVED_TOPICS
    await room.settled()
    assert await room.status(first) == "claimed"


async def test_an_approval_is_followed_by_the_acceptance(room: WaitingRoom) -> None:
    event = await room.admit()
    kept = await room.say(event, note="the desk knows of it")
    assert kept.event is not None
    await room.work()
    approved, accepted = await room.end_of(event)
    assert approved.payload.inputs.approval.answer == kept.answer
    assert approved.payload.inputs.book.open_intents == 0
    assert accepted.payload.max_amount_in == event.payload.max_amount_in
    assert (accepted.sequence, accepted.causation_id) == (5, approved.event_id)
    await room.settled()
    history = await room.harness.reader.history(event.correlation_id)
    assert [one.event.topic for one in history][2:] == ["risk.approval_required", *APPROVED_TOPICS]
    assert await room.status(event) == "claimed"
    assert await ApprovalJournal(room.harness.pool).waiting(None, 10) == []


async def test_a_denial_and_a_missed_deadline_release_the_claim(room: WaitingRoom) -> None:
    denied, missed = await room.admit(1), await room.admit(2)
    await room.say(denied, DENIED, note="too large for today")
    await room.work()
    room.late = True
    await room.work()
    (refusal,), (late,) = await room.end_of(denied), await room.end_of(missed)
    assert refusal.payload.reason is RiskRejectionReason.APPROVAL_DENIED
    assert refusal.payload.detail == "denied by key-1: too large for today"
    assert late.payload.reason is RiskRejectionReason.APPROVAL_TIMED_OUT
    await room.settled()
    assert [await room.status(one) for one in (denied, missed)] == ["rejected", "rejected"]
    budget = await room.harness.pool.fetchval("SELECT day_notional_usd FROM portfolios")
    assert budget == 0
    assert await counters_are_sums(room.harness.pool)


async def test_an_approval_that_is_acted_on_too_late_executes_nothing(room: WaitingRoom) -> None:
    event = await room.admit()
    await room.say(event)
    room.late = True
    await room.work()
    (expired,) = await room.end_of(event)
    assert expired.topic == "intent.expired"
    await room.settled()
    assert await room.status(event) == "expired"


async def test_a_request_to_cancel_ends_the_wait(room: WaitingRoom) -> None:
    event = await room.admit()
    await room.cancel(event)
    await room.say(event)
    await room.work()
    (cancelled,) = await room.end_of(event)
    assert (cancelled.topic, cancelled.payload.requested_by) == ("intent.cancelled", "trader")
    await room.settled()
    assert await room.status(event) == "released"


async def test_what_changed_while_it_waited_counts_when_it_is_approved(room: WaitingRoom) -> None:
    """Given approvals, each after something else has changed, then each is refused for it."""
    events = [await room.admit(number) for number in range(1, 6)]

    async def reason(event: Event[RiskScreened]) -> RiskRejectionReason:
        await room.say(event)
        await room.work()
        (rejected,) = await room.end_of(event)
        assert rejected.payload.inputs.approval.answer.verdict is ApprovalVerdict.APPROVED
        found: RiskRejectionReason = rejected.payload.reason
        return found

    room.prices.base_usd = Decimal(3_600)
    assert await reason(events[0]) is RiskRejectionReason.PRICE_COLLAR
    room.prices.base_usd = None
    assert await reason(events[1]) is RiskRejectionReason.PRICE_UNAVAILABLE
    room.prices.base_usd = Decimal(3_000)
    limits: dict[str, Any] = {"approval_above_usd": THRESHOLD}
    await apply_limits(room.harness.pool, **limits, max_notional_usd=Decimal(2_000))
    assert await reason(events[2]) is RiskRejectionReason.NOTIONAL_LIMIT
    await apply_limits(room.harness.pool, **limits, max_open_intents=1)
    assert await reason(events[3]) is RiskRejectionReason.OPEN_INTENTS_LIMIT
    halt = StateChange(EVERYTHING, TradingState.HALTED, "drill", "test")
    await StateJournal(room.harness.pool).change(halt, "test")
    assert await reason(events[4]) is RiskRejectionReason.TRADING_HALTED


async def test_the_first_answer_stands_and_who_comes_later_is_told(room: WaitingRoom) -> None:
    event = await room.admit()
    answers = await asyncio.gather(
        room.say(event, by="key-1"),
        room.say(event, DENIED, by="key-2", note="no"),
        room.say(event, by="key-3"),
        return_exceptions=True,
    )
    kept = [one for one in answers if not isinstance(one, BaseException)]
    refused = [one for one in answers if isinstance(one, ApprovalDecided)]
    assert (len(kept), len(refused)) == (1, 2)
    first = kept[0].answer
    assert {one.answer for one in refused} == {first}
    again = await room.say(event, first.verdict, by=first.answered_by)
    assert (again.answer, again.event) == (first, None)
    journal = await room.harness.pool.fetch(
        "SELECT body FROM ingress WHERE correlation_id = $1", f"approval-{event.payload.intent_id}"
    )
    assert [parse_event(bytes(one["body"])).event_id for one in journal] == [first.approval_id]


async def test_people_look_and_answer_on_the_command_line(
    room: WaitingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = room.harness.settings.postgres_dsn.get_secret_value()
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", dsn)

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, approvals, arguments)

    assert (await run("list")).output == "nothing waits for an approval\n"
    event = await room.admit()
    intent_id = event.payload.intent_id
    document = json.loads((await run("list", "--json")).output)
    assert (document["intent_id"], document["threshold_usd"]) == (intent_id, "1000")
    assert intent_id in (await run("list")).output
    answered = await run("deny", event.correlation_id, "--note", "too large")
    assert answered.output.startswith(f"{intent_id} is denied by cli:")
    assert isinstance((await run("approve", "x")).exception, SystemExit)
    with pytest.raises(ApprovalDecided, match="too large"):
        await room.say(event)
    await room.work()
    (rejected,) = await room.end_of(event)
    assert rejected.payload.detail.endswith(": too large")


async def test_what_does_not_wait_is_not_answered(room: WaitingRoom) -> None:
    event = await room.admit()
    with pytest.raises(ApprovalNotAwaited):
        await room.say(screened_now(2))
    room.late = True
    await room.work()
    with pytest.raises(ApprovalNotAwaited):
        await room.say(event)


async def test_answers_a_cancellation_and_the_deadline_at_once_end_it_once(
    room: WaitingRoom,
) -> None:
    """Given two processes and four who want something else, then one of them gets it."""
    events = [await room.admit(number) for number in range(1, 9)]
    async with waiting_room(room.harness) as other:
        for number, event in enumerate(events):
            other.late = number > 5
            await asyncio.gather(
                room.say(event),
                room.say(event, DENIED, by="key-2", note="no"),
                room.cancel(event) if number > 3 else asyncio.sleep(0),
                room.loop.work(),
                other.loop.work(),
                return_exceptions=True,
            )
        await asyncio.gather(room.work(), other.work())
    ends = [await room.end_of(event) for event in events]
    await room.settled()
    for event, end in zip(events, ends, strict=True):
        history = [one.event for one in await room.harness.reader.history(event.correlation_id)]
        assert end
        assert history[3:] == end
        assert (await room.status(event) == "claimed") == (end[0].topic == "risk.approved")
    assert await counters_are_sums(room.harness.pool)
    assert await room.harness.quarantined() == []


@pytest.mark.parametrize("step", waits.FAILPOINTS)
async def test_a_process_dies_around_the_commit_and_another_goes_on(
    harness: LedgerHarness, step: str
) -> None:
    """Given a denial, when a process dies before or behind its commit, then there is one end."""
    await apply_limits(harness.pool, approval_above_usd=THRESHOLD)
    async with harness.coordinator(), watched_world(harness) as world:
        async with waiting_room(harness) as room:
            event = await room.admit()
            await room.say(event, DENIED, note="no")
        async with replicas(harness, f"{step}=kill") as (dying,):
            assert await dying.wait() == -signal.SIGKILL
        assert world.decisions == {}
        async with replicas(harness, "", ""):
            await wait_despite_outages(lambda: event.payload.intent_id in world.decisions)

            async def is_ended() -> bool:
                return await statuses(harness.pool) == {event.payload.intent_id: "rejected"}

            await wait_despite_outages(is_ended)
    assert world.two_decisions == []
    assert await harness.quarantined() == []


async def test_copies_of_an_answer_change_nothing(room: WaitingRoom) -> None:
    event = await room.admit()
    kept = await room.say(event)
    assert kept.event is not None
    await room.harness.publish(kept.event, kept.event)
    await room.work()
    await room.harness.publish(kept.event)
    await room.settled()
    await room.work()
    assert await room.status(event) == "claimed"
    assert await room.harness.quarantined() == []


async def test_a_restored_database_learns_the_wait_and_the_answer_again(
    harness: LedgerHarness, database_dsn: str, servers: Servers
) -> None:
    """Given a backup of before, then wait, answer and claim come back, and nothing is decided."""
    await apply_limits(harness.pool, approval_above_usd=THRESHOLD)
    async with harness.processes(2):
        async with waiting_room(harness) as room, backup_of(database_dsn, servers) as backup:
            approved, open_wait = await room.admit(1), await room.admit(2)
            for event in (approved, open_wait):
                kept = await room.say(event)
                assert kept.event is not None
                await harness.publish(kept.event)
            await room.work()
            await room.settled()
            ends = [await room.end_of(one) for one in (approved, open_wait)]
            await backup.restore()
        async with waiting_room(harness, is_proven=False) as room:
            await room.desk.proven()
            await room.desk.settled()
            assert sorted((await statuses(harness.pool)).values()) == ["claimed", "claimed"]
            row = await harness.pool.fetch(
                "SELECT verdict, answered_by, recorded_at IS NOT NULL AS ended FROM approvals"
            )
            assert [tuple(one) for one in row] == [("approved", "key-1", True)] * 2
            await room.work()
            for event, end in zip((approved, open_wait), ends, strict=True):
                history = await harness.reader.history(event.correlation_id)
                assert [one.event for one in history][3:] == end


async def test_what_only_the_ledger_has_waits_again(room: WaitingRoom) -> None:
    """Given a wait and an answer that the book lost, then settlement brings both back."""
    event = await room.admit()
    kept = await room.say(event)
    assert kept.event is not None
    await room.harness.publish(kept.event)
    await room.harness.drained()
    await room.harness.pool.execute("DELETE FROM approvals")
    await room.harness.pool.execute("DELETE FROM allocations")
    await room.harness.pool.execute("UPDATE book_cursor SET global_seq = 0")
    await room.desk.settled()
    assert await room.status(event) == "claimed"
    await room.work()
    assert [one.topic for one in await room.end_of(event)] == APPROVED_TOPICS


async def test_an_end_that_the_ledger_has_is_not_decided_anew(room: WaitingRoom) -> None:
    """Given an end in the ledger that settlement has not come to, then nobody decides another."""
    event = await room.admit()
    await room.say(event)
    await room.work()
    end = await room.end_of(event)
    await room.harness.drained()
    await room.harness.pool.execute("UPDATE approvals SET decision = NULL")
    await room.cancel(event)
    await room.loop.work()
    assert await room.end_of(event) == []
    await room.desk.settled()
    assert await room.status(event) == "claimed"
    history = [one.event for one in await room.harness.reader.history(event.correlation_id)]
    assert history[3:] == end


async def test_what_the_broker_lost_is_published_again(room: WaitingRoom) -> None:
    event = await room.admit()
    await room.harness.drained()
    await room.say(event)
    await room.desk.proven()
    decision = await room.ends.end(event.payload.intent_id, conclude, room.now)
    assert decision

    async def is_recorded() -> bool:
        await room.loop.publish_unrecorded()
        return len(await room.harness.reader.history(event.correlation_id)) == 5

    await wait_until(is_recorded)
    await room.settled()
    assert await room.harness.pool.fetchval("SELECT recorded_at IS NOT NULL FROM approvals")
