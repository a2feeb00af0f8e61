"""Finds the place in the ledger that a number or a time names, and says whether it can be shown."""

import re
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.wire import parse_time
from tradewind.errors import PermanentError, TransientError
from tradewind.ledger.queries import QUERIES as LEDGER
from tradewind.postgres import Pool, outage_is_transient
from tradewind.timeline.queries import QUERIES

MAX_SEQUENCE: Final = 2**63 - 1
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)

_MOMENT = QUERIES["select_moment"]
_PLACE_BEFORE = LEDGER["select_place_before"]


class SequenceInFuture(PermanentError):
    """The ledger does not go that far yet. Ask for a `global_seq` up to the last one."""

    code = "SEQUENCE_IN_FUTURE"

    def __init__(self, sequence: int, last: int) -> None:
        super().__init__(f"{sequence} is later than {last}")
        self.last = last


class SequenceArchived(PermanentError):
    """Events up to there are not kept any more. Ask for a later `global_seq`."""

    code = "SEQUENCE_ARCHIVED"

    def __init__(self, sequence: int, oldest: int) -> None:
        super().__init__(f"{sequence} is earlier than {oldest}")
        self.oldest = oldest


class TimelineBehind(TransientError):
    """The historian has not come that far yet. Ask again."""

    code = "TIMELINE_BEHIND"


class AsOf(NamedTuple):
    """A place of the ledger that can be shown."""

    sequence: int
    recorded_at: datetime | None
    """When the event at this place was recorded; None before the first event."""
    incarnation: str
    """Which copy of the history this is: what was at a place of another one may differ."""
    last: int
    """The last event of the ledger."""


def parse_as_of(text: str) -> int | datetime:
    """Return the `global_seq` or the time a text names; ValueError."""
    return int(text) if _NUMBER.fullmatch(text) else parse_time(text)


class Moments:
    """Finds places. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def at(self, wanted: int | datetime) -> AsOf:
        """Return the place of a `global_seq`, or the last one recorded at or before a time.

        It raises SequenceInFuture, SequenceArchived and TimelineBehind.
        """
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                sequence = wanted
                if isinstance(sequence, datetime):
                    sequence = int(await connection.fetchval(_PLACE_BEFORE, sequence))
                row = await connection.fetchrow(_MOMENT, sequence)
        assert isinstance(sequence, int)
        if sequence > row["last_global_seq"]:
            raise SequenceInFuture(sequence, row["last_global_seq"])
        if 0 < sequence < row["oldest"] or (sequence == 0 and row["oldest"] > 1):
            raise SequenceArchived(sequence, row["oldest"])
        if sequence > row["reached"] or row["reached_in"] != row["incarnation"]:
            raise TimelineBehind(f"at {row['reached']} of {sequence}")
        return AsOf(sequence, row["recorded_at"], row["incarnation"], row["last_global_seq"])
