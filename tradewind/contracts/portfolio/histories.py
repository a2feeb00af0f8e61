"""The histories of a portfolio: one an epoch, and one event for each funding.

A history has at most 65,535 events, which a busy portfolio writes in an hour. So it goes on in a
new epoch, which opens with everything the portfolio has.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tradewind.contracts.ids import CorrelationKind, make_correlation_id

MAX_EPOCH_EVENTS: Final = 50_000
"""Below the most events that a history may have, with room for what is under way."""
MAX_EPOCH_AGE: Final = timedelta(days=1)
MAX_NAMED_LENGTH: Final = 48
"""Longer ids are hashed: with the epoch they would exceed a correlation id's 64 characters."""
_HASH_CHARACTERS: Final = 40


def portfolio_correlation_id(portfolio_id: str, epoch: int) -> str:
    """Return the correlation id of a portfolio's epoch, `portfolio-<id>-<epoch>`.

    A hashed id begins with an underscore, as no portfolio's id does.
    """
    name = portfolio_id
    if len(name) > MAX_NAMED_LENGTH:
        digest = hashlib.sha256(portfolio_id.encode()).hexdigest()
        name = f"_{digest[:_HASH_CHARACTERS]}"
    return make_correlation_id(CorrelationKind.PORTFOLIO, f"{name}-{epoch}")


class Epoch(NamedTuple):
    """How far a portfolio's newest history goes. Before the first event all is 0."""

    number: int = 0
    last_sequence: int = 0
    opened_at: datetime | None = None

    def is_over(self, at: datetime, max_events: int = MAX_EPOCH_EVENTS) -> bool:
        """Return whether the next event opens another epoch.

        It does when the history is full, and on the first event after a UTC day that ended with the
        history being older than a day.
        """
        if self.opened_at is None or self.last_sequence >= max_events:
            return True
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - self.opened_at >= MAX_EPOCH_AGE
