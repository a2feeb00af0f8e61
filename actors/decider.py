"""What a role offers that decides on recorded inputs, so that it can be asked again.

The package of such a role has a module `decider` with a `DECIDER`. Re-decision, and whatever else
runs roles over history, knows roles by this page alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.wire import Document
from tradewind.trading.pricing.pools.pool_view import PoolView


class RecordedInputs(Protocol):
    """What a decision says it was made on, beside its cause and the moment."""

    @property
    def market(self) -> ContentId | None:
        """The observation of the pools it read; None when that was too large to be kept."""
        ...

    @property
    def limits(self) -> Document:
        """What it was held against."""
        ...


@dataclass(frozen=True, slots=True)
class DecisionInputs:
    """Everything a decision follows from, beside its cause."""

    pools: PoolView
    limits: Document
    at: datetime


class Decider(Protocol):
    """A role's decision as a function of its cause and inputs."""

    def is_complete(self, recorded: Sequence[AnyEvent]) -> bool:
        """Return whether these events are all the role says to one cause."""
        ...

    def inputs_of(self, recorded: Sequence[AnyEvent]) -> RecordedInputs | None:
        """Return what was decided on; None where that was not recorded.

        Raises NoVerdict when the events are not this role's.
        """
        ...

    def todays_limits(self) -> Document:
        """Return what a process of the role that starts now would hold decisions against."""
        ...

    async def decide(self, cause: AnyEvent, inputs: DecisionInputs) -> list[AnyEvent]:
        """Run the role's own actor."""
        ...


class NoVerdict(ValueError):
    """The events say something else than what the role decides."""
