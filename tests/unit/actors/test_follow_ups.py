"""Steps that wait at a venue with a watcher: their messages are done, what follows is published."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from actors.orchestrator.actors import broadcast_step, follow_step, submit_plan
from actors.orchestrator.follow_ups import FollowUps
from actors.orchestrator.ports import OrchestratorPorts
from actors.venues.contract import AnsweredEvent, Fill, Receipt, Reorg, SignedStep, SwapTransaction
from tests.support.factories import NOW
from tests.unit.actors.test_orchestrator import TX_HASH, ScriptedVenue, plan
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.venues import SIMULATED
from tradewind.errors import NotYet, TransientError
from tradewind.trading.wallet.followed_events import FollowedEvent, Question

WALLET = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
FILLED = Receipt(TX_HASH, (Fill(100, 150, 7),), final=True, settled_at=NOW)
REVERTED = Receipt(
    TX_HASH, (), final=True, revert_reason=ExecutionFailureReason.REVERTED, settled_at=NOW
)
LOST = Reorg(TX_HASH, 0, 7, "0x" + "b1" * 32, NOW)


@dataclass
class WatchedVenue(ScriptedVenue):
    """A venue with a watcher, which has no answer until it is given some."""

    followed: list[FollowedEvent] = field(default_factory=list)
    answers: list[AnsweredEvent] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    async def sign_tx(self, transaction: SwapTransaction) -> SignedStep:
        return SignedStep(TX_HASH, WALLET, 3, NOW)

    async def broadcast_tx(self, tx_hash: str) -> datetime:
        raise NotYet(1_000)

    async def wait_receipt(
        self, tx_hash: str, fills_known: int = 0, reorgs_known: int = 0
    ) -> Receipt:
        raise NotYet(1_000)

    async def follow(self, tx_hash: str, event: FollowedEvent) -> None:
        assert tx_hash == TX_HASH
        self.followed.append(event)

    async def answered(self) -> Sequence[AnsweredEvent]:
        return self.answers

    async def forget(self, event_ids: Sequence[str]) -> None:
        self.forgotten += event_ids


@dataclass
class Flow:
    """A venue, what is published, and the publisher's error if it has one."""

    venue: WatchedVenue = field(default_factory=WatchedVenue)
    published: list[AnyEvent] = field(default_factory=list)
    error: Exception | None = None

    @property
    def ports(self) -> OrchestratorPorts:
        return OrchestratorPorts({SIMULATED: self.venue}, now=lambda: NOW)

    async def answer(self, *answers: Any) -> list[AnyEvent]:
        """Answer the followed events in turn; return what is published then."""
        self.venue.answers = [
            AnsweredEvent(event.event_id, event.body, answer)
            for event, answer in zip(self.venue.followed, answers, strict=True)
        ]
        self.venue.followed = []
        follow_ups = FollowUps(self.venue, self._publish, timedelta(minutes=10), lambda: NOW)
        self.published = []
        await follow_ups.publish_answered()
        return self.published

    async def _publish(self, events: Sequence[AnyEvent]) -> None:
        if self.error is not None:
            raise self.error
        self.published += events


async def signed_step(flow: Flow) -> AnyEvent:
    _, signed = await submit_plan(plan(), flow.ports)
    assert isinstance(signed, Event)
    return signed


async def test_a_flow_goes_on_from_its_answers_alone() -> None:
    """Given no answer at any time a message is handled, then the same history follows later."""
    flow = Flow()
    signed = await signed_step(flow)
    assert await broadcast_step(signed, flow.ports) == []
    assert [one.question for one in flow.venue.followed] == [Question.SUBMISSION]
    (submitted,) = await flow.answer(NOW)
    assert (submitted.topic, submitted.sequence) == ("exec.step_submitted", signed.sequence + 1)

    assert await follow_step(submitted, flow.ports) == []
    (reorged,) = await flow.answer(LOST)
    assert await follow_step(reorged, flow.ports) == []
    assert [one.reorgs_known for one in flow.venue.followed] == [1]
    filled, completed = await flow.answer(FILLED)
    assert [one.topic for one in (reorged, filled, completed)] == [
        "exec.step_reorged",
        "exec.step_filled",
        "exec.completed",
    ]
    assert completed.sequence == signed.sequence + 4
    assert flow.venue.forgotten == [signed.event_id, submitted.event_id, reorged.event_id]
    assert await follow_step(filled, flow.ports) == []
    assert flow.venue.followed == []


async def test_a_repetition_publishes_the_same_bytes() -> None:
    flow = Flow()
    signed = await signed_step(flow)
    outcomes = []
    for _ in range(2):
        await broadcast_step(signed, flow.ports)
        outcomes.append([event.to_bytes() for event in await flow.answer(NOW)])
    assert outcomes[0] == outcomes[1]


async def test_an_event_is_kept_in_the_bytes_it_came_in() -> None:
    flow = Flow()
    signed = await signed_step(flow)
    first = signed.to_bytes() + b"\n"
    await broadcast_step(signed, flow.ports, first)
    assert [one.body for one in flow.venue.followed] == [first]
    (submitted,) = await flow.answer(NOW)
    second = submitted.to_bytes() + b"\n"
    await follow_step(submitted, flow.ports, second)
    assert [one.body for one in flow.venue.followed] == [second]


async def test_an_event_is_kept_until_what_follows_is_stored() -> None:
    flow = Flow(error=TransientError("the stream is full"))
    await broadcast_step(await signed_step(flow), flow.ports)
    with pytest.raises(TransientError):
        await flow.answer(NOW)
    assert flow.venue.forgotten == []


async def test_one_event_at_fault_keeps_back_no_other() -> None:
    flow = Flow()
    signed = await signed_step(flow)
    await broadcast_step(signed, flow.ports)
    (kept,) = flow.venue.followed
    flow.venue.followed = [kept._replace(event_id="bad", body=b"no event"), kept]
    (submitted,) = await flow.answer(NOW, NOW)
    assert submitted.topic == "exec.step_submitted"
    assert flow.venue.forgotten == [signed.event_id]


async def test_a_revert_ends_the_flow() -> None:
    flow = Flow()
    await broadcast_step(await signed_step(flow), flow.ports)
    (submitted,) = await flow.answer(NOW)
    await follow_step(submitted, flow.ports)
    (failed,) = await flow.answer(REVERTED)
    assert (failed.topic, failed.payload.reason) == ("exec.failed", "REVERTED")


async def test_without_a_watcher_the_message_comes_again() -> None:
    """Given a venue nobody watches, when it has no answer yet, then the runtime asks again."""
    venue = ScriptedVenue(NotYet(5))
    submitted = (
        await submit_plan(plan(), OrchestratorPorts({SIMULATED: ScriptedVenue()}, lambda: NOW))
    )[-1]
    with pytest.raises(NotYet):
        await follow_step(submitted, OrchestratorPorts({SIMULATED: venue}, lambda: NOW))
