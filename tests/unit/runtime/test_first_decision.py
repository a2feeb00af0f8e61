"""The first decision stands: what was kept is published again, whatever the handler would say."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from dramatiq.middleware import Retries
from structlog.testing import capture_logs

from tests.support.runtime_events import KEY, TOPIC, following, make_event
from tradewind.contracts.envelope import AnyEvent, next_events, parse_event
from tradewind.contracts.execution.payloads import ExecutionStarted
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.errors import NotYet, PermanentError, TransientError
from tradewind.runtime import EventActor, JetStreamBroker, NatsConnection, StubBroker, Worker
from tradewind.runtime.decisions import (
    Decision,
    DecisionKey,
    DecisionUnavailable,
    MemoryDecisions,
    NoDecisionJournal,
    decision_of,
    from_lines,
    to_lines,
)
from tradewind.runtime.execution import MAX_REFUSED_BACKOFF_MS

QUEUE = "q"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


class Moods:
    """A handler whose answer changes from one delivery to the next, in topic, time and number."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def decide(self, event: AnyEvent, ports: object) -> list[AnyEvent] | None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.answer(event, self.calls)

    def answer(self, event: AnyEvent, call: int) -> list[AnyEvent]:
        at = event.timestamp + timedelta(seconds=call)
        intent_id = event.payload.intent_id
        rejected = RiskRejected(
            intent_id=intent_id, reason=RiskRejectionReason.NOTIONAL_LIMIT, detail=str(call)
        )
        started = ExecutionStarted(
            intent_id=intent_id, plan_id=intent_id, venue="simulated", steps_total=call
        )
        payloads = [started, rejected] if call % 2 else [rejected]
        return next_events(event, payloads, producer="test", at=at)


def declare(handler: Any, **options: Any) -> EventActor:
    broker = JetStreamBroker([Retries(max_retries=2, min_backoff=10, max_backoff=60_000)])
    defaults = {"queue_name": QUEUE, "topics": [TOPIC], "keeps_decision": True}
    return broker.actor(**(defaults | options))(handler)


async def deliver(stub: StubBroker, event: AnyEvent) -> None:
    """Deliver as a new message of the stream, as a copy after the duplicate window is one."""
    await stub.publish_raw(event.subject, event.to_bytes())
    await stub.drain()


class Listening(StubBroker):
    """Hears every publication, copies included, as bytes."""

    def __init__(self, *actors: EventActor) -> None:
        super().__init__(*actors)
        self.heard: list[list[bytes]] = []

    async def _publish_all(self, events: Any) -> None:
        self.heard.append([one.to_bytes() for one in events])
        await super()._publish_all(events)


async def test_a_redelivery_publishes_what_was_published_and_runs_no_handler() -> None:
    moods, event = Moods(), make_event()
    stub = Listening(declare(moods.decide))
    for _ in range(3):
        await deliver(stub, event)
    assert stub.heard == [[one.to_bytes() for one in moods.answer(event, 1)]] * 3
    assert moods.calls == 1


class Asked(MemoryDecisions):
    """Counts how often somebody looks for a decision; the first ones are kept, and not told."""

    def __init__(self, untold: int) -> None:
        super().__init__()
        self.asked = 0
        self.untold = untold

    async def find(self, key: DecisionKey) -> Decision | None:
        self.asked += 1
        return await super().find(key)

    async def keep(self, key: DecisionKey, decision: Decision) -> Decision:
        kept = await super().keep(key, decision)
        if self.untold:
            self.untold -= 1
            raise DecisionUnavailable("it is kept")
        return kept


async def test_who_decides_first_publishes_what_was_kept_all_the_same() -> None:
    """A copy of the event runs the handler in vain; a redelivery asks, and does not run it."""
    moods, event = Moods(), make_event()
    stub = Listening(declare(moods.decide, decides_first=True))
    stub.decisions = journal = Asked(untold=1)
    await deliver(stub, event)
    assert (moods.calls, journal.asked) == (1, 1)
    await deliver(stub, event)
    assert (moods.calls, journal.asked) == (2, 1)
    assert stub.heard == [[one.to_bytes() for one in moods.answer(event, 1)]] * 2


