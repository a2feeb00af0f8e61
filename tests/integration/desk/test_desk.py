"""The desk on real servers: one intent whatever dies, one answer whoever gives it, honest marks."""

import asyncio
import json
import signal as signals_of_the_system
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.integration.desk.harness import DeskHarness, policy_file
from tests.integration.ledger.harness import wait_despite_outages
from tests.support.signals import MID, vote
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import derive_ulid
from tradewind.contracts.market.model import ObservedContext, PerpContext
from tradewind.contracts.risk.approvals import ApprovalVerdict
from tradewind.contracts.streams import PERP_SNAPSHOTS_BUCKET
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.ledger.upkeep.stalled import StalledHistories
from tradewind.operations.cli.signals import signals
from tradewind.runtime import clock
from tradewind.runtime.execution import BETWEEN_HISTORIES
from tradewind.trading.approvals.errors import ApprovalDecided, ApprovalNotAwaited
from tradewind.trading.signal_approvals.journal import SignalApprovalJournal
from tradewind.trading.signal_approvals.records import SignalAnswering

TELL_SECONDS = 0.2
WINDOW_SECONDS = 15
"""How late a desk of a busy machine may come to a mark."""
KILLED = -signals_of_the_system.SIGKILL


def intent_of(event: AnyEvent) -> str:
    return f"intent-{derive_ulid(event.payload.signal_id, 'intent')}"


async def test_a_desk_dies_between_the_intent_and_the_end(
    harness: DeskHarness, tmp_path: Path
) -> None:
    """Given a desk that is killed once the broker has the intent, then another one ends the signal.

    It publishes what the first one decided: time has moved, and so would the intent have.
    """
    policies = policy_file(tmp_path, "auto")
    event = await harness.put(vote(80))
    async with harness.process(policies, f"{BETWEEN_HISTORIES}=kill") as dying:
        assert await dying.wait() == KILLED

    async def has_intent() -> bool:
        return len(await harness.history(intent_of(event))) == 1

    await wait_despite_outages(has_intent)
    assert (await harness.history(event.correlation_id))[-1].event == event
    stricter = policy_file(tmp_path, "observe")
    async with harness.process(stricter), harness.process(stricter):
        concluded = await harness.concluded(event)
        # as the sweeper does, under an id that the broker does not know
        await harness.ledger.publish(event, event)
        await harness.ledger.drained()
    ((submitted, *_),) = [[one.event for one in await harness.history(intent_of(event))]]
    assert concluded.payload.intent_id == submitted.payload.intent_id
    assert submitted.causation_id == event.event_id
    assert submitted.timestamp == concluded.timestamp == concluded.payload.concluded_at
    (kept,) = await harness.pool.fetch("SELECT events FROM decided")
    assert kept["events"] == submitted.to_bytes() + b"\n" + concluded.to_bytes()
    assert await harness.ledger.quarantined() == []
    assert await harness.ledger.parked() == 0


async def test_a_signal_waits_for_a_person_and_is_not_stalled(
    harness: DeskHarness, tmp_path: Path
) -> None:
    journal, by_cli = SignalApprovalJournal(harness.pool), CliRunner()
    async with harness.desks(policy_file(tmp_path, "approve"), count=2):
        approved, declined = [await harness.put(vote(80), number=number) for number in (1, 2)]

        async def waits() -> bool:
            return len(await journal.waiting(None, 10)) == 2

        await wait_despite_outages(waits)
        await harness.ledger.drained()
        stalled = StalledHistories(harness.pool)
        assert await stalled.all(0.0) == []
        assert (await Backlogs(harness.pool).counts(0.0)).stalled == 0
        listed = await asyncio.to_thread(by_cli.invoke, signals, ["waiting", "--json"])
        shown = [json.loads(line) for line in listed.output.splitlines()]
        assert {one["signal_id"] for one in shown} == {
            one.payload.signal_id for one in (approved, declined)
        }
        assert {one["arithmetic"]["amount"] for one in shown} == {"2"}
        for words in (
            ["approve", f"signal-{approved.payload.signal_id}"],
            ["decline", declined.payload.signal_id, "--note", "no appetite"],
        ):
            said = await asyncio.to_thread(by_cli.invoke, signals, words)
            assert said.exit_code == 0, said.output
        ends = [await harness.concluded(one) for one in (approved, declined)]
    assert [one.payload.outcome for one in ends] == ["submitted", "declined"]
    assert ends[1].payload.detail == "no appetite"
    answer = ends[0].payload.inputs.approval
    command = f"approval-{approved.payload.signal_id}"
    kept = await harness.pool.fetchval(
        "SELECT event_id FROM ingress WHERE correlation_id = $1", command
    )
    assert kept == answer.approval_id
    again = SignalAnswering(approved.payload.signal_id, ApprovalVerdict.DENIED, "another")
    with pytest.raises(ApprovalDecided):
        await journal.answer(again, "test", clock.now())
    assert await journal.waiting(None, 10) == []
    assert await harness.ledger.quarantined() == []


