"""Any order, any duplicates, gaps and forged copies: nothing lost, nothing double, all in order."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import batched, pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.decide import AppendPlan, Head, decide
from tradewind.ledger.append.incoming import Incoming, Rejected, read_message


def incoming(event: AnyEvent, *, forged: bool = False) -> Incoming:
    """Return the event as it arrives; a forged copy says something else under the same id."""
    if forged:
        event = event.model_copy(update={"producer": "forger"})
    read = read_message(event.subject, 1, event.to_bytes())
    assert isinstance(read, Incoming)
    return read


HISTORIES = {
    history.correlation_id: [incoming(event) for event in history.completed()[:5]]
    for history in (History(1), History(2), History(3))
}
FORGED = [incoming(one.event, forged=True) for history in HISTORIES.values() for one in history[1:]]
EVENTS = [one for history in HISTORIES.values() for one in history]


class MemoryLedger:
    """What the tables hold, without the tables."""

    def __init__(self) -> None:
        self.appended: list[Incoming] = []
        self.parked: dict[str, list[Incoming]] = defaultdict(list)
        self.conflicts: list[Rejected] = []
        self.duplicates = 0

    def append(self, batch: Iterable[Incoming]) -> AppendPlan:
        known = {one.event.event_id: one.body_sha256 for one in self.appended}
        heads = {
            one.event.correlation_id: Head(one.event.sequence, one.event.topic)
            for one in self.appended
        }
        plan = decide(batch, known, heads, self.parked)
        self.appended += plan.appended
        for waiting in self.parked.values():
            waiting[:] = [one for one in waiting if one.event.event_id not in plan.unparked]
        for one in plan.parked:
            assert one not in self.parked[one.event.correlation_id]
            self.parked[one.event.correlation_id].append(one)
        self.conflicts += plan.conflicts
        self.duplicates += plan.duplicates
        return plan

    def history(self, correlation_id: str) -> list[Incoming]:
        return [one for one in self.appended if one.event.correlation_id == correlation_id]

    @property
    def waiting(self) -> list[Incoming]:
        return [one for waiting in self.parked.values() for one in waiting]


@st.composite
def deliveries(draw: st.DrawFn, complete: bool, forged: bool = False) -> list[list[Incoming]]:
    """Return batches: events in any order, some again, some never unless `complete`."""
    once = EVENTS if complete else draw(st.lists(st.sampled_from(EVENTS), max_size=15))
    again = draw(st.lists(st.sampled_from(EVENTS if complete else once or EVENTS), max_size=15))
    copies = draw(st.lists(st.sampled_from(FORGED), max_size=5)) if forged else []
    messages = draw(st.permutations([*once, *again, *copies]))
    cuts = sorted(draw(st.lists(st.integers(0, len(messages)), max_size=4)))
    edges = [0, *cuts, len(messages)]
    return [messages[start:end] for start, end in pairwise(edges)]


def run(batches: list[list[Incoming]]) -> MemoryLedger:
    ledger = MemoryLedger()
    for batch in batches:
        ledger.append(batch)
    return ledger


@given(deliveries(complete=True))
def test_everything_delivered_is_appended_once_and_in_order(
    batches: list[list[Incoming]],
) -> None:
    ledger = run(batches)
    for correlation_id, history in HISTORIES.items():
        assert ledger.history(correlation_id) == history
    assert not ledger.waiting
    assert not ledger.conflicts
    assert ledger.duplicates == sum(map(len, batches)) - len(EVENTS)


@given(deliveries(complete=False))
def test_a_gap_parks_what_is_behind_it(batches: list[list[Incoming]]) -> None:
    ledger = run(batches)
    delivered = {one.event.event_id for batch in batches for one in batch}
    for correlation_id, history in HISTORIES.items():
        prefix = []
        for one in history:
            if one.event.event_id not in delivered:
                break
            prefix.append(one)
        assert ledger.history(correlation_id) == prefix
    recorded = {one.event.event_id for one in [*ledger.appended, *ledger.waiting]}
    assert recorded == delivered


@given(deliveries(complete=True, forged=True))
def test_a_copy_with_other_bytes_is_set_aside_and_the_first_one_wins(
    batches: list[list[Incoming]],
) -> None:
    ledger = run(batches)
    messages = [one for batch in batches for one in batch]
    first: dict[str, bytes] = {}
    for one in messages:
        first.setdefault(one.event.event_id, one.body)
    assert {one.event.event_id: one.body for one in ledger.appended} == first
    assert not ledger.waiting
    losers = Counter(one.body for one in messages if one.body != first[one.event.event_id])
    assert Counter(rejected.body for rejected in ledger.conflicts) == losers
    assert {rejected.reason for rejected in ledger.conflicts} <= {QuarantineReason.CONFLICT}


@given(deliveries(complete=False, forged=True))
def test_every_message_ends_in_exactly_one_place(batches: list[list[Incoming]]) -> None:
    ledger = run(batches)
    places = len(ledger.appended) + len(ledger.waiting) + len(ledger.conflicts)
    assert places + ledger.duplicates == sum(map(len, batches))


@given(deliveries(complete=True, forged=True))
def test_running_a_batch_again_changes_nothing(batches: list[list[Incoming]]) -> None:
    ledger = run(batches)
    for batch in batches:
        again = ledger.append(batch)
        assert not again.appended
        assert not again.parked
        assert not again.unparked


def test_a_taken_sequence_is_a_conflict_whatever_its_topic() -> None:
    one = History()
    approved = incoming(one.events(one.approved())[1])
    expired = incoming(one.events(one.expiry())[1])
    assert approved.event.event_id != expired.event.event_id
    ledger = run([[incoming(one.events()[0]), approved], [expired]])
    assert [rejected.body for rejected in ledger.conflicts] == [expired.body]


def test_the_parked_event_that_came_first_wins_among_those_that_may_follow() -> None:
    one = History()
    approved = incoming(one.events(one.approved())[1])
    expired = incoming(one.events(one.expiry())[1])
    ledger = run([[approved], [expired], [incoming(one.events()[0])]])
    assert [placed.event.sequence for placed in ledger.appended] == [1, 2]
    assert ledger.appended[1] == approved
    assert [rejected.body for rejected in ledger.conflicts] == [expired.body]
    assert not ledger.waiting


ONE = History()
ROOT = incoming(ONE.events()[0])
DECIDED = [incoming(event) for event in ONE.events(*ONE.until_submitted())[1:]]
"""What follows the first event when risk approves."""
REJECTED = incoming(ONE.events(ONE.rejected())[1])
"""What follows it when risk rejects: the price moved between two deliveries."""
OTHERWISE = [
    incoming(event)
    for event in ONE.events(ONE.approved(), ONE.accepted(), ONE.plan_created(), ONE.started())[1:]
]
"""A third decision, of a release with one stage: it has other topics at the same sequences."""


@given(st.permutations(DECIDED))
def test_nothing_of_a_second_decision_follows_the_first(second: list[Incoming]) -> None:
    """Given a recorded rejection, when what follows an approval comes, then all is set aside."""
    ledger = run([[ROOT, REJECTED], second])
    assert ledger.appended == [ROOT, REJECTED]
    assert sorted(rejected.body for rejected in ledger.conflicts) == sorted(
        one.body for one in DECIDED
    )
    assert not ledger.waiting


def test_what_waits_is_set_aside_when_its_history_ends_before_it() -> None:
    ledger = run([[ROOT], DECIDED[1:], [REJECTED]])
    assert ledger.appended == [ROOT, REJECTED]
    assert [rejected.body for rejected in ledger.conflicts] == [one.body for one in DECIDED[1:]]
    assert not ledger.waiting


@given(st.permutations([ROOT, REJECTED, *DECIDED, *OTHERWISE]), st.integers(1, 4))
def test_a_history_is_that_of_one_decision_and_as_long_as_it_can_be(
    messages: list[Incoming], size: int
) -> None:
    """Given three decisions about one event in any order, then one of them is recorded whole."""
    ledger = run([list(batch) for batch in batched(messages, size)])
    assert ledger.appended in ([ROOT, REJECTED], [ROOT, *DECIDED], [ROOT, *OTHERWISE])
    beyond = DECIDED[-1:] if ledger.appended[-1] == OTHERWISE[-1] else []
    assert ledger.waiting == beyond


def test_what_an_end_caused_follows_it() -> None:
    """Given an end, then only what claims a place further behind it has none."""
    after_end, later = (
        incoming(event)
        for event in ONE.events(ONE.rejected(), ONE.expiry(), ONE.cancellation())[2:]
    )
    ledger = run([[ROOT, REJECTED], [later], [after_end]])
    assert ledger.appended == [ROOT, REJECTED, after_end]
    assert [rejected.body for rejected in ledger.conflicts] == [later.body]


def test_a_first_event_may_be_caused_by_another_history() -> None:
    caused = ROOT.event.model_copy(update={"causation_id": REJECTED.event.event_id})
    assert run([[incoming(caused)]]).appended == [incoming(caused)]
