"""Puts together what happened in histories that belong together, hop by hop."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.simulation import ExecutionInputs
from tradewind.contracts.inputs import OBSERVATION_PREFIX, correlation_of
from tradewind.contracts.instruments.payloads import MarketObserved
from tradewind.contracts.intents.lifecycle import INTENT
from tradewind.contracts.market.payloads import PerpObserved
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.signals.lifecycle import SIGNAL
from tradewind.ledger.history.graph import CorrelationGraph
from tradewind.ledger.records import RecordedEvent
from tradewind.operations.cli.event_words import (
    describe_book,
    describe_event,
    describe_limits,
    describe_market,
    describe_terms,
)
from tradewind.operations.cli.signal_words import describe_signal_inputs
from tradewind.readmodels.models.intent_history import INTENT_HISTORY
from tradewind.readmodels.models.signal_history import SIGNAL_HISTORY

MILLISECONDS = 1_000


@dataclass(frozen=True, slots=True)
class Hop:
    """An event, when its cause was, and what the decision that led to it read."""

    event: AnyEvent
    cause: AnyEvent | None
    """None where it is none of the events that are told."""
    offset_ms: float
    """Since the first event of all."""
    hop_ms: float | None
    """Since its cause."""
    recorded_ms: float
    """From being made to being in the ledger."""
    words: str
    read: tuple[str, ...]
    caused: tuple[str, ...]
    """Other histories that it began."""
    linked: tuple[str, ...] = ()
    """Events of long histories that name it, or that it names, such as that of its portfolio."""


@dataclass(frozen=True, slots=True)
class Told:
    """One history."""

    correlation_id: str
    outcome: str
    caused_by: str
    """The event of another history that began this one; empty where there is none."""
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Histories in the order they began. `span_ms` is from the first event to the last."""

    histories: tuple[Told, ...]
    span_ms: float
    is_truncated: bool


def is_observation(correlation_id: str) -> bool:
    """Return whether a history is something that was read, not something that happened."""
    return correlation_id.startswith(OBSERVATION_PREFIX)


def explain_graph(
    graph: CorrelationGraph, histories: Mapping[str, Sequence[RecordedEvent]]
) -> Explanation:
    """Tell the whole histories that a graph's events are of."""
    told = {
        name: recorded
        for name, recorded in histories.items()
        if recorded and not is_observation(name)
    }
    markets = {
        one.event.correlation_id: one.event.payload
        for recorded in histories.values()
        for one in recorded
        if isinstance(one.event.payload, MarketObserved)
    }
    everything = [one.event for recorded in told.values() for one in recorded]
    coins = {
        name.removeprefix(OBSERVATION_PREFIX): one.event.payload.coin
        for name, recorded in histories.items()
        for one in recorded
        if isinstance(one.event.payload, PerpObserved)
    }
    events = {event.event_id: event for event in everything}
    teller = _Teller(events, markets, coins, _links(graph))
    ordered = sorted(told.values(), key=lambda recorded: recorded[0].global_seq)
    return Explanation(
        tuple(teller.tell(recorded) for recorded in ordered), teller.span_ms, graph.is_truncated
    )


def _links(graph: CorrelationGraph) -> dict[str, list[str]]:
    """Return in words what links lead to outside of the histories that are told, by event."""
    outside = {node.event_id: node for node in graph.linked}
    words: dict[str, list[str]] = {}
    for edge in graph.edges:
        if (node := outside.get(edge.to_event_id)) is not None:
            text = f"{edge.kind} in {node.topic} of {node.correlation_id}"
            words.setdefault(edge.from_event_id, []).append(text)
        elif (node := outside.get(edge.from_event_id)) is not None:
            text = f"{edge.kind} by {node.topic} of {node.correlation_id}"
            words.setdefault(edge.to_event_id, []).append(text)
    return words


class _Teller:
    """Knows all events, and so what caused what."""

    def __init__(
        self,
        events: Mapping[str, AnyEvent],
        markets: Mapping[str, MarketObserved],
        coins: Mapping[str, str],
        links: Mapping[str, Sequence[str]],
    ) -> None:
        self._links = links
        self._events = events
        self._markets = markets
        self._coins = coins
        times = [event.timestamp for event in events.values()]
        self._start = min(times)
        self.span_ms = (max(times) - self._start).total_seconds() * MILLISECONDS
        self._began: dict[str, list[str]] = {}
        for event in events.values():
            cause = events.get(event.causation_id)
            if cause is not None and cause.correlation_id != event.correlation_id:
                self._began.setdefault(cause.event_id, []).append(event.correlation_id)

    def tell(self, recorded: Sequence[RecordedEvent]) -> Told:
        first = recorded[0].event
        cause = self._events.get(first.causation_id)
        return Told(
            first.correlation_id,
            outcome_of(one.event for one in recorded),
            "" if cause is None else f"{cause.topic} of {cause.correlation_id}",
            tuple(self._hop(one) for one in recorded),
        )

    def _hop(self, recorded: RecordedEvent) -> Hop:
        event = recorded.event
        cause = self._events.get(event.causation_id)
        since_cause = None if cause is None else event.timestamp - cause.timestamp
        recorded_after = recorded.recorded_at - event.timestamp
        return Hop(
            event,
            cause,
            (event.timestamp - self._start).total_seconds() * MILLISECONDS,
            None if since_cause is None else since_cause.total_seconds() * MILLISECONDS,
            recorded_after.total_seconds() * MILLISECONDS,
            describe_event(event),
            self._read(event),
            tuple(self._began.get(event.event_id, ())),
            tuple(self._links.get(event.event_id, ())),
        )

    def _read(self, event: AnyEvent) -> tuple[str, ...]:
        inputs: Any = getattr(event.payload, "inputs", None)
        if inputs is None:
            return ()
        if (told := describe_signal_inputs(inputs, self._coins)) is not None:
            return told
        if isinstance(inputs, PortfolioInputs):
            return describe_book(inputs.book), describe_limits(inputs.limits)
        is_fill = isinstance(inputs, ExecutionInputs)
        limits = describe_terms(inputs.settings) if is_fill else describe_limits(inputs.limits)
        if inputs.market is None:
            return "a market that was too large to be kept", limits
        market = self._markets.get(correlation_of(inputs.market))
        if market is None:
            return f"market {inputs.market[:12]}…, which is not recorded here", limits
        return describe_market(inputs.market, market, event.timestamp), limits


def outcome_of(events: Iterable[AnyEvent]) -> str:
    """Return how an intent or a signal stands and for how long, or how long another history is."""
    told = list(events)
    seconds = (told[-1].timestamp - told[0].timestamp).total_seconds()
    took = f"{seconds * MILLISECONDS:,.0f} ms" if seconds < 10 else f"{seconds:,.1f} s"
    intent = INTENT_HISTORY.fold(told, "explain").intent
    signal = SIGNAL_HISTORY.fold(told, "explain").signal
    if intent is not None:
        is_over = intent.state in INTENT.terminal
        return _standing(intent.state, is_over, took, intent.illegal_events)
    if signal is not None:
        word = signal.state.value if signal.conclusion is None else signal.conclusion.outcome.value
        is_over = signal.state in SIGNAL.terminal
        return _standing(word, is_over, took, signal.illegal_events)
    return f"{len(told)} event{'s' if len(told) > 1 else ''} in {took}"


def _standing(word: str, is_over: bool, took: str, illegal: int) -> str:
    forbidden = f", {illegal} events that were not allowed" if illegal else ""
    return f"{word.replace('_', ' ')} {'after' if is_over else 'so far, for'} {took}{forbidden}"
