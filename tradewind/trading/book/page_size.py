"""How much of the ledger is settled at once. Pure.

While a page that locks its portfolios first is settled, intents of them wait. So a page is as long
as the machine settles in a part of the time for which a claim waits.
"""

from typing import Final

HELD_SECONDS: Final = 0.15
"""So long a page should take. A claim waits five times as long for a lock before it asks again, so
a page may become that much slower than the ones before it."""
MIN_EVENTS: Final = 5
FIRST_EVENTS: Final = 50
MAX_EVENTS: Final = 500


class PageSize:
    """The most events of the book in the next page; those it has no part in cost nothing."""

    def __init__(self) -> None:
        self.events = FIRST_EVENTS

    def note(self, events: int, held_seconds: float) -> None:
        """Note how long it took to settle a page with so many events of the book."""
        if not events:
            return
        fitting = int(HELD_SECONDS * events / held_seconds) if held_seconds > 0 else MAX_EVENTS
        self.events = min(max(fitting, MIN_EVENTS), 2 * self.events, MAX_EVENTS)