async def test_of_many_answers_at_once_the_first_stands_and_none_comes_after_the_deadline(
    harness: DeskHarness, tmp_path: Path
) -> None:
    journal = SignalApprovalJournal(harness.pool)
    async with harness.desks(policy_file(tmp_path, "approve")):
        event = await harness.put(vote(80))
        signal_id = event.payload.signal_id

        async def waits() -> bool:
            return await journal.find(signal_id) is not None

        await wait_despite_outages(waits)
        both = [ApprovalVerdict.APPROVED, ApprovalVerdict.DENIED] * 5
        said = await asyncio.gather(
            *(
                journal.answer(SignalAnswering(signal_id, one, f"p-{number}"), "test", clock.now())
                for number, one in enumerate(both)
            ),
            return_exceptions=True,
        )
        (first,) = [one for one in said if not isinstance(one, BaseException)]
        assert sum(isinstance(one, ApprovalDecided) for one in said) == len(both) - 1
        concluded = await harness.concluded(event)
        assert concluded.payload.inputs.approval == first.answer
        # two seconds are left for an answer
        late = await harness.put(vote(80), number=2, at=clock.now() - timedelta(seconds=293))
        expired = await harness.concluded(late)
    assert (expired.payload.outcome, expired.payload.reason) == ("expired", "approval_timed_out")
    with pytest.raises(ApprovalNotAwaited):
        await journal.answer(
            SignalAnswering(late.payload.signal_id, ApprovalVerdict.APPROVED, "p"),
            "test",
            clock.now(),
        )


@asynccontextmanager
async def telling_mid(harness: DeskHarness, price: str) -> AsyncIterator[None]:
    """Say so again and again while the block runs."""

    async def tell() -> None:
        while True:
            await tell_mid(harness, price)
            await asyncio.sleep(TELL_SECONDS)

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def tell_mid(harness: DeskHarness, price: str) -> None:
    """Say what the price of ETH is now, as the feed does."""
    bucket = await harness.ledger.connection.jetstream.key_value(PERP_SNAPSHOTS_BUCKET)
    context = PerpContext(
        coin="ETH",
        mark_price=MID,
        oracle_price=MID,
        mid_price=Decimal(price),
        funding_hourly=Decimal(0),
        open_interest=Decimal(0),
        day_volume_usd=Decimal(0),
        previous_day_price=MID,
    )
    observed = ObservedContext(context=context, observed_at=clock.now(), provider="simulated")
    await bucket.put("ctx.ETH", observed.model_dump_json().encode())


async def marks_of(harness: DeskHarness) -> list[AnyEvent]:
    """Return every mark that the ledger has."""
    rows = await harness.pool.fetch(
        "SELECT correlation_id FROM events WHERE topic = 'signal.marked' ORDER BY global_seq"
    )
    return [(await harness.history(row[0]))[0].event for row in rows]


async def test_decisions_are_marked_by_the_market_or_said_to_be_missed(
    harness: DeskHarness, tmp_path: Path
) -> None:
    """Given a price for one coin and none for another, then one is marked and one is missed."""

    async def are_marked() -> bool:
        return len(await marks_of(harness)) == 4

    changes = {"signal_mark_seconds": "1,2", "signal_mark_window_seconds": WINDOW_SECONDS}
    async with (
        telling_mid(harness, "3030"),
        harness.desks(policy_file(tmp_path, "observe"), count=2, **changes),
    ):
        ignored = await harness.put(vote(10), number=1)
        await harness.concluded(ignored)
        unseen = await harness.put(vote(80), number=2, coin="NOBODY")
        await harness.concluded(unseen)
        await wait_despite_outages(are_marked)
    found = await marks_of(harness)
    of_ignored = [one for one in found if one.payload.signal_id == ignored.payload.signal_id]
    assert {one.payload.horizon_seconds for one in of_ignored} == {1, 2}
    assert {one.payload.signed_return for one in of_ignored} == {Decimal("0.01")}
    assert {one.payload.followed_paid for one in of_ignored} == {True}
    missed = [one for one in found if one not in of_ignored]
    assert {one.payload.missed for one in missed} == {"NO_PRICE"}
    assert await harness.ledger.quarantined() == []
    shown = await asyncio.to_thread(CliRunner().invoke, signals, ["calibrate", "--json"])
    scores = [json.loads(line) for line in shown.output.splitlines()]
    assert [(one["horizon_seconds"], one["calibration"]["outcomes"]) for one in scores] == [
        (1, 1),
        (2, 1),
    ]
    refused = await asyncio.to_thread(CliRunner().invoke, signals, ["keep-tables"])
    assert "200 outcomes" in str(refused.exception)
