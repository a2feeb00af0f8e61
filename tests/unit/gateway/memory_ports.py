"""The gateway's ports in memory: what it publishes, keeps and reads, and what fails on demand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.limits.buckets import LocalBuckets
from gateway.limits.policy import Charge, Standing
from gateway.ports import LagByDurable, StoredMessage, StreamBounds
from gateway.submission.pipeline import LONG_AGO
from tradewind.contracts.envelope import AnyEvent, Event, parse_event
from tradewind.contracts.ids import make_ulid
from tradewind.contracts.intents.payloads import IntentCancelRequested
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.risk.policy import PolicyDocument, content_of_policy
from tradewind.contracts.system.trading_states import Scope
from tradewind.errors import TransientError
from tradewind.ledger.upkeep.ingress import IngressTooLate, KeyUsed, RequestKey
from tradewind.ledger.upkeep.ingress import Request as RequestIdentity
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument
from tradewind.readmodels.reader import NO_FILTER, Page
from tradewind.runtime.broker_stats import Lag
from tradewind.runtime.decisions import KeptEvent
from tradewind.runtime.queries import NotAnswered
from tradewind.trading.halts.changes import Changed
from tradewind.trading.halts.errors import StateChanged
from tradewind.trading.halts.records import KeptState, StateChange, event_of
from tradewind.trading.policy.application import (
    Comparison,
    PolicyChanged,
    check_tightens,
    comparison_with,
)
from tradewind.trading.policy.journal import PolicyInForce
from tradewind.trading.policy.merging import merged
from tradewind.trading.policy.risk_policy import RiskPolicy
from tradewind.trading.policy.store import Application, AppliedPolicy


class RecordingPublisher:
    """Keeps what is published; `failures` are raised first, one per attempt."""

    def __init__(self, failures: Iterable[Exception] = ()) -> None:
        self.published: list[AnyEvent] = []
        self.attempts: list[str] = []
        self.failures = list(failures)

    async def publish(self, event: AnyEvent | KeptEvent) -> None:
        self.attempts.append(event.event_id)
        if self.failures:
            raise self.failures.pop(0)
        self.published.append(parse_event(event.to_bytes()))


class MemoryJournal:
    """Keeps accepted events in a dictionary; an `error` is raised instead, after `keeps` it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.by_key: dict[RequestKey, tuple[bytes, bytes]] = {}
        self.error: Exception | None = None
        self.keeps = False

    async def accept(
        self, event: KeptEvent, request: RequestIdentity, expires_at: datetime
    ) -> bytes | None:
        if self.error is not None and not self.keeps:
            raise self.error
        if request.key in self.by_key:
            body, digest = self.by_key[request.key]
            if digest not in (request.sha256, request.body_sha256):
                raise KeyUsed
            return body
        if expires_at == LONG_AGO:
            raise IngressTooLate
        self.kept[event.event_id] = event.to_bytes()
        if request.key is not None:
            self.by_key[request.key] = (event.to_bytes(), request.sha256)
        if self.error is not None:
            raise self.error
        return None

    async def find(self, event_id: str) -> bytes | None:
        return self.kept.get(event_id)


class MemoryBuckets:
    """Buckets of a process that stand for those of all; an `error` is raised instead."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.error: Exception | None = None
        self.trips = 0
        self.local = LocalBuckets(clock=clock)

    async def charge(self, charges: Sequence[Charge]) -> Sequence[Standing]:
        self.trips += 1
        if self.error is not None:
            raise self.error
        return self.local.charge(charges)


class MemoryPolicies:
    """Keeps the policies that were applied; an `error` is raised instead."""

    def __init__(self) -> None:
        self.found = PolicyInForce(None, PolicyDocument())
        self.applications: list[Application] = []
        self.error: Exception | None = None

    async def in_force(self) -> PolicyInForce:
        self._check()
        return self.found

    async def compare(self, document: PolicyDocument) -> Comparison:
        self._check()
        return comparison_with(self._current(), document)

    async def history(self, before: str | None, limit: int) -> list[Application]:
        self._check()
        found = [
            one for one in self.applications[::-1] if before is None or one.application_id < before
        ]
        return found[:limit]

    async def apply(
        self,
        document: PolicyDocument,
        *,
        applied_by: str,
        producer: str,
        at: datetime,
        expected_version: int | None,
    ) -> None:
        self._check()
        version = self._current().reference.version
        if expected_version not in (None, version):
            raise PolicyChanged(f"version {version} is in force, not {expected_version}")
        content = content_of_policy(document)
        identifier = make_ulid(version, bytes(10))
        applied = Application(identifier, version + 1, content, applied_by, at)
        self.applications.append(applied)
        self.found = PolicyInForce(applied, document)

    async def tighten(self, change: PolicyDocument, **said: Any) -> None:
        wanted = merged(self.found.document, change)
        check_tightens(comparison_with(self._current(), wanted))
        await self.apply(wanted, **said)

    def _current(self) -> AppliedPolicy:
        head, document = self.found
        version = 0 if head is None else head.version
        content = None if head is None else head.content
        reference = PolicyReference(version=version, content=content)
        return AppliedPolicy(reference, RiskPolicy(document))

    def _check(self) -> None:
        if self.error is not None:
            raise self.error


class MemoryTradingStates:
    """Keeps trading states; an `error` is raised instead."""

    def __init__(self, now: datetime) -> None:
        self.kept: dict[Scope, KeptState] = {}
        self.error: Exception | None = None
        self._now = now

    async def change(
        self,
        change: StateChange,
        producer: str,
        *,
        expected_version: int | None = None,
        only_tightens: bool = False,
    ) -> Changed:
        if self.error is not None:
            raise self.error
        change.check(self._now)
        kept = self.kept.get(change.scope)
        if expected_version not in (None, 0 if kept is None else kept.version):
            raise StateChanged(f"{change.scope} has another version")
        if kept is not None and kept.equals(change):
            return Changed(kept, None)
        if kept is not None and only_tightens:
            kept.check_tightened_by(change)
        event = event_of(change, kept, producer, self._now)
        self.kept[change.scope] = KeptState.of_event(event)
        return Changed(self.kept[change.scope], event)

    async def states(self, *, with_past: bool = False) -> list[KeptState]:
        if self.error is not None:
            raise self.error
        return [one for one in self.kept.values() if one.is_in_force or with_past]


class MemoryCancelJournal:
    """Keeps requests to cancel; an `error` is raised instead."""

    def __init__(self) -> None:
        self.kept: dict[str, Event[IntentCancelRequested]] = {}
        self.error: Exception | None = None

    async def accept(self, request: Event[IntentCancelRequested]) -> bool:
        if self.error is not None:
            raise self.error
        is_new = request.event_id not in self.kept
        self.kept.setdefault(request.event_id, request)
        return is_new


class MemoryRoles:
    """Answers questions by their subjects; nobody answers the others."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[bytes], bytes]] = {}

    async def ask(self, subject: str, question: bytes) -> bytes:
        if subject not in self.answers:
            raise NotAnswered(subject)
        return self.answers[subject](question)


