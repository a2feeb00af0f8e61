"""A page of the ledger, as those get it who settle what it says."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tradewind.contracts.envelope import AnyEvent


class LedgerEvent(NamedTuple):
    """A recorded event and its place in the ledger."""

    event: AnyEvent
    global_seq: int
    recorded_at: datetime


type LedgerPage = Sequence[LedgerEvent]
"""Events in the order of their `global_seq`; some topics may be left out."""