async def test_without_the_declaration_every_delivery_decides_anew() -> None:
    moods, event = Moods(), make_event()
    stub = Listening(declare(moods.decide, keeps_decision=False))
    for _ in range(2):
        await deliver(stub, event)
    assert [len(events) for events in stub.heard] == [2, 1]


async def test_deciding_that_nothing_follows_is_a_decision() -> None:
    async def first_silent(event: AnyEvent, ports: object) -> list[AnyEvent] | None:
        calls.append(event)
        return None if len(calls) == 1 else following(event)

    calls: list[AnyEvent] = []
    stub = Listening(declare(first_silent))
    event = make_event()
    for _ in range(2):
        await deliver(stub, event)
    assert stub.heard == []
    assert len(calls) == 1


async def test_giving_up_is_a_decision() -> None:
    """Given a flow ended after the last retry, then a handler that works changes nothing."""

    def give_up(event: AnyEvent, error: Exception, now: datetime) -> Sequence[AnyEvent]:
        return moods.answer(event, 2)

    moods, event = Moods(*[TransientError("no price")] * 3), make_event()
    stub = Listening(declare(moods.decide, on_exhausted=give_up))
    await deliver(stub, event)
    await deliver(stub, event)
    assert stub.heard == [[one.to_bytes() for one in moods.answer(event, 2)]] * 2
    assert moods.calls == 3
    assert stub.dead_letters == []


async def test_an_actor_that_keeps_its_decisions_itself_keeps_its_ends_there_too() -> None:
    """Given a book that is busy at first, then the end of the flow is what the book returns."""

    def give_up(event: AnyEvent, error: Exception, now: datetime) -> Sequence[AnyEvent]:
        return moods.answer(event, 2)

    async def keep(event: AnyEvent, ending: Sequence[AnyEvent], ports: object) -> Decision:
        asked.append(ending)
        if len(asked) == 1:
            raise NotYet(20)
        return decision_of(kept)

    moods, event = Moods(*[PermanentError("refused")] * 2), make_event()
    asked: list[Sequence[AnyEvent]] = []
    kept = moods.answer(event, 5)
    options = {"on_exhausted": give_up, "keep_ending": keep, "keeps_decision": False}
    stub = Listening(declare(moods.decide, **options))
    await deliver(stub, event)
    assert asked == [moods.answer(event, 2)] * 2
    assert stub.heard == [[one.to_bytes() for one in kept]]
    assert stub.dead_letters == []


async def test_what_an_actor_kept_itself_is_published_as_it_is() -> None:
    async def decide(event: AnyEvent, ports: object) -> Decision:
        return kept

    event = make_event()
    kept = decision_of(Moods().answer(event, 1))
    stub = Listening(declare(decide, keeps_decision=False))
    await deliver(stub, event)
    assert stub.heard == [[one.data for one in kept]]


async def test_giving_up_changes_no_decision_that_is_kept() -> None:
    """Given another process that decided meanwhile, then its decision is published."""

    def give_up(event: AnyEvent, error: Exception, now: datetime) -> Sequence[AnyEvent]:
        return moods.answer(event, 2)

    async def decide(event: AnyEvent, ports: object) -> list[AnyEvent] | None:
        if moods.calls == 2:
            await stub.decisions.keep(DecisionKey(event.event_id, QUEUE), decision_of(others))
        return await moods.decide(event, ports)

    moods, event = Moods(*[TransientError("no price")] * 3), make_event()
    others = moods.answer(event, 5)
    stub = Listening(declare(decide, on_exhausted=give_up))
    await deliver(stub, event)
    assert stub.heard == [[one.to_bytes() for one in others]]


