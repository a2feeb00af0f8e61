"""A place in a list that is sorted by time: where the next page goes on."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_WRITTEN: Final = re.compile(r"(\d{1,16})-([A-Za-z0-9_.~-]{0,128})", re.ASCII)


class Place(NamedTuple):
    """The time of an item and its name, which tells items of one time apart."""

    at: datetime
    name: str

    def __str__(self) -> str:
        return f"{(self.at - _BEGINNING) // _MICROSECOND}-{self.name}"


def parse_place(text: str) -> Place:
    """Return the place written as a text; ValueError when it is none."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError("must be the next_cursor of a page")
    return Place(_BEGINNING + int(written[1]) * _MICROSECOND, written[2])


BEFORE_ALL: Final = Place(datetime(1, 1, 1, tzinfo=UTC), "")
AFTER_ALL: Final = Place(datetime(9999, 12, 31, tzinfo=UTC), "")
