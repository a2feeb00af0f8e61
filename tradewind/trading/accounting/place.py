"""Where in the chain something happened: the order in which accounts are kept."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

UNKNOWN: Final = -1
"""Of what a venue without a chain, or an event recorded earlier, does not tell."""


class Place(NamedTuple):
    """A total order of postings that depends on nothing but the events themselves."""

    time: datetime
    """The block's time; the event's where it tells none."""
    chain: str = ""
    block_number: int = UNKNOWN
    transaction_index: int = UNKNOWN
    log_index: int = UNKNOWN
    fill_index: int = UNKNOWN
    event_id: str = ""
    number: int = 0
    """The posting's number among those of its event."""


BEFORE_ALL: Final = Place(datetime(1, 1, 1, tzinfo=UTC))