async def test_of_two_processes_that_decide_at_once_both_publish_the_first_decision() -> None:
    """Given two deliveries that both found nothing kept, then the first to keep decides."""

    async def decide(event: AnyEvent, ports: object) -> list[AnyEvent] | None:
        answer = await moods.decide(event, ports)
        await both_decided.wait()
        return answer

    moods, event = Moods(), make_event()
    both_decided = asyncio.Barrier(2)
    one, other = Listening(declare(decide)), Listening(declare(decide))
    other.decisions = one.decisions
    await asyncio.gather(deliver(one, event), deliver(other, event))
    assert moods.calls == 2
    assert one.heard == other.heard
    assert one.heard[0] in [[each.to_bytes() for each in moods.answer(event, n)] for n in (1, 2)]


async def test_groups_decide_about_the_same_event_each_for_itself() -> None:
    event = make_event()
    moods = {"q": Moods(), "other": Moods(TransientError("so it answers at its second call"))}
    actors = [declare(mood.decide, queue_name=name) for name, mood in moods.items()]
    stub = Listening(*actors)
    await deliver(stub, event)
    expected = [moods["q"].answer(event, 1), moods["other"].answer(event, 2)]
    assert stub.heard == [[one.to_bytes() for one in events] for events in expected]


OUTAGES = 20


class Unsteady(MemoryDecisions):
    """Cannot be asked a number of times: before it looks, before it keeps, or after it kept."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.faults = [fault] * OUTAGES

    async def find(self, key: DecisionKey) -> Decision | None:
        self._hurt("finding")
        return await super().find(key)

    async def keep(self, key: DecisionKey, decision: Decision) -> Decision:
        self._hurt("keeping")
        kept = await super().keep(key, decision)
        self._hurt("kept")
        return kept

    def _hurt(self, place: str) -> None:
        if self.faults and self.faults[0] == place:
            self.faults.pop()
            raise DecisionUnavailable("no database")


@pytest.mark.parametrize(
    ("fault", "redeliveries", "call"),
    [("finding", OUTAGES, 1), ("keeping", OUTAGES, OUTAGES + 1), ("kept", 1, 1)],
)
async def test_nothing_is_published_or_given_up_while_the_journal_is_away(
    fault: str, redeliveries: int, call: int
) -> None:
    moods, event = Moods(), make_event()
    stub = Listening(declare(moods.decide, on_exhausted=lambda *_: pytest.fail("given up")))
    stub.decisions = Unsteady(fault)
    await deliver(stub, event)
    assert stub.heard == [[one.to_bytes() for one in moods.answer(event, call)]]
    assert len(stub.redeliveries) == redeliveries
    assert max(stub.redeliveries) <= MAX_REFUSED_BACKOFF_MS
    assert stub.dead_letters == []


async def test_what_cannot_be_published_is_not_kept() -> None:
    """Given an event that is too large, then the flow's end is the first decision."""

    async def decide(event: AnyEvent, ports: object) -> list[AnyEvent]:
        (one,) = following(event)
        return [one.model_copy(update={"producer": "x" * 300_000})]

    def give_up(event: AnyEvent, error: Exception, now: datetime) -> Sequence[AnyEvent]:
        return following(event)

    event = make_event()
    stub = Listening(declare(decide, on_exhausted=give_up))
    await deliver(stub, event)
    assert stub.published == following(event)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_decision_is_kept_byte_for_byte(count: int) -> None:
    event = make_event(KEY)
    events = Moods().answer(event, 1)[:count]
    decision = decision_of(events)
    assert from_lines(to_lines(decision)) == decision
    assert [parse_event(one.data) for one in decision] == events


def test_what_a_later_version_kept_waits_for_that_version() -> None:
    (one,) = decision_of(following(make_event()))
    later = one.data.replace(b'"version":1', b'"version":99')
    assert later != one.data
    with pytest.raises(DecisionUnavailable, match="UNKNOWN_VERSION"):
        from_lines(later)


def test_a_worker_without_a_journal_is_not_made() -> None:
    broker = declare(Moods().decide).broker
    assert isinstance(broker, JetStreamBroker)
    with pytest.raises(NoDecisionJournal):
        Worker(broker, cast(NatsConnection, None), ports={}, publisher=cast(Any, object()))
