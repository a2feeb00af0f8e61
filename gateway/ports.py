"""Describes what the gateway needs from outside, so that tests can bring their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.instruments.changes import InstrumentChange, InstrumentRegistration
from tradewind.contracts.instruments.registry import InstrumentDocument
from tradewind.contracts.intents.payloads import IntentCancelRequested
from tradewind.contracts.risk.policy import PolicyDocument
from tradewind.keys.hooks import Hook
from tradewind.ledger.upkeep.ingress import Request
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument
from tradewind.readmodels.reader import Page
from tradewind.runtime.broker_stats import Lag
from tradewind.runtime.decisions import KeptEvent
from tradewind.trading.halts.changes import Changed
from tradewind.trading.halts.records import KeptState, StateChange
from tradewind.trading.instruments.registrar import Signature
from tradewind.trading.policy.application import Comparison
from tradewind.trading.policy.journal import PolicyInForce
from tradewind.trading.policy.store import Application


class EventPublisher(Protocol):
    """Publishes one event; TransientError: it is not stored, UnknownOutcome: it may be."""

    async def publish(self, event: AnyEvent | KeptEvent) -> None: ...


class IngressJournal(Protocol):
    """Keeps what is accepted before it is published; errors as in the ledger's ingress."""

    async def accept(
        self, event: KeptEvent, request: Request, expires_at: datetime
    ) -> bytes | None: ...


class KeptEvents(Protocol):
    """Finds what is kept; TransientError while it cannot."""

    async def find(self, event_id: str) -> bytes | None: ...


class SignalSource(Protocol):
    """A registered source of signals."""

    @property
    def strategy_id(self) -> str: ...


class SignalSources(Protocol):
    """Knows which sources there are."""

    def source(self, name: str) -> SignalSource | None: ...


class Hooks(Protocol):
    """Knows the hooks that are usable; TransientError while it cannot tell."""

    async def by_digest(self, digest: bytes) -> Hook | None: ...


class CancelJournal(Protocol):
    """Keeps requests to cancel; TransientError while it cannot be asked."""

    async def accept(self, request: Event[IntentCancelRequested]) -> bool: ...


class TradingStates(Protocol):
    """Changes and lists trading states; TransientError while it cannot."""

    async def change(
        self,
        change: StateChange,
        producer: str,
        *,
        expected_version: int | None = None,
        only_tightens: bool = False,
    ) -> Changed: ...

    async def states(self, *, with_past: bool = False) -> list[KeptState]: ...


class PolicyRecords(Protocol):
    """Reads risk policies; TransientError while it cannot."""

    async def in_force(self) -> PolicyInForce: ...

    async def compare(self, document: PolicyDocument) -> Comparison: ...

    async def history(self, before: str | None, limit: int) -> Sequence[Application]: ...


class RiskPolicies(PolicyRecords, Protocol):
    """Puts risk policies into force as well; errors as in `tradewind.trading.policy.journal`."""

    async def apply(
        self,
        document: PolicyDocument,
        *,
        applied_by: str,
        producer: str,
        at: datetime,
        expected_version: int | None,
    ) -> None: ...

    async def tighten(
        self,
        change: PolicyDocument,
        *,
        applied_by: str,
        producer: str,
        at: datetime,
        expected_version: int | None,
    ) -> None: ...


class ReadModels(Protocol):
    """Documents from the cache, or folded from the ledger where the cache has none."""

    async def read[D: ReadModelDocument](
        self, read_model: ReadModel[D], identifier: str
    ) -> D | None: ...

    async def page[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Mapping[str, str | None] = ...,
        cursor: str | None = None,
        limit: int = ...,
    ) -> Page[D]: ...

    async def count[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Sequence[Mapping[str, str | None]],
        lowest: str | None,
        highest: str | None,
    ) -> int | None: ...


class RecordedEvent(Protocol):
    """An event as the ledger has it; `body` is what was published."""

    @property
    def event(self) -> AnyEvent: ...

    @property
    def body(self) -> bytes: ...


class History(Protocol):
    """Reads the histories the ledger has."""

    async def portfolios_of_strategy(self, strategy_id: str) -> Sequence[str]: ...

    async def history(
        self, correlation_id: str, after_sequence: int = 0, limit: int = 500
    ) -> Sequence[RecordedEvent]: ...


class InstrumentBook(Protocol):
    """Shows the registry of instruments; TransientError while it cannot."""

    async def page(self, after: str | None, limit: int) -> Sequence[InstrumentDocument]: ...

    async def one(self, name: str) -> InstrumentDocument | None: ...


class InstrumentRegistrar(Protocol):
    """Registers and changes instruments; errors as in `tradewind.trading.instruments`."""

    async def register(
        self, wanted: InstrumentRegistration, signature: Signature
    ) -> InstrumentDocument: ...

    async def change(
        self,
        name: str,
        wanted: InstrumentChange,
        signature: Signature,
        expected_version: int | None = None,
    ) -> InstrumentDocument: ...


class Dependency(Protocol):
    """Something the gateway cannot serve without; `check` raises when it does not answer."""

    @property
    def name(self) -> str: ...

    async def check(self) -> None: ...


LagByDurable = Mapping[str, Lag | None]
"""How far each durable consumer is behind; None for one that does not exist yet."""


class LagProbe(Protocol):
    """Measures the lag of every consumer of the event stream; TransientError while it cannot."""

    async def lags(self) -> LagByDurable: ...


@dataclass(frozen=True)
class StoredMessage:
    """A message of the event stream: its sequence, subject, raw bytes and time stored (Unix s)."""

    sequence: int
    subject: str
    data: bytes
    stored_at: float


@dataclass(frozen=True)
class StreamBounds:
    """What the stream holds; `first` is `last` + 1 while it is empty.

    `created` differs when the stream is another one than before.
    """

    first: int
    last: int
    created: str


class EventReader(Protocol):
    """Reads stored events from some sequence on; TransientError while it cannot."""

    async def read(self, after: int, limit: int) -> Sequence[StoredMessage]: ...

    async def close(self) -> None: ...


class EventStore(Protocol):
    """What the event stream has stored; TransientError while it cannot be asked."""

    async def bounds(self) -> StreamBounds: ...

    def reader(self) -> EventReader:
        """Return what one replay reads with, from the beginning to the end."""
