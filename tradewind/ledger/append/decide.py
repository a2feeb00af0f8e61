"""Decides what to append, as a pure function of a batch and of what the ledger holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.incoming import Incoming, Rejected, reject

type Parked = Mapping[str, Mapping[int, Incoming]]
"""Parked events by correlation and sequence."""


@dataclass(slots=True)
class AppendPlan:
    """The decision on a batch: each of its events is in one of these lists, or a duplicate."""

    appended: list[Incoming] = field(default_factory=list)
    """In the order they get their global_seq; parked events that can follow now are among them."""
    parked: list[Incoming] = field(default_factory=list)
    unparked: list[str] = field(default_factory=list)
    """Ids of stored parked events that are appended now, and so leave the table."""
    conflicts: list[Rejected] = field(default_factory=list)
    duplicates: int = 0


def decide(
    batch: Iterable[Incoming],
    known: Mapping[str, bytes],
    heads: Mapping[str, int],
    parked: Parked,
) -> AppendPlan:
    """Return what to append, park and quarantine.

    `known` maps recorded event ids to body hashes, and `heads` maps correlations to their last
    sequence. Both, and `parked`, need to contain only what concerns the batch.
    """
    return _Decision(known, heads, parked).over(batch)


class _Decision:
    def __init__(
        self, known: Mapping[str, bytes], heads: Mapping[str, int], parked: Parked
    ) -> None:
        self._known = dict(known)
        self._heads = dict(heads)
        self._stored = parked
        self._parked = {name: dict(waiting) for name, waiting in parked.items()}
        self._plan = AppendPlan()

    def over(self, batch: Iterable[Incoming]) -> AppendPlan:
        for incoming in batch:
            self._take(incoming)
        fresh = self._plan.parked
        self._plan.parked = [one for one in fresh if one.event.event_id not in self._known]
        return self._plan

    def _take(self, incoming: Incoming) -> None:
        event = incoming.event
        recorded = self._known.get(event.event_id)
        head = self._heads.get(event.correlation_id, 0)
        if recorded is not None:
            self._compare(incoming, recorded)
        elif event.sequence <= head:
            self._conflict(incoming, f"sequence {event.sequence} is taken by another event")
        elif event.sequence > head + 1:
            self._park(incoming)
        else:
            self._append(incoming)
            self._append_successors(event.correlation_id)

    def _compare(self, incoming: Incoming, recorded: bytes) -> None:
        if incoming.body_sha256 == recorded:
            self._plan.duplicates += 1
        else:
            self._conflict(incoming, f"event {incoming.event.event_id} has other bytes already")

    def _conflict(self, incoming: Incoming, detail: str) -> None:
        self._plan.conflicts.append(reject(incoming, QuarantineReason.CONFLICT, detail))

    def _park(self, incoming: Incoming) -> None:
        event = incoming.event
        waiting = self._parked.setdefault(event.correlation_id, {})
        holder = waiting.get(event.sequence)
        if holder is None:
            waiting[event.sequence] = incoming
            self._plan.parked.append(incoming)
        elif holder.event.event_id == event.event_id:
            self._compare(incoming, holder.body_sha256)
        else:
            self._conflict(incoming, f"sequence {event.sequence} is parked for another event")

    def _append(self, incoming: Incoming) -> None:
        event = incoming.event
        self._known[event.event_id] = incoming.body_sha256
        self._heads[event.correlation_id] = event.sequence
        self._plan.appended.append(incoming)

    def _append_successors(self, correlation_id: str) -> None:
        waiting = self._parked.get(correlation_id, {})
        stored = self._stored.get(correlation_id, {})
        while successor := waiting.pop(self._heads[correlation_id] + 1, None):
            if successor.event.sequence in stored:
                self._plan.unparked.append(successor.event.event_id)
            self._append(successor)
