"""Remembers the last events of histories, as the writer's own transactions left them."""

from collections.abc import Iterable
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

    def are_before(self, batch: Iterable[Incoming]) -> bool:
        """Return whether each event is the next one of a history that is remembered, or begins one.

        As long as nobody else writes, none of them is a copy of one that is recorded, but for what
        begins a history.
        """
        last: dict[str, int] = {}
        for one in batch:
            event = one.event
            name = event.correlation_id
            head = self._heads.get(name)
            before = last.get(name, 0 if head is None else head.sequence)
            if event.sequence != before + 1:
                return False
            last[name] = event.sequence
        return True

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
