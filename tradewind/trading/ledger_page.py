"""A page of the ledger, as those get it who settle what it says."""

from collections.abc import Sequence
from typing import Protocol

from tradewind.contracts.envelope import AnyEvent


class LedgerEvent(Protocol):
    """A recorded event; the ledger's own record is one."""

    @property
    def event(self) -> AnyEvent: ...
    @property
    def global_seq(self) -> int:
        """Its place in the ledger."""
        ...

    @property
    def body(self) -> bytes:
        """The bytes its producer published."""
        ...


type LedgerPage = Sequence[LedgerEvent]
"""Events in the order of their `global_seq`; some topics may be left out."""
