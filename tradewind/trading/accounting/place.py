"""Where in the chain something happened: the order in which accounts are kept."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

UNKNOWN: Final = -1
"""Of what a venue without a chain, or an event recorded earlier, does not tell."""

BEFORE_ALL: Final = ""


class Place(NamedTuple):
    """A total order that depends on nothing but the events themselves.

    Neither the order of recording nor that of delivery is in it: both may be another one after the
    database was restored.
    """

    time: datetime
    """The block's time; the event's where it tells none."""
    chain: str
    block_number: int = UNKNOWN
    transaction_index: int = UNKNOWN
    log_index: int = UNKNOWN
    fill_index: int = UNKNOWN
    event_id: str = ""
    number: int = 0
    """The number among what the event says."""

    @property
    def key(self) -> str:
        """A text that sorts like this, byte by byte: PostgreSQL and Python order by it alike."""
        numbers = (self.block_number, self.transaction_index, self.log_index, self.fill_index)
        written = ".".join(f"{number + 1:012d}" for number in numbers)
        # `isoformat` takes a fraction of the time `strftime` takes, and fills up the year.
        moment = self.time.astimezone(UTC).replace(tzinfo=None)
        time = moment.isoformat(timespec="microseconds")
        return f"{time}.{self.chain}.{written}.{self.event_id}.{self.number:04d}"
