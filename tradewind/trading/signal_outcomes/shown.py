"""What became of the price after one signal, as it is shown."""

from collections.abc import Sequence
from typing import Final

from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.postgres import outage_is_transient
from tradewind.trading.signal_outcomes.queries import QUERIES
from tradewind.trading.signal_outcomes.scores import Rows

_SHOWN: Final = QUERIES["select_shown"]


class ShownMark(Document):
    """A look at the price some time after a decision; what is None is not known yet, or never."""

    horizon_seconds: int
    due_at: Timestamp
    decided_mid: DecimalString
    costs: DecimalString
    """Spread and fees, a fraction."""
    marked_mid: DecimalString | None = None
    signed_return: DecimalString | None = None
    """Positive where the signal's direction would have gained. A fraction."""
    followed_paid: bool | None = None
    """Whether the return exceeds the costs."""
    is_missed: bool
    """Whether nobody saw the price in time."""


async def read_marks(database: Rows, signal_id: str) -> Sequence[ShownMark]:
    """Return the marks of a signal, the earliest first; DatabaseUnavailable."""
    with outage_is_transient():
        rows = await database.fetch(_SHOWN, signal_id)
    return [ShownMark(**row) for row in rows]
