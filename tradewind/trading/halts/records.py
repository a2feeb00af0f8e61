"""A trading state as it is kept, and a change of it."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

from tradewind.contracts.envelope import Event
from tradewind.contracts.ids import (
    MAX_SEQUENCE,
    CorrelationKind,
    derive_event_id,
    make_correlation_id,
)
from tradewind.contracts.subjects import KEY_TOKEN, EventKey
from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.contracts.system.trading_states import Scope, ScopeKind, TradingState
from tradewind.trading.halts.errors import InvalidChange, StateLoosened, TooManyChanges

MAX_UNTIL: Final = timedelta(days=366)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_-]{0,40}", re.ASCII)
_DIGEST_CHARACTERS: Final = 40


def history_of(scope: Scope) -> str:
    """Return the correlation id of a scope's history; a name that does not fit in is hashed."""
    name = scope.name
    if not _PLAIN_NAME.fullmatch(name):
        name = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_CHARACTERS]
    identifier = "-".join(filter(None, ("state", scope.kind, name)))
    return make_correlation_id(CorrelationKind.SYSTEM, identifier)


@dataclass(frozen=True, slots=True)
class StateChange:
    """A state somebody wants to be in force."""

    scope: Scope
    state: TradingState
    reason: str
    by: str
    until: datetime | None = None
    """When it ends by itself; None for a state that somebody has to end."""
    needs_person: bool = False
    """Whether only an operator may end it, because a loss or a drift is its reason."""

    def check(self, now: datetime) -> None:
        """Raise InvalidChange where it contradicts itself."""
        if self.until is not None:
            if self.state is TradingState.ACTIVE:
                raise InvalidChange("until: an active scope needs no end")
            if not now < self.until <= now + MAX_UNTIL:
                raise InvalidChange(f"until: must lie within the next {MAX_UNTIL.days} days")
            if self.needs_person:
                raise InvalidChange("until: what only a person may end does not end by itself")
        elif self.scope.kind is ScopeKind.LOCK and self.state is not TradingState.ACTIVE:
            raise InvalidChange("until: a lock needs an end; halt what has to wait for a person")


@dataclass(frozen=True, slots=True)
class KeptState:
    """The state of a scope, in force from `since` until it ends or is changed."""

    scope: Scope
    state: TradingState
    version: int
    """The sequence of its event in the scope's history."""
    reason: str
    by: str
    since: datetime
    until: datetime | None
    needs_person: bool
    is_in_force: bool
    """Whether it forbids anything at the moment it was read."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """Return the state in a row."""
        kind, name, state, *rest = row
        return cls(Scope(ScopeKind(kind), name), TradingState(state), *rest)

    @classmethod
    def never(cls, change: StateChange, now: datetime) -> Self:
        """Return the state of a scope that never had one, which somebody wants to be active."""
        return cls(change.scope, change.state, 0, change.reason, change.by, now, None, False, False)

    @classmethod
    def of_event(cls, event: Event[TradingStateChanged]) -> Self:
        """Return the state that an event put into force."""
        changed = event.payload
        return cls(
            changed.scope,
            changed.state,
            event.sequence,
            changed.reason,
            changed.by,
            event.timestamp,
            changed.until,
            changed.needs_person,
            changed.state is not TradingState.ACTIVE,
        )

    @property
    def row(self) -> tuple[object, ...]:
        """The columns of its row, in the order of the table."""
        return (
            *(str(self.scope.kind), self.scope.name, str(self.state), self.version, self.reason),
            *(self.by, self.since, self.until, self.needs_person),
        )

    def equals(self, change: StateChange) -> bool:
        """Return whether a change would change nothing but who said so."""
        asked = (change.state, change.until, change.reason, change.needs_person)
        return (self.state, self.until, self.reason, self.needs_person) == asked and (
            self.is_in_force or change.state is TradingState.ACTIVE
        )

    def check_tightened_by(self, change: StateChange) -> None:
        """Raise StateLoosened where a change would allow more, or sooner."""
        if self.is_in_force and not _is_as_tight(change, self):
            raise StateLoosened(f"{self.scope} is {self.state} already: {self.reason}")

    def tightened_by(self, change: StateChange) -> StateChange | None:
        """Return the change that forbids what either does; None where this does so already."""
        if not self.is_in_force:
            return change
        if _is_as_tight(self, change):
            return None
        return replace(
            change,
            state=max(self.state, change.state, key=lambda state: state.severity),
            until=_later(self.until, change.until),
            needs_person=self.needs_person or change.needs_person,
        )


def _is_as_tight(one: KeptState | StateChange, other: KeptState | StateChange) -> bool:
    ends_later = one.until is None or (other.until is not None and one.until >= other.until)
    needs_as_much = one.needs_person or not other.needs_person
    return one.state.severity >= other.state.severity and ends_later and needs_as_much


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


def event_of(
    change: StateChange, kept: KeptState | None, producer: str, at: datetime
) -> Event[TradingStateChanged]:
    """Return the event of a change, which follows the one that its scope's state came from."""
    version = 1 if kept is None else kept.version + 1
    if version > MAX_SEQUENCE:
        raise TooManyChanges(f"{change.scope} was changed {MAX_SEQUENCE} times")
    history, topic = history_of(change.scope), TradingStateChanged.topic
    return Event[TradingStateChanged](
        event_id=derive_event_id(history, version, topic),
        timestamp=at,
        topic=topic,
        correlation_id=history,
        causation_id=history if kept is None else derive_event_id(history, version - 1, topic),
        sequence=version,
        key=_key_of(change.scope),
        producer=producer,
        payload=TradingStateChanged(
            scope=change.scope,
            state=change.state,
            reason=change.reason,
            by=change.by,
            until=change.until,
            needs_person=change.needs_person,
        ),
        version=TradingStateChanged.version,
    )


def _key_of(scope: Scope) -> EventKey:
    """Return the key by which those who may see the scope's objects find its events."""
    portfolio, instrument = "", ""
    if scope.kind is ScopeKind.LOCK:
        portfolio, _, instrument = scope.name.rpartition(":")
    elif scope.kind is ScopeKind.PORTFOLIO:
        portfolio = scope.name
    elif scope.kind is ScopeKind.INSTRUMENT:
        instrument = scope.name
    known = {"portfolio": portfolio, "instrument": instrument}
    return EventKey(**{name: key for name, key in known.items() if KEY_TOKEN.fullmatch(key)})
