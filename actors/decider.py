"""The protocol of a role whose decisions can be repeated on recorded inputs.

The package of such a role has a module `decider` with a `DECIDER`. Re-decision and other programs
that run roles over history depend on this protocol, and not on a role.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.market.payloads import CandlesObserved, PerpObserved
from tradewind.contracts.wire import Document
from tradewind.trading.pricing.pools.pool_view import PoolView


class RecordedInputs(Protocol):
    """The inputs that the event of a decision names, beside its cause and its time."""

    @property
    def limits(self) -> Document:
        """The limits that the decision applied."""
        ...


@runtime_checkable
class MarketInputs(RecordedInputs, Protocol):
    """The inputs of a decision that read pools."""

    @property
    def market(self) -> ContentId | None:
        """The content id of the observed pools, or None when they were too large to record."""
        ...


@runtime_checkable
class LimitsByCause(Protocol):
    """Limits that depend on what is decided about, such as the source of a signal."""

    def for_cause(self, cause: AnyEvent) -> Document:
        """Return the limits of a decision about an event."""
        ...


@dataclass(frozen=True, slots=True)
class RecordedPerp:
    """What was observed of a perpetual contract, with the candles it refers to."""

    observed: PerpObserved
    candles: Mapping[ContentId, CandlesObserved]


@dataclass(frozen=True, slots=True)
class DecisionInputs:
    """All inputs of a decision, beside its cause."""

    pools: PoolView | None
    """None for a role that reads no market."""
    limits: Document
    at: datetime
    recorded: AnyEvent
    """The first event of the recorded decision, which has what else it was made on."""
    perp: RecordedPerp | None = None
    """What an enrichment read; None for other decisions, and where it read nothing."""


class Decider(Protocol):
    """A role's decision as a function of its cause and inputs."""

    def is_complete(self, recorded: Sequence[AnyEvent]) -> bool:
        """Return whether these are all the events the role emits for one cause."""
        ...

    def inputs_of(self, recorded: Sequence[AnyEvent]) -> RecordedInputs | None:
        """Return the inputs of the decision, or None where they were not recorded.

        Raises NoVerdict when the events are not this role's.
        """
        ...

    def todays_limits(self) -> Document:
        """Return the limits that a process of the role would apply if it started now."""
        ...

    async def decide(self, cause: AnyEvent, inputs: DecisionInputs) -> list[AnyEvent]:
        """Run the role's own actor."""
        ...


class NoVerdict(ValueError):
    """The events are not a decision of this role."""
