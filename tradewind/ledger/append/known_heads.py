"""Remembers the last events of histories, as the writer's own transactions left them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tradewind.contracts.registry import terminal_topics
from tradewind.ledger.append.decide import Head
from tradewind.ledger.append.incoming import Incoming
from tradewind.ledger.records import PlacedEvent

MAX_HISTORIES: Final = 20_000

_TERMINAL_TOPICS: Final = terminal_topics()


class KnownHeads:
    """The heads of the histories that were appended to last, as long as nobody else writes.

    That nobody has is not known here: the statement that appends compares the writer row.
    """

    def __init__(self, max_histories: int = MAX_HISTORIES) -> None:
        self._heads: dict[str, Head] = {}
        self._max_histories = max_histories

    def of(self, batch: Iterable[Incoming]) -> dict[str, Head]:
        """Return what is known of the histories of a batch."""
        names = {one.event.correlation_id for one in batch}
        return {name: self._heads[name] for name in names & self._heads.keys()}

    def reached_by(
        self, batch: Iterable[Incoming], ahead: Sequence[Mapping[str, int]] = ()
    ) -> dict[str, int] | None:
        """Return the last sequence of each history of a batch that only continues and begins some.

        `ahead` is what this returned for the batches before, which are not appended yet. It returns
        None where an event is not the next one. As long as nobody else writes, no event of such a
        batch is a copy of one that is recorded, but for what begins a history.
        """
        last: dict[str, int] = {}
        for one in batch:
            event = one.event
            name = event.correlation_id
            before = last.get(name)
            if before is None:
                before = self._last_of(name, ahead)
            if event.sequence != before + 1:
                return None
            last[name] = event.sequence
        return last

    def _last_of(self, name: str, ahead: Sequence[Mapping[str, int]]) -> int:
        for reached in reversed(ahead):
            if name in reached:
                return reached[name]
        head = self._heads.get(name)
        return 0 if head is None else head.sequence

    def note(self, appended: Iterable[PlacedEvent]) -> None:
        """Remember what was appended, in its order; call it only after the commit."""
        last = {event.correlation_id: event for event, _ in appended}
        for name, event in last.items():
            # What was appended to now is behind the others, and what has ended goes: nothing can
            # follow.
            self._heads.pop(name, None)
            if event.topic not in _TERMINAL_TOPICS:
                self._heads[name] = Head.at(event)
        while len(self._heads) > self._max_histories:
            del self._heads[next(iter(self._heads))]

    def forget(self) -> None:
        """Remember nothing: somebody else may have written."""
        self._heads.clear()
