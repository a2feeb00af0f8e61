"""How much of the ledger is settled at once. Pure.

While its portfolios are locked, intents of them wait. So a page is as long as the machine keeps
them locked for a part of the time for which a claim waits. A page costs much whatever is in it, so
it is not shorter than that asks for, as long as it is settled in time.
"""

from typing import Final

HELD_SECONDS: Final = 0.15
"""So long portfolios should be locked. A claim waits five times as long before it asks again, so a
page may become that much slower than the ones before it."""
SETTLED_SECONDS: Final = 0.75
"""So long a whole page should take, most of it without a lock: far less than a transaction may."""
MIN_EVENTS: Final = 5
FIRST_EVENTS: Final = 50
MAX_EVENTS: Final = 500


class PageSize:
    """The most events of the book in the next page; those it has no part in cost nothing."""

    def __init__(self) -> None:
        self.events = FIRST_EVENTS

    def note(self, events: int, held_seconds: float, settled_seconds: float) -> None:
        """Note how long portfolios were locked for a page with so many events of the book, and how
        long the page took.
        """
        if not events:
            return
        part = max(held_seconds / HELD_SECONDS, settled_seconds / SETTLED_SECONDS)
        fitting = int(events / part) if part > 0 else MAX_EVENTS
        self.events = min(max(fitting, MIN_EVENTS), 2 * self.events, MAX_EVENTS)
