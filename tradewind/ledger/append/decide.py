"""Decides what to append, as a pure function of a batch and of what the ledger holds.

The first decision stands: an event extends a history only if it was caused by the history's head.
A role that handles a message twice may decide differently the second time, and what follows from
the second decision must not be mixed into the history of the first one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import derive_event_id
from tradewind.contracts.registry import terminal_topics
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.incoming import Incoming, Rejected, reject

type Parked = Mapping[str, Sequence[Incoming]]
"""Parked events by correlation, in the order they were parked."""

type IsFenced = Callable[[Incoming], bool]
"""Whether an event was decided in a life of the database that is over."""

_TERMINAL_TOPICS: Final = terminal_topics()


class Head(NamedTuple):
    """The last event of a history. Its id is derived, so the ledger need not keep it here."""

    sequence: int
    topic: str
    event_id: str = ""
    """Its id where it is at hand, which saves deriving it."""

    @classmethod
    def at(cls, event: AnyEvent) -> Self:
        """Return the head of a history that ends with this event."""
        return cls(event.sequence, event.topic, event.event_id)

    def find_conflict(self, correlation_id: str, event: AnyEvent) -> str:
        """Return why the event can never follow in this history; empty when it may."""
        if event.sequence <= self.sequence:
            return f"sequence {event.sequence} is taken by another event"
        if event.sequence == self.sequence + 1:
            return self._find_other_cause(correlation_id, event)
        if self.topic in _TERMINAL_TOPICS:
            return f"the history ended with {self.topic} at sequence {self.sequence}"
        return ""

    def _find_other_cause(self, correlation_id: str, event: AnyEvent) -> str:
        head_id = self.event_id or derive_event_id(correlation_id, self.sequence, self.topic)
        if event.causation_id == head_id:
            return ""
        return (
            f"it was caused by {event.causation_id}, and the history goes on from "
            f"{self.topic} {head_id}"
        )


@dataclass(slots=True)
class AppendPlan:
    """The decision on a batch: each of its events is in one of these lists, or a duplicate."""

    appended: list[Incoming] = field(default_factory=list)
    """In the order they get their global_seq; parked events that can follow now are among them."""
    parked: list[Incoming] = field(default_factory=list)
    unparked: list[str] = field(default_factory=list)
    """Ids of stored parked events that leave the table: they are appended or conflicts now."""
    conflicts: list[Rejected] = field(default_factory=list)
    duplicates: int = 0


def nothing_is_fenced(_: Incoming) -> bool:
    """Let everything be recorded, for a ledger whose history was never broken."""
    return False


def decide(
    batch: Iterable[Incoming],
    known: Mapping[str, bytes],
    heads: Mapping[str, Head],
    parked: Parked,
    is_fenced: IsFenced = nothing_is_fenced,
) -> AppendPlan:
    """Return what to append, park and quarantine.

    `known` maps recorded event ids to body hashes, and `heads` maps correlations to their last
    events. Both, and `parked`, need to contain only what concerns the batch.
    """
    return _Decision(known, heads, parked, is_fenced).over(batch)


class _Decision:
    def __init__(
        self,
        known: Mapping[str, bytes],
        heads: Mapping[str, Head],
        parked: Parked,
        is_fenced: IsFenced,
    ) -> None:
        self._is_fenced = is_fenced
        self._known = dict(known)
        self._heads = dict(heads)
        self._stored = {one.event.event_id for waiting in parked.values() for one in waiting}
        self._parked = {
            name: {one.event.event_id: one for one in waiting} for name, waiting in parked.items()
        }
        self._plan = AppendPlan()

    def over(self, batch: Iterable[Incoming]) -> AppendPlan:
        for incoming in batch:
            self._take(incoming)
        self._plan.parked = [
            one
            for waiting in self._parked.values()
            for event_id, one in waiting.items()
            if event_id not in self._stored
        ]
        return self._plan

    def _take(self, incoming: Incoming) -> None:
        event = incoming.event
        recorded = self._known.get(event.event_id)
        head = self._heads.get(event.correlation_id)
        if recorded is not None:
            self._compare(incoming, recorded)
        elif self._is_fenced(incoming):
            told = "it was decided before the database was restored"
            self._plan.conflicts.append(reject(incoming, QuarantineReason.FENCED, told))
        elif head and (conflict := head.find_conflict(event.correlation_id, event)):
            self._refuse(incoming, conflict)
        elif event.sequence > (head.sequence if head else 0) + 1:
            self._park(incoming)
        else:
            self._append(incoming)
            self._append_successors(event.correlation_id)

    def _compare(self, incoming: Incoming, recorded: bytes) -> None:
        if incoming.body_sha256 == recorded:
            self._plan.duplicates += 1
        else:
            self._refuse(incoming, f"event {incoming.event.event_id} has other bytes already")

    def _refuse(self, incoming: Incoming, detail: str) -> None:
        self._plan.conflicts.append(reject(incoming, QuarantineReason.CONFLICT, detail))

    def _park(self, incoming: Incoming) -> None:
        """Park the event beside others for its sequence: which is right, its predecessor tells."""
        event = incoming.event
        waiting = self._parked.setdefault(event.correlation_id, {})
        if same := waiting.get(event.event_id):
            self._compare(incoming, same.body_sha256)
        else:
            waiting[event.event_id] = incoming

    def _append(self, incoming: Incoming) -> None:
        event = incoming.event
        self._known[event.event_id] = incoming.body_sha256
        self._heads[event.correlation_id] = Head.at(event)
        self._plan.appended.append(incoming)

    def _append_successors(self, correlation_id: str) -> None:
        """Append the parked events that follow, and refuse those that never can any more."""
        waiting = self._parked.get(correlation_id, {})
        while waiting:
            head = self._heads[correlation_id]
            for event_id, one in list(waiting.items()):
                if conflict := head.find_conflict(correlation_id, one.event):
                    self._unpark(waiting, event_id)
                    self._refuse(one, conflict)
            due = (one for one in waiting.values() if one.event.sequence == head.sequence + 1)
            successor = next(due, None)
            if successor is None:
                return
            self._unpark(waiting, successor.event.event_id)
            self._append(successor)

    def _unpark(self, waiting: dict[str, Incoming], event_id: str) -> None:
        del waiting[event_id]
        if event_id in self._stored:
            self._plan.unparked.append(event_id)