class MemoryReadModels:
    """Documents by key; an `error` is raised by every read instead."""

    def __init__(self) -> None:
        self.documents: dict[str, ReadModelDocument] = {}
        self.asked: list[tuple[str | None, str | None, str | None, int]] = []
        self.counts = True
        self.error: Exception | None = None

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    async def read[D: ReadModelDocument](
        self, read_model: ReadModel[D], identifier: str
    ) -> D | None:
        self._check()
        document = self.documents.get(read_model.key(identifier))
        assert document is None or isinstance(document, read_model.document)
        return document

    async def page[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Mapping[str, str | None] = NO_FILTER,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[D]:
        self._check()
        self.asked.append((where.get("state"), where.get("strategy_id"), cursor, limit))
        found = self._found(read_model, where, cursor)
        more = read_model.identify(found[limit - 1]) if len(found) > limit else None
        return Page(items=tuple(found[:limit]), next_cursor=more)

    def _found[D: ReadModelDocument](
        self, read_model: ReadModel[D], where: Mapping[str, str | None], cursor: str | None
    ) -> list[D]:
        assert read_model.index is not None
        wanted = {name: value for name, value in where.items() if value is not None}
        found: list[D] = []
        for one in self.documents.values():
            if isinstance(one, read_model.document) and (
                cursor is None or read_model.identify(one) < cursor
            ):
                held = dict(zip(read_model.index.names, read_model.index.values(one), strict=True))
                found += [one] if wanted.items() <= held.items() else []
        return sorted(found, key=read_model.identify, reverse=True)

    async def count[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Sequence[Mapping[str, str | None]],
        lowest: str | None,
        highest: str | None,
    ) -> int | None:
        if not self.counts:
            return None
        found = [one for values in where for one in self._found(read_model, values, highest)]
        return sum(read_model.identify(one) >= (lowest or "") for one in found)


class Recorded:
    """An event of MemoryHistory."""

    def __init__(self, event: AnyEvent) -> None:
        self.event = event
        self.body = event.to_bytes()


class MemoryHistory:
    """Histories in a list."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.portfolios: dict[str, list[str]] = {}

    async def portfolios_of_strategy(self, strategy_id: str) -> Sequence[str]:
        return self.portfolios.get(strategy_id, [])

    async def history(
        self, correlation_id: str, after_sequence: int = 0, limit: int = 500
    ) -> Sequence[Recorded]:
        found = [
            Recorded(event)
            for event in self.events
            if event.correlation_id == correlation_id and event.sequence > after_sequence
        ]
        return found[:limit]


class MemoryStore:
    """A stream in a list; sequences up to `expired` are gone."""

    def __init__(self) -> None:
        self.messages: list[StoredMessage] = []
        self.expired = 0
        self.away = False

    async def bounds(self) -> StreamBounds:
        last = self.messages[-1].sequence if self.messages else 0
        return StreamBounds(self.expired + 1, last, "first")

    def reader(self) -> "MemoryStore":
        return self

    async def close(self) -> None:
        """Nothing is open."""

    async def read(self, after: int, limit: int) -> Sequence[StoredMessage]:
        if self.away:
            raise TransientError("away")
        start = max(after, self.expired)
        return [message for message in self.messages if message.sequence > start][:limit]


class FakeConsumers:
    """One consumer that lags and one that does not exist; an `error` is raised instead."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.found: dict[str, Lag | None] = {
            "coordinator": Lag(pending=3, unacknowledged=1),
            "risk-workers": None,
        }

    async def lags(self) -> LagByDurable:
        if self.error is not None:
            raise self.error
        return self.found


class FakeDependency:
    """Up, or down with `error`."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.name = name
        self.error = error

    async def check(self) -> None:
        if self.error is not None:
            raise self.error
